"""``python -m benchmarks zoo breakages``: cause, first fix and every offered fix of what users break in real models."""

from __future__ import annotations

import io
import json
import re
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import click
import torch

import kaiyan
from benchmarks.zoo import write
from benchmarks.zoo_breakages import ANY, Breakage, cases, kept, run
from benchmarks.zoo_outputs import skeleton

if TYPE_CHECKING:
    from kaiyan.explain.diagnosis.diagnose import Diagnosis
    from kaiyan.explain.diagnosis.fixes import Fix

LARGEST = 2**22
"""Numbers in an input up to which a mended model is run."""


def judged(case: Breakage) -> dict[str, Any]:
    """What the user would see, and whether it is right."""
    error, model, inputs = _raised(case)
    began = process_time()
    answer = kaiyan.diagnose(error) if case.script else kaiyan.diagnose(error, model, inputs)
    seconds = process_time() - began
    fixes = [_text(fix) for fix in answer.fixes]
    results = [_applied(fix, model, inputs) for fix in answer.fixes] if not case.script else []
    right = case.right() if case.right else []
    return {
        "name": case.name,
        "error": f"{type(error).__name__}: {error}".strip()[:400],
        "code": answer.code,
        "cause": str(answer.cause),
        "fixes": fixes,
        "results": [str(result)[:200] for result in results],
        "named": _named(case, answer),
        "restored": _restores(case, answer, 0, results, right),
        "any": any(_restores(case, answer, i, results, right) for i in range(len(fixes))),
        "unmarked": [_text(fix) for fix, result in zip(answer.fixes, results, strict=False) if _breaks(fix, result)],
        "seconds": round(seconds, 2),
    }  # fmt: skip


def _named(case: Breakage, answer: Diagnosis) -> bool:
    told = re.fullmatch(case.codes, answer.code) or re.search(case.cause, str(answer.cause), re.IGNORECASE)
    return answer.code != "K000" and told is not None


def _raised(case: Breakage) -> tuple[BaseException, Any, Any]:
    try:
        if case.script:
            run(case.script)
            return AssertionError(f"it runs: {case.name}"), None, None
        assert case.model
        assert case.inputs
        model, inputs = case.model(), case.inputs()
    except Exception as error:
        if case.script:
            return error, None, None
        raise
    try:
        model(*inputs)
    except Exception as error:  # noqa: BLE001
        return error, model, inputs
    message = f"it runs: {case.name}"
    raise AssertionError(message)


def _text(fix: Fix) -> str:
    return "\n".join(filter(None, (str(fix.sentence), fix.after)))


def _applied(fix: Fix, model: Any, inputs: Any) -> Any:
    """The skeleton of the answer with the fix in; an exception where it fails, None where it cannot be carried out."""
    if fix.change is None:
        return None
    try:
        mended, given = fix.apply(model, inputs)
        if max((x.numel() for x in given if isinstance(x, torch.Tensor)), default=0) > LARGEST:
            return None
        with torch.no_grad():
            return skeleton(mended(*given))
    except Exception as error:  # noqa: BLE001 - a fix that fails is what is looked for
        return error


def _breaks(fix: Fix, result: Any) -> bool:
    """It fails, and nothing beside it says that it was not tried to the end."""
    return isinstance(result, Exception) and (fix.tried or getattr(fix, "note", None) is None)


def _restores(case: Breakage, answer: Diagnosis, number: int, results: list[Any], right: list[Any]) -> bool:
    if number >= len(answer.fixes):
        return False
    fix, text = answer.fixes[number], _text(answer.fixes[number])
    if case.meant and not re.search(case.meant, text):
        return False
    if case.script or (case.meant and fix.change is None):
        return True
    result = results[number]
    return not isinstance(result, Exception) and result is not None and (ANY in right or result in right)


def shares(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts, and their shares."""
    n = max(len(rows), 1)
    counts = {claim: sum(row[claim] for row in rows) for claim in ("named", "restored", "any")}
    unmarked = sum(len(row["unmarked"]) for row in rows)
    return (
        {"cases": len(rows)}
        | {k: f"{v} ({v / n:.0%})" for k, v in counts.items()}
        | {"fixes that fail unmarked": unmarked}
    )


@click.command()
@click.option("--match", default="")
@click.option("--out", type=click.Path(path_type=Path), default=Path("benchmarks/runs"), show_default=True)
@click.option("--every/--missed", default=False, help="show all cases, not only those that miss")
def breakages(match: str, out: Path, every: bool) -> None:
    """Asks for the causes of what users break in real models."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    rows = []
    for case in (case for case in cases() if match in case.name):
        rows.append(row := _quietly(case))
        if every or not (row["named"] and row["restored"] and not row["unmarked"]):
            click.echo(shown(row))
    click.echo(json.dumps({"shown": shares(rows), "kept back": shares([_quietly(case) for case in kept()])}, indent=1))
    write(out, "breakages", rows)


def _quietly(case: Breakage) -> dict[str, Any]:
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        try:
            return judged(case)
        except Exception as error:  # noqa: BLE001 - diagnose itself failed: the worst case
            text = f"{type(error).__name__}: {error}"[:300]
            blank = {
                "code": "-",
                "cause": "",
                "fixes": [],
                "results": [],
                "named": False,
                "restored": False,
                "any": False,
            }
            return {
                "name": case.name,
                "error": f"THE JUDGE OR DIAGNOSE FAILED {text}",
                "unmarked": [],
                "seconds": 0,
            } | blank


def shown(row: dict[str, Any]) -> str:
    """A case as its user meets it."""
    missed = [what for what, held in (("cause", row["named"]), ("first fix", row["restored"])) if not held]
    lines = [
        f"{row['name']}: {' and '.join(missed) or 'right'}",
        f"    {row['error'][:200]}",
        f"    {row['code']}: {row['cause']}",
    ]
    for text, result in zip(row["fixes"], [*row["results"], *[""] * len(row["fixes"])], strict=False):
        lines.append(f"      - {text.replace(chr(10), ' | ')[:160]}  => {result[:90]}")
    lines += [f"    FAILS, UNMARKED: {text[:120]}" for text in row["unmarked"]]
    return "\n".join(lines)
