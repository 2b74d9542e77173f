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
from corpus.blind_losses import LossVerdict, judged_losses
from corpus.broken import Broken, broken, load

import kaiyan
from benchmarks.harness import card

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kaiyan.explain.diagnosis.diagnose import Diagnosis
    from kaiyan.explain.diagnosis.fixes import Fix

SEED = 2026
COUNT = 76
LOSSES = 22

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
    "alpha channel": ("K001", "alpha|RGBA"),
    "trailing comma": ("K024|K044", "comma"),
    "squeeze at batch one": ("(?!K000).*", "squeeze|axis|axes"),
    "norm on channels first": ("(?!K000).*", "channels|axis 1|normali"),
    "recurrent tuple": ("K024|K044", "tuple|two|LSTM|GRU"),
    "float indices": ("(?!K000).*", "Embedding|ind|whole"),
    "index out of range": ("(?!K000).*", "num_embeddings|indices|range"),
    "wrong shuffle": ("(?!K000).*", "[Ss]huffle|factor|channels"),
    "instance of one": ("(?!K000).*", "InstanceNorm|one place|1x1|value"),
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
    any: bool = False


def judge(case: Broken) -> Verdict:
    """Breaks, asks for the diagnosis, and applies the first fix."""
    model, error = _failed(case)
    began = process_time()
    found = kaiyan.diagnose(error, model, case.edit.inputs)
    seconds = process_time() - began
    shapes = [mended(case.edit.source, model, case.edit.inputs, found, number) for number in range(len(found.fixes))]
    same = [_fits(case, shape) and _meant(case, fix) for shape, fix in zip(shapes, found.fixes, strict=True)]
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
        mended=bool(shapes) and shapes[0] is not None,
        restored=bool(same) and same[0],
        seconds=seconds,
        any=any(same),
    )


def _fits(case: Broken, shape: tuple[int, ...] | None) -> bool:
    """Whether an output has the shape of the working one; of one picture that lost its batch, a batch of one."""
    if case.kind == "wrong rank" and shape is not None:
        return shape[1:] == case.expected[1:]
    return shape == case.expected


def _meant(case: Broken, fix: Fix) -> bool:
    return re.search(case.meant, f"{fix.sentence}\n{fix.after}") is not None


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


def mended(source: str, model: Any, inputs: Any, found: Diagnosis, number: int = 0) -> tuple[int, ...] | None:
    """The shape of the output once a fix is in, the first unless said, None where it still fails or there is none.

    A model that could not be made is made again, from the file with the fix in the line that the diagnosis names.
    """
    if number >= len(found.fixes):
        return None
    fix = found.fixes[number]
    try:
        if model is None:
            return tuple(load(_rewritten(source, found, fix))(inputs).shape)
        model, inputs = fix.apply(model, inputs)
        output = _run(model, inputs if isinstance(inputs, tuple) else (inputs,))
    except Exception:  # noqa: BLE001 - a fix that does not run is what is counted
        return None
    return tuple(output.shape)


def _run(model: Any, inputs: tuple[Any, ...]) -> Any:
    if max(x.numel() for x in inputs) > LARGEST:
        return model.to("meta")(*(x.to("meta") for x in inputs))
    return model(*inputs)


def _rewritten(source: str, found: Diagnosis, fix: Fix) -> str:
    before, after = fix.before, fix.after
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


def share(verdicts: Iterable[Verdict | LossVerdict], claim: str) -> float:
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
        if not (verdict.named and verdict.restored):
            click.echo(
                f"{_missed(verdict)}\n    {verdict.error}\n    {verdict.code} {verdict.cause}\n    {verdict.fix}"
            )
    total, named, mended = (Counter(v.kind for v in verdicts if held(v)) for held in CLAIMS)
    for kind in total:
        click.echo(f"{kind:20} {total[kind]:3}  named {named[kind]:3}  mended {mended[kind]:3}")
    scores = {claim: share(verdicts, claim) for claim in ("named", "mended", "restored", "any")}
    scores["slowest_s"] = max(verdict.seconds for verdict in verdicts)
    losses = judged_losses(seed, LOSSES)
    for loss in losses:
        if not (loss.named and loss.restored):
            click.echo(f"loss, {loss.kind}: {loss.error}\n    {loss.code} {loss.cause}\n    {loss.fixes[:2]}")
    scores |= {f"losses {claim}": share(losses, claim) for claim in ("named", "mended", "restored", "any")}
    click.echo(json.dumps(scores))
    _write(out, seed, scores, [*verdicts, *losses])


CLAIMS = (lambda _: True, lambda verdict: verdict.named, lambda verdict: verdict.mended)


def _missed(verdict: Verdict) -> str:
    claims = [claim for claim in ("named", "mended", "restored") if not getattr(verdict, claim)]
    return f"not {' nor '.join(claims)}: {verdict.network}, {verdict.kind}: {verdict.truth}"


def _write(out: Path, seed: int, scores: dict[str, float], verdicts: list[Verdict | LossVerdict]) -> None:
    folder = out / f"{datetime.now(UTC):%Y-%m-%d}-{platform.node() or 'machine'}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"blind-{seed}-{datetime.now(UTC):%H%M%S}.json"
    facts = {"card": card(), "seed": seed, "scores": scores, "verdicts": [asdict(verdict) for verdict in verdicts]}
    path.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", "utf-8")
    click.echo(f"written to {path}")
