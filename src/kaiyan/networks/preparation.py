"""From a picture to what a network takes: a centred crop, resized, as whole numbers and then as it was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from kaiyan.pictures.picture import picture as read

if TYPE_CHECKING:
    from torch import Tensor

    from kaiyan.reference.dtype import Numbers

SIDE = 224
CROP_PADDING = 32
"""The crop is side / (side + 32) of the shorter side. Source: tensorflow/tpu, efficientnet/preprocessing.py."""
MEAN, SCALE = 127.0, 128.0


def prepare(picture: Any = None) -> Tensor:
    """A picture as EfficientNet-Lite0 takes it: (1, 3, 224, 224), float32, (value - 127) / 128 of values 0 to 255.

    The square in the middle, 224/256 of the shorter side, is resized by Pillow's bicubic filter, which looks at all
    pixels where it shrinks (TensorFlow's, with which the network was trained, does not). Grey is repeated in red, green
    and blue. ``picture`` is what ``kaiyan.see`` takes; None is the bundled photograph.
    Raises ``PictureError`` where there is no picture to be had.

    >>> prepare().shape
    torch.Size([1, 3, 224, 224])
    """
    pixels = colours(picture)
    return normalised(resized(pixels, crop(*pixels.shape[:2]), (SIDE, SIDE)))


def colours(picture: Any) -> Numbers:
    """A picture as red, green and blue (H, W, 3) of 8 bits."""
    found = read(picture)
    values = found.pixels if found.pixels.dtype == np.uint8 else np.rint(found.pixels * (255.0 / found.white))
    planes = np.nan_to_num(values).clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.moveaxis(np.broadcast_to(planes, (3, *planes.shape[1:])), 0, -1))


def crop(height: int, width: int) -> tuple[int, int, int, int]:
    """Top, left, height and width of the square that is looked at.

    >>> crop(300, 451)
    (19, 95, 262, 262)
    """
    side = max(min(height, width) * SIDE // (SIDE + CROP_PADDING), 1)
    return (height - side + 1) // 2, (width - side + 1) // 2, side, side


def resized(pixels: Numbers, box: tuple[float, float, float, float], size: tuple[int, int]) -> Numbers:
    """A part of a picture (H, W, 3) of 8 bits, at another size; the box may lie between pixels."""
    from PIL import Image

    top, left, height, width = box
    image = Image.fromarray(pixels)
    found = image.resize((size[1], size[0]), Image.Resampling.BICUBIC, (left, top, left + width, top + height))
    return np.asarray(found)


def normalised(pixels: Numbers) -> Tensor:
    """Pixels (H, W, 3) of 8 bits to (1, 3, H, W)."""
    return (torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() - MEAN) / SCALE
