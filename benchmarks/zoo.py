"""``python -m benchmarks zoo``: real models of other hands through summary, accelerate, least_input and diagnose."""

from __future__ import annotations

import io
import json
import platform
import warnings
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from math import exp, log
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

import click

from benchmarks.harness import card

if TYPE_CHECKING:
    from collections.abc import Iterable

SLOWEST = 0.97
TOUCHED = ("changed", "moved", "other parts")


@click.group(invoke_without_command=True)
@click.option("--match", default="", help="only models whose package or name holds this")
@click.option("--out", type=click.Path(path_type=Path), default=Path("benchmarks/runs"), show_default=True)
@click.pass_context
def zoo(context: click.Context, match: str, out: Path) -> None:
    """Measures the models, a row each; ``breakages`` asks for the causes of what users break in them."""
    if context.invoked_subcommand is not None:
        return
    import torch

    import kaiyan
    from benchmarks.zoo_measure import measured
    from benchmarks.zoo_models import zoo as models

    torch.set_num_threads(1)
    kaiyan.set_num_threads(1)
    warnings.simplefilter("ignore")
    rows = []
    for real in models(match):
        row = _quietly(measured, real)
        rows.append(row)
        click.echo(_line(row))
    click.echo(json.dumps(scores(rows), indent=1))
    write(out, "zoo", rows)


def _quietly(measured: Any, real: Any) -> dict[str, Any]:
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        try:
            return dict(measured(real))
        except Exception as error:  # noqa: BLE001 - a model that is not made is a row as well
            return {
                "package": real.package,
                "model": real.name,
                "faults": [f"made: {type(error).__name__}: {error}"[:200]],
            }


def _line(row: dict[str, Any]) -> str:
    figures = (
        f"{row.get('layers', 0):4} {row.get('left', 0):4} {row.get('ratio', 0):6.2f} {row.get('difference', -1):8.1e}"
        f" {row.get('made_s', 0):6.1f} {row.get('least_s', 0):6.1f}"
        f" {row.get('foreign_steps', ''):4} {row.get('way', '')}"
    )
    return "\n".join([f"{row['package']:28.28} {row['model']:34.34} {figures}", *(f"    {f}" for f in row["faults"])])


def scores(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Shares of all models, between 0 and 1; speed as a geometric mean of those that have one."""
    ratios = [row["ratio"] for row in rows if row.get("ratio")]
    return {
        "models": len(rows),
        "packages": len({row["package"] for row in rows}),
        "parameters right": _share(row.get("parameters_right") for row in rows),
        "multiply-adds right": _share(row.get("macs_right") for row in rows),
        "accelerate equal, same structure": _share(_free(row, "accelerate") and "inputs" in row for row in rows),
        "saved and loaded": _share(len(row.get("saved", ())) == 2 for row in rows),
        "least_input in time": _share(_free(row, "least") for row in rows),
        "untouched": _share(not any(word in fault for fault in row["faults"] for word in TOUCHED) for row in rows),
        "speed": round(exp(mean(map(log, ratios))), 3) if ratios else None,
        f"slower than {SLOWEST}": [_name(row) for row in rows if row.get("ratio", 1) < SLOWEST],
        "no layer replaced": sum(row.get("layers") == 0 for row in rows),
        "ways": dict(Counter(row.get("way", "none") for row in rows)),
        "foreign steps": sum((Counter(row.get("foreign", {})) for row in rows), Counter()),
        "without a fault": _share(not row["faults"] for row in rows),
    }  # fmt: skip


def _name(row: dict[str, Any]) -> str:
    return f"{row['package']}: {row['model']} {row['ratio']}"


def _free(row: dict[str, Any], step: str) -> bool:
    return not any(fault.startswith((step, "made")) for fault in row["faults"])


def _share(claims: Iterable[Any]) -> float:
    return round(mean(map(bool, claims)), 4)


def write(out: Path, kind: str, rows: list[dict[str, Any]]) -> None:
    """The rows as lines of JSON, the machine first."""
    folder = out / f"{datetime.now(UTC):%Y-%m-%d}-{platform.node() or 'machine'}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}-{datetime.now(UTC):%H%M%S}.jsonl"
    lines = [{"card": card()}, *rows]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    click.echo(f"written to {path}")
