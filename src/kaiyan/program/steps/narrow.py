"""Lines that are too short for vectors, such as three channels, joined to longer ones.

An array that is the same for all of them, such as a number for each channel, is written out as often as is needed for
that: a walk along three channels took five times as long as one along the whole picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.program.place import Place, bytes_of, dense_strides
from kaiyan.program.steps.walking import Walked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.place import Pointer
    from kaiyan.program.room import PlanningRoom

_NARROW, _JOINED = 48, 768
"""Elements of a line that is short, and of one that is joined of such."""
_WORTH, _LEAST = 2**14, 4
"""Elements of an array, and lines in one, from which joining pays."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A walk, where its arrays begin, and what is to be copied before: from, and to."""

    walk: Walked
    pointers: tuple[Pointer, ...]
    copies: tuple[tuple[Place, Place], ...] = ()


def joined(walk: Walked, arrays: Sequence[Place], room: PlanningRoom) -> Joined:
    """The walk along longer lines where that pays; the first array is the output."""
    plain = Joined(walk, tuple(place.pointer for place in arrays))
    times = _times(walk)
    if not times:
        return plain
    *outer, middle, inner = walk.sizes
    strides, pointers, copies = [], [], []
    for place, own in zip(arrays, walk.strides, strict=True):
        if own[-2] == own[-1] * inner:
            strides.append((*own[:-2], own[-2] * times, own[-1]))
            pointers.append(place.pointer)
            continue
        if own[-2] or place.dtype not in ("float32", "float64"):
            return plain
        held = tuple(size if step else 1 for size, step in zip(outer, own[:-2], strict=True))
        source = place.viewed((*held, times, inner), own)
        target = _written_out(source, room)
        if source.pointer.buffer.array is None:
            copies.append((source, target))
        kept = zip(own[:-2], target.strides[:-2], strict=True)
        strides.append((*(new if step else 0 for step, new in kept), 0, 1))
        pointers.append(target.pointer)
    longer = Walked((*outer, middle // times, inner * times), tuple(strides))
    return Joined(longer, tuple(pointers), tuple(copies))


def _times(walk: Walked) -> int:
    """How many lines become one; 0 where that does not pay."""
    if len(walk.sizes) < 2 or walk.sizes[-1] >= _NARROW or prod(walk.sizes) < _WORTH or walk.steps[0] != 1:
        return 0
    middle, inner = walk.sizes[-2:]
    times = max(n for n in range(1, min(middle, _JOINED // inner) + 1) if middle % n == 0)
    return times if times >= _LEAST else 0


def _written_out(source: Place, room: PlanningRoom) -> Place:
    """Where the lines will lie one after the other; a constant's lie there already."""
    shape, array = source.shape, source.pointer.buffer.array
    if array is None:
        pointer = room.scratch(bytes_of(shape, source.dtype))
    else:
        first = array.reshape(-1).view(source.dtype)[source.pointer.offset // source.itemsize :]
        steps = [step * source.itemsize for step in source.strides]
        pointer = room.constant(np.lib.stride_tricks.as_strided(first, shape, steps).copy())
    return Place(pointer, shape, dense_strides(shape), source.dtype)
