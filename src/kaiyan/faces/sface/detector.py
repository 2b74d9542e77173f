"""YuNet: faces of every size in one pass, each with its five points, by 35 convolutions, three maps of answers.

Source: Wu, Peng & Yu, YuNet: a tiny millisecond-level face detector, 2023; face_detection_yunet_2023mar of the OpenCV
Zoo (MIT). What is done around the network follows OpenCV 4.14, modules/objdetect/src/face_detect.cpp.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from kaiyan.nn.layers import Conv2d

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Edges = tuple[int, int, int, int]

LEAST_SCORE = 0.9
"""The least score of a face, as OpenCV has it."""
_COMMON = 0.3
"""Two boxes whose common part is more than this of both together are the same face."""
_STEPS = (8, 16, 32)
"""From an answer to the next, in pixels, in each of the three maps."""
_LOOKS = (1280, 640)
"""Rows and columns of a photograph in its finer and its coarser look; the network was published for the second."""
_BLOCK = 80
"""Rows and columns that are computed at once, in whichever map: of 40, 80 and 160 the quickest on 785 x 682 pixels."""
_STAGES = ((16, 16, 32), (32, 32, 64), *[(64, 64, 64)] * 3)
"""Channels before, between and behind the two parts of every stage."""
FACTS = 16
"""What is told at every place: class, box (4), object, five points (10)."""


class FoundPoints(NamedTuple):
    """A face: its box (left, top, width, height) and five points (5, 2) of (x, y), in pixels, and its score."""

    box: Numbers
    points: Numbers
    score: float


class YuNet(nn.Module):
    """Pixels (N, 3, H, W) from 0 to 255, sides in multiples of 32, to three maps (N, 16, H / 8, W / 8), / 16, / 32."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Conv2d(3, 16, 3, stride=2)
        self.start = Separable(16, 16)
        self.stages = nn.ModuleList(nn.Sequential(Separable(a, b), Separable(b, c)) for a, b, c in _STAGES)
        self.laterals = nn.ModuleList(Separable(64, 64) for _ in _STEPS)
        self.heads = nn.ModuleList(Separable(64, FACTS, nn.Identity()) for _ in _STEPS)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Maps from fine to coarse."""
        x = halved(self.start(in_blocks(self._stem, x, 16, step=2)))
        first, second, *rest = self.stages
        x, maps = second(first(x)), []
        for stage in rest:
            x = stage(halved(x))
            maps.append(x)
        answers: list[Tensor] = []
        above = torch.zeros(())
        for level in reversed(range(len(_STEPS))):
            above = self.laterals[level](maps[level] + above)
            answers.insert(0, self.heads[level](above))
            above = F.interpolate(above, scale_factor=2)
        return tuple(answers)

    def _stem(self, block: Tensor, _: Edges) -> Tensor:
        return F.relu(self.stem(block), inplace=True)


class Separable(nn.Module):
    """A convolution across the channels, then one for every channel alone, and an activation."""

    def __init__(self, channels: int, width: int, activation: nn.Module | None = None) -> None:
        super().__init__()
        self.across = Conv2d(channels, width, 1)
        self.alone = Conv2d(width, width, 3, groups=width)
        self.activation = activation or nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, K, H, W)."""
        return in_blocks(self._block, x, self.alone.out_channels)

    def _block(self, block: Tensor, edges: Edges) -> Tensor:
        x = self.across(block)
        top, bottom, left, right = edges
        for beyond in (x[:, :, :top], x[:, :, bottom:], x[:, :, :, :left], x[:, :, :, right:]):
            beyond.zero_()
        activated: Tensor = self.activation(self.alone(x))
        return activated


def in_blocks(layer: Callable[[Tensor, Edges], Tensor], x: Tensor, width: int, step: int = 1) -> Tensor:
    """A layer with a window of 3 over maps (N, C, H, W), zeros around them: (N, K, H / step, W / step), K as ``width``.

    It is asked for blocks of one size, so what was compiled for one photograph serves those of every size; and it is
    told where in a block the maps begin and end.
    """
    rows, columns = (n // step for n in x.shape[2:])
    reach = step * _BLOCK + 3 - step
    x = F.pad(x, (1, step * (-columns % _BLOCK) + 1, 1, step * (-rows % _BLOCK) + 1))
    out = x.new_empty(len(x), width, rows, columns)
    for top, left in product(range(0, rows, _BLOCK), range(0, columns, _BLOCK)):
        row, column = step * top, step * left
        block = x[:, :, row : row + reach, column : column + reach].contiguous()
        edges = int(top == 0), rows - top + 1, int(left == 0), columns - left + 1
        place = out[:, :, top : top + _BLOCK, left : left + _BLOCK]
        place.copy_(layer(block, edges)[:, :, : rows - top, : columns - left])
    return out


def halved(x: Tensor) -> Tensor:
    """The largest of every 2 x 2, of maps (N, C, H, W) with even sides; ``F.max_pool2d`` takes ten times as long."""
    rows = torch.maximum(x[:, :, 0::2], x[:, :, 1::2])
    return torch.maximum(rows[..., 0::2], rows[..., 1::2])


def candidates(detector: nn.Module, pixels: NDArray[np.uint8]) -> tuple[FoundPoints, ...]:
    """The faces of a photograph (H, W, 3), the surest first.

    One of more than 1280 pixels is reduced to so many. One of more than 640 is looked at once more in 640, for faces
    that are too large for the network; where both show a face, the finer look counts.
    """
    kept: list[FoundPoints] = []
    for side in _LOOKS if max(pixels.shape[:2]) > _LOOKS[1] else _LOOKS[:1]:
        for one in sorted(_seen(detector, pixels, side), key=lambda one: -one.score):
            if all(_common(one, other) <= _COMMON for other in kept):
                kept.append(one)
    return tuple(sorted(kept, key=lambda one: -one.score))


def _seen(detector: nn.Module, pixels: NDArray[np.uint8], side: int) -> Iterator[FoundPoints]:
    """What is found in a photograph of at most so many rows and columns, zeros below and at the right."""
    scale = max(1, max(pixels.shape[:2]) / side)
    rows, columns = (max(round(n / scale), 1) for n in pixels.shape[:2])
    if scale > 1:
        pixels = np.asarray(Image.fromarray(pixels).resize((columns, rows), Image.Resampling.BILINEAR))
    x = torch.tensor(pixels).permute(2, 0, 1)[None].float()
    x = F.pad(x, (0, -columns % _STEPS[-1], 0, -rows % _STEPS[-1]))
    for answers, step in zip(detector(x), _STEPS, strict=True):
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
