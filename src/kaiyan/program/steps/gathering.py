"""Reductions over any axes of any strides.

A long one is cut into parts by its sizes alone, whose results are gathered once more.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.language.target import host
from kaiyan.engine.codegen.routines.reducing import Reducing
from kaiyan.engine.types import BYTES
from kaiyan.program.place import dense_strides
from kaiyan.program.steps.nesting import NestedWalk, Side, equal_parts, merged, parted, refused
from kaiyan.program.steps.step import NativeStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.graph import Node
    from kaiyan.program.place import KernelCall, Place, Pointer
    from kaiyan.program.room import PlanningRoom

_HELD = 4
"""Vectors of results at a time."""
_LONG = 1 << 17
"""Numbers from which on a reduction to few is cut into parts."""
_PARTS = 16
"""Parts, at most; and vectors of results that are few."""


def _refuses(node: Node, inputs: Sequence[Place], output: Place) -> bool:
    x = inputs[0]
    extreme = node.settings["kind"] in ("max", "min")
    if extreme and any(x.shape[axis] == 0 for axis in node.settings["axes"]):
        return True
    walk = NestedWalk(*_sides(node, x, output), 2, host().lanes(4), _HELD)
    return refused((x.dtype, output.dtype), walk)


def _sides(node: Node, x: Place, y: Place) -> tuple[list[Side], list[Side]]:
    """The kept axes and the gathered ones, with the strides of input and output."""
    axes, keep = node.settings["axes"], node.settings["keep"]
    left = iter(y.strides)
    kept, gathered = [], []
    for axis, (size, stride) in enumerate(zip(x.shape, x.strides, strict=True)):
        if axis in axes:
            gathered.append(Side(size, (stride, 0)))
            _ = next(left) if keep else 0
        else:
            kept.append(Side(size, (stride, next(left))))
    return kept, gathered


def _calls(node: Node, inputs: Sequence[Place], output: Place, room: PlanningRoom) -> list[KernelCall]:
    """The calls, in equal parts where there are few results of many."""
    (x,), kind = inputs, node.settings["kind"]
    if 0 in output.shape:
        return []
    kept, gathered = map(merged, _sides(node, x, output))
    results, whole = (prod(side.size for side in sides) for sides in (kept, gathered))
    parts = equal_parts(gathered, _PARTS)
    if parts == 1 or results * whole < _LONG or results > _PARTS * host().lanes(x.itemsize):
        return [_call(kind, kept, gathered, (x.pointer, output.pointer), x.dtype)]
    rows, *strides = dense_strides((parts, *(side.size for side in kept)))
    between = room.scratch(parts * results * x.itemsize)
    cut, part = parted(gathered[0], parts, rows)
    begun = [Side(side.size, (side.strides[0], step)) for side, step in zip(kept, strides, strict=True)]
    ended = [Side(side.size, (step, side.strides[1])) for side, step in zip(kept, strides, strict=True)]
    return [
        _call(kind, [cut, *begun], [part, *gathered[1:]], (x.pointer, between), x.dtype),
        _call(kind, ended, [Side(parts, (rows, 0))], (between, output.pointer), x.dtype),
    ]


def _call(
    kind: str, kept: list[Side], gathered: list[Side], pointers: tuple[Pointer, Pointer], dtype: str
) -> KernelCall:
    walk = NestedWalk(kept, gathered, 2, host().lanes(BYTES[dtype]), _HELD)
    return walk.call(Reducing(walk.nest, kind, dtype), pointers, 3)


ROWS = (NativeStep("reduce", _refuses, _calls),)
