"""A graph while it is rewritten: nodes that are put, taken away and renamed, and what is known of every value."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.program.graph import Graph, Node, ValueKind
from kaiyan.program.rewrites.kinds import kind_of
from kaiyan.program.rewrites.sizes import amounts

if TYPE_CHECKING:
    from kaiyan.reference.dtype import Numbers

JOINED_TYPES = ("float32", "float64")
"""Types whose arithmetic may be joined and folded: whole numbers are rounded down at every step."""


class Redraft:
    """``nodes`` by their outputs, in order; ``kinds`` of all values (sizes may be ``Reckoned``, None where not known).

    ``edits`` counts what was changed.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.nodes: dict[str, Node] = {}
        self.constants = dict(graph.constants)
        self.outputs = graph.outputs
        self.kinds: dict[str, ValueKind | None] = {
            given.name: ValueKind(amounts(given.shape), given.dtype) for given in graph.inputs
        }
        self.kinds |= {name: ValueKind(array.shape, array.dtype.name) for name, array in graph.constants.items()}
        self._readers: dict[str, dict[str, None]] = {}
        self.edits = 0
        for node in graph.nodes:
            self.put(node)
        self.edits = 0

    def graph(self) -> Graph:
        """The graph as it is now, without constants that nobody reads; the one that came where nothing was changed."""
        if not self.edits:
            return self._graph
        read = {name for node in self.nodes.values() for name in node.inputs} | set(self.outputs)
        constants = {name: array for name, array in self.constants.items() if name in read}
        foreign = {name: function for name, function in self._graph.foreign.items() if name in self.nodes}
        nodes = tuple(self.nodes.values())
        return replace(self._graph, outputs=self.outputs, nodes=nodes, constants=constants, foreign=foreign)

    def listed(self, *operations: str) -> list[Node]:
        """The nodes of these operations, or all, in order, as they are now."""
        return [node for node in self.nodes.values() if not operations or node.operation in operations]

    def holds(self, node: Node) -> bool:
        """Whether a node that was listed is still there, unchanged."""
        return self.nodes.get(node.output) is node

    def put(self, node: Node, before: str | None = None) -> None:
        """A node in the place of the one with its output, or else at the end, or right before that of ``before``."""
        old = self.nodes.get(node.output)
        for name in () if old is None else old.inputs:
            self._readers[name].pop(node.output, None)
        for name in node.inputs:
            self._readers.setdefault(name, {})[node.output] = None
        self.nodes[node.output] = node
        if before is not None:
            self._move(node.output, before)
        if node.output not in self.kinds:
            self.kinds[node.output] = kind_of(node, [self.kinds[name] for name in node.inputs])
        self.edits += 1

    def _move(self, name: str, before: str) -> None:
        moved = self.nodes.pop(name)
        names = list(self.nodes)
        names.insert(names.index(before), name)
        self.nodes = {each: moved if each == name else self.nodes[each] for each in names}

    def take(self, name: str) -> None:
        """The node with this output goes; nothing may read it any more."""
        for read in self.nodes.pop(name).inputs:
            self._readers[read].pop(name, None)
        self.edits += 1

    def reread(self, name: str, by: str) -> None:
        """Whoever read ``name`` reads ``by``."""
        for reader in self.readers(name):
            self.put(replace(reader, inputs=tuple(by if read == name else read for read in reader.inputs)))

    def rename(self, name: str, by: str) -> None:
        """Whoever read ``name`` reads ``by``, and so do the outputs; the node that made it goes."""
        self.reread(name, by)
        self.outputs = tuple(by if output == name else output for output in self.outputs)
        self.take(name)

    def keep(self, stem: str, array: Numbers) -> str:
        """The name of a new constant."""
        name = self.fresh(stem)
        self.constants[name] = np.asarray(array, order="C")
        self.kinds[name] = ValueKind(array.shape, array.dtype.name)
        return name

    def fresh(self, stem: str) -> str:
        """A name that no value has."""
        name, count = stem, 1
        while name in self.kinds:
            count += 1
            name = f"{stem}.{count}"
        return name

    def readers(self, name: str) -> list[Node]:
        """The nodes that read a value."""
        return [self.nodes[output] for output in self._readers.get(name, ())]

    def only_reader(self, name: str) -> Node | None:
        """The one node that reads a value which is no output."""
        readers = self._readers.get(name, {})
        return self.nodes[next(iter(readers))] if len(readers) == 1 and name not in self.outputs else None

    def alike(self, *names: str) -> bool:
        """Whether values are known to have one shape and one type of ``JOINED_TYPES``."""
        kinds = {self.kinds[name] for name in names}
        kind = next(iter(kinds))
        return len(kinds) == 1 and kind is not None and kind.dtype in JOINED_TYPES

    def shape(self, name: str) -> tuple[Any, ...] | None:
        """The shape of a value; None where it is not known."""
        kind = self.kinds[name]
        return None if kind is None else kind.shape

    def dtypes(self, *names: str) -> set[str]:
        """The types of values; "" where one is not known."""
        return {"" if kind is None else kind.dtype for kind in map(self.kinds.__getitem__, names)}
