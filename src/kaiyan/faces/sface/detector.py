"""YuNet: faces of every size in one pass, each with its five points, by 35 convolutions, three maps of answers.

Source: Wu, Peng & Yu, YuNet: a tiny millisecond-level face detector, 2023; face_detection_yunet_2023mar of the OpenCV
Zoo (MIT). What is done around the network follows OpenCV 4.14, modules/objdetect/src/face_detect.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from kaiyan.nn.layers import Conv2d

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

LEAST_SCORE = 0.9
"""The least score of a face, as OpenCV has it."""
_COMMON = 0.3
"""Two boxes whose common part is more than this of both together are the same face."""
_STEPS = (8, 16, 32)
"""From an answer to the next, in pixels, in each of the three maps."""
_CANVAS, _MOST = 640, 1280
"""Rows and columns come in multiples of the first, for which the network was published, up to the second."""
_STAGES = ((16, 16, 32), (32, 32, 64), *[(64, 64, 64)] * 3)
"""Channels before, between and behind the two parts of every stage."""
FACTS = 16
"""What is told at every place: class, box (4), object, five points (10)."""


class FoundPoints(NamedTuple):
    """A face: its box (left, top, width, height) and five points (5, 2) of (x, y), in pixels, and its score."""

    box: Numbers
    points: Numbers
    score: float


class Photographed(NamedTuple):
    """How much of a canvas is photograph: parts of its rows and columns."""

    rows: float
    columns: float

    def of(self, x: Tensor) -> Tensor:
        """What maps (N, C, H, W) over a canvas have there."""
        rows, columns = x.shape[2:]
        return x[:, :, : round(rows * self.rows), : round(columns * self.columns)]


class YuNet(nn.Module):
    """Pixels (N, 3, H, W) from 0 to 255, sides in multiples of 32, to three maps (N, 16, H / 8, W / 8), / 16, / 32.

    Every map is answered as though the canvas ended with the photograph, if the pixels beyond are 0.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = Conv2d(3, 16, 3, stride=2, padding=1)
        self.start = Separable(16, 16)
        self.stages = nn.ModuleList(SeparableStage(*widths) for widths in _STAGES)
        self.laterals = nn.ModuleList(Separable(64, 64) for _ in _STEPS)
        self.heads = nn.ModuleList(Separable(64, FACTS) for _ in _STEPS)

    def forward(self, x: Tensor, inside: Photographed) -> tuple[Tensor, ...]:
        """Maps from fine to coarse."""
        x = F.max_pool2d(F.relu(self.start(F.relu(self.stem(x)), inside)), 2)
        first, second, *rest = self.stages
        x, maps = second(first(x, inside), inside), []
        for stage in rest:
            x = stage(F.max_pool2d(x, 2), inside)
            maps.append(x)
        answers: list[Tensor] = []
        above = torch.zeros(())
        for level in reversed(range(len(_STEPS))):
            above = F.relu(self.laterals[level](maps[level] + above, inside))
            answers.insert(0, inside.of(self.heads[level](above, inside)))
            above = F.interpolate(above, scale_factor=2)
        return tuple(answers)


class SeparableStage(nn.Module):
    """Two separable convolutions, each with what is below 0 cut off."""

    def __init__(self, channels: int, middle: int, width: int) -> None:
        super().__init__()
        self.first = Separable(channels, middle)
        self.second = Separable(middle, width)

    def forward(self, x: Tensor, inside: Photographed) -> Tensor:
        """(N, C, H, W) to (N, K, H, W)."""
        return F.relu(self.second(F.relu(self.first(x, inside)), inside))


class Separable(nn.Module):
    """A convolution across the channels, then one for every channel alone."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.across = Conv2d(channels, width, 1)
        self.alone = Conv2d(width, width, 3, padding=1, groups=width)

    def forward(self, x: Tensor, inside: Photographed) -> Tensor:
        """(N, C, H, W) to (N, K, H, W)."""
        x = self.across(x)
        rows, columns = inside.of(x).shape[2:]
        x[:, :, rows:] = 0
        x[:, :, :, columns:] = 0
        separated: Tensor = self.alone(x)
        return separated


def candidates(detector: nn.Module, pixels: NDArray[np.uint8]) -> tuple[FoundPoints, ...]:
    """The faces of a photograph (H, W, 3), the surest first.

    One of more than 1280 pixels is reduced to so many. One of more than 640 is looked at once more in 640, for faces
    that are too large for the network; where both show a face, the finer look counts.
    """
    kept: list[FoundPoints] = []
    for side in (_MOST, _CANVAS) if max(pixels.shape[:2]) > _CANVAS else (_MOST,):
        for one in sorted(_seen(detector, pixels, side), key=lambda one: -one.score):
            if all(_common(one, other) <= _COMMON for other in kept):
                kept.append(one)
    return tuple(sorted(kept, key=lambda one: -one.score))


def _seen(detector: nn.Module, pixels: NDArray[np.uint8], side: int) -> Iterator[FoundPoints]:
    """What is found in a photograph of at most so many rows and columns, zeros below and at the right.

    With them it has one of few sizes: routines that were compiled for one photograph serve the next.
    """
    scale = max(1, max(pixels.shape[:2]) / side)
    rows, columns = (max(round(n / scale), 1) for n in pixels.shape[:2])
    if scale > 1:
        pixels = np.asarray(Image.fromarray(pixels).resize((columns, rows), Image.Resampling.BILINEAR))
    canvas = torch.zeros(1, 3, rows + -rows % _CANVAS, columns + -columns % _CANVAS)
    canvas[0, :, :rows, :columns] = torch.tensor(pixels).permute(2, 0, 1)
    seen = (-(-n // _STEPS[-1]) * _STEPS[-1] / full for n, full in zip((rows, columns), canvas.shape[2:], strict=True))
    for answers, step in zip(detector(canvas, Photographed(*seen)), _STEPS, strict=True):
        for one in _told(answers[0], step):
            yield FoundPoints(one.box * scale, one.points * scale, one.score)


def _told(answers: Tensor, step: int) -> Iterator[FoundPoints]:
    """The faces of a map (16, H, W): places and shifts in steps, sizes as logarithms of them."""
    scores = (answers[0].sigmoid() * answers[5].sigmoid()).sqrt().numpy()
    for row, column in np.argwhere(scores >= LEAST_SCORE):
        told = answers[:, row, column].double().numpy()
        place = np.array([column, row])
        size = np.exp(told[3:5]) * step
        corner = (place + told[1:3]) * step - size / 2
        points = (place + told[6:].reshape(5, 2)) * step
        yield FoundPoints(np.concatenate([corner, size]), points, float(scores[row, column]))


def _common(a: FoundPoints, b: FoundPoints) -> float:
    """The common part of two boxes, in whole pixels as OpenCV compares them, in parts of both together."""
    first, other = (one.box.astype(int) for one in (a, b))
    start, end = np.maximum(first[:2], other[:2]), np.minimum(first[:2] + first[2:], other[:2] + other[2:])
    common = float(np.maximum(end - start, 0).prod())
    both = float(first[2:].prod() + other[2:].prod()) - common
    return common / both if both else 1.0
