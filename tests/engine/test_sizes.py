"""Pictures of other sizes and other batches take the machine code that is there, and come out as right."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import kaiyan
from kaiyan.engine import generated
from kaiyan.engine.algorithms import ALGORITHMS
from kaiyan.engine.codegen.language.compile import address
from kaiyan.engine.codegen.running.threads import holding
from kaiyan.engine.generated import Generated
from kaiyan.engine.problem import Problem
from kaiyan.engine.types import types_of
from kaiyan.reference.forward import forward

if TYPE_CHECKING:
    from pathlib import Path

    from kaiyan.reference.dtype import Numbers

SIZES = [(1, 28, 56), (3, 56, 56), (2, 61, 112), (1, 30, 168), (2, 9, 224)]
"""Batch, rows, columns."""
LAYERS = [
    ("direct", "n1 c5 9x9 k24 3x3 p1 f32 channels_last"),
    ("direct", "n1 c18 9x9 k24 3x3 s2 p1 f32 channels_last"),
    ("direct", "n1 c6 9x9 k16 3x3 p1 m:reflect f32"),
    ("pointwise", "n1 c7 9x9 k24 1x1 f32 channels_last"),
    ("pointwise", "n1 c7 9x9 k24 1x1 f32"),
    ("stem", "n1 c3 9x9 k16 3x3 p1 f32"),
]


def sized(text: str, size: tuple[int, int, int]) -> Problem:
    """A problem on another batch, rows and columns."""
    problem = Problem.parse(text)
    return replace(problem, input_shape=(size[0], problem.input_shape[1], *size[1:]))


def named(name: str) -> Generated:
    """An algorithm of the table."""
    return next(a for a in ALGORITHMS if isinstance(a, Generated) and a.name == name)


def general(algorithm: Generated, problem: Problem) -> Any:
    """What machine code is written of."""
    cut: Any = algorithm.routine(generated._geometry(problem)[0], *generated.setting(problem, types_of(problem)[0]))
    return cut.general


def whole_numbers(shape: tuple[int, ...], seed: int) -> Numbers:
    """Numbers whose sums are exact."""
    return np.random.default_rng(seed).integers(-4, 5, shape).astype(np.float32)


def picture(problem: Problem) -> Numbers:
    """An input of a problem, that lies as it says."""
    x = whole_numbers(problem.input_shape, 0)
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1) if problem.layout == "channels_last" else x


@pytest.mark.parametrize(("name", "text"), LAYERS)
def test_a_layer_on_pictures_of_200_sizes_is_a_few_machine_codes(name: str, text: str) -> None:
    wanted = {general(named(name), sized(text, (1 + n % 3, n, n + 1))) for n in range(56, 256)}
    assert len(wanted) <= 8


@pytest.mark.parametrize(("name", "text"), LAYERS)
def test_what_is_compiled_for_one_size_is_right_for_another(
    name: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kaiyan.conv(np.ones((1, 1, 2, 2), np.float32), np.ones((1, 1, 1, 1), np.float32))  # what runs all codes is there
    monkeypatch.setenv("KAIYAN_CACHE", str(tmp_path))
    address.cache_clear()
    codes, algorithm = set(), named(name)
    for size in SIZES:
        problem = sized(text, size)
        x, weight = picture(problem), whole_numbers(problem.weight_shape, 1)
        bias = whole_numbers((problem.spec.channels[1],), 2)
        prepared = algorithm.compiled(problem, types_of(problem)[0]).prepare(weight, bias)
        assert np.array_equal(prepared(x), forward(x, weight, bias, problem.spec))
        codes.add(general(algorithm, problem))
    assert len(list(tmp_path.glob("*.o"))) == len(codes) < len(SIZES)


@pytest.mark.parametrize(("name", "text"), [layer for layer in LAYERS if layer[1].endswith("channels_last")])
def test_rows_of_any_length_are_one_machine_code_where_channels_stand_last(name: str, text: str) -> None:
    codes, algorithm = set(), named(name)
    for columns in range(14, 46):
        problem = sized(text, (1, 3, columns))
        x, weight = picture(problem), whole_numbers(problem.weight_shape, 1)
        prepared = algorithm.compiled(problem, types_of(problem)[0]).prepare(weight, None)
        assert np.array_equal(prepared(x), forward(x, weight, None, problem.spec))
        codes.add(general(algorithm, problem))
    assert len(codes) == 1


@pytest.mark.parametrize("layout", ["", " channels_last"])
@pytest.mark.parametrize(("channels", "filters"), [(64, 8), (256, 16), (96, 64)])
@pytest.mark.parametrize("name", ["direct", "pointwise"])
def test_rows_are_shared_by_any_number_of_threads(name: str, channels: int, filters: int, layout: str) -> None:
    algorithm = named(name)
    weight, bias = whole_numbers((filters, channels, 1, 1), 1), whole_numbers((filters,), 2)
    for rows, columns in ((1, 7), (1, 16), (1, 20), (1, 50), (1, 196), (4, 4), (7, 7), (8, 8), (14, 14)):
        text = f"n2 c{channels} {rows}x{columns} k{filters} 1x1 f32{layout}"
        problem = Problem.parse(text)
        x = picture(problem)
        right = forward(x, weight, bias, problem.spec)
        for threads in (1, 2, 3, 4, 8, 16):
            shared = replace(problem, threads=threads)
            with holding(threads):
                given = algorithm.compiled(shared, types_of(shared)[0]).prepare(weight, bias)(x)
            assert np.array_equal(given, right), (text, threads)


@pytest.mark.parametrize("target", ["", "avx2", "generic"])
def test_many_channels_are_summed_and_the_input_is_left_alone(target: str, tmp_path: Path) -> None:
    script = """
import numpy as np, kaiyan
for C in (2564, 5124, 10300):
    for K, pixels in ((20, 9), (3, 1), (40, 2)):
        x = np.random.default_rng(0).integers(-3, 4, (1, 1, pixels, C)).astype("f")
        w = np.random.default_rng(1).integers(-3, 4, (K, C, 1, 1)).astype("f")
        before = x.copy()
        y = kaiyan.conv(x.transpose(0, 3, 1, 2), w)
        assert np.array_equal(x, before)
        assert np.array_equal(y, np.einsum("nhwc,kc->nkhw", before, w[:, :, 0, 0]))
"""
    asked = {"KAIYAN_CACHE": str(tmp_path)} | ({"KAIYAN_TARGET": target} if target else {})
    subprocess.run([sys.executable, "-c", script], check=True, env=os.environ | asked)
