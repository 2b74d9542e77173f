"""What routines share in cutting work into blocks: where a block begins, what it reads, how a weight is laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kaiyan.arrays.memory import LINE

if TYPE_CHECKING:
    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value
    from kaiyan.engine.codegen.parts.geometry import Geometry, Triple
    from kaiyan.reference.dtype import Numbers

TASK = 150
"""Cycles that a task costs before its work: the call, the divisions of its number, its scratch."""


def reaches(geometry: Geometry, outputs: Triple) -> Triple:
    """Positions of the extended axes under a block of outputs."""
    axes = zip(outputs, geometry.kernel, geometry.stride, geometry.dilation, strict=True)
    depth, rows, columns = ((n - 1) * s + d * (k - 1) + 1 for n, k, s, d in axes)
    return depth, rows, columns


def clipped(code: Code, index: Value, step: Value, size: Value) -> Value:
    """Where block ``index`` begins: the last one is moved back so that it ends with the axis."""
    return code.least(code.mul(index, step), code.sub(size, step))


def even(size: int, most: int) -> int:
    """The least block, not above ``most``, that needs no more blocks than ``most`` does to cover ``size``.

    >>> even(33, 14)
    11
    """
    return tiled(size, tiled(size, max(min(most, size), 1)))


def snug(size: int, most: int) -> int:
    """The tile, from half of ``most`` to it, that does the least work to cover ``size``: each has a start and an end.

    >>> snug(49, 14), snug(28, 14), snug(5, 14)
    (10, 14, 5)
    """
    tiles = range(min(max(most // 2, 1), size), min(most, size) + 1)
    return min(reversed(tiles), key=lambda tile: tiled(size, tile) * (tile + _ENDS))


_ENDS = 1
"""Pixels that could be summed while a tile of sums is begun and stored."""


def tiled(size: int, block: int) -> int:
    """Blocks that cover ``size``."""
    return -(-size // block)


def apart(size: int) -> int:
    """Bytes to leave free behind each of many blocks of so many bytes, that neighbours do not evict one another.

    What lies a multiple of 4096 bytes apart shares one set of 8 lines in the first cache, and a tile reads 14 pixels at
    once: 1024 channels to 256 on 14x14 took 4.7 ms, and 1.1 with a line between two pixels.

    >>> apart(4096), apart(4096 + 64)
    (64, 0)
    """
    return 0 if size % _CROWDED else LINE


_CROWDED = 512
"""Bytes apart at which pixels meet in 8 sets or fewer."""


def turned(array: Numbers, order: tuple[int, ...]) -> Numbers:
    """The array with its axes in another order, in memory too."""
    return np.ascontiguousarray(array.transpose(order))


def padded(bias: Numbers, size: int) -> Numbers:
    """A bias (..., K) filled up with zeros to (..., size)."""
    return np.pad(bias, [(0, 0)] * (bias.ndim - 1) + [(0, size - bias.shape[-1])])
