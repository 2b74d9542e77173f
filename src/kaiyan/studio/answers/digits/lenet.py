"""A small LeNet: two convolutions with pooling, then two full layers, from 8 x 8 pixels to ten digits."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from torch import nn

from kaiyan.nn import Conv2d

if TYPE_CHECKING:
    from torch import Tensor

SEEN_LAYERS = ("relu1", "pool1", "relu2", "pool2", "relu3")
"""Layers whose maps are shown."""


def lenet(width: int) -> nn.Sequential:
    """``width`` kernels of 5 x 5, then twice as many of 3 x 3; it takes (N, 1, 8, 8) and gives (N, 10).

    After Y. LeCun et al., Gradient-based learning applied to document recognition, 1998; with ReLU and the largest of
    each 2 x 2, as it is built today.

    >>> sum(weight.numel() for weight in lenet(8).parameters())
    3786
    """
    return nn.Sequential(
        OrderedDict(
            conv1=Conv2d(1, width, 5, padding="same"),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=Conv2d(width, 2 * width, 3, padding="same"),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            flat=nn.Flatten(),
            hidden=nn.Linear(8 * width, 32),
            relu3=nn.ReLU(),
            answer=nn.Linear(32, 10),
        )
    )


def outputs(model: nn.Sequential, picture: Tensor) -> dict[str, Tensor]:
    """What each layer makes of a picture (1, 1, 8, 8), by its name."""
    found = {}
    for name, layer in model.named_children():
        found[name] = picture = layer(picture)
    return found
