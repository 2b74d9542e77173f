"""Copies as native calls: values side by side, padded, made larger; what is a view needs none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kaiyan.program.place import Place
from kaiyan.program.steps.copying import copied, filled
from kaiyan.program.steps.resizing import RESIZING
from kaiyan.program.steps.step import Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.graph import Node
    from kaiyan.program.place import Call, Room


def part(place: Place, axis: int, start: int, stop: int) -> Place:
    """A slice of a place along one axis."""
    shape = (*place.shape[:axis], stop - start, *place.shape[axis + 1 :])
    return place.viewed(shape, place.strides, start * place.strides[axis])


def _never(node: Node, inputs: Sequence[Place], output: Place) -> bool:
    del node, inputs, output
    return False


def _concatenated(node: Node, inputs: Sequence[Place], output: Place, room: Room) -> list[Call]:
    axis, start, calls = node.settings["axis"], 0, []
    for place in inputs:
        stop = start + place.shape[axis]
        calls += copied(place, part(output, axis, start, stop), room)
        start = stop
    return calls


def _padded(node: Node, inputs: Sequence[Place], output: Place, room: Room) -> list[Call]:
    """The input into the middle, then one axis after the other: what lies before and behind what is there already."""
    padding, mode = node.settings["padding"], node.settings["mode"]
    middle = output
    for axis, (before, _) in enumerate(padding):
        middle = part(middle, axis, before, before + inputs[0].shape[axis])
    calls = copied(inputs[0], middle, room)
    there = [(before, before + n) for (before, _), n in zip(padding, inputs[0].shape, strict=True)]
    for axis in reversed(range(len(padding))):
        first, after = there[axis]
        around = output
        for other, (start, stop) in enumerate(there):
            if other != axis:
                around = part(around, other, start, stop)
        for start, stop in ((0, first), (after, output.shape[axis])):
            border = part(around, axis, start, stop)
            if mode == "constant":
                calls += filled(border, _number(node.settings["value"], output, room), room)
            else:
                calls += copied(_extended(around, axis, mode, (first, after), border, start), border, room)
        there[axis] = 0, output.shape[axis]
    return calls


def _number(value: float, output: Place, room: Room) -> Place:
    return Place(room.constant(np.array([value]).astype(output.dtype)), (), (), output.dtype)


def _extended(around: Place, axis: int, mode: str, inside: tuple[int, int], border: Place, start: int) -> Place:
    """Where the elements of a border come from: the same array, seen otherwise."""
    first, after = inside
    size, stride = border.shape[axis], around.strides[axis]
    before = start < first
    if mode == "reflect":
        begin, step = (2 * first - start, -1) if before else (after - 2, -1)
    elif mode == "replicate":
        begin, step = (first if before else after - 1), 0
    else:
        begin, step = (after - size if before else first), 1
    strides = (*around.strides[:axis], step * stride, *around.strides[axis + 1 :])
    return around.viewed(border.shape, strides, begin * stride)


ROWS = (Step("concatenate", _never, _concatenated), Step("pad", _never, _padded), RESIZING)
