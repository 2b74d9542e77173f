"""The detector over a canvas of any size, in blocks of two sizes: what was compiled once serves every photograph.

A routine is compiled for the sizes of its input, 50 to 200 ms a layer; in blocks, a new canvas needs none. Much of what
blocks compute twice or in vain is won back: what the first layers hand on stays in cache, and a 5 x 5 window of stride
2 is summed as 3 x 3 of stride 1 over pixels folded 2 x 2, where Winograd's way needs half the time.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812

from kaiyan.engine.codegen.running.threads import get_num_threads, holding
from kaiyan.ops.prepare import prepare
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from torch import Tensor

    from kaiyan.faces.detector import Detector
    from kaiyan.nn.layers import Conv2d

    Layer = Callable[[Tensor], Tensor]

ROWS, WIDE, NARROW = 24, 24, 8
"""Scores of a block: rows, and columns of most blocks and of those at the right, where less is computed in vain."""
STEP, SEEN = 8, 29
"""Pixels from a score to the next, and pixels that three strided windows of 5 see."""
_AROUND = 27
"""Pixels that a block reads beyond those between its scores; the last 6 meet zeros of the kernels."""
_BORDER = 2
"""Zeros around the maps of the later layers."""

Block = tuple[int, int, int]
"""First row, first column and columns of scores."""


class Scan:
    """A detector's scores; its weights must not change any more."""

    def __init__(self, detector: Detector) -> None:
        layers: list[Conv2d] = list(detector.layers)  # type: ignore[arg-type]
        self._first = _prepared(layers[0].spec, layers[0].weight, layers[0].bias)
        self._folded = [_prepared(*_folded(layer)) for layer in layers[1:3]]
        self._padded = [_prepared(layer.spec.replace(padding=0), layer.weight, layer.bias) for layer in layers[3:]]
        self._head = detector.head
        with torch.inference_mode():  # all that will ever be compiled
            self(np.zeros((*room(1, WIDE + 1), 4), np.float32), 1, WIDE + 1)

    def __call__(self, canvas: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
        """The scores (rows, columns) of a canvas (H, W, 4) of the sizes that ``room`` says."""
        maps = _in_blocks(partial(self._block, torch.from_numpy(canvas)), rows, columns)
        for layer in self._padded:
            maps = _in_blocks(partial(_window, layer, maps), rows, columns)
        scores = self._head(maps.permute(2, 0, 1)[None])[0, 0]
        found: NDArray[np.float32] = scores[_BORDER : _BORDER + rows, _BORDER : _BORDER + columns].numpy()
        return found

    def _block(self, canvas: Tensor, block: Block) -> Tensor:
        """The first three layers under a block of scores: maps (rows, columns, K)."""
        row, column, wide = block
        top, left, bottom, right = (STEP * n for n in (row, column, row + ROWS, column + wide))
        x = self._first(canvas[top : bottom + _AROUND, left : right + _AROUND, :3].permute(2, 0, 1)[None])
        for layer in self._folded:
            x = layer(_pixels_folded(x))[:, :, 0]
        return x[0].permute(1, 2, 0)


def _window(layer: Layer, maps: Tensor, block: Block) -> Tensor:
    row, column, wide = block
    x = maps[row : row + ROWS + 2 * _BORDER, column : column + wide + 2 * _BORDER]
    return layer(x.permute(2, 0, 1)[None])[0].permute(1, 2, 0)


def room(rows: int, columns: int) -> tuple[int, int]:
    """Rows and columns of the canvas that so many scores are read from: whole blocks and what they see around."""
    return STEP * _whole(rows, ROWS) + _AROUND, STEP * _whole(columns, NARROW) + _AROUND


def _whole(n: int, block: int) -> int:
    return -(-n // block) * block


def _blocks(rows: int, columns: int) -> list[Block]:
    """Wide blocks, and narrow ones for the rest of each row; they may reach beyond the last score."""
    right = columns // WIDE * WIDE
    across = [(x, WIDE) for x in range(0, right, WIDE)] + [(x, NARROW) for x in range(right, columns, NARROW)]
    return [(y, x, wide) for y in range(0, rows, ROWS) for x, wide in across]


def _in_blocks(compute: Callable[[Block], Tensor], rows: int, columns: int) -> Tensor:
    """Maps (rows, columns, K) with zeros around, from what is computed of each block."""
    blocks = _blocks(rows, columns)
    sizes = _whole(rows, ROWS) + 2 * _BORDER, _whole(columns, NARROW) + 2 * _BORDER
    maps = torch.empty(0)
    for (row, column, wide), found in zip(blocks, _each(compute, blocks), strict=True):
        maps = maps if len(maps) else torch.zeros(*sizes, found.shape[2])
        maps[row + _BORDER : row + _BORDER + ROWS, column + _BORDER : column + _BORDER + wide] = found
    maps[_BORDER + rows :] = 0
    maps[:, _BORDER + columns :] = 0
    return maps


def _each(compute: Callable[[Block], Tensor], blocks: list[Block]) -> Iterator[Tensor]:
    """What is computed of the blocks, every thread at its own."""
    threads = min(get_num_threads(), len(blocks))

    def alone(block: Block) -> Tensor:
        with holding(1), torch.inference_mode():
            return compute(block)

    if threads == 1:
        return map(alone, blocks)
    with ThreadPoolExecutor(threads) as pool:
        return pool.map(alone, blocks)


def _prepared(spec: Conv, weight: Tensor, bias: Tensor | None) -> Layer:
    return prepare(spec, weight, bias, activation="relu")


def _folded(layer: Conv2d) -> tuple[Conv, Tensor, Tensor | None]:
    """A layer 5 x 5 of stride 2 as one 3 x 3 of stride 1 over pixels folded 2 x 2; the sixth tap of each axis is 0."""
    K, C = layer.weight.shape[:2]
    taps = F.pad(layer.weight, (0, 1, 0, 1)).view(K, C, 3, 2, 3, 2)
    weight = taps.permute(0, 5, 1, 3, 2, 4).reshape(K, 2 * C, 2, 3, 3)
    return Conv(2 * C, K, (2, 3, 3)), weight, layer.bias


def _pixels_folded(x: Tensor) -> Tensor:
    """Maps (1, C, H, W), channels last, as (1, 2 C, 2, H / 2, W / 2): no element moves."""
    _, C, H, W = x.shape
    return x.permute(0, 2, 3, 1).view(1, H // 2, 2, W // 2, 2 * C).permute(0, 4, 2, 1, 3)


@lru_cache(maxsize=2)
def scan_of(detector: Detector) -> Scan:
    """The scan of a detector, prepared once."""
    return Scan(detector)
