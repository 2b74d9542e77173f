"""``python -m benchmarks layers``: the rows of layers.jsonl, ours against every peer installed, interleaved."""

from __future__ import annotations

import gc
import json
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from math import exp, log
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click
import numpy as np

import kaiyan
from benchmarks import rows as all_rows
from benchmarks.chart import chart
from benchmarks.harness import REST, Timing, Watch, card, interleaved, limits
from benchmarks.peers import PEERS, last
from benchmarks.rows import CLASSES, Row
from benchmarks.truth import error, tolerance, truth
from kaiyan.engine.codegen.parts.toom import phases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from benchmarks.harness import Limits

OURS, OURS_LAST = "kaiyan", "kaiyan NHWC"
_TOO_LONG = 20.0


@dataclass(slots=True)
class Result:
    """What one row gave: times by name, what was left out, our algorithm, error and share of the limit."""

    row: str
    key: str
    family: str
    core: bool
    threads: int
    algorithm: str
    error: float
    limit: float
    others: float | None
    times: dict[str, Timing] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def ours(self) -> float:
        """Our median, channels first."""
        return self.times[OURS].median

    @property
    def best(self) -> tuple[str, float] | None:
        """The fastest peer and its median."""
        peers = {name: t.median for name, t in self.times.items() if not name.startswith(OURS)}
        return min(peers.items(), key=lambda peer: peer[1]) if peers else None

    def ratio(self, peer: str | None = None) -> float | None:
        """A peer's time, or the best's, in units of ours."""
        if peer is None:
            return self.best[1] / self.ours if self.best else None
        return self.times[peer].median / self.ours if peer in self.times else None

    def __str__(self) -> str:
        name, seconds = self.best or ("-", float("nan"))
        ratios = [self.ratio(), self.ratio("torch NCHW")]
        words = [f"{ratio:6.2f}" if ratio else "     -" for ratio in ratios]
        return (
            f"{self.row:24} {self.ours * 1e3:9.3f} ms  {name:12} {seconds * 1e3:9.3f} ms  {words[0]} {words[1]}  "
            f"{self.limit / self.ours:5.0%}  {self.algorithm:16} {self.error:.0e}"
        )


HEAD = f"{'row':24} {'ours':>12}  {'best peer':25}  {'ratio':>6} {'torch':>6}  limit  {'algorithm':16} error"


@click.command("layers")
@click.option("--threads", multiple=True, type=int, default=(1,), help="how many, each in turn")
@click.option("--core", is_flag=True, help="only the rows marked core")
@click.option("--match", default="", help="only rows whose name contains this")
@click.option("--classes", default="", help=f"only these, with commas between: {', '.join(CLASSES)}")
@click.option("--peers", default="", help="only these, with commas between")
@click.option("--seconds", default=1.0, help="for each row and peer, about")
@click.option("--out", type=click.Path(path_type=Path), help="a folder for the JSON and the picture")
def layers(
    threads: tuple[int, ...], *, core: bool, match: str, classes: str, peers: str, seconds: float, out: Path | None
) -> None:
    """Times every row of layers.jsonl that kaiyan computes with float32."""
    chosen = [row for row in all_rows.read() if match in row.name and (row.core or not core)]
    chosen = [row for row in chosen if row.family in _words(classes, CLASSES)]
    names = _words(peers, [peer.name for peer in PEERS])
    _say_what_is_missing(names)
    results = []
    for count in threads:
        best = limits(count)
        figures = f"peak {best.flops / 1e9:.0f} GFLOP/s, memory {best.bandwidth / 1e9:.0f} GB/s"
        click.echo(f"\n{count} thread(s); {figures}\n{HEAD}")
        for row in chosen:
            result = _measured(row, count, names, seconds, best)
            if result is not None:
                results.append(result)
                click.echo(result)
        _summary([result for result in results if result.threads == count])
    if out is not None:
        _written(out, results)


def _words(text: str, known: Iterable[str]) -> list[str]:
    asked = [word.strip() for word in text.split(",") if word.strip()]
    return asked or list(known)


