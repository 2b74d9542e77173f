"""Pictures as the page has them: red, green and blue in bytes, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kaiyan.reference.dtype import Numbers

LONGEST = 1024
"""Pixels of the longest side that the page works on."""


def given(facts: Mapping[str, Any], part: bytes) -> Numbers:
    """The picture (H, W, 3) that a question brings; raises ``KaiyanError`` where its size is not that of its bytes."""
    height, width = facts.get("height"), facts.get("width")
    sides = [side for side in (height, width) if type(side) is int and 0 < side <= len(part)]
    if len(sides) != 2 or 3 * sides[0] * sides[1] != len(part):
        raise KaiyanError("pixels-and-size", "{bytes} bytes are not a picture of {height} x {width} pixels",
                          bytes=len(part), height=height, width=width)  # fmt: skip
    return np.frombuffer(part, np.uint8).reshape(*sides, 3)


def fitted(pixels: Numbers, longest: int = LONGEST) -> Numbers:
    """The same picture, made smaller where a side is longer than the page takes."""
    height, width = pixels.shape[:2]
    if max(height, width) <= longest:
        return pixels
    from PIL import Image

    size = [max(1, round(side * longest / max(height, width))) for side in (width, height)]
    return np.asarray(Image.fromarray(pixels).resize((size[0], size[1]), Image.Resampling.LANCZOS))
