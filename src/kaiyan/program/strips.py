"""Layers one after the other in strips of rows, so that what passes between them stays in the cache.

An inverted residual widens its channels, convolves each, and narrows them again: between its layers pass arrays that no
cache near the core holds. In strips they do: each layer computes the rows that the next one's strip still lacks, those
that two strips share are moved up, and rows of padding are rows of zeros. Nothing is computed twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.program.operations.convolving import convolution_of
from kaiyan.program.place import Buffer, Place, Pointer, bytes_of, dense_strides, part, pixels_last
from kaiyan.program.steps import convolving
from kaiyan.program.steps.copying import copied

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.graph import Graph, Node, ValueKind
    from kaiyan.program.place import KernelCall
    from kaiyan.program.room import PlanningRoom
    from kaiyan.spec.conv import Conv

_ROWS = 2
"""The axis of rows in (N, C, H, W)."""


def chains(graph: Graph) -> list[tuple[Node, ...]]:
    """Depthwise convolutions of pictures with the pointwise ones before and behind, each read by the next alone."""
    readers, kinds = graph.readers(), graph.kinds()
    made = {node.output: node for node in graph.nodes}
    found = []
    taken: set[str] = set()
    for node in graph.nodes:
        if not _is_depthwise(node, kinds):
            continue
        before, behind = made.get(node.inputs[0]), _only_reader(node, readers, graph)
        chain = [node]
        is_read_here = (
            before is not None and before.output not in taken and _only_reader(before, readers, graph) is node
        )
        if before is not None and is_read_here and _is_pointwise(before, kinds):
            chain.insert(0, before)
        if behind is not None and _is_pointwise(behind, kinds) and behind.inputs[0] == node.output:
            chain.append(behind)
        if len(chain) > 1 and all(is_native(link, graph, kinds) for link in chain):
            found.append(tuple(chain))
            taken.update(link.output for link in chain)
    return found


def rows_within(chain: Sequence[Node], kinds: dict[str, ValueKind], size: int) -> int:
    """How many rows of its output a chain makes at a time, so that about so many bytes pass between its layers."""
    passing, rows = 0, 1
    for node, above in zip(chain[:0:-1], chain[-2::-1], strict=True):
        rows *= node.settings["stride"][0]
        _, channels, _, width = kinds[above.output].shape
        passing += rows * bytes_of((channels, width), kinds[above.output].dtype)
    return min(max(size // passing, 1), kinds[chain[-1].output].shape[_ROWS])


def is_native(node: Node, graph: Graph, kinds: dict[str, ValueKind]) -> bool:
    """Whether the convolution's step takes it wherever it lies."""
    weights = [graph.constants.get(name) for name in node.inputs[1 : 2 + node.settings.get("bias", False)]]
    floats = all(array is not None and array.dtype == np.float32 and np.isfinite(array).all() for array in weights)
    return floats and kinds[node.output].dtype == "float32"


def _only_reader(node: Node, readers: dict[str, list[Node]], graph: Graph) -> Node | None:
    own = readers.get(node.output, [])
    alone = len(own) == 1 and own[0].inputs.count(node.output) == 1 and node.output not in graph.outputs
    return own[0] if alone else None


def _is_plain(node: Node, kinds: dict[str, ValueKind]) -> bool:
    settings = node.settings
    return (
        node.operation == "convolution"
        and len(kinds[node.output].shape) == 4
        and not settings.get("transposed", False)
        and settings.get("padding_mode", "zeros") == "zeros"
    )


def _is_depthwise(node: Node, kinds: dict[str, ValueKind]) -> bool:
    if not _is_plain(node, kinds):
        return False
    channels = kinds[node.inputs[0]].shape[1]
    return channels > 1 and node.settings.get("groups", 1) == channels


def _is_pointwise(node: Node, kinds: dict[str, ValueKind]) -> bool:
    return _is_plain(node, kinds) and convolving.is_pointwise(_spec(node, kinds))


def _spec(node: Node, kinds: dict[str, ValueKind]) -> Conv:
    return convolution_of(node, kinds[node.inputs[0]].shape[1], kinds[node.inputs[1]].shape)


@dataclass(slots=True)
class _Link:
    """One layer of a chain, and the rows of its output that are held: those from ``first`` up to ``after``."""

    node: Node
    kernel: int
    stride: int
    before: int
    kind: ValueKind
    place: Place
    first: int = 0
    after: int = 0

    def needed(self, first: int, after: int) -> tuple[int, int]:
        """The rows of its input that rows of its output are made of; some may lie outside."""
        return first * self.stride - self.before, (after - 1) * self.stride - self.before + self.kernel


