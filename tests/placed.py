"""A step run by itself on arrays laid out as a test asks, with a guard round each, and the operation's definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.program.operations import OPERATIONS
from kaiyan.program.place import Buffer, Place, Pointer, dense_strides
from kaiyan.program.room import PlanningRoom
from kaiyan.program.running import CallTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.graph import Node
    from kaiyan.program.place import KernelCall
    from kaiyan.program.steps.step import NativeStep

_GUARD = 256
"""Bytes before and behind each array, which must stay as they were."""
_MARK = 0xA5


class Laid:
    """Memory for an array (shape) of a type, its axes in ``order``, with ``gaps`` elements left after each line.

    An axis in ``expanded`` has the stride 0.
    """

    def __init__(
        self, shape: Sequence[int], dtype: str, order: Sequence[int] | None = None, gap: int = 0,
        expanded: Sequence[int] = (),
    ) -> None:  # fmt: skip
        shape = tuple(shape)
        order = tuple(order) if order is not None else tuple(range(len(shape)))
        held = [1 if axis in expanded else size for axis, size in enumerate(shape)]
        wide = list(held)
        if order and gap:
            wide[order[-1]] += gap
        strides = list(dense_strides(tuple(wide), order))
        for axis in expanded:
            strides[axis] = 0
        item = np.dtype(dtype).itemsize
        size = max(int(np.prod(wide)), 1) * item
        self.memory = np.full(size + 2 * _GUARD, _MARK, np.uint8)
        self.buffer = Buffer(size)
        self.place = Place(Pointer(self.buffer, 0), shape, tuple(strides), dtype)
        start = self.memory[_GUARD : _GUARD + size].view(dtype)
        self.array: Any = np.lib.stride_tricks.as_strided(start, shape, [s * item for s in strides])
        self.base = self.memory.ctypes.data + _GUARD

    def others(self) -> bytes:
        """All bytes that are not the array's elements."""
        kept = self.memory.copy()
        array = kept[_GUARD : len(kept) - _GUARD].view(self.array.dtype)
        np.lib.stride_tricks.as_strided(array, self.array.shape, self.array.strides)[...] = 0
        return kept.tobytes()


def run(step: NativeStep, node: Node, inputs: Sequence[Laid], output: Laid, threads: int = 1) -> Any:
    """The output by the step's native calls; nothing else may have changed."""
    room = PlanningRoom(threads)
    calls = step.calls(node, [laid.place for laid in inputs], output.place, room)
    before = [laid.memory.tobytes() for laid in inputs], output.others()
    execute(calls, {laid.buffer: laid.base for laid in (*inputs, output)}, threads)
    assert [laid.memory.tobytes() for laid in inputs] == before[0], "an input was written to"
    assert output.others() == before[1], "memory beside the output was written to"
    return output.array


def execute(calls: Sequence[KernelCall], bases: dict[Buffer, int], threads: int = 1) -> None:
    """Runs calls; constants and scratch get memory of their own, with a guard round it."""
    bases = dict(bases)
    kept: dict[Buffer, Any] = {}
    waiting = list(calls)
    while waiting:
        call = waiting.pop()
        waiting += call.instead()
        for argument in call.arguments:
            if isinstance(argument, Pointer) and argument.buffer not in bases:
                buffer = argument.buffer
                if buffer.array is not None:
                    kept[buffer] = buffer.array
                    bases[buffer] = buffer.array.ctypes.data
                else:
                    kept[buffer] = np.full(buffer.size + 2 * _GUARD + 64, _MARK, np.uint8)
                    start = kept[buffer].ctypes.data + _GUARD
                    bases[buffer] = -(-start // 64) * 64
    run_calls(calls, bases, threads)
    for buffer, memory in kept.items():
        if buffer.array is None:
            first = bases[buffer] - memory.ctypes.data
            beside = np.concatenate([memory[:first], memory[first + buffer.size :]])
            assert (beside == _MARK).all(), "memory beside the scratch was written to"


def run_calls(calls: Sequence[KernelCall], bases: dict[Buffer, int], threads: int) -> None:
    """Runs calls on placed buffers; where one raises its flag, what stands instead of it."""
    table = CallTable(calls, bases)
    done = 0
    while done < len(calls):
        done = table.run(threads, done)
        if table.astray:
            run_calls(calls[done - 1].instead(), bases, threads)


def defined(node: Node, arrays: Sequence[Any]) -> Any:
    """What the operation's definition says."""
    return OPERATIONS[node.operation].compute(node, [np.asarray(array) for array in arrays])
