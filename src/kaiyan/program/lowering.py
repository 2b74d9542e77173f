"""A graph of known sizes as native calls on places in memory: what lies where, and in which order of its axes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.arrays.memory import aligned
from kaiyan.program.gates import gated, gates
from kaiyan.program.operations import OPERATIONS
from kaiyan.program.place import Buffer, Place, Pointer, bytes_of, dense_strides, part
from kaiyan.program.steps.convolving import is_turned
from kaiyan.program.steps.copying import copied
from kaiyan.program.steps.table import STEP_FAMILIES, native_step
from kaiyan.program.views import viewed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kaiyan.program.choices import Choices
    from kaiyan.program.graph import Graph, Node, ValueKind
    from kaiyan.program.place import Call, KernelCall, Order
    from kaiyan.program.room import PackedWeight, PlanningRoom
    from kaiyan.program.steps.step import NativeStep
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape

_LAST = (0, 2, 3, 1)
"""The order of the axes of pictures whose channels lie side by side."""
_WINDOWED = ("convolution", "pool", "upsample", "group_norm")
"""Operations on (N, C, *spatial), which run where channels lie side by side, or where columns do."""
_DENSE = ("linear", "concatenate", "convolution")
"""Operations that do not write into a part of an array, cut along any axis."""
_WHOLE = {1: ("linear", "concatenate")}
"""Likewise, cut along this axis."""


@dataclass(frozen=True, slots=True)
class Native:
    """What one node does natively; ``name`` is its output's, or its input's where it is laid in another order.

    ``within`` names the layers before it that run with it, some rows at a time.
    """

    name: str
    operation: str
    calls: tuple[Call, ...]
    shape: Shape
    is_conversion: bool = False
    within: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name, told apart from that of the node where the value is only laid otherwise."""
        return f"{self.name} ({self.operation})" if self.is_conversion else self.name


@dataclass(frozen=True, slots=True)
class Abroad:
    """A node that another library computes, or its definition, from arrays that are looked at where they lie."""

    node: Node
    inputs: tuple[Place, ...]
    output: Place


@dataclass(frozen=True, slots=True)
class Lowered:
    """What runs, in order, where the inputs and the outputs lie, and the packed weights that it reads."""

    items: tuple[Native | Abroad, ...]
    inputs: tuple[Place, ...]
    outputs: tuple[Place, ...]
    weights: tuple[PackedWeight, ...]

    @property
    def within(self) -> dict[str, tuple[str, ...]]:
        """The layers that run with another in strips, by its name."""
        return {item.name: item.within for item in self.items if isinstance(item, Native) and item.within}

    def rooms(self) -> list[Numbers]:
        """New arrays for the outputs."""
        return [aligned(place.shape, np.dtype(place.dtype)) for place in self.outputs]


def lowered(graph: Graph, strides: Sequence[Shape], room: PlanningRoom, choices: Choices) -> Lowered:
    """The items of a graph without symbols, whose inputs lie with these strides, in elements.

    Outputs are dense, their axes as they stand.
    """
    return _Lowering(graph, strides, room, choices).lowered()


@dataclass(slots=True)
class _Destination:
    """The part of a concatenation that a value is: it is written where it is read."""

    node: Node
    start: int


@dataclass(slots=True)
class _Value:
    """A value's place, and the same elements in other orders."""

    place: Place
    copies: dict[Order, Place] = field(default_factory=dict)


def _unplaced(kind: ValueKind) -> Place:
    """A picture that does not lie there whole, as its channels would lie side by side."""
    return Place(Pointer(Buffer(0)), kind.shape, dense_strides(kind.shape, _LAST), kind.dtype)


