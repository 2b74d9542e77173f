"""What a network computes, as data: values by name, and the operations that make one from others."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from kaiyan.program.size import Size, known
from kaiyan.program.taking import not_at_these_sizes, sizes_of_symbols
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape


@dataclass(frozen=True, slots=True)
class Input:
    """An array that comes with a call. A size ``Symbolic("n")`` is read from the array that comes."""

    name: str
    shape: tuple[Size, ...]
    dtype: str = "float32"


@dataclass(frozen=True, slots=True)
class Node:
    """One operation: ``output`` is made of ``inputs``, all of them names of values.

    ``operation`` is a name of ``OPERATIONS``; ``settings`` are numbers, words, booleans, None, sizes ``Symbolic``, and
    tuples of these.
    """

    operation: str
    inputs: tuple[str, ...]
    output: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ValueKind:
    """What a value is: its shape and its type."""

    shape: Shape
    dtype: str


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes in an order in which each comes after those whose values it reads; ``constants`` are weights and the like.

    A value is an input, a constant or one node's output, and is never written to again. ``foreign`` holds what computes
    the nodes "foreign" of an output's name: functions of arrays that are not ours, such as torch's.
    """

    inputs: tuple[Input, ...]
    outputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    constants: Mapping[str, Numbers]
    foreign: Mapping[str, Callable[..., Numbers]] = field(default_factory=dict)

    def at(self, shapes: Sequence[Shape]) -> Graph:
        """The graph for inputs of these shapes: every symbol replaced by its number.

        Raises ``KaiyanError`` where a shape is not what its input asks for, or a size of a node cannot be reckoned.
        """
        symbols = sizes_of_symbols(self.inputs, shapes)
        inputs = tuple(replace(given, shape=shape) for given, shape in zip(self.inputs, shapes, strict=True))
        return replace(self, inputs=inputs, nodes=tuple(_at(node, symbols, shapes) for node in self.nodes))

    def kinds(self) -> dict[str, ValueKind]:
        """Shape and type of every value of a graph without symbols."""
        from kaiyan.program.operations import OPERATIONS

        kinds = {given.name: ValueKind(given.shape, given.dtype) for given in self.inputs}  # type: ignore[arg-type]
        kinds |= {name: ValueKind(array.shape, array.dtype.name) for name, array in self.constants.items()}
        for node in self.nodes:
            kinds[node.output] = OPERATIONS[node.operation].kind(node, [kinds[name] for name in node.inputs])
        return kinds

    def computed(self, arrays: Iterable[Numbers]) -> list[Numbers]:
        """The outputs by the definitions of the operations, in NumPy: right, and slow."""
        from kaiyan.program.operations import OPERATIONS

        values = dict(zip((given.name for given in self.inputs), arrays, strict=True)) | dict(self.constants)
        for node in self.nodes:
            inputs = [values[name] for name in node.inputs]
            foreign = self.foreign.get(node.output)
            values[node.output] = (
                OPERATIONS[node.operation].compute(node, inputs) if foreign is None else foreign(*inputs)
            )
        return [values[name] for name in self.outputs]

    def fingerprint(self) -> str:
        """What tells it from other graphs, whatever its numbers are: a digest of its nodes, inputs and shapes."""
        shapes = sorted((name, array.shape, array.dtype.name) for name, array in self.constants.items())
        nodes = [(n.operation, n.inputs, n.output, sorted(n.settings.items(), key=itemgetter(0))) for n in self.nodes]
        text = repr((self.inputs, self.outputs, nodes, shapes))
        return hashlib.sha256(text.encode()).hexdigest()

    def readers(self) -> dict[str, list[Node]]:
        """The nodes that read each value."""
        readers: dict[str, list[Node]] = {}
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                readers.setdefault(name, []).append(node)
        return readers


def _at(node: Node, symbols: Mapping[str, int], shapes: Sequence[Shape]) -> Node:
    try:
        settings = {name: known(setting, symbols) for name, setting in node.settings.items()}
    except KaiyanError as error:  # an expression of sizes that has no value, such as a division by none
        raise not_at_these_sizes(shapes, node.output) from error
    return replace(node, settings=settings)
