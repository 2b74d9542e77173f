"""A photograph and its reductions by 5/6 on one canvas, so that a window of one size meets faces of every size.

Source: dlib 20, dlib/image_transforms/{image_pyramid,interpolation}.h, whose float32 steps are taken one by one.
"""

from __future__ import annotations

from functools import lru_cache
from math import hypot
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kaiyan.faces.describer import MEAN, SCALE

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BETWEEN, _AROUND = 10, 11
"""Pixels between two tiles, and around all."""
_LEAST_ROWS = 5
_BAND = 32
"""Rows that are reduced at a time: what is between stays in cache."""
LANES = 4
"""Numbers of a pixel on the canvas: a fourth beside its colours, since 16 bytes are taken four times as fast as 12."""


class Tile(NamedTuple):
    """Where a reduction lies on the canvas, in pixels."""

    top: int
    left: int
    rows: int
    columns: int

    def distance(self, y: int, x: int) -> float:
        """From a place to the nearest pixel of the tile; 0 inside it."""
        below, right = y - (self.top + self.rows - 1), x - (self.left + self.columns - 1)
        return hypot(max(self.top - y, 0, below), max(self.left - x, 0, right))

    def of(self, canvas: NDArray[np.float32]) -> NDArray[np.float32]:
        """The tile's part of a canvas (H, W, C)."""
        return canvas[self.top : self.top + self.rows, self.left : self.left + self.columns]


class Places(NamedTuple):
    """Places between elements: the one before, the one after, and which part of the way, as it meets (H, W, 4)."""

    before: NDArray[np.int64]
    after: NDArray[np.int64]
    part: NDArray[np.float32]


def drawn(pixels: NDArray[np.uint8], tiles: tuple[Tile, ...], rows: int, columns: int) -> NDArray[np.float32]:
    """A photograph (H, W, 3) prepared on a canvas (rows, columns, 4) with its reductions; the fourth colour is 0."""
    canvas = np.zeros((rows, columns, LANES), np.float32)
    level = _prepared(pixels)
    for tile in tiles:
        if level.shape[:2] != (tile.rows, tile.columns):
            level = reduced(level, tile.rows, tile.columns)
        tile.of(canvas)[:] = level
    return canvas


def _prepared(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    filled = np.zeros((*pixels.shape[:2], LANES), np.float32)
    filled[..., :3] = pixels
    filled -= np.tile(np.array([*MEAN, 0], np.float32), (pixels.shape[1], 1))  # rows: pixels are slow
    filled /= np.float32(SCALE)
    return filled


def layout(rows: int, columns: int) -> tuple[int, int, tuple[Tile, ...]]:
    """Rows and columns of the canvas, and the tiles: down its left side, then up its right side.

    >>> height, width, tiles = layout(300, 200)
    >>> height, width, tiles[1]
    (1137, 222, Tile(top=321, left=11, rows=250, columns=166))
    """
    sizes = _sizes(rows, columns)
    down, height = _column(sizes)
    tiles, y = [], _AROUND
    for n, m in sizes[:down]:
        tiles.append(Tile(y, _AROUND, n, m))
        y += n + _BETWEEN
    y -= _BETWEEN
    right = _AROUND + columns
    for n, m in sizes[down:]:
        tile = Tile(y - n, right - m, n, m)
        if _meet(tiles[0], tile):
            break
        tiles.append(tile)
        y -= n + _BETWEEN
    return height + 2 * _AROUND, columns + 2 * _AROUND, tuple(tiles)


def _sizes(rows: int, columns: int) -> list[tuple[int, int]]:
    sizes = [(rows, columns)]
    while True:
        rows, columns = int(5 / 6 * rows), int(5 / 6 * columns)
        if rows < _LEAST_ROWS or columns == 0:
            return sizes
        sizes.append((rows, columns))


def _column(sizes: list[tuple[int, int]]) -> tuple[int, int]:
    """How many tiles the left side takes, and its height: until the rest fits beside them, on the way back up."""
    first, width = sizes[0]
    total = sum(n + _BETWEEN for n, _ in sizes) - 2 * _BETWEEN
    height = before = 0
    for i, (n, m) in enumerate(sizes):
        if m <= width - before - _BETWEEN and 2 * (height - first) >= total - first:
            return i, height - _BETWEEN
        height += n + _BETWEEN
        before = m
    return len(sizes), height - _BETWEEN


def _meet(a: Tile, b: Tile) -> bool:
    beside = b.top >= a.top + a.rows or b.left >= a.left + a.columns
    return not (beside or a.top >= b.top + b.rows or a.left >= b.left + b.columns)


def reduced(x: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """Bilinear (H, W, 4) to (rows, columns, 4), the corners kept where they are."""
    found = np.empty((rows, columns, LANES), np.float32)
    down, along = _rows(len(x), rows), _columns(x.shape[1], columns)
    for first in range(0, rows, _BAND):
        here = slice(first, first + _BAND)
        top, bottom = down.before[here][0], down.after[here][-1] + 1
        wide = _between(x[top:bottom], along, 1)
        found[here] = _between(wide, Places(down.before[here] - top, down.after[here] - top, down.part[here]), 0)
    return found


def _between(x: NDArray[np.float32], places: Places, axis: int) -> NDArray[np.float32]:
    before, after = np.take(x, places.before, axis), np.take(x, places.after, axis)
    after -= before
    after *= places.part
    after += before
    return after


@lru_cache(maxsize=64)
def _rows(n: int, m: int) -> Places:
    """M places from the first of n to the last, each the one before plus a step in float64."""
    step = (n - 1) / max(m - 1, 1)
    before, after, part = _places(np.cumsum([0.0, *[step] * (m - 1)]), n)
    return Places(before, after, part[:, None, None])


@lru_cache(maxsize=64)
def _columns(n: int, m: int) -> Places:
    """The same where dlib takes four at a time: each lane is what it was plus four steps in float32.

    The lanes end where one would need a pixel behind the last; the rest goes on in float64.
    """
    step = (n - 1) / max(m - 1, 1)
    lanes = np.full((m // 4 + 2, 4), 4 * step, np.float32)
    lanes[0] = [-4 * step, -4 * step + step, -4 * step + 2 * step, -4 * step + 3 * step]
    lanes = np.cumsum(lanes, axis=0, dtype=np.float32)[1:]
    whole = int(np.argmax(lanes[:, 3].astype(int) + 1 >= n))
    rest = np.cumsum([-step + 4 * whole * step, *[step] * (m - 4 * whole)])[1:]
    before, after, part = _places(np.concatenate([lanes[:whole].ravel(), rest]), n)
    return Places(before, after, np.repeat(part[:, None], LANES, 1))


def _places(places: NDArray[np.float64], n: int) -> Places:
    before = np.floor(places).astype(int)
    return Places(before, np.minimum(before + 1, n - 1), (places - before).astype(np.float32))
