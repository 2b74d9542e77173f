"""A drawing made smaller as the data set's bitmaps were: 32 x 32 pixels, the ink counted in blocks of 4 x 4.

Source: the data set's description, and M. D. Garris et al., NIST Form-Based Handprint Recognition System, NISTIR 5469,
for bitmaps that fill the frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kaiyan.show.error import KaiyanError
from kaiyan.studio.answers.digits.pictures import WHITE

if TYPE_CHECKING:
    from kaiyan.reference.dtype import Numbers

_FRAME, _CELLS = 32, 8
_WIDEST = 24
"""Columns of the frame that a digit takes at most: in the data the outer four on either side are all but empty."""


class Ink(NamedTuple):
    """The least part of the frame that holds all ink, in pixels of it."""

    top: int
    left: int
    height: int
    width: int


def drawn(facts: dict[str, Any], parts: list[bytes]) -> Numbers:
    """The drawing that a question brings: (32, 32) of 0 and 1, or (8, 8) of counts from 0 to 16.

    Raises ``KaiyanError`` for another size, other numbers, or where there is no ink.
    """
    height, width = facts.get("height"), facts.get("width")
    side = next((side for side in (_FRAME, _CELLS) if height == width == side), 0)
    if len(parts) != 1 or not side or len(parts[0]) != side * side:
        raise KaiyanError(
            "digits-drawing", "a drawing is 32 x 32 pixels or 8 x 8 counts, a byte each; {height} x {width} came with "
            "{bytes} bytes", height=height, width=width, bytes=sum(map(len, parts)),
        )  # fmt: skip
    pixels = np.frombuffer(parts[0], np.uint8).reshape(side, side)
    most = 1 if side == _FRAME else WHITE
    if pixels.max() > most:
        raise KaiyanError("digits-ink", "a number of the drawing is {value}; {most} is the most that fits there",
                          value=int(pixels.max()), most=most)  # fmt: skip
    if not pixels.any():
        raise KaiyanError("digits-empty", "the drawing has no ink", "draw a digit from 0 to 9")
    return pixels


def counted(drawing: Numbers) -> Numbers:
    """The ink in each block of 4 x 4 pixels (8, 8), 0 to 16; counts are counts already."""
    if drawing.shape[0] == _CELLS:
        return drawing
    block = _FRAME // _CELLS
    counts: Numbers = drawing.reshape(_CELLS, block, _CELLS, block).sum((1, 3), dtype=np.uint8)
    return counts


def ink(drawing: Numbers) -> Ink:
    """Where the ink is, in pixels of the frame of 32 x 32; of counts, the blocks that have some."""
    scale = _FRAME // len(drawing)
    rows, places = (np.flatnonzero(drawing.any(axis)) * scale for axis in (1, 0))
    top, left = int(rows[0]), int(places[0])
    return Ink(top, left, int(rows[-1]) + scale - top, int(places[-1]) + scale - left)


def fitted(drawing: Numbers) -> Numbers:
    """The drawing (32, 32) as high as the frame, as wide as goes with it but at most 24, in the middle."""
    if len(drawing) != _FRAME:
        return drawing
    box = ink(drawing)
    width = min(max(round(box.width * _FRAME / box.height), 1), _WIDEST)
    rows, places = _stretched(box.top, box.height, _FRAME), _stretched(box.left, box.width, width)
    frame = np.zeros_like(drawing)
    left = (_FRAME - width) // 2
    frame[:, left : left + width] = drawing[np.ix_(rows, places)]
    return frame


def _stretched(start: int, count: int, wanted: int) -> Numbers:
    """Places from ``start`` on, ``wanted`` of them over ``count``, each the nearest."""
    places: Numbers = start + ((np.arange(wanted) + 0.5) * count / wanted).astype(int)
    return places
