"""The stopwatch: what a call gives, and the seconds that it took."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


def timed(act: Callable[[], _T]) -> tuple[_T, float]:
    """What ``act`` gives, and its wall-clock time in seconds."""
    began = perf_counter()
    result = act()
    return result, perf_counter() - began


def seconds_of(act: Callable[[], object]) -> float:
    """The wall-clock time of one call, in seconds."""
    return timed(act)[1]
