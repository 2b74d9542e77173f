"""SFace: a face to 128 numbers of length 1, by 27 convolutions, 13 of them one channel at a time.

Source: Zhong et al., SFace: Sigmoid-constrained hypersphere loss, arXiv:2205.12010; face_recognition_sface_2021dec of
the OpenCV Zoo (Apache-2.0). Its shape is that of MobileNet, arXiv:1704.04861, with PReLU.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from kaiyan.nn.layers import Conv2d

SFACE_SIDE = 112
"""Rows and columns of the face that it takes."""
WIDTH = 128
"""Numbers of a description."""
_STEM = 32
_PAIRS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))
"""Channels and stride of every pair of convolutions."""
_LAST = 7
"""Rows and columns before the last layer."""


class SFace(nn.Module):
    """Faces (N, 3, 112, 112), prepared, to descriptions (N, 128) of length 1."""

    def __init__(self) -> None:
        super().__init__()
        layers, channels = [Activated(3, _STEM, 3)], _STEM
        for width, stride in _PAIRS:
            layers.append(Activated(channels, channels, 3, stride, groups=channels))
            layers.append(Activated(channels, width, 1))
            channels = width
        self.layers = nn.Sequential(*layers)
        self.head = nn.Linear(channels * _LAST**2, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, 112, 112) to (N, 128)."""
        return F.normalize(self.head(self.layers(x).flatten(1)))


class Activated(nn.Module):
    """A convolution, and what is below 0 times a factor for each channel."""

    def __init__(self, channels: int, width: int, kernel_size: int, stride: int = 1, *, groups: int = 1) -> None:
        super().__init__()
        self.convolution = Conv2d(channels, width, kernel_size, stride, kernel_size // 2, groups=groups)
        self.activation = nn.PReLU(width)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, K, H', W')."""
        activated: Tensor = self.activation(self.convolution(x))
        return activated


def centred(faces: Tensor) -> Tensor:
    """Pixels (N, 3, H, W) from 0 to 255 as the network takes them."""
    return (faces - 127.5) / 128
