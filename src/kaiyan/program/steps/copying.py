"""A value copied from one place in memory to another, as native calls."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.routines.moved import MovedElements, MovedLines, MovedSquares, MovedWoven
from kaiyan.program.place import KernelCall
from kaiyan.program.steps.walking import Walked, walked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.place import Place, Pointer
    from kaiyan.program.room import PlanningRoom

Moved = MovedElements | MovedLines | MovedSquares | MovedWoven
_TASK = 16_384
"""Elements of a task: 64 KB read and as much written."""
_MOST_REPEATED = 8
"""Times that one element is repeated in registers."""
_FEW, _LONG = (2, 3, 4), 16
"""Lines that are woven in registers, and their least length."""
_SQUARE = 4
"""Elements on either axis from which squares are worth turning."""


def copied(source: Place, target: Place, room: PlanningRoom) -> list[KernelCall]:
    """The calls that fill ``target`` with ``source``, of the same shape, each of any strides, which may be 0 or less.

    Another type is converted to, where that is float32 or float64.
    """
    if not prod(target.shape):
        return []
    if source.dtype != target.dtype:
        from kaiyan.program.steps.elementwise import mapped

        return mapped((), [source], target, room)
    walk = walked(target.shape, [target.strides, source.strides])
    walk, routine = _way(walk, target.itemsize)
    arguments, tasks = _cut(walk, routine, (target.pointer, source.pointer))
    return [
        KernelCall(routine, arguments, tasks, prod(target.shape) * (2.0 if isinstance(routine, MovedElements) else 0.5))
    ]


def _way(walk: Walked, size: int) -> tuple[Walked, Moved]:
    """The routine, and the walk with the axes that it wants innermost."""
    if walk.steps == (1, 1):
        return walk, MovedLines(size)
    if _is_repeated(walk):
        lines = Walked(walk.sizes[:-1], tuple(strides[:-1] for strides in walk.strides))
        return lines, MovedLines(size, repeated=walk.sizes[-1])
    woven = _woven(walk, size)
    if woven is not None:
        return woven
    if walk.steps == (1, 0):
        return walk, MovedLines(size, repeated=0)
    turned = _turned(walk, size)
    return (turned, MovedSquares(size)) if turned is not None else (_longest_within(walk), MovedElements(size))


def _cut(walk: Walked, routine: Moved, places: Sequence[Pointer]) -> tuple[tuple[int | Pointer, ...], int]:
    if isinstance(routine, MovedSquares):
        return walk.squares(places, _TASK)
    if isinstance(routine, MovedWoven):
        return walk.cut(places, (routine.count, _TASK // 4), _TASK)
    return walk.arguments(places, _TASK)


def filled(target: Place, value: Place, room: PlanningRoom) -> list[KernelCall]:
    """The calls that put one element, as a place without axes, everywhere."""
    return copied(value.viewed(target.shape, (0,) * len(target.shape)), target, room)


def _woven(walk: Walked, size: int) -> tuple[Walked, MovedWoven] | None:
    """Few lines that become one another's neighbours, or the other way round."""
    rank = len(walk.sizes)
    for axis, (count, strides) in enumerate(zip(walk.sizes, zip(*walk.strides, strict=True), strict=True)):
        if count not in _FEW or 1 not in strides:
            continue
        apart = strides[1] == 1
        wanted = (1, count) if apart else (count, 1)
        for other in range(rank):
            if (walk.strides[0][other], walk.strides[1][other]) == wanted and walk.sizes[other] >= _LONG:
                order = [i for i in range(rank) if i not in (axis, other)] + [axis, other]
                return walk.ordered(order), MovedWoven(size, count, apart)
    return None


def _is_repeated(walk: Walked) -> bool:
    """Whether each of a line's elements stands several times side by side in the target."""
    repeated = walk.sizes[-1]
    below = tuple(strides[-2:-1] for strides in walk.strides)
    return walk.steps == (1, 0) and below == ((repeated,), (1,)) and repeated <= _MOST_REPEATED


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
    return walk.ordered(order)
