"""A graph while it is written: nodes are added one by one, and tensors that are known become constants when read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.fx import Node as AtenNode
from torch.fx.node import map_aggregate

from kaiyan.nn.capture.foreign import DTYPES, ArrayPlace, ForeignCall, OnlyOutput, OutputPart, SharedCall, SymbolRead
from kaiyan.nn.capture.sizes import NeedsNumbersError, number, symbols_of, written
from kaiyan.program.graph import Graph, Input, Node

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kaiyan.nn.capture.row import Written
    from kaiyan.program.size import Size
    from kaiyan.reference.dtype import Numbers

TORCH_FLOATS = (torch.float32, torch.float64)
"""The types that our steps compute in."""

_READS_STRIDES = frozenset({
    "as_strided", "as_strided_scatter", "view", "view_as_complex", "view_as_real",
    "_fft_r2c", "_fft_c2c", "_fft_c2r",
})  # fmt: skip
"""Operations of ATen whose elements, whose success, or whose time depends on how their input lies in memory."""


class Manuscript:
    """What has been written so far; ``numbers`` are the symbols that are numbers in this graph."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self.numbers = dict(numbers)
        self.values: dict[AtenNode, Written] = {}
        self.known: dict[AtenNode, Any] = {}
        self.arguments: dict[str, int] = {}
        self._names: dict[AtenNode, str] = {}
        self._inputs: list[Input] = []
        self._nodes: list[Node] = []
        self._constants: dict[str, Numbers] = {}
        self._foreign: dict[str, Callable[..., Any]] = {}
        self._reads: dict[str, tuple[str, int]] = {}

    def give_input(self, node: AtenNode, argument: int) -> None:
        """A placeholder that comes with each call, as the argument of this number."""
        fake: torch.Tensor = node.meta["val"]
        name = f"x{len(self._inputs)}"
        self._inputs.append(Input(name, self.shape(node), DTYPES[fake.dtype]))
        self.values[node] = name
        self.arguments[name] = argument
        for axis, size in enumerate(fake.shape):
            if str(size) in symbols_of(size):
                self._reads.setdefault(str(size), (name, axis))

    def give_known(self, node: AtenNode, tensor: torch.Tensor, name: str | None = None) -> None:
        """A value that is the same in each call; without a ``name``, it has that of the first that it is made of."""
        self.known[node] = tensor
        name = name or next((self._names[made] for made in node.all_input_nodes if made in self._names), None)
        if name is not None:
            self._names[node] = name

    def value(self, node: AtenNode) -> str:
        """The name of a value, to be read by a node."""
        if node in self.known and node not in self.values:
            self.values[node] = self.constant(self.known[node], self._names.get(node))
        value = self.values[node]
        assert isinstance(value, str)
        return value

    def constant(self, tensor: torch.Tensor, name: str | None = None) -> str:
        """A tensor that every call reads; the name of its value, ``name`` where nothing else has it."""
        if name is None or name in self._constants:
            name = f"{name or 'known'}.{len(self._constants)}"
        self._constants[name] = tensor.detach().resolve_conj().resolve_neg().numpy()
        return name

    def add(self, operation: str, inputs: Sequence[str], **settings: Any) -> str:
        """A node more; the name of its output."""
        output = f"{operation}{len(self._nodes)}"
        self._nodes.append(Node(operation, tuple(inputs), output, settings))
        return output

    def map(self, inputs: Sequence[str], *terms: tuple[Any, ...]) -> str:
        """A node of arithmetic."""
        return self.add("map", inputs, terms=terms)

    def size(self, size: Any) -> Size:
        """A size as it stands in a call: a number, a SymInt, or the node of one."""
        return written(size.meta["val"] if isinstance(size, AtenNode) else size, self.numbers)

    def number(self, size: Any) -> int:
        """A size that must be a number."""
        return number(size.meta["val"] if isinstance(size, AtenNode) else size, self.numbers)

    def shape(self, node: AtenNode) -> tuple[Size, ...]:
        """The shape of what a call gives."""
        return tuple(self.size(size) for size in node.meta["val"].shape)

    def mark(self) -> tuple[int, int]:
        """Where the draft stands, to come back to."""
        return len(self._nodes), len(self._constants)

    def back_to(self, mark: tuple[int, int]) -> None:
        """Takes back what was written since, by a row that then left the call to torch."""
        nodes, constants = mark
        del self._nodes[nodes:]
        gone = set(list(self._constants)[constants:])
        self._constants = {name: array for name, array in self._constants.items() if name not in gone}
        self.values = {node: value for node, value in self.values.items() if value not in gone}

    def is_number(self, node: AtenNode) -> bool:
        """Whether a call gives a size that is a number in this graph."""
        value = node.meta.get("val")
        return not isinstance(value, torch.Tensor) and symbols_of(value) <= self.numbers.keys()

    def foreign(self, node: AtenNode) -> Written:
        """The call computed by torch; a node for every output that is read."""
        call, inputs = self._call(node)
        fakes = node.meta["val"]
        if isinstance(fakes, torch.Tensor):
            return self._foreign_node(node, inputs, fakes, OnlyOutput(call))
        used = sorted({int(reader.args[1]) for reader in node.users})  # type: ignore[arg-type]
        shared = SharedCall(call, used)
        named: list[str | None] = [None] * len(fakes)
        for index in used:
            named[index] = self._foreign_node(node, inputs, fakes[index], OutputPart(shared, index))
        return tuple(named)

    def _foreign_node(self, node: AtenNode, inputs: Sequence[str], fake: torch.Tensor, call: Any) -> str:
        shape = tuple(self.size(size) for size in fake.shape)
        name = str(node.target)
        output = self.add("foreign", inputs, shape=shape, dtype=DTYPES[fake.dtype], name=name)
        self._foreign[output] = call
        return output

    def _call(self, node: AtenNode) -> tuple[ForeignCall, list[str]]:
        inputs: list[str] = []
        symbols: set[str] = set()

        def filled(argument: Any) -> Any:
            if not isinstance(argument, AtenNode):
                return argument
            if argument in self.known:
                return self.known[argument]
            if not isinstance(argument.meta["val"], torch.Tensor):
                symbols.update(symbols_of(argument.meta["val"]) - self.numbers.keys())
                return self.size(argument)
            inputs.append(self.value(argument))
            return ArrayPlace(len(inputs) - 1, self._strides(node, argument))

        arguments, named = map_aggregate(node.args, filled), map_aggregate(node.kwargs, filled)
        reads = []
        for symbol in sorted(symbols):
            if symbol not in self._reads:
                raise NeedsNumbersError({symbol})
            name, axis = self._reads[symbol]
            inputs.append(name)
            reads.append(SymbolRead(symbol, len(inputs) - 1, axis))
        return ForeignCall(node.target, arguments, named, reads), inputs

    def _strides(self, node: AtenNode, argument: AtenNode) -> tuple[Size, ...] | None:
        """The strides that an argument must have, where what is asked of torch depends on them."""
        if str(node.target).split(".")[1] not in _READS_STRIDES:
            return None
        return tuple(self.size(stride) for stride in argument.meta["val"].stride())

    def graph(self, outputs: Sequence[str]) -> Graph:
        """The whole that was written."""
        return Graph(tuple(self._inputs), tuple(outputs), tuple(self._nodes), self._constants, self._foreign)
