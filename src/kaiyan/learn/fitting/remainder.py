"""What a found kernel leaves of the pictures: how much, the most, and where that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.learn.fitting.equations import left_over
from kaiyan.show.shown import Data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.learn.fitting.pairs import Pair
    from kaiyan.learn.fitting.solution import Solution
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Conv


@dataclass(frozen=True, slots=True)
class Residual(Data):
    """What the kernel leaves of the values that it was to explain.

    ``r2`` is the share of their variance that it explains, NaN where they do not vary; ``rms`` the root mean square
    difference; ``largest`` the largest one, at ``where``: picture, channel, then places along the axes. ``used``
    values were explained; ``clipped`` and ``border`` were left out. ``correlation`` is that of neighbours along the
    last axis of what is left: 0 for noise.
    """

    r2: float
    rms: float
    largest: float
    where: tuple[int, ...]
    used: int
    clipped: int
    border: int
    correlation: float

    JSON = ("r2", "rms", "largest", "where", "used", "clipped", "border", "correlation")


Parts = list[tuple[slice, slice, "Solution"]]
"""Solutions with the inputs and the outputs that each is of."""


def remainder(used: list[Pair], starts: list[tuple[int, ...]], parts: Parts, geometry: Conv) -> Residual:
    """What the solutions of ``parts`` leave of the pairs ``used``, each cut out of a picture from ``starts`` on."""
    squares = neighbours = largest = 0.0
    where: tuple[int, ...] = (0,) * (2 + len(geometry.axes))
    for corner, rest in _rests(used, starts, parts, geometry):
        squares += float((rest**2).sum())
        neighbours += float((rest[..., 1:] * rest[..., :-1]).sum())
        place = np.unravel_index(np.argmax(abs(rest)), rest.shape)
        if abs(rest[place]) > largest:
            largest = float(abs(rest[place]))
            where = tuple(int(p) + c for p, c in zip(place, corner, strict=True))
    count, varied = sum(pair.used for pair in used), _varied(used)
    return Residual(
        r2=1 - squares / varied if varied else float("nan"), rms=(squares / count) ** 0.5, largest=largest, where=where,
        used=count, clipped=sum(pair.after.size for pair in used) - count, border=0,
        correlation=neighbours / squares if squares else 0.0,
    )  # fmt: skip


def _rests(
    used: list[Pair], starts: list[tuple[int, ...]], parts: Parts, geometry: Conv
) -> Iterator[tuple[tuple[int, ...], Numbers]]:
    """What is left in every band, and where its first value stands: picture, channel, places."""
    for inputs, outputs, found in parts:
        weight = found.weight.reshape(len(found.weight), -1, *(a.kernel for a in geometry.axes))
        picture = 0
        for pair, start in zip(used, starts, strict=True):
            row = start[0]
            for band in left_over([pair.of(inputs, outputs)], geometry, weight, found.bias):
                yield (picture, outputs.start, row, *start[1:]), band.after
                row += band.after.shape[2]
            picture += len(pair.after)


def _varied(used: list[Pair]) -> float:
    """The sum of squared distances of every channel's values from their mean."""
    total = 0.0
    for k in range(used[0].after.shape[1]):
        values = [pair.after[:, k] if pair.kept is None else pair.after[:, k][pair.kept[:, k]] for pair in used]
        joined = np.concatenate([v.ravel() for v in values]).astype(np.float64)
        total += float(((joined - joined.mean()) ** 2).sum()) if joined.size else 0.0
    return total
