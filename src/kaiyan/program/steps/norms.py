"""LayerNorm, GroupNorm and softmax, over places of any strides."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.language.target import host
from kaiyan.engine.codegen.routines.normalising import Joining, Moments, Normalising, Scaling, Sharing
from kaiyan.engine.types import BYTES
from kaiyan.program.steps.nesting import NestedWalk, Side, equal_parts, merged, parted, refused
from kaiyan.program.steps.step import NativeStep

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.program.graph import Node
    from kaiyan.program.place import KernelCall, Place
    from kaiyan.program.room import PlanningRoom

_POSITIONS = 64
"""Of a part; a crowded norm that has fewer is one call."""
_HELD = 2
"""Vectors of results at a time, across."""
_NORM_CYCLES, _SOFTMAX_CYCLES = 10, 40
"""Of a vector in all passes."""


def _layer_norm(node: Node, inputs: Sequence[Place], output: Place) -> NestedWalk:
    """The last axes are gathered."""
    x, *numbers = inputs
    lead = len(x.shape) - node.settings["axes"]
    rows = [(0,) * lead + place.strides for place in numbers]
    sides = [Side(*side) for side in zip(x.shape, zip(x.strides, output.strides, *rows, strict=True), strict=True)]
    return _walk(sides[:lead], sides[lead:], inputs)


def _group_norm(node: Node, inputs: Sequence[Place], output: Place) -> NestedWalk:
    """The channels of a group, and all positions, are gathered."""
    x, *numbers = inputs
    places = x, output
    groups = node.settings["groups"]
    nothing = (0,) * len(numbers)
    each = x.shape[1] // groups
    channel = tuple(place.strides[1] for place in places) + tuple(place.strides[0] for place in numbers)
    kept = [
        Side(x.shape[0], tuple(place.strides[0] for place in places) + nothing),
        Side(groups, tuple(each * stride for stride in channel)),
    ]
    positions = [
        Side(size, tuple(place.strides[axis] for place in places) + nothing) for axis, size in enumerate(x.shape[2:], 2)
    ]
    return _walk(kept, [Side(each, channel), *positions], inputs)


def _softmax(node: Node, inputs: Sequence[Place], output: Place) -> NestedWalk:
    x = inputs[0]
    axis = node.settings["axis"] % len(x.shape)
    sides = [Side(*side) for side in zip(x.shape, zip(x.strides, output.strides, strict=True), strict=True)]
    return _walk(sides[:axis] + sides[axis + 1 :], [sides[axis]], inputs)


def _walk(kept: list[Side], gathered: list[Side], inputs: Sequence[Place], arrays: int = 0) -> NestedWalk:
    return NestedWalk(kept, gathered, arrays or len(inputs) + 1, host().lanes(BYTES.get(inputs[0].dtype, 4)), _HELD)


def _is_crowded(node: Node, x: Place) -> bool:
    """Whether a group's few channels lie side by side, with those of other groups between its positions.

    Read group by group they would share few lines of cache: 256x64x64 in 32 groups took 1.4 ms, and torch 0.33.
    """
    groups = node.settings["groups"]
    each = x.shape[1] // groups
    return groups > 1 and each > 1 and x.strides[1] == 1 and prod(x.shape[2:]) >= _POSITIONS


def _in_calls(node: Node, inputs: Sequence[Place], output: Place, room: PlanningRoom) -> list[KernelCall]:
    """Moments of each channel over a part of the positions, those of each group, and the output."""
    x, *numbers = inputs
    (N, C), groups, settings = x.shape[:2], node.settings["groups"], node.settings
    spatial = list(zip(x.shape[2:], x.strides[2:], output.strides[2:], strict=True))
    positions = merged([Side(size, (stride, 0, 0)) for size, stride, _ in spatial])
    parts = equal_parts(positions, max(prod(x.shape[2:]) // _POSITIONS, 1))
    means, squares = (room.scratch(N * parts * C * x.itemsize) for _ in range(2))
    middle, scale = (room.scratch(N * C * x.itemsize) for _ in range(2))
    cut, part = parted(positions[0], parts, C, C)
    kept = [Side(N, (x.strides[0], parts * C, parts * C)), cut, Side(C, (1, 1, 1))]
    moments = _walk(kept, [part, *positions[1:]], inputs[:1], 3)
    joined = [Side(N, (parts * C, C, parts * C, C)), Side(groups, (C // groups,) * 4)]
    joining = _walk(joined, [Side(parts, (C, 0, C, 0)), Side(C // groups, (1,) * 4)], inputs[:1], 4)
    none = (0, 0, *(0 for _ in numbers))
    places = [Side(size, (stride, other, *none)) for size, stride, other in spatial]
    channels = Side(C, (1, output.strides[1], 1, 1, *(place.strides[0] for place in numbers)))
    pixels = [Side(N, (x.strides[0], output.strides[0], C, C, *none[2:])), *places]
    scaling = _walk(pixels, [channels], inputs, 4 + len(numbers))
    pointers = x.pointer, output.pointer, middle, scale, *(place.pointer for place in numbers)
    return [
        moments.call(Moments(moments.nest, x.dtype), (x.pointer, means, squares), 6),
        joining.call(Joining(joining.nest, float(settings["eps"]), x.dtype), (means, middle, squares, scale), 12),
        scaling.call(Scaling(scaling.nest, settings["weight"], settings["bias"], x.dtype), pointers, 4),
    ]


def _step(operation: str, walk: Callable[[Node, Sequence[Place], Place], NestedWalk]) -> NativeStep:
    def refuses(node: Node, inputs: Sequence[Place], output: Place) -> bool:
        if not output.shape or any(not place.shape for place in inputs):
            return True
        return refused([place.dtype for place in (*inputs, output)], walk(node, inputs, output))

    def calls(node: Node, inputs: Sequence[Place], output: Place, room: PlanningRoom) -> list[KernelCall]:
        if 0 in output.shape:
            return []
        if operation == "group_norm" and _is_crowded(node, inputs[0]):
            return _in_calls(node, inputs, output, room)
        walked = walk(node, inputs, output)
        x, *numbers = (place.pointer for place in inputs)
        routine: Normalising | Sharing = Sharing(walked.nest, output.dtype)
        cycles = _SOFTMAX_CYCLES
        if operation != "softmax":
            settings = node.settings
            cycles = _NORM_CYCLES
            routine = Normalising(
                walked.nest, settings["weight"], settings["bias"], float(settings["eps"]), output.dtype
            )
        return [walked.call(routine, (x, output.pointer, *numbers), cycles)]

    return NativeStep(operation, refuses, calls)


ROWS = (_step("layer_norm", _layer_norm), _step("group_norm", _group_norm), _step("softmax", _softmax))
