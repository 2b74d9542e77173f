"""Where values lie while a program runs, and the native calls that work on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.engine.types import BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from kaiyan.engine.codegen.language.compile import Compilable
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape

_SIZES = BYTES | {"complex64": 8}
"""Bytes of an element of each type that is moved; complex numbers are computed with by others alone."""
Order = tuple[int, ...]
"""Axes from the one with the largest stride to the one whose elements lie side by side."""


@dataclass(slots=True, eq=False, weakref_slot=True)
class Buffer:
    """Memory of so many bytes: an input's or an output's of the caller, a constant's, or a stretch of the arena.

    ``role`` is "arena", "constant", "input" or "output"; ``number`` counts the inputs and outputs; a constant has its
    ``array``, dense, and ``lies`` where it shall already.
    """

    size: int
    role: str = "arena"
    number: int = 0
    array: Numbers | None = None
    lies: bool = False
    _finite: bool | None = None

    @property
    def is_finite(self) -> bool:
        """Whether it is a constant of finite numbers; looked at once."""
        if self._finite is None:
            self._finite = self.array is not None and bool(np.isfinite(self.array).all())
        return self._finite


@dataclass(frozen=True, slots=True)
class Pointer:
    """An address that is known when the program is placed in memory: bytes from a buffer's start."""

    buffer: Buffer
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A value in memory: strides are in elements and may be 0 where one element stands for many."""

    pointer: Pointer
    shape: Shape
    strides: Shape
    dtype: str

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return _SIZES[self.dtype]

    @property
    def order(self) -> Order:
        """The axes from the largest stride to the smallest; axes of one element stay where they were."""
        return tuple(sorted(range(len(self.shape)), key=lambda axis: (-self.strides[axis], axis)))

    def is_dense(self, order: Order | None = None) -> bool:
        """Whether the elements lie side by side with the axes in this order; as they stand where none is given."""
        step = 1
        for axis in reversed(tuple(order) if order is not None else tuple(range(len(self.shape)))):
            if self.shape[axis] != 1 and self.strides[axis] != step:
                return False
            step *= self.shape[axis]
        return True

    def viewed(self, shape: Shape, strides: Shape, elements: int = 0) -> Place:
        """The same memory seen otherwise, from so many elements further on."""
        pointer = replace(self.pointer, offset=self.pointer.offset + elements * self.itemsize)
        return replace(self, pointer=pointer, shape=tuple(shape), strides=tuple(strides))


def part(whole: Place, axis: int, start: int, size: int) -> Place:
    """So many of an axis, from ``start`` on."""
    shape = list(whole.shape)
    shape[axis] = size
    return whole.viewed(tuple(shape), whole.strides, start * whole.strides[axis])


def natural(place: Place) -> Order:
    """The axes as they stand."""
    return tuple(range(len(place.shape)))


def pixels_last(place: Place) -> Order:
    """The order of (N, C, *spatial) in which the channels of a position lie side by side."""
    rank = len(place.shape)
    return (0, *range(2, rank), 1) if rank > 1 else natural(place)


def dense_strides(shape: Shape, order: Order | None = None) -> Shape:
    """Strides in elements of an array whose axes lie in this order, the last running fastest.

    >>> dense_strides((2, 3, 4, 5), (0, 2, 3, 1))
    (60, 1, 15, 3)
    """
    strides, step = [0] * len(shape), 1
    for axis in reversed(tuple(order) if order is not None else tuple(range(len(shape)))):
        strides[axis] = step
        step *= shape[axis]
    return tuple(strides)


def bytes_of(shape: Shape, dtype: str) -> int:
    """Bytes of a dense array."""
    return prod(shape) * _SIZES[dtype]


@dataclass(frozen=True, slots=True)
class KernelCall:
    """One native call: ``void routine(int64* arguments, int64 task)`` for every task, in any order, by any thread.

    ``routine`` is its description. ``cycles`` is what all tasks take together, by count. Where the argument at ``flag``
    is 1 afterwards, the result is not to be used, and what ``instead`` gives is called. ``over`` are the buffer that it
    fills and one of its inputs that may be the same memory.
    """

    routine: Compilable
    arguments: tuple[int | Pointer, ...]
    tasks: int
    cycles: float = 0.0
    flag: int | None = None
    instead: Callable[[], tuple[KernelCall, ...]] = tuple
    over: tuple[Buffer, Buffer] | None = None


@dataclass(frozen=True, slots=True)
class SharedCalls:
    """Calls that are made side by side: a thread makes all of a share by itself, in order. None of them has a flag."""

    shares: tuple[tuple[KernelCall, ...], ...]

    @property
    def tasks(self) -> int:
        """How many shares there are."""
        return len(self.shares)


Call = KernelCall | SharedCalls


def kernels(calls: Iterable[Call]) -> Iterator[KernelCall]:
    """The calls, and those that are shared."""
    for call in calls:
        if isinstance(call, SharedCalls):
            for share in call.shares:
                yield from share
        else:
            yield call