def in_strips(
    chain: Sequence[Node],
    inputs: Sequence[Sequence[Place]],
    output: Place,
    rows: int,
    room: PlanningRoom,
    kinds: dict[str, ValueKind],
) -> list[KernelCall]:
    """The calls of a chain that give ``output``, so many rows of it at a time; all places lie channels last.

    ``inputs`` are the places that each layer reads; what the first of them is for the others is not looked at.
    """
    calls: list[KernelCall] = []
    for image in range(output.shape[0]):
        own = [
            [part(place, 0, image, 1) if len(place.shape) == 4 and i != 1 else place for i, place in enumerate(each)]
            for each in inputs
        ]
        calls += _Image(chain, own, part(output, 0, image, 1), rows, room, kinds).calls()
    return [replace(call, over=None) for call in calls]  # a residual may be read by several layers of one step


class _Image:
    def __init__(
        self,
        chain: Sequence[Node],
        inputs: list[list[Place]],
        output: Place,
        rows: int,
        room: PlanningRoom,
        kinds: dict[str, ValueKind],
    ) -> None:
        self._inputs, self._room, self._rows = inputs, room, rows
        self._links = [_link(node, kinds, output) for node in chain]
        self._calls: list[KernelCall] = []
        reach = rows
        for link, below in zip(reversed(self._links[:-1]), reversed(self._links[1:]), strict=True):
            low, high = below.needed(0, reach)
            reach = min(high - low, link.kind.shape[_ROWS] + below.kernel)
            link.place = _scratch(link.kind, reach)

    def calls(self) -> list[KernelCall]:
        height = self._links[-1].kind.shape[_ROWS]
        for first in range(0, height, self._rows):
            self._strip(len(self._links) - 1, first, min(first + self._rows, height))
        return self._calls

    def _strip(self, number: int, first: int, after: int) -> None:
        """Makes these rows of a layer's output be there, all of them inside it."""
        link = self._links[number]
        target = part(link.place, _ROWS, first - link.first, after - first)
        low, high = link.needed(first, after)
        inputs = list(self._inputs[number])
        if number:
            above = self._links[number - 1]
            self._hold(number - 1, low, high)
            inputs[0], edges = (
                above.place.viewed((*above.place.shape[:2], high - low, above.place.shape[3]), above.place.strides),
                (0, 0),
            )
        else:
            height = inputs[0].shape[_ROWS]
            edges = max(-low, 0), max(high - height, 0)
            inputs[0] = part(inputs[0], _ROWS, max(low, 0), min(high, height) - max(low, 0))
        if link.node.settings.get("residual", False):
            inputs[-1] = part(inputs[-1], _ROWS, first, after - first)
        padding = edges, link.node.settings["padding"][1]
        node = replace(link.node, settings={**link.node.settings, "padding": padding})
        self._calls += convolving.ROWS[0].calls(node, inputs, target, self._room)

    def _hold(self, number: int, low: int, high: int) -> None:
        """Makes the rows from ``low`` up to ``high`` of a layer's output lie at the start of its place."""
        link = self._links[number]
        height = link.kind.shape[_ROWS]
        kept = max(min(link.after, high) - max(low, link.first), 0) if link.after > low else 0
        if kept and low > link.first:
            self._move(link, low - link.first, kept)
        link.first = low
        done = low + kept
        if done < 0:
            self._zeros(link, done, min(0, high))
            done = min(0, high)
        if done < min(high, height):
            self._strip(number, done, min(high, height))
        if high > height:
            self._zeros(link, max(done, height), high)
        link.after = high

    def _move(self, link: _Link, start: int, count: int) -> None:
        """Moves rows up, a few at a time where they would overlap."""
        for row in range(0, count, start):
            moved = min(start, count - row)
            source = part(link.place, _ROWS, start + row, moved)
            self._calls += copied(source, part(link.place, _ROWS, row, moved), self._room)

    def _zeros(self, link: _Link, first: int, after: int) -> None:
        target = part(link.place, _ROWS, first - link.first, after - first)
        zero = self._room.constant(np.zeros(1, link.kind.dtype))
        self._calls += copied(Place(zero, target.shape, (0, 0, 0, 0), link.kind.dtype), target, self._room)


def _link(node: Node, kinds: dict[str, ValueKind], output: Place) -> _Link:
    axis = _spec(node, kinds).axes[0]
    before = node.settings["padding"][0][0]
    return _Link(node, axis.reach, axis.stride, before, kinds[node.output], output)


def _scratch(kind: ValueKind, rows: int) -> Place:
    shape = (1, kind.shape[1], rows, kind.shape[3])
    place = Place(Pointer(Buffer(bytes_of(shape, kind.dtype))), shape, shape, kind.dtype)
    return replace(place, strides=dense_strides(shape, pixels_last(place)))
