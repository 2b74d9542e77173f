"""Random graphs over the whole vocabulary, the same for the same seed: what networks hold, and what nobody does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from random_blocks import BLOCKS
from random_steps import STEPS_AT_RANDOM

from kaiyan.program.graph import Graph, Input, Node, ValueKind
from kaiyan.program.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

_LARGEST = 6000
"""Elements of a value: definitions in NumPy stay quick."""


class Growing:
    """A graph as it grows; ``values`` are names of those that the next node may read, ``kinds`` are known of all.

    ``jumps`` lets in functions that jump, such as floor: rounding otherwise gives another whole number.
    """

    def __init__(self, seed: int, dtype: str, *, jumps: bool) -> None:
        self.random = np.random.default_rng([seed, 15])
        self.dtype, self.jumps = dtype, jumps
        self.inputs: list[Input] = []
        self.nodes: list[Node] = []
        self.constants: dict[str, Any] = {}
        self.kinds: dict[str, ValueKind] = {}
        self.values: list[str] = []

    def input(self, shape: Sequence[int]) -> str:
        """A further input."""
        name = f"x{len(self.inputs)}"
        self.inputs.append(Input(name, tuple(shape), self.dtype))
        self.kinds[name] = ValueKind(tuple(shape), self.dtype)
        self.values.append(name)
        return name

    def constant(self, shape: Sequence[int], scale: float = 1.0, offset: float = 0.0) -> str:
        """Normal numbers, by their deviation and mean."""
        name = f"c{len(self.constants)}"
        self.constants[name] = (self.random.standard_normal(tuple(shape)) * scale + offset).astype(self.dtype)
        self.kinds[name] = ValueKind(tuple(shape), self.dtype)
        return name

    def put(self, operation: str, inputs: Sequence[str], **settings: Any) -> str:
        """A further node; the name of its value."""
        node = Node(operation, tuple(inputs), f"v{len(self.nodes)}", settings)
        self.kinds[node.output] = OPERATIONS[operation].kind(node, [self.kinds[name] for name in inputs])
        self.nodes.append(node)
        self.values.append(node.output)
        return node.output

    def map(self, inputs: Sequence[str], *terms: tuple[Any, ...]) -> str:
        """A ``map``."""
        return self.put("map", inputs, terms=terms)

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a value."""
        return self.kinds[name].shape

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends counted."""
        return int(self.random.integers(low, high + 1))

    def chance(self, share: float) -> bool:
        """True in this share of all cases."""
        return bool(self.random.random() < share)

    def choice(self, among: Sequence[Any]) -> Any:
        """One of them."""
        return among[self.whole(0, len(among) - 1)]

    def value(self, *ranks: int) -> str | None:
        """A value of one of these ranks, rather a late one; None where there is none."""
        fitting = [name for name in self.values if not ranks or len(self.shape(name)) in ranks]
        if not fitting:
            return None
        return fitting[-min(self.whole(1, 4), len(fitting))] if self.chance(0.7) else str(self.choice(fitting))

    def like(self, name: str) -> list[str]:
        """The values of this one's shape, itself among them."""
        return [other for other in self.values if self.kinds[other] == self.kinds[name]]


def random_graph(seed: int, dtype: str = "float32", *, jumps: bool = False, steps: int | None = None) -> Graph:
    """A graph of about 10 nodes or blocks, or of so many, with one to three inputs and one to four outputs.

    Its kinds are checked against nothing: compare them with what is computed.
    """
    growing = Growing(seed, dtype, jumps=jumps)
    for _ in range(1 if growing.chance(0.7) else growing.whole(2, 3)):
        growing.input(_shape(growing))
    count = growing.whole(3, 14) if steps is None else steps
    while len(growing.nodes) < count:
        made = len(growing.nodes)
        growing.choice(BLOCKS if growing.chance(0.35) else STEPS_AT_RANDOM)(growing)
        _forget_the_large(growing, made)
    return Graph(tuple(growing.inputs), _outputs(growing), tuple(growing.nodes), growing.constants)


def random_arrays(graph: Graph, seed: int) -> list[Any]:
    """Inputs for a graph whose sizes are known."""
    random = np.random.default_rng([seed, 16])
    shapes = [[int(n) for n in given.shape if isinstance(n, int)] for given in graph.inputs]
    return [
        random.standard_normal(shape).astype(given.dtype) for shape, given in zip(shapes, graph.inputs, strict=True)
    ]


def _shape(growing: Growing) -> tuple[int, ...]:
    whole = growing.whole
    rank = growing.choice((2, 3, 3, 4, 4, 4, 4, 4, 4, 5))
    if rank == 2:
        return whole(1, 4), whole(1, 9)
    return (
        whole(1, 2),
        growing.choice((1, 2, 3, 4, 6, 8)),
        *(whole(1, 13 if rank < 5 else 6) for _ in range(rank - 2)),
    )


def _forget_the_large(growing: Growing, made: int) -> None:
    late = {node.output for node in growing.nodes[made:]}
    growing.values = [
        name for name in growing.values if name not in late or 0 < np.prod(growing.shape(name)) <= _LARGEST
    ]


def _outputs(growing: Growing) -> tuple[str, ...]:
    """Values that no node reads, and what is rarely asked for: one in between, an input, a constant, one twice."""
    read = {name for node in growing.nodes for name in node.inputs}
    unread = [name for name in growing.values if name not in read] or growing.values
    outputs = [unread[-1]]
    while growing.chance(0.7) and len(outputs) < 4:
        outputs.append(growing.choice(unread if growing.chance(0.8) else growing.values))
    if growing.chance(0.05):
        outputs.append(growing.inputs[0].name)
    if growing.chance(0.05):
        outputs.append(growing.constant((2, 3)))
    if growing.chance(0.05):
        outputs.append(outputs[0])
    return tuple(outputs)
