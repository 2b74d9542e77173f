"""LayerNorm, GroupNorm and softmax, over places of any strides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.engine.codegen.language.target import host
from kaiyan.engine.codegen.routines.normalising import Normalising, Sharing
from kaiyan.engine.types import BYTES
from kaiyan.program.steps.nesting import Side, Walk, refused
from kaiyan.program.steps.step import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.program.graph import Node
    from kaiyan.program.place import Call, Place
    from kaiyan.program.room import Room

_HELD = 2
"""Vectors of results at a time, across."""
_NORM_CYCLES, _SOFTMAX_CYCLES = 10, 40
"""Of a vector in all passes."""


def _layer_norm(node: Node, inputs: Sequence[Place], output: Place) -> Walk:
    """The last axes are gathered."""
    x, *numbers = inputs
    lead = len(x.shape) - node.settings["axes"]
    rows = [(0,) * lead + place.strides for place in numbers]
    sides = [Side(*side) for side in zip(x.shape, zip(x.strides, output.strides, *rows, strict=True), strict=True)]
    return _walk(sides[:lead], sides[lead:], inputs)


def _group_norm(node: Node, inputs: Sequence[Place], output: Place) -> Walk:
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


def _softmax(node: Node, inputs: Sequence[Place], output: Place) -> Walk:
    x = inputs[0]
    axis = node.settings["axis"] % len(x.shape)
    sides = [Side(*side) for side in zip(x.shape, zip(x.strides, output.strides, strict=True), strict=True)]
    return _walk(sides[:axis] + sides[axis + 1 :], [sides[axis]], inputs)


def _walk(kept: list[Side], gathered: list[Side], inputs: Sequence[Place]) -> Walk:
    return Walk(kept, gathered, len(inputs) + 1, host().lanes(BYTES.get(inputs[0].dtype, 4)), _HELD)


def _step(operation: str, walk: Callable[[Node, Sequence[Place], Place], Walk]) -> Step:
    def refuses(node: Node, inputs: Sequence[Place], output: Place) -> bool:
        if not output.shape or any(not place.shape for place in inputs):
            return True
        return refused([place.dtype for place in (*inputs, output)], walk(node, inputs, output))

    def calls(node: Node, inputs: Sequence[Place], output: Place, room: Room) -> list[Call]:
        del room
        if 0 in output.shape:
            return []
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

    return Step(operation, refuses, calls)


ROWS = (_step("layer_norm", _layer_norm), _step("group_norm", _group_norm), _step("softmax", _softmax))
