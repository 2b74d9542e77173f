"""The network that turns a face into 128 numbers: 29 convolutions, and the distance of two faces tells who is who.

Source: Davis King's dlib_face_recognition_resnet_model_v1 (CC0); its shape is that of He et al., arXiv:1512.03385, with
29 convolutions, half as many channels, and differences of size filled with zeros instead of a convolution.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from kaiyan.nn.layers import Conv2d

CHIP_SIDE = 150
"""Rows and columns of the face that it takes."""
NUMBERS = 128
MEAN, SCALE = (122.782, 117.001, 104.298), 256.0
"""A pixel from 0 to 255 is taken less the mean of its colour, over the scale."""
_STAGES = ((32, 3, None), (64, 4, 0), (128, 3, 0), (256, 3, 1), (256, 1, 1))
"""Channels, blocks, and, where the first block halves rows and columns, by how many its convolutions have fewer."""


class Describer(nn.Module):
    """Faces (N, 3, 150, 150), prepared, to descriptions (N, 128)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Conv2d(3, 32, 7, stride=2)
        blocks, channels = [], 32
        for width, count, lacking in _STAGES:
            for i in range(count):
                blocks.append(Keeping(channels, width) if i or lacking is None else Halving(channels, width, lacking))
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


class Keeping(nn.Module):
    """Two convolutions, and their input added."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.first = Conv2d(channels, width, 3, padding=1)
        self.second = Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same."""
        return F.relu(self.second(F.relu(self.first(x))) + x)


class Halving(nn.Module):
    """Two convolutions, and their input added, halved by means of 2 x 2; zeros stand where one of them has nothing."""

    def __init__(self, channels: int, width: int, lacking: int) -> None:
        super().__init__()
        self.first = Conv2d(channels, width, 3, stride=2)
        self.second = Conv2d(width, width, 3, padding=1)
        self.lacking, self.new = lacking, width - channels

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, K, H // 2, W // 2)."""
        changed = F.pad(self.second(F.relu(self.first(x))), (0, self.lacking, 0, self.lacking))
        return F.relu(changed + F.pad(F.avg_pool2d(x, 2, 2), (0, 0, 0, 0, 0, self.new)))


def prepared(faces: Tensor) -> Tensor:
    """Pixels (N, 3, H, W) from 0 to 255 as the network takes them."""
    return (faces - torch.tensor(MEAN).view(3, 1, 1)) / SCALE
