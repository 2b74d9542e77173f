"""What the cuts of all routines share: how large a strip may be, what stays in which cache, how channels are parted."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.parts.blocks import reaches, tiled

if TYPE_CHECKING:
    from kaiyan.engine.codegen.parts.geometry import Geometry

NEAR_STRIP = 24 * 1024
"""Bytes of a strip that stays in the first cache beside a few weights and sums."""
FAR_STRIP = 384 * 1024
"""Bytes of a strip that stays in the second cache beside the weights of one block."""
LARGE = 896 * 1024
"""Bytes of weights that a network does not leave in the second cache, nor a strip for the next one."""
SECOND_CACHE = 768 * 1024
"""Bytes that stay in the second cache."""
TILES = 2 * 1024 * 1024
"""Bytes of transformed tiles: twice the second cache costs less than reading the weights again."""
TASKS = 4
"""Tasks for each thread, so that none waits long for the last."""


def strip_size(geometry: Geometry, tile: tuple[int, int], most: int, C: int, dtype: str) -> tuple[int, int]:
    """Rows and columns of outputs whose inputs fit in ``most`` bytes, whole tiles where there is room for them."""
    _, H, W = geometry.outputs
    elements = most // itemsize(dtype) // (C * geometry.kernel[0])
    _, _, wide = reaches(geometry, (1, 1, W))
    _, high, _ = reaches(geometry, (1, tile[0], 1))
    if high * wide <= elements or high > elements // tile[1]:
        rows = max((elements // wide - high) // geometry.stride[1] + tile[0], tile[0])
        if high * wide <= elements:
            return _whole(H, rows, tile[0]), W
    columns = max((elements // high - geometry.dilation[2] * (geometry.kernel[2] - 1)) // geometry.stride[2], tile[1])
    return tile[0], _whole(W, columns, tile[1])


def _whole(size: int, most: int, tile: int) -> int:
    """A block of whole tiles, not far below ``most``, that covers ``size`` with the least left over; all if it fits."""
    if most >= size:
        return size
    blocks = range(max(most // tile // 2, 1), max(most // tile, 1) + 1)
    return min(max(blocks, key=lambda n: (-tiled(size, n * tile) * n, n)) * tile, size)


def shared(size: int, tile: int, most: int, threads: int, others: int = 1) -> int:
    """Rows of a task, whole tiles and not above ``most``, so that threads which share its ``others`` end together.

    >>> shared(56, 4, 20, threads=2), shared(14, 1, 14, threads=2), shared(7, 1, 7, threads=2)
    (4, 1, 1)
    """
    tiles = tiled(size, tile)
    able = [n for n in range(1, max(most // tile, 1) + 1) if others * tiled(tiles, n) <= 2 * TASKS * threads]
    if threads == 1 or not able:
        return most
    return min(min(able, key=lambda n: tiled(others * tiled(tiles, n), threads) * n) * tile, most)


def channel_parts(tasks: tuple[int, ...], blocks: int, threads: int) -> int:
    """Into how many the channels' blocks are divided, so that every thread has work."""
    if threads == 1 or prod(tasks) >= 2 * threads:
        return 1
    return min(blocks, tiled(2 * threads, prod(tasks)))


def itemsize(dtype: str) -> int:
    return 8 if dtype == "float64" else 4
