"""Max and average pooling, over places of any strides."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.engine.codegen.language.target import host
from kaiyan.engine.codegen.parts.lanes import UNIT, way
from kaiyan.engine.codegen.routines.pooling import CAPACITY, Pooling
from kaiyan.engine.types import BYTES
from kaiyan.program.graph import Node
from kaiyan.program.place import KernelCall
from kaiyan.program.steps import gathering
from kaiyan.program.steps.nesting import NESTED_TYPES, TASK_CYCLES
from kaiyan.program.steps.step import NativeStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.place import Place, Pointer
    from kaiyan.program.room import PlanningRoom
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape

_SPATIAL = 3


def _refuses(node: Node, inputs: Sequence[Place], output: Place) -> bool:
    x = inputs[0]
    if x.dtype != output.dtype or x.dtype not in NESTED_TYPES or not 3 <= len(x.shape) <= 2 + _SPATIAL:
        return True
    return _columns(node, x, output) < 1


def _calls(node: Node, inputs: Sequence[Place], output: Place, room: PlanningRoom) -> list[KernelCall]:
    x = inputs[0]
    if 0 in output.shape:
        return []
    if _is_whole(node, x, output):
        spatial = tuple(range(2, len(x.shape)))
        kind = {"max": "max", "average": "mean"}[node.settings["kind"]]
        reduce = Node("reduce", node.inputs, node.output, {"axes": spatial, "kind": kind, "keep": True})
        return gathering.ROWS[0].calls(reduce, inputs, output, room)
    return [_pooled(node, x, output, room)]


def _is_whole(node: Node, x: Place, y: Place) -> bool:
    """Whether there is one window, of all positions, and a mean is one."""
    settings = node.settings
    plain = tuple(settings["kernel"]) == x.shape[2:] and prod(y.shape[2:]) == 1 and not any(settings["padding"])
    return plain and settings["divisor_override"] is None and set(settings["dilation"]) == {1}


def _pooled(node: Node, x: Place, y: Place, room: PlanningRoom) -> KernelCall:
    channels = _over_channels(x, y)
    rows, columns = _divisors(node, x.shape[2:], y.shape[2:], x.dtype)
    exact = all(_is_power(number) for number in {*rows.tolist(), *columns.tolist()})
    axis = 1 if channels else -1
    kernel, stride, dilation = (_three(node.settings[word], 1) for word in ("kernel", "stride", "dilation"))
    routine = Pooling(
        node.settings["kind"], kernel, stride, dilation, channels, _way(x, axis), _way(y, axis), exact, x.dtype
    )
    tables = [x.pointer, x.pointer]
    if node.settings["kind"] == "average":
        tables = [room.constant(1 / table if exact else table) for table in (rows, columns)]
    sizes = _three(x.shape[2:], 1)
    depth, height, width = _three(y.shape[2:], 1)
    shares, cycles = _shares(node, x, y, channels)
    totals = (x.shape[1], depth * height, width)
    parted = [number for pair in zip(totals, shares, strict=True) for number in pair]
    tasks = x.shape[0] * prod(-(-total // share) for total, share in zip(totals, shares, strict=True))
    padding = _three(node.settings["padding"], 0)
    arguments: list[int | Pointer] = [x.pointer, y.pointer, *tables, *parted, height, *sizes, *padding]
    arguments += [*_five(x), *_five(y)]
    return KernelCall(routine, tuple(arguments), tasks, cycles)


def _over_channels(x: Place, y: Place) -> bool:
    """Whether vectors run over channels: where these lie side by side, first in the input, then in the output."""
    for place in (x, y):
        if place.strides[-1] == 1 and place.shape[-1] > 1:
            return False
        if place.strides[1] == 1 and place.shape[1] > 1:
            return True
    return False


def _way(place: Place, axis: int) -> str:
    return UNIT if place.shape[axis] == 1 else way(place.strides[axis])


def _shares(node: Node, x: Place, y: Place, channels: bool) -> tuple[tuple[int, int, int], float]:
    """Channels, rows and columns of a task, by sizes alone, and the cycles of all tasks."""
    L = host().lanes(x.itemsize)
    C = x.shape[1]
    *_, kw = kernel = _three(node.settings["kernel"], 1)
    depth, height, width = _three(y.shape[2:], 1)
    rows = depth * height
    columns = min(_columns(node, x, y), width)
    vectors = -(-columns // L) if not channels else columns
    taps = prod(kernel[:2]) * _three(node.settings["stride"], 1)[2] + kw + 4
    row = vectors * taps * 1.5 + 60
    most = max(int(TASK_CYCLES // row), 1)
    if not channels:
        per_channel = min(rows, most)
        return (min(C, max(most // rows, 1)), per_channel, columns), x.shape[0] * C * rows * -(-width // columns) * row
    share = min(C, _channels(node, columns, L))
    most = max(int(most * L // share), 1)
    return (share, min(rows, most), columns), x.shape[0] * rows * -(-C // L) * -(-width // columns) * row


def _columns(node: Node, x: Place, y: Place) -> int:
    """Columns of the output whose windows' columns fit the gathered row; below 1 where none do."""
    L = host().lanes(BYTES.get(x.dtype, 4))
    kernel, stride, dilation = _inner(node)
    reach = dilation * (kernel - 1) + 1
    if _over_channels(x, y):
        return (CAPACITY // L - reach) // stride + 1
    return (CAPACITY - L - reach) // stride // L * L


def _inner(node: Node) -> tuple[int, int, int]:
    """Kernel, stride and dilation of the last axis."""
    kernel, stride, dilation = (node.settings[word][-1] for word in ("kernel", "stride", "dilation"))
    return kernel, stride, dilation


def _channels(node: Node, columns: int, lanes: int) -> int:
    """Whole vectors of channels that fit the gathered row."""
    kernel, stride, dilation = _inner(node)
    span = (columns - 1) * stride + dilation * (kernel - 1) + 1
    return max(CAPACITY // span // lanes, 1) * lanes


def _divisors(node: Node, sizes: Shape, outputs: Shape, dtype: str) -> tuple[Numbers, Numbers]:
    """What a sum is divided by: for every row of the output and for every column, to be multiplied."""
    settings = node.settings
    counts = []
    for n, count, kernel, stride, padding in zip(
        sizes, outputs, settings["kernel"], settings["stride"], settings["padding"], strict=True
    ):
        start = np.arange(count) * stride - padding
        if settings["count_include_pad"]:
            counts.append(np.minimum(start + kernel, n + padding) - start)
        else:
            counts.append(np.minimum(start + kernel, n) - np.maximum(start, 0))
    *lead, columns = counts
    rows = np.ones(1, np.int64)
    for axis in lead:
        rows = np.multiply.outer(rows, axis).reshape(-1)
    if settings["divisor_override"] is not None:
        rows, columns = np.full_like(rows, settings["divisor_override"]), np.ones_like(columns)
    return rows.astype(dtype), columns.astype(dtype)


def _is_power(number: float) -> bool:
    """Whether a number is a power of two, so that its inverse is one."""
    return number == int(number) and abs(int(number)).bit_count() == 1


def _three(numbers: Sequence[int], missing: int) -> tuple[int, int, int]:
    depth, height, width = (missing,) * (_SPATIAL - len(numbers)) + tuple(numbers)
    return depth, height, width


def _five(place: Place) -> Shape:
    return (*place.strides[:2], *_three(place.strides[2:], 0))


ROWS = (NativeStep("pool", _refuses, _calls),)
