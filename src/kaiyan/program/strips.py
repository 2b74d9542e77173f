"""Layers one after the other in strips of rows, so that what passes between them stays in the cache.

An inverted residual widens its channels, convolves each, and narrows them again; a stem is pooled: between such layers
pass arrays that no cache near the core holds. In strips it does: each layer computes the rows that the next one's
strip still lacks, those that two strips share are moved up, and a convolution's rows of padding are rows of zeros. A
thread computes nothing twice, but some rows that another one computes for itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import gcd
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kaiyan.program.operations.convolving import convolution_of
from kaiyan.program.place import Buffer, Place, Pointer, SharedCalls, bytes_of, dense_strides, part, pixels_last
from kaiyan.program.steps import convolving, pooling
from kaiyan.program.steps.copying import copied

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.graph import Graph, Node, ValueKind
    from kaiyan.program.place import Call, KernelCall
    from kaiyan.program.room import PlanningRoom
    from kaiyan.spec.conv import Conv, Shape

_EVEN = 1.05
"""What a thread may make of a layer at most, in units of an equal share: 2 of 28 rows twice take what strips save."""
_STEPS = {"convolution": convolving.ROWS[0], "pool": pooling.ROWS[0]}
_ROWS = 2
"""The axis of rows in (N, C, H, W)."""


def chains(graph: Graph) -> list[tuple[Node, ...]]:
    """Layers of pictures that may run in strips, each read by the next alone.

    Depthwise convolutions with the pointwise ones before and behind, and convolutions with the pooling behind them.
    """
    readers, kinds = graph.readers(), graph.kinds()
    made = {node.output: node for node in graph.nodes}
    found = []
    taken: set[str] = set()
    for node in graph.nodes:
        before = made.get(node.inputs[0]) if node.inputs else None
        if before is not None and (before.output in taken or _only_reader(before, readers, graph) is not node):
            before = None
        if _is_depthwise(node, kinds):
            behind = _only_reader(node, readers, graph)
            first = before is not None and _is_pointwise(before, kinds)
            last = behind is not None and _is_pointwise(behind, kinds) and behind.inputs[0] == node.output
            chain = [link for link, is_one in ((before, first), (node, True), (behind, last)) if link and is_one]
        elif _is_pooling(node, kinds) and before is not None and _is_plain(before, kinds):
            chain = [before, node]
        else:
            continue
        if len(chain) > 1 and all(_fits(link, graph, kinds) for link in chain):
            found.append(tuple(chain))
            taken.update(link.output for link in chain)
    return found


def rows_within(chain: Sequence[Node], kinds: dict[str, ValueKind], size: int) -> int:
    """How many rows of its output a chain makes at a time, so that about so many bytes pass between its layers.

    More than one are an even number: Winograd's tiles have as many, or half.
    """
    passing, rows = 0, 1
    for node, above in zip(chain[:0:-1], chain[-2::-1], strict=True):
        rows *= node.settings["stride"][0]
        _, channels, _, width = kinds[above.output].shape
        passing += rows * bytes_of((channels, width), kinds[above.output].dtype)
    rows = size // passing
    return min(max(rows - rows % 2, 1), kinds[chain[-1].output].shape[_ROWS])


def is_native(node: Node, graph: Graph, kinds: dict[str, ValueKind]) -> bool:
    """Whether the convolution's step takes it wherever it lies."""
    weights = [graph.constants.get(name) for name in node.inputs[1 : 2 + node.settings.get("bias", False)]]
    floats = all(array is not None and array.dtype == np.float32 and np.isfinite(array).all() for array in weights)
    return floats and kinds[node.output].dtype == "float32"


def _fits(node: Node, graph: Graph, kinds: dict[str, ValueKind]) -> bool:
    """Whether no strip lies in the padding alone, and channels lie side by side in a strip as in the whole output."""
    _, channels, _, width = kinds[node.output].shape
    is_wide = min(channels, width) > 1 and 0 not in kinds[node.output].shape
    if node.operation == "pool":
        return is_wide
    is_near = max(node.settings["padding"][0]) < _window(node, kinds).kernel
    return is_wide and is_near and is_native(node, graph, kinds)


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


