"""``python -m benchmarks sweep``: kernels of one tap over many channels and sizes, both layouts, against torch.

A row of layers.jsonl is a layer that somebody uses; a sweep meets the shapes that nobody chose, whose rows lie 4096
bytes apart or leave a tile half empty. Times are the processor's own for this thread, so that other processes cost a
row its caches but not its turn; the least of many short runs in turns counts, and what looks slow is measured again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import partial
from itertools import product
from pathlib import Path
from time import thread_time
from typing import TYPE_CHECKING, Any

import click
import numpy as np

import kaiyan
from benchmarks.harness import card

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHANNELS = (64, 96, 128, 192, 256, 320, 384, 512, 576, 768, 960, 1024, 1088, 1280, 1536, 2048)
SIZES = (7, 8, 9, 13, 14, 15, 16, 17, 28, 31, 32, 56, 64)
_WORK = 2e-3
"""Seconds of the longest row, by count; longer ones are of the same kinds."""
_RATE = 55e9
"""Multiply-adds a second, for that count."""
_SHORT = 2e-4
_AGAIN = 3
"""Times that a row which looks slow is measured again."""


@dataclass(frozen=True, slots=True)
class Swept:
    """One shape: seconds by name, and the worse of our layouts in units of torch's better one."""

    C: int
    K: int
    size: int
    seconds: dict[str, float]

    @property
    def torch(self) -> float:
        """Torch's better layout."""
        return min(self.seconds["torch NCHW"], self.seconds["torch NHWC"])

    @property
    def ratio(self) -> float:
        """Ours in torch's units."""
        return max(self.seconds["kaiyan"], self.seconds["kaiyan NHWC"]) / self.torch

    def least(self, other: Swept) -> Swept:
        """The lesser times of two measurements of one shape."""
        return Swept(self.C, self.K, self.size, {n: min(s, other.seconds[n]) for n, s in self.seconds.items()})

    def __str__(self) -> str:
        times = "  ".join(f"{seconds * 1e3:8.3f}" for seconds in self.seconds.values())
        return f"{self.C:5} -> {self.K:5}  {self.size:3}x{self.size:<3} {times}  {self.ratio:6.2f}"


@click.command("sweep")
@click.option("--runs", default=30, help="turns of each call")
@click.option("--limit", default=1.05, help="the ratio from which a row counts as slow")
@click.option("--every", default=1, help="only every so many shapes")
@click.option("--out", type=click.Path(path_type=Path), help="a file for the JSON")
def sweep(runs: int, *, limit: float, every: int, out: Path | None) -> None:
    """Times pointwise layers of many shapes on one thread, and lists those slower than torch."""
    import torch

    kaiyan.set_num_threads(1)
    click.echo(f"{'channels':14}  {'size':6}  {'kaiyan':>8}  {'NHWC':>8}  {'torch':>8}  {'NHWC':>8}  ratio")
    with torch.inference_mode():
        rows = [_swept(shape, runs, limit) for shape in list(shapes())[::every]]
    slow = [row for row in rows if row.ratio > limit]
    ratios = np.array([row.ratio for row in rows])
    click.echo(f"{len(rows)} shapes; ratio: median {np.median(ratios):.2f}, worst {ratios.max():.2f}; {len(slow)} slow")
    for row in sorted(slow, key=lambda row: -row.ratio):
        click.echo(f"slow: {row}")
    if out is not None:
        facts = {"card": card(), "results": [asdict(row) for row in rows]}
        out.write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


def shapes() -> Iterator[tuple[int, int, int]]:
    """Input channels, output channels and side of every shape of the sweep."""
    for C, size in product(CHANNELS, SIZES):
        for K in sorted({max(C // 4, 64), max(C // 2, 64), C, min(2 * C, 2048)}):
            if C * K * size**2 / _RATE <= _WORK:
                yield C, K, size


def _swept(shape: tuple[int, int, int], runs: int, limit: float) -> Swept:
    calls = _calls(*shape)
    row = Swept(*shape, _least(calls, runs))
    for _ in range(_AGAIN):
        if row.ratio > limit:
            row = row.least(Swept(*shape, _least(calls, runs)))
    click.echo(row)
    return row


def _calls(C: int, K: int, size: int) -> dict[str, Callable[[], Any]]:
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, w, bias = torch.randn(1, C, size, size), torch.randn(K, C, 1, 1) / C**0.5, torch.randn(K)
    prepared = kaiyan.prepare(f"Conv2d({C}, {K}, 1)", w, bias)
    ours: dict[str, Callable[[], Any]] = {}
    theirs: dict[str, Callable[[], Any]] = {}
    for name, layout in (("", torch.contiguous_format), (" NHWC", torch.channels_last)):
        laid, weight = x.to(memory_format=layout), w.to(memory_format=layout)
        out = prepared(laid)
        ours[f"kaiyan{name}"] = partial(prepared, laid, out=out)
        theirs[f"torch{name or ' NCHW'}"] = partial(torch.nn.functional.conv2d, laid, weight, bias)
    return ours | theirs


def _least(calls: dict[str, Callable[[], Any]], runs: int) -> dict[str, float]:
    times = dict.fromkeys(calls, float("inf"))
    repeats = {name: max(round(_SHORT / max(_spent(call, 2), 1e-7)), 1) for name, call in calls.items()}
    for _ in range(runs):
        for name, call in calls.items():
            call()
            times[name] = min(times[name], _spent(call, repeats[name]))
    return times


def _spent(call: Callable[[], Any], repeats: int) -> float:
    began = thread_time()
    for _ in range(repeats):
        call()
    return (thread_time() - began) / repeats
