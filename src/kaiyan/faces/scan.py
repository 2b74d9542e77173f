"""The detector over a canvas of any size, in blocks of one size: what was compiled for one photograph serves all.

A routine is compiled for the sizes of its input, which takes 50 to 100 ms; a canvas of new sizes needs none in blocks.
On 785 x 682 pixels the blocks also take a third less time than the canvas at once: what the first layers hand on stays
in cache, and a 5 x 5 window of stride 2 is summed as 3 x 3 of stride 1 over pixels folded 2 x 2, where Winograd's way
makes 4 products of 16.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from itertools import product
from typing import TYPE_CHECKING

import torch
from torch.nn import functional as F  # noqa: N812

from kaiyan.engine.codegen.running.threads import get_num_threads, holding
from kaiyan.ops.prepare import prepare
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from kaiyan.faces.detector import Detector
    from kaiyan.nn.layers import Conv2d

    Layer = Callable[[Tensor], Tensor]

ROWS, COLUMNS = 24, 24
"""Scores of a block; those beyond the edge of the canvas are computed in vain."""
STEP, SEEN = 8, 29
"""Pixels from a score to the next, and pixels that three strided windows of 5 see."""
_AROUND = (28, 32)
"""Rows and columns that a block reads beyond those between its scores: what is not seen meets zeros of the kernels."""
_WIDE = (4, 2, 2)
"""Columns of the cells that each strided layer reads, of two rows: 16, 32 and 64 numbers."""
_BORDER = 2
"""Zeros around the maps of the later layers."""

Place = tuple[int, int]


class Scan:
    """A detector's scores; its weights must not change any more."""

    def __init__(self, detector: Detector) -> None:
        layers: list[Conv2d] = list(detector.layers)  # type: ignore[arg-type]
        strided, padded = layers[:3], layers[3:]
        self._strided = [_prepared(*_in_cells(layer, wide)) for layer, wide in zip(strided, _WIDE, strict=True)]
        self._padded = [_prepared(layer.spec.replace(padding=0), layer.weight, layer.bias) for layer in padded]
        self._head = detector.head

    def __call__(self, canvas: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
        """The scores (rows, columns) of a canvas (H, W, 4) of the sizes that ``room`` says."""
        maps = _in_blocks(partial(self._block, torch.from_numpy(canvas)), rows, columns)
        for layer in self._padded:
            maps = _in_blocks(partial(_window, layer, maps), rows, columns)
        scores = self._head(maps.permute(2, 0, 1)[None])[0, 0]
        found: NDArray[np.float32] = scores[_BORDER : _BORDER + rows, _BORDER : _BORDER + columns].numpy()
        return found

    def _block(self, canvas: Tensor, row: int, column: int) -> Tensor:
        """The first three layers under one block: maps (ROWS, COLUMNS, K)."""
        (top, left), (high, wide) = (STEP * row, STEP * column), room(1, 1)
        x = canvas[top : top + high, left : left + wide]
        for layer, wide in zip(self._strided, _WIDE, strict=True):
            x = _over_cells(layer, x, wide)
        return x


def _over_cells(layer: Layer, x: Tensor, wide: int) -> Tensor:
    """Pixels (H, W, C) to (H / 2 - 2, W / 2 - 2 or more, K): no element moves between layers."""
    H, W, C = x.shape
    cells = x.view(H // 2, 2, W // wide, wide * C).permute(3, 1, 0, 2)
    found = layer(cells[None])[0, :, 0].permute(1, 2, 0)
    return found.reshape(len(found), found.shape[1] * wide // 2, -1)


def _window(layer: Layer, maps: Tensor, row: int, column: int) -> Tensor:
    x = maps[row : row + ROWS + 2 * _BORDER, column : column + COLUMNS + 2 * _BORDER]
    return layer(x.permute(2, 0, 1)[None])[0].permute(1, 2, 0)


def room(rows: int, columns: int) -> Place:
    """Rows and columns of the canvas that so many scores are read from: whole blocks and what they see around."""
    return STEP * _whole(rows, ROWS) + _AROUND[0], STEP * _whole(columns, COLUMNS) + _AROUND[1]


def _whole(n: int, block: int) -> int:
    return -(-n // block) * block


def _in_blocks(block: Callable[[int, int], Tensor], rows: int, columns: int) -> Tensor:
    """Maps (rows, columns, K) with zeros around, from blocks (ROWS, COLUMNS, K)."""
    places = list(product(range(0, rows, ROWS), range(0, columns, COLUMNS)))
    sizes = _whole(rows, ROWS) + 2 * _BORDER, _whole(columns, COLUMNS) + 2 * _BORDER
    maps = torch.empty(0)
    for (row, column), found in zip(places, _each(block, places), strict=True):
        maps = maps if len(maps) else torch.zeros(*sizes, found.shape[2])
        maps[row + _BORDER : row + _BORDER + ROWS, column + _BORDER : column + _BORDER + COLUMNS] = found
    maps[_BORDER + rows :] = 0
    maps[:, _BORDER + columns :] = 0
    return maps


def _each(block: Callable[[int, int], Tensor], places: list[Place]) -> Iterator[Tensor]:
    """A block at each place, every thread at its own."""
    threads = min(get_num_threads(), len(places))

    def alone(place: Place) -> Tensor:
        with holding(1), torch.inference_mode():
            return block(*place)

    if threads == 1:
        return map(alone, places)
    with ThreadPoolExecutor(threads) as pool:
        return pool.map(alone, places)


def _prepared(spec: Conv, weight: Tensor, bias: Tensor) -> Layer:
    return prepare(spec, weight, bias, activation="relu")


def _in_cells(layer: Conv2d, wide: int) -> tuple[Conv, Tensor, Tensor]:
    """A layer 5 x 5 of stride 2 as one of stride 1 over cells of 2 rows and ``wide`` columns, which hold wide / 2 outputs.

    Of an input with 3 colours it takes a fourth that is not looked at. The channels of a cell are (column, C), its rows
    are planes; of 3 x 3 cells the last row and the last columns meet zeros.
    """
    weight = F.pad(layer.weight, (0, 0, 0, 0, 0, layer.in_channels % 2))
    C = weight.shape[1]
    taps = torch.cat([F.pad(weight, (x, 3 * wide - 5 - x, 0, 1)) for x in range(0, wide, 2)])
    weight = taps.view(-1, C, 3, 2, 3, wide).permute(0, 5, 1, 3, 2, 4).reshape(-1, wide * C, 2, 3, 3)
    assert layer.bias is not None
    return Conv(wide * C, len(weight), (2, 3, 3)), weight, layer.bias.repeat(wide // 2)


@lru_cache(maxsize=2)
def scan_of(detector: Detector) -> Scan:
    """The scan of a detector, prepared once."""
    return Scan(detector)
