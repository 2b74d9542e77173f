"""``upsample`` as native calls: whole factors by copying each element several times, all else by tables."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.engine.codegen.language.target import host
from kaiyan.engine.codegen.routines.resized import Resized
from kaiyan.program.operations.arranging import places
from kaiyan.program.place import KernelCall
from kaiyan.program.steps.copying import copied
from kaiyan.program.steps.step import NativeStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.graph import Node
    from kaiyan.program.place import Place, Pointer
    from kaiyan.program.room import PlanningRoom

_TASK = 8_192
"""Elements of the output that a task computes."""
_MOST_AXES = 3


def _refused(node: Node, inputs: Sequence[Place], output: Place) -> bool:
    return (
        output.dtype not in ("float32", "float64")
        or len(inputs[0].shape) > 2 + _MOST_AXES
        or 0 in inputs[0].shape
        or len(node.settings["sizes"]) < 1
    )


def _calls(node: Node, inputs: Sequence[Place], output: Place, room: PlanningRoom) -> list[KernelCall]:
    (source,) = inputs
    if not prod(output.shape):
        return []
    tables = [places(node, axis, n, output.dtype) for axis, n in enumerate(source.shape[2:])]
    factors = [_factor(low, n) for (low, _, _), n in zip(tables, source.shape[2:], strict=True)]
    if node.settings["mode"] == "nearest" and all(factors):
        return _repeated(source, output, factors, room)
    return _resized(node, source, output, room, tables)


def _factor(low: Any, n: int) -> int:
    """How often each input stands in the output of an axis, where that is the same for all; else 0."""
    factor: int = len(low) // n
    return factor if factor and np.array_equal(low, np.arange(n).repeat(factor)) else 0


def _repeated(source: Place, output: Place, factors: Sequence[int], room: PlanningRoom) -> list[KernelCall]:
    shape, read, put = list(source.shape[:2]), list(source.strides[:2]), list(output.strides[:2])
    for n, factor, from_step, to_step in zip(
        source.shape[2:], factors, source.strides[2:], output.strides[2:], strict=True
    ):
        shape += [n, factor]
        read += [from_step, 0]
        put += [to_step * factor, to_step]
    return copied(source.viewed(tuple(shape), tuple(read)), output.viewed(tuple(shape), tuple(put)), room)


def _resized(node: Node, source: Place, output: Place, room: PlanningRoom, tables: Sequence[Any]) -> list[KernelCall]:
    missing = _MOST_AXES - len(tables)
    n, channels, *spatial = output.shape
    depth, rows, columns = (*[1] * missing, *spatial)
    over_channels = channels == 1 or (source.strides[1] == output.strides[1] == 1)
    over_channels = over_channels and (channels > 1 or output.strides[-1] != 1)
    linear = node.settings["mode"] == "linear"
    routine = Resized(linear, len(tables), over_channels, output.strides[-1] == 1, output.dtype)
    width = columns * (channels if over_channels else 1)
    row_step = min(max(_TASK // width, 1), rows)
    planes = n * depth * (1 if over_channels else channels)
    plane_step = min(max(_TASK // (width * rows), 1), planes) if row_step == rows else 1
    parts = -(-rows // row_step)
    sizes = planes, plane_step, channels, depth, rows, row_step, parts, columns
    strides = [
        number for place in (output, source) for number in (*place.strides[:2], *[0] * missing, *place.strides[2:])
    ]
    filled = [pointer for axis in range(_MOST_AXES) for pointer in _table(axis - missing, tables, source, room)]
    cycles = prod(output.shape) * (1.0 if over_channels else 2.0)
    return [
        KernelCall(
            routine,
            (output.pointer, source.pointer, *sizes, *strides, *filled),
            -(-planes // plane_step) * parts,
            cycles,
        )
    ]


def _table(axis: int, tables: Sequence[Any], source: Place, room: PlanningRoom) -> list[Pointer | int]:
    """What the routine reads of one axis; nothing of one that is not there."""
    if axis < 0:
        return [0, 0, 0]
    low, high, share = tables[axis]
    if axis == len(tables) - 1:
        lanes = host().lanes(source.itemsize)
        more = (0, -len(low) % lanes)
        low, high, share = (np.pad(array, more, "edge") for array in (low, high, share))
        low, high = low * source.strides[-1], high * source.strides[-1]
    return [room.constant(np.ascontiguousarray(array)) for array in (low, high, share.astype(source.dtype))]


RESIZING = NativeStep("upsample", _refused, _calls)
