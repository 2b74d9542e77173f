"""Sizes near a given one with which a model runs, where it does not run with the given one itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from time import perf_counter
from typing import TYPE_CHECKING

import torch

from kaiyan.trace.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import nn

    from kaiyan.trace.record import Record

Shape = tuple[int, ...]
_STEPS = 8
"""Sizes on each side that are tried one after the other, before multiples of powers of two and doubles."""
_MULTIPLES = tuple(2**k for k in range(1, 9))
_LARGEST = 4096


@dataclass
class Runs:
    """Runs of one model with inputs of one kind and many sizes, in ``seconds`` for all of a number of searches.

    Each search that begins has an equal share of what is left. A model that needs values once is asked for them at
    once afterwards.
    """

    model: nn.Module
    dtype: torch.dtype
    seconds: float
    searches: int = 1
    meta: bool = True
    count: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._end = perf_counter() + self.seconds
        self._until = self._end

    def begin(self) -> None:
        """A search begins."""
        now = perf_counter()
        self._until = now + max(self._end - now, 0.0) / max(self.searches, 1)
        self.searches -= 1

    def of(self, shape: Shape) -> Record:
        """What the model does with an input of a shape."""
        outcome = record(self.model, torch.empty(shape, dtype=self.dtype, device="meta"), meta=self.meta)
        self.meta = self.meta and outcome.on == "meta"
        self.count += 1
        return outcome

    def works(self, shape: Shape) -> bool:
        """Whether it runs."""
        return self.of(shape).error is None

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return perf_counter() > self._until


def near(runs: Runs, shape: Shape, *, first: int = 2) -> tuple[Shape | None, Shape | None]:
    """The nearest smaller and larger shapes with which it runs; the axes from ``first`` on move together."""
    sizes = shape[first:]
    if not sizes:
        return None, None
    below, above = (
        next((tried for tried in (_moved(shape, first, move) for move in moves) if _works(runs, tried)), None)
        for moves in (_smaller(), _larger())
    )
    return below, above


def _works(runs: Runs, shape: Shape | None) -> bool:
    return shape is not None and not runs.is_over and runs.works(shape)


def _moved(shape: Shape, first: int, move: Callable[[int], int]) -> Shape | None:
    sizes = tuple(move(n) for n in shape[first:])
    return (*shape[:first], *sizes) if all(0 < n <= _LARGEST for n in sizes) else None


def _smaller() -> Iterable[Callable[[int], int]]:
    return chain(
        (lambda n, k=k: n - k for k in range(1, _STEPS + 1)),
        (lambda n, m=m: (n - 1) // m * m for m in _MULTIPLES),
    )


def _larger() -> Iterable[Callable[[int], int]]:
    return chain(
        (lambda n, k=k: n + k for k in range(1, _STEPS + 1)),
        (lambda n, m=m: (n // m + 1) * m for m in _MULTIPLES),
        (lambda n, m=m: n * m for m in _MULTIPLES),
    )
