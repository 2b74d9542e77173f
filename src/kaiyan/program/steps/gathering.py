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
from kaiyan.program.steps.nesting import Side, Walk, merged, refused
from kaiyan.program.steps.step import Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.graph import Node
    from kaiyan.program.place import Call, Place, Pointer
    from kaiyan.program.room import Room

_HELD = 4
"""Vectors of results at a time."""
_LONG = 1 << 16
"""Numbers of one task from which on it is cut into parts."""
_PARTS = 16


def _refuses(node: Node, inputs: Sequence[Place], output: Place) -> bool:
    x = inputs[0]
    extreme = node.settings["kind"] in ("max", "min")
    if extreme and any(x.shape[axis] == 0 for axis in node.settings["axes"]):
        return True
    return refused((x.dtype, output.dtype), _walk(*_sides(node, x, output), x.dtype))


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


def _calls(node: Node, inputs: Sequence[Place], output: Place, room: Room) -> list[Call]:
    x = inputs[0]
    if 0 in output.shape:
        return []
    kept, gathered = map(merged, _sides(node, x, output))
    pointers = x.pointer, output.pointer
    whole = prod(side.size for side in gathered)
    parts = _parts(gathered) if prod(side.size for side in kept) * whole >= _LONG * 2 else 1
    if parts == 1 or prod(side.size for side in kept) > _PARTS * host().lanes(x.itemsize):
        return [_call(node, kept, gathered, pointers, x.dtype)]
    return _in_parts(node, kept, gathered, pointers, room, parts, x.dtype)


def _parts(gathered: list[Side]) -> int:
    """Into how many equal parts the axis with the largest stride is cut."""
    size = gathered[0].size if gathered else 1
    return max(part for part in range(1, _PARTS + 1) if size % part == 0) if size else 1


def _in_parts(
    node: Node, kept: list[Side], gathered: list[Side], pointers: tuple[Pointer, Pointer], room: Room, parts: int,
    dtype: str,
) -> list[Call]:  # fmt: skip
    shape = (parts, *(side.size for side in kept))
    strides = dense_strides(shape)
    between = room.scratch(prod(shape) * BYTES[dtype])
    first, *others = gathered
    size, stride = first.size // parts, first.strides[0]
    cut = Side(parts, (stride * size, strides[0]))
    begun = [Side(side.size, (side.strides[0], step)) for side, step in zip(kept, strides[1:], strict=True)]
    ended = [Side(side.size, (step, side.strides[1])) for side, step in zip(kept, strides[1:], strict=True)]
    return [
        _call(node, [cut, *begun], [Side(size, first.strides), *others], (pointers[0], between), dtype),
        _call(node, ended, [Side(parts, (strides[0], 0))], (between, pointers[1]), dtype),
    ]


def _walk(kept: list[Side], gathered: list[Side], dtype: str) -> Walk:
    return Walk(kept, gathered, 2, host().lanes(BYTES.get(dtype, 4)), _HELD)


def _call(
    node: Node, kept: list[Side], gathered: list[Side], pointers: tuple[Pointer, Pointer], dtype: str
) -> Call:  # fmt: skip
    walk = _walk(kept, gathered, dtype)
    return walk.call(Reducing(walk.nest, node.settings["kind"], dtype), pointers, 3)


ROWS = (Step("reduce", _refuses, _calls),)
