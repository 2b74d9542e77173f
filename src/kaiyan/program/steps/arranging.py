"""Copies as native calls: values side by side, padded, made larger; what is a view needs none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kaiyan.program.place import Place, part
from kaiyan.program.steps.copying import copied, filled
from kaiyan.program.steps.resizing import RESIZING
from kaiyan.program.steps.step import NativeStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.graph import Node
    from kaiyan.program.place import KernelCall
    from kaiyan.program.room import PlanningRoom


def _never(node: Node, inputs: Sequence[Place], output: Place) -> bool:
    del node, inputs, output
    return False


def _pad_refused(node: Node, inputs: Sequence[Place], output: Place) -> bool:
    """Borders that need more than lies between them are left to the definition."""
    del output
    most = {"reflect": lambda n: n - 1, "circular": lambda n: n}.get(node.settings["mode"])
    axes = list(zip(inputs[0].shape, node.settings["padding"], strict=True))
    if most is None:
        return node.settings["mode"] == "replicate" and any(n == 0 for n, pair in axes if max(pair))
    return any(max(pair) > most(n) for n, pair in axes if max(pair))


def _concatenated(node: Node, inputs: Sequence[Place], output: Place, room: PlanningRoom) -> list[KernelCall]:
    axis, start, calls = node.settings["axis"], 0, []
    for place in inputs:
        calls += copied(place, part(output, axis, start, place.shape[axis]), room)
        start += place.shape[axis]
    return calls


def _padded(node: Node, inputs: Sequence[Place], output: Place, room: PlanningRoom) -> list[KernelCall]:
    """The input into the middle, then one axis after the other: what lies before and behind what is there already."""
    (source,) = inputs
    padding = node.settings["padding"]
    value = Place(room.constant(np.array([node.settings.get("value") or 0]).astype(output.dtype)), (), (), output.dtype)
    around = [output]
    for axis, (before, _) in enumerate(padding):
        around.append(part(around[-1], axis, before, source.shape[axis]))
    calls = copied(source, around.pop(), room)
    for axis, (before, after) in reversed(list(enumerate(padding))):
        whole, n = around.pop(), source.shape[axis]
        for start, size in ((0, before), (before + n, after)):
            border = part(whole, axis, start, size)
            if node.settings["mode"] == "constant":
                calls += filled(border, value, room)
            else:
                calls += copied(_mirrored(whole, axis, node, (before, n), border, start), border, room)
    return calls


def _mirrored(whole: Place, axis: int, node: Node, inside: tuple[int, int], border: Place, start: int) -> Place:
    """Where the elements of a border come from: what lies between the borders, seen otherwise."""
    first, n = inside
    size, mode, is_before = border.shape[axis], node.settings["mode"], start < first
    if mode == "reflect":
        begin, step = (2 * first if is_before else first + n - 2), -1
    elif mode == "replicate":
        begin, step = (first if is_before else first + n - 1), 0
    else:
        begin, step = (first + n - size if is_before else first), 1
    strides = tuple(step * stride if i == axis else stride for i, stride in enumerate(whole.strides))
    return whole.viewed(border.shape, strides, begin * whole.strides[axis])


ROWS = (NativeStep("concatenate", _never, _concatenated), NativeStep("pad", _pad_refused, _padded), RESIZING)
