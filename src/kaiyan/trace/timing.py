"""Seconds of every module of a model, measured on real tensors; the model is left as it was."""

from __future__ import annotations

import contextlib
from collections import Counter
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch

from kaiyan.trace.lend import lend

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from kaiyan.trace.lend import Named, Positional, StandIns

RUNS = 3
"""Runs that are measured, after one that warms up; the least of each module is kept."""

Place = tuple[str, int]
"""A module's path and how often it was called before in the same run."""


def seconds(model: nn.Module, inputs: Any) -> dict[Place, float]:
    """The least time of every call of a module, all inside it included; up to where the model fails.

    Sizes without data are run on random numbers. On an accelerator it is waited for before each reading of the clock.
    """
    return lend(model, inputs, "real", _timed)


def _timed(double: nn.Module, args: Positional, named: Named, _: StandIns) -> dict[Place, float]:
    found: dict[Place, float] = {}
    for run in range(RUNS + 1):
        watch = _Watch()
        with watch.on(double), contextlib.suppress(Exception):
            double(*args, **named)
        if run:
            found = {place: min(took, found.get(place, took)) for place, took in watch.took.items()}
    return found


class _Watch:
    """Times of one run."""

    def __init__(self) -> None:
        self.took: dict[Place, float] = {}
        self._calls: Counter[str] = Counter()
        self._open: list[tuple[Place, float]] = []

    @contextlib.contextmanager
    def on(self, model: nn.Module) -> Any:
        """Hooks on every module while it lasts."""
        hooks = []
        for path, module in model.named_modules():
            hooks.append(module.register_forward_pre_hook(self._beginning(path)))
            hooks.append(module.register_forward_hook(self._end, prepend=True, always_call=True))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _beginning(self, path: str) -> Callable[..., None]:
        def begin(*_: Any) -> None:
            self._open.append(((path, self._calls[path]), _now()))
            self._calls[path] += 1

        return begin

    def _end(self, _: nn.Module, __: tuple[Any, ...], result: Any) -> None:
        place, began = self._open.pop()
        if result is not None:
            self.took[place] = _now() - began


def _now() -> float:
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.synchronize()
    return perf_counter()