def _say_what_is_missing(names: list[str]) -> None:
    for peer in PEERS:
        if peer.name in names and not peer.installed:
            click.echo(f"{peer.name} is left out: {peer.package} is not installed")


def _measured(row: Row, threads: int, names: list[str], seconds: float, best: Limits) -> Result | None:
    if row.types != ("float32", "float32"):
        return None
    problem = row.problem
    arrays = row.arrays()
    kaiyan.set_num_threads(threads)
    plan = kaiyan.plan(problem.spec, problem.input_shape, threads=threads)
    if (plan.chosen.seconds or 0) > _TOO_LONG:
        click.echo(f"{row.name:24} is left out: {plan.algorithm.name} expects {plan.chosen.seconds:.0f} s")
        return None
    calls = {OURS: _ours(row, arrays.x)}
    if row.rank == 2:
        calls[OURS_LAST] = _ours(row, last(arrays.x))
    right = truth(row, arrays)
    result = Result(row.name, str(problem), row.family, row.core, threads, plan.algorithm.name, 0.0,
                    best.seconds(_operations(row, plan.algorithm.name), row.bytes), None)  # fmt: skip
    result.error = error(np.asarray(calls[OURS]()), right)
    for peer in PEERS:
        if peer.name in names and peer.installed and peer.takes(row):
            call = peer.prepare(row, arrays, threads)
            wrong = error(np.asarray(call()), right)
            if wrong <= tolerance(row, right):
                calls[peer.name] = call
            else:
                result.left_out[peer.name] = f"its error is {wrong:.1e}"
                click.echo(f"{row.name:24} {peer.name} is left out: {result.left_out[peer.name]}")
    watch = Watch()
    result.times = interleaved(calls, seconds, rest=REST if threads > 1 else 0.0)
    result.others = watch.others()
    del calls
    gc.collect()
    return result


def _ours(row: Row, x: Any) -> Callable[[], Any]:
    """Ours as its users call it in a loop: the weight packed, the output in an array that is used again."""
    arrays = row.arrays()
    prepared = kaiyan.prepare(row.spec, arrays.weight, arrays.bias)
    out = prepared(x)
    return lambda: prepared(x, out=out)


def _operations(row: Row, algorithm: str) -> float:
    """Two for each product that the algorithm makes: Winograd makes fewer."""
    saved = 1.0
    if algorithm.startswith(("winograd", "strided")):
        m = int(algorithm.partition("(")[2].partition(",")[0])
        for axis in row.spec.axes[-2:]:
            made = sum(phase.n for phase in phases(m, axis.kernel, axis.stride)) if axis.kernel > 1 else m
            saved *= m * axis.kernel / made
    return 2 * row.macs / saved


def _summary(results: list[Result]) -> None:
    """Geometric means by class and over all."""
    click.echo(f"\n{'geometric mean of':24} {'rows':>4} {'best/ours':>10} {'torch NCHW/ours':>16}")
    groups = [(name, [r for r in results if r.family == name]) for name in CLASSES]
    for name, group in [*groups, ("all", results)]:
        if group:
            ratios = (_mean(r.ratio() for r in group), _mean(r.ratio("torch NCHW") for r in group))
            click.echo(f"{name:24} {len(group):4} {ratios[0]:10.2f} {ratios[1]:16.2f}")


def _mean(ratios: Iterable[float | None]) -> float:
    known = [log(ratio) for ratio in ratios if ratio]
    return exp(sum(known) / len(known)) if known else float("nan")


def _written(out: Path, results: list[Result]) -> None:
    folder = out / f"{datetime.now(UTC):%Y-%m-%d}-{platform.node() or 'machine'}"
    folder.mkdir(parents=True, exist_ok=True)
    stamp = f"{datetime.now(UTC):%H%M%S}"
    facts = {"card": _card(), "results": [asdict(result) for result in results]}
    (folder / f"layers-{stamp}.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    chart(folder / f"layers-{stamp}.png", [(r.row, r.ratio() or 0.0, r.family) for r in results])
    click.echo(f"written to {folder}")


@cache
def _card() -> dict[str, Any]:
    return card() | {"measured": perf_counter()}
