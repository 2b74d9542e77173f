"""A public call that is interrupted, wherever it stands, leaves the model, the inputs and the random states alone.

Every line that a call passes, torch's and Python's too, is noted once; then the call is made again and again, and a
KeyboardInterrupt is raised at one of them after the other: where each is passed first and last.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import pytest
import torch
from interrupting import Interrupter
from lent import Net, seen
from torch import Tensor, nn

import kaiyan

if TYPE_CHECKING:
    from collections.abc import Callable

POINTS = int(os.environ.get("KAIYAN_POINTS", "3"))
"""Lines at which each call is interrupted, spread over all that it passes; every one of them when 0."""
SIZE = (2, 3, 3, 4)


class Frozen(dict[str, int]):
    """A mapping that refuses to be written to, as the configurations of diffusers do."""

    def update(self, *_: Any, **__: Any) -> None:
        raise RuntimeError("frozen")

    clear = __setitem__ = update


class Changing(nn.Module):
    """Replaces its own tensors, counts its calls, writes to its input, and draws random numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.net = Net(4 * SIZE[2] * SIZE[3])
        self.config = Frozen(a=1)
        self.calls = [0]
        self.lock = threading.Lock()
        self.mean = nn.Buffer(torch.zeros(3))

    def forward(self, x: Tensor) -> Tensor:
        self.calls[0] += 1
        self.last = x.mul_(2)
        self.mean.add_(x.mean())
        self.net.fc.bias = nn.Parameter(torch.zeros(2))
        return self.net(x + torch.rand(1).to(x.device))  # type: ignore[no-any-return]


CALLS: dict[str, Callable[[nn.Module, Tensor], object]] = {
    "summary": lambda model, x: kaiyan.summary(model, input_data=x),
    "summary with times": lambda model, x: kaiyan.summary(model, input_data=x, col_names=("time",)),
    "least_input": lambda model, x: kaiyan.least_input(model, tuple(x.shape)),
    "whole_sizes": lambda model, x: kaiyan.whole_sizes(model, tuple(x.shape)),
    "diagnose": lambda model, x: kaiyan.diagnose("RuntimeError: mat1 and mat2 shapes cannot be multiplied", model, x),
    "shift_report": lambda model, x: kaiyan.shift_report(model, x, 2),
    "accelerate": kaiyan.nn.accelerate,
    "convert": lambda model, _: kaiyan.nn.convert(model, "tf_same"),
}
KINDS: dict[str, Callable[[], nn.Module]] = {"plain": lambda: Net(4 * SIZE[2] * SIZE[3]), "changing": Changing}
CASES = [(call, kind) for call in CALLS for kind in KINDS]


def points(lines: list[tuple[str, int]]) -> list[int]:
    """Where each line is passed first and last, and the end of the call."""
    first = {line: at for at, line in reversed(list(enumerate(lines)))}
    last = {line: at for at, line in enumerate(lines)}
    spread = sorted({*first.values(), *last.values()})
    step = max(1, len(spread) // POINTS) if POINTS else 1
    return [*spread[::step], *range(max(len(lines) - 4, 0), len(lines))]


@pytest.mark.parametrize(("call", "kind"), CASES)
def test_an_interrupted_call_leaves_everything_as_it_was(call: str, kind: str) -> None:
    torch.manual_seed(3)
    model, x = KINDS[kind](), torch.rand(SIZE)
    before = seen(model, x)
    Interrupter(-1).of(lambda: CALLS[call](model, x))  # what is imported is imported once
    lines = Interrupter(-1).of(lambda: CALLS[call](model, x))
    assert seen(model, x) == before
    for at in points(lines):
        Interrupter(at).of(lambda: CALLS[call](model, x))
        assert seen(model, x) == before, f"interrupted at {lines[at]}, line {at} of {len(lines)}"
