"""A picture as the numbers that a saved network takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from kaiyan.pictures.picture import Picture
    from kaiyan.program.picture_input import PictureInput
    from kaiyan.reference.dtype import Numbers


def as_input(picture: Picture, wanted: PictureInput, dtype: str = "float32") -> Numbers:
    """The picture's numbers (1, C, H, W), or (1, H, W, C) where the channels are last, as ``wanted`` says.

    Colours are averaged for a network that takes grey, and grey is repeated for one that takes colours.
    """
    colours = wanted.colours != "grey"
    pixels = picture.rgb if colours else picture.grey.rgb
    if wanted.size is not None:
        pixels = _resized(pixels, wanted, wanted.size)
    values = pixels.astype(np.float64) / 255 * wanted.white
    values = values[..., ::-1] if wanted.colours == "bgr" else values
    values = values if colours else values[..., :1]
    values = (values - np.asarray(wanted.mean)) / np.asarray(wanted.deviation)
    values = values if wanted.channels_last else np.moveaxis(values, -1, 0)
    return np.ascontiguousarray(values[None], dtype)


def middle(height: int, width: int, size: tuple[int, int], share: float) -> tuple[int, int, int, int]:
    """Top, left, height and width of what is seen: the largest part of the output's proportions, a share of it.

    >>> middle(300, 451, (224, 224), 224 / 256)
    (19, 95, 262, 262)
    """
    scale = min(height / size[0], width / size[1]) * share
    part = max(int(size[0] * scale + 1e-9), 1), max(int(size[1] * scale + 1e-9), 1)
    return (height - part[0] + 1) // 2, (width - part[1] + 1) // 2, *part


def _resized(pixels: Numbers, wanted: PictureInput, size: tuple[int, int]) -> Numbers:
    from PIL import Image

    top, left, height, width = middle(pixels.shape[0], pixels.shape[1], size, wanted.share)
    filters: dict[str, Any] = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
    box = (left, top, left + width, top + height)
    return np.asarray(Image.fromarray(pixels).resize(size[::-1], filters[wanted.resampling], box))
