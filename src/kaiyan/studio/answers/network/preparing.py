"""How a picture becomes what a network takes: which part of it, of which size, in which numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from kaiyan.networks.preparation import MEAN, SCALE, SIDE, resized
from kaiyan.networks.preparation import crop as lite_crop
from kaiyan.show.sentence import Sentence, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from kaiyan.reference.dtype import Numbers

Box = tuple[float, float, float, float]
"""Top, left, height, width in a picture's pixels; they may lie between pixels."""
_IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_GREY = (0.299, 0.587, 0.114)
"""Luminance. Source: ITU-R BT.601."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """The input of a network: ``channels`` x ``height`` x ``width``; (value - mean) / scale of values 0 to 255.

    ``share`` of the largest part in the middle that has the input's proportions is looked at.
    """

    channels: int
    height: int
    width: int
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    words: Sentence
    share: float = 1.0
    dtype: torch.dtype = torch.float32

    def crop(self, height: int, width: int) -> Box:
        """The part of a picture that is looked at."""
        if self.share < 1 and self.height == self.width == SIDE:
            return lite_crop(height, width)
        scale = min(height / self.height, width / self.width) * self.share
        high, wide = max(round(self.height * scale), 1), max(round(self.width * scale), 1)
        return (height - high) // 2, (width - wide) // 2, high, wide

    def pixels(self, picture: Numbers, box: Box) -> Numbers:
        """A part of a picture (H, W, 3) of 8 bits, resized to what the network takes; grey where it takes grey."""
        found = resized(picture, box, (self.height, self.width))
        if self.channels == 3:
            return found
        grey: Numbers = (found @ _GREY).round().astype("uint8")
        return grey[..., None].repeat(3, 2)

    def tensor(self, pixels: Numbers) -> Tensor:
        """Those pixels as the network's input (1, C, H, W)."""
        values = torch.from_numpy(pixels[..., : self.channels].copy()).permute(2, 0, 1)[None].to(self.dtype)
        mean, scale = (torch.tensor(n, dtype=self.dtype).reshape(1, -1, 1, 1) for n in (self.mean, self.scale))
        return (values - mean) / scale


def lite0() -> Preparation:
    """As EfficientNet-Lite0 was trained."""
    words = sentence("input-lite", "(value − 127) / 128, for red, green and blue from 0 to 255")
    return Preparation(3, SIDE, SIDE, (MEAN,) * 3, (SCALE,) * 3, words, 224 / 256)


def plain(size: Sequence[int], dtype: torch.dtype) -> Preparation:
    """For a model of which nothing is known: values from 0 to 1."""
    words = sentence("input-plain", "values from 0 (black) to 1 (white); the input that it was trained on is not known")
    channels, height, width = size
    return Preparation(channels, height, width, (0.0,) * channels, (255.0,) * channels, words, dtype=dtype)


def imagenet(size: Sequence[int], dtype: torch.dtype, settings: dict[str, Any] | None = None) -> Preparation:
    """As torchvision and timm prepare pictures: mean and deviation a colour, most of the square in the middle."""
    given = settings or {}
    mean, scale = (tuple(given.get(name) or usual) for name, usual in zip(("mean", "std"), _IMAGENET, strict=True))
    channels, height, width = size
    if len(mean) != channels or len(scale) != channels:
        return plain(size, dtype)
    words = sentence(
        "input-normalised", "(value − {mean}) / {scale}, for red, green and blue from 0 to 1",
        mean=_list(mean), scale=_list(scale),
    )  # fmt: skip
    share = min(float(given.get("crop_pct") or 0.875), 1.0)
    large = [tuple(255.0 * float(n) for n in numbers) for numbers in (mean, scale)]
    return Preparation(channels, height, width, large[0], large[1], words, share, dtype)


def _list(numbers: Sequence[float]) -> str:
    return "(" + ", ".join(f"{n:g}" for n in numbers) + ")"
