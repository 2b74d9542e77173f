"""Memory for packed weights: an array of its own for one that is kept, the thread's own room for one that is not.

A training step packs every weight anew. Memory that is taken and given back each time is cleared by the system each
time, 4 KB by 4 KB, which takes longer than the packing.
"""

from __future__ import annotations

from contextlib import contextmanager
from math import prod
from threading import local
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.arrays.memory import LINE, aligned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape


class WeightBlock:
    """Memory that packed weights are taken from one after the other, in pieces of so many bytes.

    What is never written to costs nothing. A piece has large pages, which small weights would not get one by one.
    """

    def __init__(self, piece: int) -> None:
        self._piece = piece
        self._pieces = [np.empty(0, np.uint8)]
        self._taken = 0

    def take(self, size: int) -> Numbers:
        """So many bytes, which begin where a line of cache does."""
        memory = self._pieces[-1]
        start = self._taken + -(memory.ctypes.data + self._taken) % LINE
        if start + size > len(memory):
            memory = np.empty(max(self._piece, size) + LINE, np.uint8)
            self._pieces.append(memory)
            start = -memory.ctypes.data % LINE
        self._taken = start + size
        return memory[start : start + size]

    def holds(self, array: Numbers) -> bool:
        """Whether an array was taken from it."""
        return any(array.base is piece for piece in self._pieces)


class _Workspace(local):
    """One thread's room: how much of it is taken, None while nothing may be taken from it; a block in its place."""

    memory: Numbers = np.empty(0, np.uint8)
    taken: int | None = None
    block: WeightBlock | None = None


_WORKSPACE = _Workspace()


@contextmanager
def passing() -> Iterator[None]:
    """Inside, ``room`` gives memory that is used again by the next that is inside."""
    _WORKSPACE.taken = 0
    try:
        yield
    finally:
        _WORKSPACE.taken = None


@contextmanager
def taking_from(block: WeightBlock) -> Iterator[None]:
    """Inside, ``room`` gives memory of the block."""
    _WORKSPACE.block = block
    try:
        yield
    finally:
        _WORKSPACE.block = None


def room(shape: Shape, dtype: str, *, filled: bool) -> Numbers:
    """An array for a packed weight, whose vectors begin where lines of cache do; zeros where it will not be filled."""
    size = prod(shape) * np.dtype(dtype).itemsize
    array = _bytes(size).view(dtype).reshape(shape)
    if not filled:
        array.fill(0)
    return array


def _bytes(size: int) -> Numbers:
    if _WORKSPACE.block is not None:
        return _WORKSPACE.block.take(size)
    if _WORKSPACE.taken is None:
        return aligned((size,), np.uint8)
    start = -(-_WORKSPACE.taken // LINE) * LINE
    if start + size > len(_WORKSPACE.memory):
        _WORKSPACE.memory, start = aligned((2 * start + size + 2**16,), np.uint8), 0
    _WORKSPACE.taken = start + size
    return _WORKSPACE.memory[start : start + size]
