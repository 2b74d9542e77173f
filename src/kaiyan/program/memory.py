"""A lowered graph placed in memory: weights in the order of their use, and an arena for what passes."""

from __future__ import annotations

import ctypes
from time import perf_counter
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from kaiyan.arrays.memory import LINE
from kaiyan.program.arena import arranged, lives, taken_over
from kaiyan.program.lowering import Abroad
from kaiyan.program.place import KernelCall, Pointer, kernels
from kaiyan.program.running import CallTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from kaiyan.program.lowering import Lowered, Native
    from kaiyan.program.place import Buffer, Call, Place
    from kaiyan.reference.dtype import Numbers

_GUARD = 4 * LINE
"""Bytes behind each buffer of a guarded arena."""
_MARK = 0xA5


class Weights:
    """Constants of one or several plans: each once, those of a plan side by side in the order of their use.

    Packed weights were packed so, and lie where they shall.
    """

    def __init__(self) -> None:
        self._places: WeakKeyDictionary[Buffer, int] = WeakKeyDictionary()

    @property
    def size(self) -> int:
        """Bytes of all that a plan still reads."""
        return sum(-(-buffer.size // LINE) * LINE for buffer in list(self._places))

    def place(self, buffers: Iterable[Buffer]) -> dict[Buffer, int]:
        """The address of each constant; those that are new are moved into a block of their own."""
        listed = list(buffers)
        self._places.update((b, b.array.ctypes.data) for b in listed if b.lies and b.array is not None)
        new = [buffer for buffer in dict.fromkeys(listed) if buffer not in self._places]
        starts, size = [], 0
        for buffer in new:
            starts.append(size)
            size += -(-buffer.size // LINE) * LINE
        block, base = _memory(size)
        for buffer, start in zip(new, starts, strict=True):
            array: Any = buffer.array
            own = block[base + start : base + start + buffer.size]
            own[:] = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
            buffer.array = own.view(array.dtype).reshape(array.shape)
            self._places[buffer] = block.ctypes.data + base + start
        return {buffer: self._places[buffer] for buffer in listed}


class Context:
    """Memory and tables for one call at a time of one plan."""

    def __init__(self, plan: Lowered, weights: Weights, threads: int, *, guarded: bool = False) -> None:
        self._plan, self._threads = plan, threads
        used = [_buffers(item) for item in plan.items]
        found = lives(used)
        if guarded:  # no memory is used twice: what is written behind a buffer stays there to be seen
            found = dict.fromkeys(found, (0, len(used)))
        calls = [call for item in plan.items if not isinstance(item, Abroad) for call in kernels(item.calls)]
        first = taken_over(found, [call.over for call in calls if call.over is not None])
        self._starts, self.size = arranged(found, _GUARD if guarded else 0, first)
        self._arena, self._base = _memory(self.size)
        self._guards = _guards(self._starts) if guarded else []
        everything = dict.fromkeys(buffer for buffers in used for buffer in buffers)
        origin = self._arena.ctypes.data + self._base
        bases = {buffer: origin + start for buffer, start in self._starts.items()}
        self._bases = bases | weights.place(b for b in everything if b.role == "constant")
        self._parts: list[CallTable | Abroad] = []
        self._calls: list[Sequence[Call]] = []
        for part in _parts(plan.items):
            self._parts.append(part if isinstance(part, Abroad) else CallTable(part, self._bases))
            self._calls.append(() if isinstance(part, Abroad) else part)

    def rooms(self) -> list[Numbers]:
        """New arrays for the outputs."""
        return self._plan.rooms()

    def run(
        self, inputs: Sequence[Numbers], outputs: Sequence[Numbers], foreign: Callable[[Abroad, Sequence[Numbers]], Any]
    ) -> None:
        """Fills the outputs; ``foreign`` computes what is computed abroad."""
        outside = self._outside(inputs, outputs)
        for mark in self._guards:
            self._arena[self._base + mark : self._base + mark + _GUARD] = _MARK
        for part, calls in zip(self._parts, self._calls, strict=True):
            if isinstance(part, Abroad):
                self._abroad(part, outside, foreign)
            else:
                self._native(part, calls, outside)
        for mark in self._guards:
            guard = self._arena[self._base + mark : self._base + mark + _GUARD]
            assert (guard == _MARK).all(), f"memory behind the buffer that ends at {mark} was written to"

    def timed(
        self, inputs: Sequence[Numbers], outputs: Sequence[Numbers], foreign: Callable[[Abroad, Sequence[Numbers]], Any]
    ) -> dict[str, float]:
        """Runs once, item by item; the seconds that each took, by its name."""
        outside = self._outside(inputs, outputs)
        spent: dict[str, float] = {}
        number = start = 0
        for item in self._plan.items:
            if not isinstance(item, Abroad) and not item.calls:
                spent.setdefault(item.label, 0.0)
                continue
            part = self._parts[number]
            began = perf_counter()
            if isinstance(part, CallTable) and not isinstance(item, Abroad):
                self._native(part, self._calls[number], outside, start, start + len(item.calls))
                start += len(item.calls)
            elif isinstance(item, Abroad):
                self._abroad(item, outside, foreign)
            name = item.node.output if isinstance(item, Abroad) else item.label
            spent[name] = spent.get(name, 0.0) + perf_counter() - began
            if isinstance(item, Abroad) or start == len(self._calls[number]):
                number, start = number + 1, 0
        return spent

    def _outside(self, inputs: Sequence[Numbers], outputs: Sequence[Numbers]) -> dict[Buffer, int]:
        """The addresses of the caller's arrays, written into every call that names them."""
        outside: dict[Buffer, int] = {}
        for places, arrays in ((self._plan.inputs, inputs), (self._plan.outputs, outputs)):
            for place, array in zip(places, arrays, strict=True):
                outside[place.pointer.buffer] = array.ctypes.data
        for part in self._parts:
            if isinstance(part, CallTable):
                for buffer, base in outside.items():
                    part.patch(buffer, base)
        return outside

    def _native(
        self, table: CallTable, calls: Sequence[Call], outside: Mapping[Buffer, int], first: int = 0,
        after: int | None = None,
    ) -> None:  # fmt: skip
        """Runs calls of a table; where one goes astray, what stands instead of it."""
        done, after = first, len(calls) if after is None else after
        while done < after:
            done = table.run(self._threads, done, after)
            if table.astray:
                call = calls[done - 1]
                assert isinstance(call, KernelCall), "what is shared has no flag"
                instead = call.instead()
                self._native(CallTable(instead, _lying(instead) | self._bases | dict(outside)), instead, outside)

    def _abroad(self, item: Abroad, outside: Mapping[Buffer, int], foreign: Callable[..., Any]) -> None:
        arrays = [self._seen(place, outside) for place in item.inputs]
        self._seen(item.output, outside)[...] = foreign(item, arrays)

    def _seen(self, place: Place, outside: Mapping[Buffer, int]) -> Numbers:
        """A place as an array."""
        buffer = place.pointer.buffer
        if buffer.array is not None:
            start: Any = buffer.array.reshape(-1)[place.pointer.offset // place.itemsize :]
        else:
            address = (outside.get(buffer) or self._bases[buffer]) + place.pointer.offset
            start = _at(address, place)
        steps = [stride * place.itemsize for stride in place.strides]
        return np.lib.stride_tricks.as_strided(start, place.shape, steps)


def _lying(calls: Sequence[KernelCall]) -> dict[Buffer, int]:
    """The addresses of the constants of calls, where they lie by themselves."""
    arrays = {b: b.array for call in calls for b in _named(call) if b.array is not None}
    return {buffer: array.ctypes.data for buffer, array in arrays.items()}


def _at(address: int, place: Place) -> Numbers:
    """The elements from an address on, as far as the place reaches."""
    reach = 1 + sum((size - 1) * stride for size, stride in zip(place.shape, place.strides, strict=True))
    size = reach * place.itemsize if 0 not in place.shape else 0
    memory: Any = (ctypes.c_char * size).from_address(address)
    seen: Numbers = np.frombuffer(memory, np.dtype(place.dtype))
    return seen


def _memory(size: int) -> tuple[Numbers, int]:
    """Bytes, and where in them a line of cache begins; large pages are asked for."""
    memory = np.empty(size + LINE, np.uint8)
    return memory, -memory.ctypes.data % LINE


def _guards(starts: Mapping[Buffer, int]) -> list[int]:
    return [start + buffer.size for buffer, start in starts.items()]


def _parts(items: Sequence[Native | Abroad]) -> list[Abroad | list[Call]]:
    """Native calls between two items abroad as one list."""
    parts: list[Abroad | list[Call]] = []
    for item in items:
        if isinstance(item, Abroad):
            parts.append(item)
        elif not item.calls:
            continue
        elif parts and isinstance(parts[-1], list):
            parts[-1] += item.calls
        else:
            parts.append(list(item.calls))
    return parts


def _buffers(item: Native | Abroad) -> list[Buffer]:
    if isinstance(item, Abroad):
        return [place.pointer.buffer for place in (*item.inputs, item.output)]
    return [buffer for call in kernels(item.calls) for buffer in _named(call)]


def _named(call: KernelCall) -> list[Buffer]:
    return [argument.buffer for argument in call.arguments if isinstance(argument, Pointer)]
