"""``python -m benchmarks blind``: how often a diagnosis names what was broken, and mends it."""

from __future__ import annotations

import json
import platform
import re
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import click

import kaiyan
from benchmarks.broken import Broken, broken, load
from benchmarks.harness import card

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kaiyan.explain.diagnose import Diagnosis

SEED = 2026
COUNT = 60

NAMED: dict[str, tuple[str, str]] = {
    "wrong in channels": ("K001|K002", "channels"),
    "wrong linear": ("K012", ""),
    "missing flatten": ("K031", "flatten"),
    "swapped axes": ("K030", "axis"),
    "too many poolings": ("K003|K004", ""),
    "wrong groups": ("K027", "groups"),
    "wrong rank": ("K005", ""),
    "wrong dtype": ("K006", ""),
    "wrong padding": ("K008|K009|K010|K016", "padding|same"),
    "wrong skip": ("K021|K022", ""),
}
"""What states each mutation: the code in the catalogue, and words that the first cause (not a fix) must hold."""

LARGEST = 2**20
"""Numbers in an input beyond which a mended model is run on meta tensors: a fix may ask for a very large picture."""

PLACED = frozenset({"wrong in channels", "wrong linear", "wrong groups", "wrong padding"})
"""Kinds whose cause must also name the layer, or the line, that was changed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one broken network.

    ``restored`` is stricter than ``mended``: the output has the shape of the working one. ``seconds`` are the CPU's.
    """

    network: str
    kind: str
    truth: str
    error: str
    code: str
    path: str | None
    cause: str
    fix: str
    named: bool
    mended: bool
    restored: bool
    seconds: float


def judge(case: Broken) -> Verdict:
    """Breaks, asks for the diagnosis, and applies the first fix."""
    model, error = _failed(case)
    began = process_time()
    found = kaiyan.diagnose(error, model, case.edit.inputs)
    seconds = process_time() - began
    shape = mended(case.edit.source, model, case.edit.inputs, found)
    fix = found.fixes[0] if found.fixes else None
    return Verdict(
        network=case.network,
        kind=case.kind,
        truth=case.edit.truth,
        error=f"{type(error).__name__}: {error}".splitlines()[0],
        code=found.code,
        path=found.path,
        cause=str(found.cause),
        fix=str(fix.sentence) if fix else "",
        named=_named(case, found) and _placed(case, found),
        mended=shape is not None,
        restored=shape == case.expected,
        seconds=seconds,
    )


def _failed(case: Broken) -> tuple[Any, Exception]:
    model = None
    try:
        model = load(case.edit.source)
        model(case.edit.inputs)
    except Exception as error:  # noqa: BLE001 - whatever the user would see
        return model, error
    message = f"it runs: {case}"
    raise AssertionError(message)


def _named(case: Broken, found: Diagnosis) -> bool:
    code, words = NAMED[case.kind]
    return bool(re.fullmatch(code, found.code) and re.search(words, str(found.cause)))


def _placed(case: Broken, found: Diagnosis) -> bool:
    if case.kind not in PLACED:
        return True
    return found.path in case.places or (found.line is not None and found.line.number in case.lines)


def mended(source: str, model: Any, inputs: Any, found: Diagnosis) -> tuple[int, ...] | None:
    """The shape of the output once the first fix is in, None where it still fails or there is no fix.

    A model that could not be made is made again, from the file with the fix in the line that the diagnosis names.
    """
    if not found.fixes:
        return None
    try:
        if model is None:
            return tuple(load(_rewritten(source, found))(inputs).shape)
        model, inputs = found.fixes[0].apply(model, inputs)
        output = _run(model, inputs if isinstance(inputs, tuple) else (inputs,))
    except Exception:  # noqa: BLE001 - a fix that does not run is what is counted
        return None
    return tuple(output.shape)


def _run(model: Any, inputs: tuple[Any, ...]) -> Any:
    if max(x.numel() for x in inputs) > LARGEST:
        return model.to("meta")(*(x.to("meta") for x in inputs))
    return model(*inputs)


def _rewritten(source: str, found: Diagnosis) -> str:
    before, after = found.fixes[0].before, found.fixes[0].after
    assert before
    assert found.line
    lines = source.split("\n")
    mine = lines[found.line.number - 1]
    assert before.strip() in mine
    lines[found.line.number - 1] = mine.replace(before.strip(), (after or "").strip())
    return "\n".join(lines)


def judged(seed: int = SEED, count: int = COUNT) -> list[Verdict]:
    """The verdicts of ``count`` networks."""
    return [judge(case) for case in broken(seed, count)]


def share(verdicts: Iterable[Verdict], claim: str) -> float:
    """The part of the verdicts, between 0 and 1, in which a claim (named, mended, restored) holds."""
    held = [bool(getattr(verdict, claim)) for verdict in verdicts]
    return sum(held) / len(held)


@click.command()
@click.option("--seed", default=SEED, show_default=True)
@click.option("--count", default=COUNT, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("benchmarks/runs"), show_default=True)
def blind(seed: int, count: int, out: Path) -> None:
    """Breaks networks that work, and scores the first cause and the first fix."""
    verdicts = judged(seed, count)
    for verdict in verdicts:
        if not (verdict.named and verdict.mended):
            click.echo(
                f"{_missed(verdict)}\n    {verdict.error}\n    {verdict.code} {verdict.cause}\n    {verdict.fix}"
            )
    total, named, mended = (Counter(v.kind for v in verdicts if held(v)) for held in CLAIMS)
    for kind in total:
        click.echo(f"{kind:20} {total[kind]:3}  named {named[kind]:3}  mended {mended[kind]:3}")
    scores = {claim: share(verdicts, claim) for claim in ("named", "mended", "restored")}
    scores["slowest_s"] = max(verdict.seconds for verdict in verdicts)
    click.echo(json.dumps(scores))
    _write(out, seed, scores, verdicts)


CLAIMS = (lambda _: True, lambda verdict: verdict.named, lambda verdict: verdict.mended)


def _missed(verdict: Verdict) -> str:
    claims = [claim for claim in ("named", "mended") if not getattr(verdict, claim)]
    return f"not {' nor '.join(claims)}: {verdict.network}, {verdict.kind}: {verdict.truth}"


def _write(out: Path, seed: int, scores: dict[str, float], verdicts: list[Verdict]) -> None:
    folder = out / f"{datetime.now(UTC):%Y-%m-%d}-{platform.node() or 'machine'}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"blind-{seed}-{datetime.now(UTC):%H%M%S}.json"
    facts = {"card": card(), "seed": seed, "scores": scores, "verdicts": [asdict(verdict) for verdict in verdicts]}
    path.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", "utf-8")
    click.echo(f"written to {path}")
