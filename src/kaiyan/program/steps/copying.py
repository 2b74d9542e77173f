"""A value copied from one place in memory to another, as native calls."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.routines.moved import Elements, Lines, Turned
from kaiyan.program.place import Call
from kaiyan.program.steps.elementwise import mapped
from kaiyan.program.steps.walking import Walked, walked

if TYPE_CHECKING:
    from kaiyan.program.place import Place
    from kaiyan.program.room import Room

_TASK = 16_384
"""Elements of a task: 64 KB read and as much written."""
_MOST_REPEATED = 8
"""Times that one element is repeated in registers."""
_SQUARE = 4
"""Elements on either axis from which squares are worth turning."""


def copied(source: Place, target: Place, room: Room) -> list[Call]:
    """The calls that fill ``target`` with ``source``, of the same shape, each of any strides, which may be 0 or less.

    Another type is converted to, where that is float32 or float64.
    """
    del room
    if not prod(target.shape):
        return []
    if source.dtype != target.dtype:
        return mapped((), [source], target)
    walk = walked(target.shape, [target.strides, source.strides])
    size, steps, places = target.itemsize, walk.steps, (target.pointer, source.pointer)
    turned = _turned(walk, size)
    routine: Lines | Elements | Turned
    if steps == (1, 1):
        routine = Lines(size)
    elif steps == (1, 0) and _is_repeated(walk):
        repeated = walk.sizes[-1]
        walk, routine = Walked(walk.sizes[:-1], tuple(strides[:-1] for strides in walk.strides)), Lines(size, repeated)
    elif turned is not None:
        walk, routine = turned, Turned(size)
    elif steps == (1, 0):
        routine = Lines(size, 0)
    else:
        walk, routine = _longest_within(walk), Elements(size)
    cut = walk.squares if isinstance(routine, Turned) else walk.arguments
    arguments, tasks = cut(places, _TASK)
    return [Call(routine, arguments, tasks, prod(target.shape) * (2.0 if isinstance(routine, Elements) else 0.5))]


def filled(target: Place, value: Place, room: Room) -> list[Call]:
    """The calls that put one element, as a place without axes, everywhere."""
    return copied(value.viewed(target.shape, (0,) * len(target.shape)), target, room)


def _is_repeated(walk: Walked) -> bool:
    """Whether each of a line's elements stands several times side by side in the target."""
    repeated = walk.sizes[-1]
    below = tuple(strides[-2:-1] for strides in walk.strides)
    return below == ((repeated,), (1,)) and repeated <= _MOST_REPEATED


def _turned(walk: Walked, size: int) -> Walked | None:
    """The walk with the axis that is dense in the source in the middle, where there is one and squares are full."""
    if walk.steps[0] != 1 or size not in (4, 8) or walk.sizes[-1] < _SQUARE:
        return None
    for axis, (held, stride) in enumerate(zip(walk.sizes[:-1], walk.strides[1], strict=False)):
        if stride == 1 and held >= _SQUARE:
            return _moved(walk, axis, -1)
    return None


def _longest_within(walk: Walked) -> Walked:
    """The walk with its longest axis as the inner one."""
    return _moved(walk, walk.sizes.index(max(walk.sizes)), 0)


def _moved(walk: Walked, axis: int, place: int) -> Walked:
    """The walk with one axis moved to ``place`` before the last."""
    order = [i for i in range(len(walk.sizes)) if i != axis]
    order.insert(len(order) + place, axis)
    sizes = tuple(walk.sizes[i] for i in order)
    return replace(walk, sizes=sizes, strides=tuple(tuple(strides[i] for i in order) for strides in walk.strides))
