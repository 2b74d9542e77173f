"""A face found by convolution alone: seven layers over a pyramid of the photograph, and a score at every place.

Source: Davis King's mmod_human_face_detector (CC0); max-margin object detection, arXiv:1502.00046. What is added up
around the network follows dlib 20: dlib/dnn/{input,loss}.h and dlib/image_processing/box_overlap_testing.h.
"""

from __future__ import annotations

from math import copysign, floor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from kaiyan.faces.pyramid import Tile, drawn, layout
from kaiyan.faces.scan import SEEN, STEP, room, scan_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

from kaiyan.nn.layers import Conv2d

WINDOW = 80
"""Rows and columns of the window that a score judges; a face that is smaller in the photograph is not found."""
_LAYERS = ((16, 2, 0), (32, 2, 0), (32, 2, 0), (45, 1, 2), (45, 1, 2), (45, 1, 2))
"""Channels, stride and padding."""
_FIRST = 14
"""Pixels of the canvas from its edge to the middle of the first window."""
_OVERLAP = 0.3382761351109955
"""Two boxes whose common part is more than this of the box around both are the same face."""

Box = tuple[int, int, int, int]


class Found(NamedTuple):
    """A face: top, left, bottom and right, all four inside it, and by how much it passed the threshold."""

    box: Box
    score: float


class Detector(nn.Module):
    """Prepared pixels (N, 3, H, W) to scores (N, 1, H', W'), one every 8 pixels; above 0 is a face."""

    def __init__(self) -> None:
        super().__init__()
        layers, channels = [], 3
        for width, stride, padding in _LAYERS:
            layers.append(Conv2d(channels, width, 5, stride=stride, padding=padding))
            channels = width
        self.layers = nn.ModuleList(layers)
        self.head = ScoreMap(channels, 1, 9, padding=4)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, 1, H', W')."""
        for layer in self.layers:
            x = F.relu(layer(x), inplace=True)
        scores: Tensor = self.head(x)
        return scores


class ScoreMap(Conv2d):
    """A convolution to one map, as one product for all taps and a sum of what they give: a fifth of the time."""

    def forward(self, input: Tensor) -> Tensor:
        """(N, C, H, W) to (N, 1, H, W)."""
        taps = self.weight[0].flip(1, 2).flatten(1).T
        scores = F.fold(taps @ input.flatten(2), input.shape[2:], self.kernel_size, padding=4)
        return scores if self.bias is None else scores + self.bias


def found(detector: nn.Module, pixels: NDArray[np.uint8]) -> tuple[Found, ...]:
    """The faces of a photograph (H, W, 3), the surest first; a box may reach beyond the photograph."""
    assert isinstance(detector, Detector)
    rows, columns, tiles = layout(*pixels.shape[:2])
    if min(rows, columns) < SEEN:
        return ()
    sizes = (rows - SEEN) // STEP + 1, (columns - SEEN) // STEP + 1
    return located(scan_of(detector)(drawn(pixels, tiles, *room(*sizes)), *sizes), tiles)


def located(scores: NDArray[np.float32], tiles: tuple[Tile, ...]) -> tuple[Found, ...]:
    """What scores (H', W') above 0 say of a photograph whose reductions lie on these tiles."""
    rows, columns = np.nonzero(scores > 0)
    order = np.argsort(-scores[rows, columns], kind="stable")
    places = zip(rows[order].tolist(), columns[order].tolist(), strict=True)
    return _one_each(Found(_box(tiles, row, column), float(scores[row, column])) for row, column in places)


def _box(tiles: tuple[Tile, ...], row: int, column: int) -> Box:
    """The window of a score, in the photograph's pixels."""
    y, x = _FIRST + STEP * row, _FIRST + STEP * column
    level, tile = min(enumerate(tiles), key=lambda pair: pair[1].distance(y, x))
    half = (WINDOW - 1) / 2
    top, left = (_in_photograph(corner, level) for corner in (y - half - tile.top, x - half - tile.left))
    bottom, right = (_in_photograph(corner, level) for corner in (y + half - tile.top, x + half - tile.left))
    return top, left, bottom, right


def _in_photograph(x: float, level: int) -> int:
    """A place in the reduction of a level in pixels of the photograph; halves go away from zero, as in C."""
    for _ in range(level):
        x = x * 1.2 + 0.3
    return int(copysign(floor(abs(x) + 0.5), x))


def _one_each(candidates: Iterable[Found]) -> tuple[Found, ...]:
    kept: list[Found] = []
    for candidate in candidates:
        if not any(_is_same(face.box, candidate.box) for face in kept):
            kept.append(candidate)
    return tuple(kept)


def _is_same(a: Box, b: Box) -> bool:
    common = _area((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))
    around = _area((min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])))
    return common / around > _OVERLAP


def _area(box: Box) -> int:
    top, left, bottom, right = box
    return max(bottom - top + 1, 0) * max(right - left + 1, 0)
