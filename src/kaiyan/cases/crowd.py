"""A crowd: the portraits, cut out as ovals, set into a photograph at known places and sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from kaiyan.cases.portraits import portrait
from kaiyan.faces import recogniser

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

SIZE = 1120, 747
"""Columns and rows of a crowd."""
_MARGIN = 0.45
"""What is shown around a face, in parts of it."""


class Medallion(NamedTuple):
    """A head, its oval mask, and how many pixels stand before its face in both directions."""

    head: Image.Image
    mask: Image.Image
    margin: int


def crowd(photograph: NDArray[np.uint8], places: Iterable[tuple[str, int, int, int]]) -> NDArray[np.uint8]:
    """A photograph (H, W, 3) at ``SIZE`` with portraits in it: name, pixels across the face, its first row and column.

    Raises ``KaiyanError`` where the portraits cannot be fetched.
    """
    scene = Image.fromarray(photograph).resize(SIZE, Image.Resampling.LANCZOS)
    for name, size, row, column in places:
        cut = medallion(name, size)
        scene.paste(cut.head, (column - cut.margin, row - cut.margin), cut.mask)
    return np.asarray(scene)


def medallion(name: str, size: int) -> Medallion:
    """A portrait whose face is ``size`` pixels across."""
    photograph = portrait(name)
    top, left, bottom, right = recogniser("dlib").find(photograph)[0].box
    margin, zoom = _MARGIN * (right - left), size / (right - left)
    side = round((right - left + 2 * margin) * zoom)
    around = (left - margin, top - margin, right + margin, bottom + margin)
    head = Image.fromarray(photograph).resize((side, side), Image.Resampling.LANCZOS, around)
    mask = Image.new("L", (side, side))
    ImageDraw.Draw(mask).ellipse((0.08 * side, 0.03 * side, 0.92 * side, 0.97 * side), fill=255)
    return Medallion(head, mask.filter(ImageFilter.GaussianBlur(2)), round(margin * zoom))
