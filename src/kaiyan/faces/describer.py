"""The network that turns a face into 128 numbers: 29 convolutions, and the distance of two faces tells who is who.

Source: Davis King's dlib_face_recognition_resnet_model_v1 (CC0); its shape is that of He et al., arXiv:1512.03385, with
29 convolutions, half as many channels, and differences of size filled with zeros instead of a convolution.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from kaiyan.nn.layers import Conv2d

SIDE = 150
"""Rows and columns of the face that it takes."""
NUMBERS = 128
MEAN, SCALE = (122.782, 117.001, 104.298), 256.0
"""A pixel from 0 to 255 is taken less the mean of its colour, over the scale."""
_STAGES = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
"""Channels, blocks, and whether the first block halves rows and columns."""


class Describer(nn.Module):
    """Faces (N, 3, 150, 150), prepared, to descriptions (N, 128)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Conv2d(3, 32, 7, stride=2)
        blocks, channels = [], 32
        for width, count, halves in _STAGES:
            for i in range(count):
                blocks.append(Block(channels, width, halves=halves and i == 0))
                channels = width
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Linear(channels, NUMBERS, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, 150, 150) to (N, 128)."""
        x = F.max_pool2d(F.relu(self.stem(x)), 3, 2)
        for block in self.blocks:
            x = block(x)
        described: Tensor = self.head(x.mean((2, 3)))
        return described


class Block(nn.Module):
    """Two convolutions, and their input added: halved by means of 2 x 2, with zeros where it is smaller."""

    def __init__(self, channels: int, width: int, *, halves: bool) -> None:
        super().__init__()
        self.first = Conv2d(channels, width, 3, **({"stride": 2} if halves else {"padding": 1}))
        self.second = Conv2d(width, width, 3, padding=1)
        self.halves = halves

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, K, H', W')."""
        changed: Tensor = self.second(F.relu(self.first(x)))
        return F.relu(_sum(changed, F.avg_pool2d(x, 2, 2) if self.halves else x))


def _sum(a: Tensor, b: Tensor) -> Tensor:
    """The sum of two, each filled with zeros at the end of every axis to the larger size."""
    shape = [max(sizes) for sizes in zip(a.shape, b.shape, strict=True)]
    return _filled(a, shape) + _filled(b, shape)


def _filled(x: Tensor, shape: list[int]) -> Tensor:
    missing = [pad for n, size in zip(reversed(x.shape), reversed(shape), strict=True) for pad in (0, size - n)]
    return F.pad(x, missing) if any(missing) else x


def prepared(faces: Tensor) -> Tensor:
    """Pixels (N, 3, H, W) from 0 to 255 as the network takes them."""
    return (faces - torch.tensor(MEAN).view(3, 1, 1)) / SCALE
