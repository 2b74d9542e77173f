"""``python -m benchmarks training``: one training step of a small network, our layers against torch's, in one run.

The network is a small one for 32 x 32 pictures in colour: three convolutions 3 x 3 (32, 64, 128), each with a ReLU and
halved by a maximum, and one full layer; a batch of 32, cross entropy, AdamW. Both networks begin with the same weights.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from benchmarks.harness import interleaved
from kaiyan.engine.codegen.running.machine import machine

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 60.0


@click.command()
@click.option("--runs", default=60, show_default=True, help="turns of each network")
@click.option("--threads", default=1, show_default=True)
def training(runs: int, threads: int) -> None:
    """Prints milliseconds of a step, and torch's over ours, as JSON."""
    import torch
    from torch import nn

    import kaiyan
    import kaiyan.nn

    torch.set_num_threads(threads)
    kaiyan.set_num_threads(threads)
    theirs = network(nn.Conv2d)
    ours = network(kaiyan.nn.Conv2d)
    ours.load_state_dict(theirs.state_dict())
    calls = {"torch": step(theirs), "kaiyan": step(ours)}
    for call in calls.values():
        call()
    times = interleaved(calls, SECONDS, runs)
    milliseconds = {name: round(time.median * 1e3, 3) for name, time in times.items()}
    ratio = round(times["torch"].median / times["kaiyan"].median, 3)
    print(json.dumps({"milliseconds": milliseconds, "torch/kaiyan": ratio, "threads": threads, "runs": runs,
                      "machine": str(machine()), "torch": torch.__version__}, indent=2))  # fmt: skip


def network(conv: Any) -> Any:
    """The network, with the convolution that is given."""
    from torch import nn

    layers: list[nn.Module] = []
    for before, after in ((3, 32), (32, 64), (64, 128)):
        layers += [conv(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 16, 10))


def step(model: Any) -> Callable[[], None]:
    """One step on a batch that stays the same."""
    import torch
    from torch.nn import functional

    drawn = torch.Generator().manual_seed(0)
    x = torch.rand(32, 3, 32, 32, generator=drawn)
    y = torch.randint(0, 10, (32,), generator=drawn)
    optimizer = torch.optim.AdamW(model.parameters())

    def one() -> None:
        optimizer.zero_grad()
        functional.cross_entropy(model(x), y).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return one
