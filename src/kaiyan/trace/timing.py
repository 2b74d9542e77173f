"""Seconds of every module of a model, measured on real tensors; the model is left as it was."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from kaiyan.trace.lend import lend
from kaiyan.trace.watch import watch

if TYPE_CHECKING:
    from torch import nn

    from kaiyan.trace.lend import Named, Positional, StandIns

RUNS = 3
"""Runs that are measured, after one that warms up; the least of each module is kept."""

Turn = tuple[str, int]
"""A module's path and how often it was called before in the same run."""


def seconds(model: nn.Module, inputs: Any) -> dict[Turn, float]:
    """The least time of every call of a module, all inside it included; up to where the model fails.

    Sizes without data are run on random numbers. On an accelerator it is waited for before each reading of the clock.
    """
    return lend(model, inputs, "real", _timed)


def _timed(double: nn.Module, args: Positional, named: Named, _: StandIns) -> dict[Turn, float]:
    least: dict[Turn, float] = {}
    for run in range(RUNS + 1):
        with watch(double) as visits, contextlib.suppress(Exception):
            double(*args, **named)
        if run:
            taken = {(visit.path, visit.turn): visit.seconds for visit in visits if not visit.failed}
            least = {place: min(took, least.get(place, took)) for place, took in taken.items()}
    return least