def _is_pooling(node: Node, kinds: dict[str, ValueKind]) -> bool:
    """Whether the greatest of each window is taken, natively where channels lie side by side."""
    if node.operation != "pool" or node.settings["kind"] != "max" or len(kinds[node.output].shape) != 4:
        return False
    x, y = (_scratch(kind, kind.shape[_ROWS]) for kind in (kinds[node.inputs[0]], kinds[node.output]))
    return not pooling.ROWS[0].refuses(node, [x], y)


def _spec(node: Node, kinds: dict[str, ValueKind]) -> Conv:
    return convolution_of(node, kinds[node.inputs[0]].shape[1], kinds[node.inputs[1]].shape)


class _Window(NamedTuple):
    """What a layer sees of the rows of its input."""

    kernel: int
    stride: int
    before: int

    def needed(self, first: int, after: int) -> tuple[int, int]:
        """The rows of its input that rows of its output are made of; some may lie outside."""
        return first * self.stride - self.before, (after - 1) * self.stride - self.before + self.kernel


@dataclass(slots=True)
class _Link:
    """One layer of a chain, and the rows of its output that are held: those from ``first`` up to ``after``."""

    node: Node
    window: _Window
    kind: ValueKind
    place: Place
    first: int = 0
    after: int = 0


def in_strips(
    chain: Sequence[Node],
    inputs: Sequence[Sequence[Place]],
    output: Place,
    rows: int,
    room: PlanningRoom,
    kinds: dict[str, ValueKind],
) -> list[Call] | None:
    """The calls of a chain that give ``output``, about so many rows of it at a time; places lie channels last.

    ``inputs`` are the places that each layer reads; of what the layer above makes only the shape is looked at. Each
    thread makes its share of the images, or of the rows of one, and again those that it has in common with others. None
    where bits would depend on it: sums by points, which may go astray, are rounded as their tiles lie.
    """
    rows, units = _units(output.shape, rows, room.threads)
    alone = room.of_one_thread()
    shares = []
    for i in range(room.threads):
        share = _Share(chain, output, rows, alone, kinds)
        for image, first, after in units[i * len(units) // room.threads : (i + 1) * len(units) // room.threads]:
            share.add([_of_image(each, image) for each in inputs], part(output, 0, image, 1), first, after)
        if not share.is_alike:
            return None
        shares.append(tuple(share.calls))
    return [*shares[0]] if room.threads == 1 else [SharedCalls(tuple(share for share in shares if share))]


def _of_image(inputs: Sequence[Place], image: int) -> list[Place]:
    """What a layer reads, of one image: all but its weight, the second, and its bias."""
    return [part(x, 0, image, 1) if len(x.shape) == 4 and i != 1 else x for i, x in enumerate(inputs)]


def _units(shape: Shape, rows: int, threads: int) -> tuple[int, list[tuple[int, int, int]]]:
    """How many rows a strip has, and what is shared: images, or parts of one, from a row up to another."""
    images, height = shape[0], shape[_ROWS]
    parts = threads // gcd(threads, images)
    strips = -(-height // (parts * rows))
    rows = rows if parts == 1 else -(-height // (parts * strips))
    step = height if parts == 1 else rows * strips
    return rows, [(i, row, min(row + step, height)) for i in range(images) for row in range(0, height, step)]


def is_shared_well(chain: Sequence[Node], rows: int, threads: int, kinds: dict[str, ValueKind]) -> bool:
    """Whether as many threads make about as much each, and little that another one makes too."""
    shape = kinds[chain[-1].output].shape
    images, parts = shape[0], threads // gcd(threads, shape[0])
    _, units = _units(shape, rows, threads)
    for _, first, after in units[: len(units) // images]:
        low, high = first, after
        for node in reversed(chain):
            height = kinds[node.output].shape[_ROWS]
            low, high = max(low, 0), min(high, height)
            if (high - low) * parts > _EVEN * height:
                return False
            low, high = _window(node, kinds).needed(low, high)
    return True


class _Share:
    """What one thread makes of a chain, in memory of its own between the layers."""

    def __init__(
        self, chain: Sequence[Node], output: Place, rows: int, room: PlanningRoom, kinds: dict[str, ValueKind]
    ) -> None:
        self._room, self._rows = room, rows
        self._inputs: list[list[Place]] = []
        self._links = [_Link(node, _window(node, kinds), kinds[node.output], output) for node in chain]
        self.calls: list[KernelCall] = []
        self.is_alike = True
        """Whether the bits are those of whole layers."""
        reach = min(rows, output.shape[_ROWS])
        for link, below in zip(reversed(self._links[:-1]), reversed(self._links[1:]), strict=True):
            low, high = below.window.needed(0, reach)
            reach = high - low
            link.place = _scratch(link.kind, reach)

    def add(self, inputs: list[list[Place]], output: Place, first: int, after: int) -> None:
        """Makes these rows of the output of one image."""
        self._inputs = inputs
        for link in self._links:
            link.first = link.after = 0
        self._links[-1].place = output
        for row in range(first, after, self._rows):
            self._strip(len(self._links) - 1, row, min(row + self._rows, after))
            if not self.is_alike:
                return

    def _strip(self, number: int, first: int, after: int) -> None:
        """Makes these rows of a layer's output be there, all of them inside it."""
        link = self._links[number]
        target = part(link.place, _ROWS, first - link.first, after - first)
        low, high = link.window.needed(first, after)
        edges = 0, 0
        if not number or link.node.operation == "pool":  # what lies outside is not held
            height = self._inputs[number][0].shape[_ROWS]
            edges, low, high = (max(-low, 0), max(high - height, 0)), max(low, 0), min(high, height)
        if number:
            self._hold(number - 1, low, high)
            x = self._held(number - 1, high - low)
        else:
            x = part(self._inputs[0][0], _ROWS, low, high - low)
        inputs = [x, *self._inputs[number][1:]]
        if link.node.settings.get("residual", False):
            inputs[-1] = part(inputs[-1], _ROWS, first, after - first)
        calls = _STEPS[link.node.operation].calls(_padded(link.node, edges), inputs, target, self._room)
        self.calls += [replace(call, over=None) for call in calls]  # several layers of one step may read a residual
        by_points = any(call.flag is not None for call in calls)
        self.is_alike &= not by_points and self._room.is_as_chosen(link.node.output)

    def _held(self, number: int, rows: int) -> Place:
        """So many rows of a layer's output, from the first that is held."""
        place = self._links[number].place
        return place.viewed((*place.shape[:2], rows, place.shape[3]), place.strides)

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
            self.calls += copied(source, part(link.place, _ROWS, row, moved), self._room)

    def _zeros(self, link: _Link, first: int, after: int) -> None:
        target = part(link.place, _ROWS, first - link.first, after - first)
        zero = self._room.constant(np.zeros(1, link.kind.dtype))
        self.calls += copied(Place(zero, target.shape, (0, 0, 0, 0), link.kind.dtype), target, self._room)


def _window(node: Node, kinds: dict[str, ValueKind]) -> _Window:
    padding = node.settings["padding"][0]
    if node.operation == "pool":
        kernel, stride, dilation = (node.settings[word][0] for word in ("kernel", "stride", "dilation"))
        return _Window(dilation * (kernel - 1) + 1, stride, padding)
    axis = _spec(node, kinds).axes[0]
    return _Window(axis.reach, axis.stride, padding[0])


def _padded(node: Node, edges: tuple[int, int]) -> Node:
    """The same with other padding of rows; how far windows go behind the last one is said by the output."""
    rows = edges[0] if node.operation == "pool" else edges
    return replace(node, settings={**node.settings, "padding": (rows, node.settings["padding"][1])})


def _scratch(kind: ValueKind, rows: int) -> Place:
    shape = (1, kind.shape[1], rows, kind.shape[3])
    place = Place(Pointer(Buffer(bytes_of(shape, kind.dtype))), shape, shape, kind.dtype)
    return replace(place, strides=dense_strides(shape, pixels_last(place)))
