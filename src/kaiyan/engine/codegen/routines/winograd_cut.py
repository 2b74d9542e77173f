"""How the tiles of Winograd's convolution are cut into tasks: what stays in cache, what is read again."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.parts.blocking import SECOND_CACHE, TASKS, TILES, itemsize
from kaiyan.engine.codegen.parts.blocks import even, snug, tiled
from kaiyan.engine.codegen.routines.winograd import WinogradTiles

if TYPE_CHECKING:
    from kaiyan.engine.codegen.language.target import Target
    from kaiyan.engine.codegen.parts.epilogue import Epilogue
    from kaiyan.engine.codegen.parts.geometry import Geometry

_PRODUCTS = 240 * 1024
"""Bytes of the products of one group of tiles."""
_READ_NEAR, _READ_FAR = 48.0, 8.0
"""Bytes a cycle of weights that stay in the second cache, and of those read from farther away."""


@lru_cache(maxsize=4096)
def cut(
    geometry: Geometry,
    source: str,
    target: Target,
    dtype: str,
    epilogue: Epilogue,
    threads: int,
    m: tuple[int, int],
    kind: type[WinogradTiles] = WinogradTiles,
) -> WinogradTiles:
    """F(m, r) on rows and columns, by a routine of one ``kind``."""
    L = target.lanes(itemsize(dtype))
    _, H, W = geometry.outputs
    rows, columns = tiled(H, m[0]), tiled(W, m[1])
    vectors = 1 if geometry.K <= L else 2
    whole = kind(geometry, source, m, 1, 1, 1, 1, 1, (1,), vectors, L, epilogue, dtype)
    size = whole.terms * itemsize(dtype)
    columns = even(columns, max(min(TILES // size, 64), 1))
    rows = even(rows, max(TILES // (size * columns), 1))
    each = whole.points * whole.width * columns * itemsize(dtype)
    candidates = []
    for most in range(1, rows + 1) if threads > 1 else (rows,):
        high = even(rows, most)
        for group in _groups(high, max(_PRODUCTS // each, 1)):
            tile, tiles = _tile(group * columns, (target.registers - vectors - 2) // vectors)
            routine = replace(whole, rows=high, columns=columns, group=group, tile=tile, tiles=tiles)
            candidates += [replace(routine, parts=parts) for parts in {1, *_part_counts(routine.blocks, threads)}]
    return min(candidates, key=lambda routine: _span(routine, threads))


def _tile(count: int, most: int) -> tuple[int, tuple[int, ...]]:
    """How many of so many tiles are multiplied at a time, and between what the machine code for it has the choice."""
    tile, least = snug(count, most), max(most // 2, 1)
    return tile, (tile,) if tile < least else tuple(range(least, most + 1))


def _groups(rows: int, most: int) -> set[int]:
    """The fewest groups of up to ``most`` rows, and the fewest in which none is done twice."""
    return {even(rows, most), max(n for n in range(1, min(rows, most) + 1) if rows % n == 0)}


def _part_counts(blocks: int, threads: int) -> set[int]:
    return {min(blocks, threads * n) for n in range(1, TASKS + 1)} if threads > 1 else set()


def _span(routine: WinogradTiles, threads: int) -> float:
    """Cycles from the first task to the last on so many threads: each task reads the weights of its blocks again."""
    tasks = prod(routine.tasks)
    weights = routine.weights * itemsize(routine.dtype) // routine.geometry.groups // routine.parts
    reading = weights / (_READ_NEAR if weights <= SECOND_CACHE else _READ_FAR)
    again = weights / (_READ_NEAR if weights <= SECOND_CACHE * routine.blocks / routine.parts else _READ_FAR)
    reading += (tiled(routine.rows, routine.group) - 1) * again
    return tiled(tasks, threads) * (routine.cycles / tasks + reading)
