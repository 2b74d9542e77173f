"""``python -m benchmarks replay``: whether a change of the generator changed what it writes, for layers.jsonl.

A hash of the LLVM IR of every routine for every row, on a fixed kind of CPU. A refactoring changes none of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import click
import numpy as np

from benchmarks import rows
from kaiyan.engine.codegen.language import compile as compiler
from kaiyan.engine.codegen.language import target
from kaiyan.engine.codegen.language.code import Code
from kaiyan.engine.codegen.running import machine
from kaiyan.engine.codegen.running.threads import holding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.engine.problem import Problem

_ACTIVATIONS = (None, None, "relu", "relu6", "silu", "hardswish", "sigmoid", "tanh", "gelu")
_TYPES = ("float64", "float16", "bfloat16", "uint8", "int16")
_WORDS = re.compile(r'"?kernel"?')
"""What the function of a routine was called before."""


@click.command("replay")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="the file of hashes that is written")
@click.option("--against", type=click.Path(path_type=Path, exists=True), help="a file of hashes of another commit")
@click.option("--kind", default="avx512", help="the kind of CPU: avx512, avx2 or generic")
@click.option("--match", default="", help="only rows whose name contains this")
def replay(out: Path, against: Path | None, kind: str, match: str) -> None:
    """Hashes what the generator writes for every row, and compares."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, {"KAIYAN_CACHE": folder}):
        machine.machine()
        target.host.cache_clear()
        with mock.patch.dict(os.environ, {target.CHOICE: kind}):
            hashes = _hashes(match)
    out.write_text(json.dumps(hashes, indent=0, sort_keys=True) + "\n", "utf-8")
    click.echo(f"{len(hashes)} keys, {len({h for row in hashes.values() for h in row})} different routines")
    if against is not None:
        before = json.loads(against.read_text("utf-8"))
        changed = sorted(key for key in before.keys() | hashes.keys() if before.get(key) != hashes.get(key))
        click.echo("\n".join([f"{len(changed)} changed", *changed[:20]]))
        raise SystemExit(bool(changed))


def _hashes(match: str) -> dict[str, list[str]]:
    """By row, variant and algorithm: the hashes of its routines, in the order in which they are asked for."""
    hashes: dict[str, list[str]] = {}
    written: list[str] = []
    text = f"define void @{compiler._ENTRY}(ptr %a, i64 %t) {{\n  ret void\n}}"  # noqa: SLF001
    empty = compiler.objects(text, target.host())

    def recorded(routine: Any, machine: Any) -> bytes:
        code = Code("routine", machine, routine.dtype)
        routine.emit(code)
        text = _WORDS.sub("routine", code.text())
        written.append(hashlib.sha256(text.encode()).hexdigest()[:16])
        return empty

    with mock.patch.object(compiler, "machine_code", recorded):
        for number, row in enumerate(rows.read()):
            for key, build in _variants(number, row) if match in row.name else ():
                compiler.address.cache_clear()
                written.clear()
                build()
                hashes[f"{row.name} {key}"] = list(written)
            click.echo(f"{row.name}: {len(hashes)}", err=True)
    return hashes


def _variants(number: int, row: rows.Row) -> Iterator[tuple[str, Any]]:
    """What is built of a row: each algorithm, both layouts, threads, an activation and a type in turn."""
    plain = row.problem
    for last in (False, True) if row.rank == 2 else (False,):
        problem = replace(plain, layout=_layouts()[last])
        yield from _forward(f"last={last}", problem)
    yield from _forward("threads=4", replace(plain, threads=4))
    if not row.has_bias:
        return
    after = replace(plain, activation=_ACTIVATIONS[number % len(_ACTIVATIONS)], residual=number % 3 == 0)
    yield from _forward("after", after)
    kind = _TYPES[number % len(_TYPES)]
    typed = replace(plain, dtype=kind, weight_dtype=kind, bias_dtype=kind, kind="torch")
    yield from _forward(f"type={kind}", typed)
    for last in (False, True):
        yield f"gradient last={last}", lambda last=last: _gradient(row, last=last)


def _layouts() -> tuple[str, str]:
    """Our words for dense channels first and last, asked of an array."""
    from kaiyan.engine.problem import LAYOUTS

    return LAYOUTS[0], next(word for word in LAYOUTS if word in ("channels_last", "pixels"))


def _forward(word: str, problem: Problem) -> Iterator[tuple[str, Any]]:
    from kaiyan.engine.algorithms import ALGORITHMS
    from kaiyan.engine.types import types_of

    def build(algorithm: Any) -> None:
        for types in types_of(problem):
            algorithm.compiled(problem, types)._launch.make_ready()  # noqa: SLF001

    for algorithm in ALGORITHMS[:-2]:
        if algorithm.refuses(problem) is None:
            yield f"{word} {algorithm.name}", lambda algorithm=algorithm: build(algorithm)


def _gradient(row: rows.Row, *, last: bool) -> None:
    """The gradient of the weight, on memory that is never read."""
    from kaiyan.ops.gradients import weight_gradient

    shape = (row.N, row.C, *row.spatial)
    order = (0, *range(2, len(shape)), 1)
    back = (0, len(shape) - 1, *range(1, len(shape) - 1))

    def empty(shape: tuple[int, ...]) -> Any:
        if not last:
            return np.empty(shape, np.float32)
        return np.empty([shape[i] for i in order], np.float32).transpose(back)

    with holding(1):
        weight_gradient(row.spec, empty(row.spec.output_shape(shape)), empty(shape))
