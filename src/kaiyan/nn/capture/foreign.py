"""What torch computes in a graph of ours: an ATen operation called with tensors that are our arrays' memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.fx.node import map_aggregate

from kaiyan.program.size import Symbolic, known

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kaiyan.program.size import Size
    from kaiyan.reference.dtype import Numbers


DTYPES: dict[torch.dtype, str] = {
    getattr(torch, name): name
    for name in (
        "float16", "float32", "float64", "complex64", "bool", "uint8", "int8", "int16", "int32", "int64",
    )
}  # fmt: skip
"""The types of torch's that a value of a program can have."""


@dataclass(frozen=True, slots=True)
class ArrayPlace:
    """An argument that is the array of this number; where the call asks for it, as a tensor of these strides."""

    number: int
    strides: tuple[Size, ...] | None = None


@dataclass(frozen=True, slots=True)
class SymbolRead:
    """Where a symbol is read: the axis of the array of this number."""

    symbol: str
    number: int
    axis: int


class ForeignCall:
    """One call of an ATen operation; its arguments have an ``ArrayPlace`` for an array, a ``Symbolic`` for a size."""

    def __init__(self, target: Any, arguments: Any, named: Any, reads: Sequence[SymbolRead]) -> None:
        self.target, self.arguments, self.named, self.reads = target, arguments, named, tuple(reads)

    def __call__(self, *arrays: Numbers) -> Any:
        """What torch gives: a tensor, or a tuple of tensors, none of them in the arrays' memory."""
        tensors = [tensor_of(array) for array in arrays]
        symbols = {read.symbol: arrays[read.number].shape[read.axis] for read in self.reads}
        fill = _filling(tensors, symbols)
        with torch.no_grad():
            given = self.target(*map_aggregate(self.arguments, fill), **map_aggregate(self.named, fill))
            taken = {tensor.untyped_storage().data_ptr() for tensor in tensors}
            return map_aggregate(tuple(given) if isinstance(given, (list, tuple)) else given, _apart(taken))

    def described(self, symbols: Mapping[str, int]) -> Any:
        """What tells two calls apart, sizes reckoned; tensors that were frozen into it are compared by ``same``."""
        fill = _filling(None, symbols)
        return self.target, map_aggregate(self.arguments, fill), map_aggregate(self.named, fill)


def _filling(tensors: list[torch.Tensor] | None, symbols: Mapping[str, int]) -> Callable[[Any], Any]:
    def fill(argument: Any) -> Any:
        if isinstance(argument, ArrayPlace) and tensors is not None:
            return _as_laid(tensors[argument.number], argument.strides, symbols)
        return argument.value(symbols) if isinstance(argument, Symbolic) else argument

    return fill


def _as_laid(tensor: torch.Tensor, strides: tuple[Size, ...] | None, symbols: Mapping[str, int]) -> torch.Tensor:
    if strides is None:
        return tensor
    return laid(tensor, tuple(tensor.shape), known(strides, symbols))


def _apart(taken: set[int]) -> Callable[[Any], Any]:
    def apart(given: Any) -> Any:
        if not isinstance(given, torch.Tensor):
            return given
        given = given.resolve_conj().resolve_neg()
        return given.clone() if given.untyped_storage().data_ptr() in taken else given

    return apart


class OnlyOutput:
    """The only output of a call."""

    def __init__(self, call: ForeignCall) -> None:
        self.call = call

    def __call__(self, *arrays: Numbers) -> Numbers:
        array: Numbers = self.call(*arrays).numpy()
        return array


class SharedCall:
    """A call of several outputs, computed by the part that comes first and kept for the others, in each thread."""

    def __init__(self, call: ForeignCall, used: Sequence[int]) -> None:
        self.call, self.used = call, tuple(used)
        self._waiting = threading.local()

    def part(self, index: int, arrays: Sequence[Numbers]) -> Numbers:
        """The output of this number."""
        waiting: dict[int, Numbers] = getattr(self._waiting, "parts", {})
        if index not in waiting:
            given = self.call(*arrays)
            waiting = {i: given[i].numpy() for i in self.used}
            self._waiting.parts = waiting
        return waiting.pop(index)


class OutputPart:
    """One of several outputs of a call."""

    def __init__(self, shared: SharedCall, index: int) -> None:
        self.shared, self.index = shared, index

    @property
    def call(self) -> ForeignCall:
        """The call that all parts share."""
        return self.shared.call

    def __call__(self, *arrays: Numbers) -> Numbers:
        return self.shared.part(self.index, arrays)


class _Writable:
    """An array's memory as one that may be written to: torch warns of any other, and none is written to here."""

    def __init__(self, array: Numbers) -> None:
        self.array = array
        self.__array_interface__ = {
            **array.__array_interface__, "data": (array.__array_interface__["data"][0], False),
        }  # fmt: skip


def tensor_of(array: Numbers) -> torch.Tensor:
    """A tensor in the array's memory."""
    if not array.flags.writeable and array.size:
        array = np.asarray(_Writable(array))
    if any(stride < 0 for stride in array.strides):
        array = array.copy()
    return torch.from_numpy(array)


def laid(tensor: torch.Tensor, shape: tuple[int, ...], strides: tuple[int, ...]) -> torch.Tensor:
    """The tensor in these strides; copied where an axis of more than one element has another."""
    if tensor.stride() == strides:
        return tensor
    pairs = zip(shape, tensor.stride(), strides, strict=True)
    if not tensor.numel() or all(n == 1 or have == want for n, have, want in pairs):
        return tensor.as_strided(shape, strides)
    if any(step == 0 and n > 1 for n, step in zip(shape, strides, strict=True)):  # one element stands for many
        once = tuple(1 if step == 0 else n for n, step in zip(shape, strides, strict=True))
        return laid(tensor[tuple(slice(n) for n in once)], once, strides).expand(shape)
    return torch.empty_strided(shape, strides, dtype=tensor.dtype).copy_(tensor)