class _Lowering:
    def __init__(self, graph: Graph, strides: Sequence[Shape], room: PlanningRoom, choices: Choices) -> None:
        self._graph, self._room, self._choices = graph, room, choices
        self._kinds = graph.kinds()
        self._items: list[Native | Abroad] = []
        self._inputs = tuple(self._input(i, stride) for i, stride in enumerate(strides))
        self._values = {given.name: _Value(place) for given, place in zip(graph.inputs, self._inputs, strict=True)}
        for name, array in graph.constants.items():
            place = Place(room.named(name, array), array.shape, dense_strides(array.shape), array.dtype.name)
            self._values[name] = _Value(place)
        self._destinations = _destinations(graph, self._kinds)
        self._joined: dict[str, Place] = {}
        self._gates = gates(graph, self._kinds, choices, self._destinations)

    def _input(self, number: int, strides: Shape) -> Place:
        kind = self._kinds[self._graph.inputs[number].name]
        buffer = Buffer(bytes_of(kind.shape, kind.dtype), "input", number)
        return Place(Pointer(buffer), kind.shape, strides, kind.dtype)

    def lowered(self) -> Lowered:
        strips = self._strips()
        within = {node.output for chain in strips.values() for node in chain[:-1]}
        for node in self._graph.nodes:
            if node.output in strips:
                self._values[node.output] = _Value(self._in_strips(strips[node.output]))
            elif node.output not in within and node.output not in self._gates:
                self._values[node.output] = _Value(self._placed(node))
        outputs = tuple(self._output(number, name) for number, name in enumerate(self._graph.outputs))
        return Lowered(tuple(self._items), self._inputs, outputs, tuple(self._room.weights))

    def _strips(self) -> dict[str, Sequence[Node]]:
        """The chains that run some rows at a time, by their last outputs."""
        rows = self._choices.strips
        if not rows:
            return {}
        from kaiyan.program.strips import chains, is_shared_well

        chosen = {chain[-1].output: chain for chain in chains(self._graph) if chain[-1].output in rows}
        threads = self._room.threads
        return {n: chain for n, chain in chosen.items() if is_shared_well(chain, rows[n], threads, self._kinds)}

    def _placed(self, node: Node) -> Place:
        """Where the node's output lies once all that was added to the items has run."""
        if node.inputs and node.inputs[0] in self._gates:
            return self._behind_gate(node)
        inputs = [self._values[name].place for name in node.inputs]
        kind = self._kinds[node.output]
        if node.output in self._graph.foreign or node.operation == "foreign":
            return self._abroad(node, inputs, kind)
        if OPERATIONS[node.operation].is_view:
            return self._viewed(node, inputs[0], kind)
        if node.operation == "concatenate" and len({place.dtype for place in inputs}) == 1:
            return self._concatenated(node, inputs, kind)
        output = self._room_for(node, inputs, kind)
        step = native_step(node.operation)
        if node.operation == "concatenate" or step is None or step.refuses(node, inputs, output):
            return self._abroad(node, inputs, kind)
        self._run(node, self._calls(step, node, inputs, output))
        return output

    def _behind_gate(self, node: Node) -> Place:
        """The output of a pointwise layer of a picture times its gate, which is taken into its weight."""
        x, gate = self._gates[node.inputs[0]]
        node = replace(node, inputs=(x, *node.inputs[1:]))
        inputs = [self._values[name].place for name in node.inputs]
        output, step = self._room_for(node, inputs, self._kinds[node.output]), native_step(node.operation)
        assert step is not None, "convolutions are native"
        assert not step.refuses(node, inputs, output), "it was looked at before"
        calls = self._calls(step, node, inputs, output)
        self._run(node, gated(calls, self._values[gate].place, self._room))
        return output

    def _calls(self, step: NativeStep, node: Node, inputs: Sequence[Place], output: Place) -> Sequence[KernelCall]:
        """What the step does, its inputs laid as it wants them."""
        wanted = step.wants(node, inputs, output) if step.wants else (None,) * len(inputs)
        laid = [self._in_order(name, order) for name, order in zip(node.inputs, wanted, strict=True)]
        return step.calls(node, laid, output, self._room)

    def _in_strips(self, chain: Sequence[Node]) -> Place:
        """The output of a chain of layers that are computed some rows at a time."""
        from kaiyan.program.strips import in_strips

        last = chain[-1]
        inputs = [[self._strip_input(node, i) for i in range(len(node.inputs))] for node in chain]
        output, rows = self._new(self._kinds[last.output], _LAST), self._choices.strips[last.output]
        calls = in_strips(chain, inputs, output, rows, self._room, self._kinds)
        if calls is None:
            for node in chain:
                self._values[node.output] = _Value(self._placed(node))
            return self._values[last.output].place
        within = tuple(node.output for node in chain[:-1])
        self._items.append(Native(last.output, last.operation, tuple(calls), output.shape, within=within))
        return output

    def _strip_input(self, node: Node, number: int) -> Place:
        name = node.inputs[number]
        if name not in self._values:  # what the layer before gives, which never lies there whole
            return _unplaced(self._kinds[name])
        place = self._values[name].place
        if number == 0 and is_turned(node, place, _unplaced(self._kinds[node.output])):
            return place
        is_picture = number == 0 or (node.settings.get("residual", False) and number == len(node.inputs) - 1)
        return self._in_order(name, _LAST) if is_picture else place

    def _run(self, node: Node, calls: Sequence[KernelCall]) -> None:
        self._items.append(Native(node.output, node.operation, tuple(calls), self._kinds[node.output].shape))

    def _abroad(self, node: Node, inputs: Sequence[Place], kind: ValueKind) -> Place:
        output = self._new(kind)
        self._items.append(Abroad(node, tuple(inputs), output))
        return output

    def _viewed(self, node: Node, place: Place, kind: ValueKind) -> Place:
        seen = viewed(node, place, kind.shape)
        if seen is None:
            natural = tuple(range(len(place.shape)))
            seen = viewed(node, self._in_order(node.inputs[0], natural), kind.shape)
        assert seen is not None, "a dense array has every shape of so many elements"
        return seen

    def _concatenated(self, node: Node, inputs: Sequence[Place], kind: ValueKind) -> Place:
        """The parts that do not lie in it yet are copied there."""
        whole = self._joined.get(node.output) or self._new(kind, self._order(node, inputs, kind))
        start, axis = 0, node.settings["axis"]
        for name, place in zip(node.inputs, inputs, strict=True):
            own = part(whole, axis, start, place.shape[axis])
            start += place.shape[axis]
            if place.pointer != own.pointer or place.strides != own.strides:
                self._items.append(Native(name, "concatenate", tuple(copied(place, own, self._room)), own.shape))
        return whole

    def _room_for(self, node: Node, inputs: Sequence[Place], kind: ValueKind) -> Place:
        """Memory for the output: its own, or its part of a concatenation that reads it."""
        order = self._order(node, inputs, kind)
        destination = self._destinations.get(node.output)
        if destination is None:
            return self._new(kind, order)
        joined, axis = destination.node.output, destination.node.settings["axis"]
        if joined not in self._joined:
            self._joined[joined] = self._new(self._kinds[joined], order)
        return part(self._joined[joined], axis, destination.start, kind.shape[axis])

    def _order(self, node: Node, inputs: Sequence[Place], kind: ValueKind) -> Order:
        rank = len(kind.shape)
        natural = tuple(range(rank))
        if node.operation == "convolution":
            return _last(rank) if self._choices.is_last(node.output) else natural
        alike = [place for place in inputs if len(place.shape) == rank and 0 not in place.strides]
        if not alike or node.operation in ("linear", "matmul"):
            return natural
        largest = max(alike, key=lambda place: prod(place.shape))
        if node.operation in _WINDOWED:
            return _last(rank) if largest.order == _last(rank) else natural
        return largest.order

    def _new(self, kind: ValueKind, order: Order | None = None) -> Place:
        buffer = Buffer(bytes_of(kind.shape, kind.dtype))
        return Place(Pointer(buffer), kind.shape, dense_strides(kind.shape, order), kind.dtype)

    def _in_order(self, name: str, order: Order | None) -> Place:
        """The value with its axes in this order, copied where it lies otherwise."""
        value = self._values[name]
        if order is None or value.place.is_dense(order):
            return value.place
        if order not in value.copies:
            place = value.place
            value.copies[order] = target = self._new(self._kinds[name], order)
            self._items.append(Native(name, "copy", tuple(copied(place, target, self._room)), target.shape, True))
        return value.copies[order]

    def _output(self, number: int, name: str) -> Place:
        kind = self._kinds[name]
        buffer = Buffer(bytes_of(kind.shape, kind.dtype), "output", number)
        target = Place(Pointer(buffer), kind.shape, dense_strides(kind.shape), kind.dtype)
        calls = tuple(copied(self._values[name].place, target, self._room))
        self._items.append(Native(name, "output", calls, target.shape, True))
        return target


def _last(rank: int) -> Order:
    return (0, *range(2, rank), 1) if rank > 1 else tuple(range(rank))


def _destinations(graph: Graph, kinds: Mapping[str, ValueKind]) -> dict[str, _Destination]:
    """The values that are written into a concatenation at once: what a step makes, for the first that reads it."""
    made = {node.output: node.operation for node in graph.nodes if node.operation in STEP_FAMILIES}
    found: dict[str, _Destination] = {}
    for node in graph.nodes:
        if node.operation != "concatenate" or len({kinds[name].dtype for name in node.inputs}) > 1:
            continue
        start = 0
        for name in node.inputs:
            if name not in found and made.get(name, "linear") not in _WHOLE.get(node.settings["axis"], _DENSE):
                found[name] = _Destination(node, start)
            start += kinds[name].shape[node.settings["axis"]]
    return found
