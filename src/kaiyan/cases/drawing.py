"""Drawings for cases: pictures side by side, and lines; what stands on them is a number or a name, never a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw
from PIL.ImageFont import load_default

from kaiyan.pictures.sheet import BLUE, FAINT, INK, ORANGE, PAPER, RULE, WINDOW, Scale, colours, scale_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_LINES = (FAINT, BLUE, ORANGE, (26, 127, 75))
_GAP, _CAPTION = 12, 22


def shelf(pictures: Sequence[Any], captions: Sequence[str], side: int = 120, columns: int = 8) -> Image.Image:
    """Pictures side by side, their longer side ``side`` pixels, each with a caption below: PIL images or arrays.

    An array is (H, W, 3) in uint8, or numbers (H, W): grey from 0 to its largest, blue and orange where some are below.
    """
    drawn = [(_fitted(picture, side), caption) for picture, caption in zip(pictures, captions, strict=True)]
    rows = [drawn[start : start + columns] for start in range(0, len(drawn), columns)]
    heights = [
        max(picture.height for picture, _ in row) + _GAP + _CAPTION * any(text for _, text in row) for row in rows
    ]
    page = Image.new("RGB", (min(columns, len(drawn)) * (side + _GAP) + _GAP, sum(heights) + _GAP), PAPER)
    draw, bottom = ImageDraw.Draw(page), 0
    for row, height in zip(rows, heights, strict=True):
        top, bottom = bottom + _GAP, bottom + height
        for place, (picture, caption) in enumerate(row):
            left = _GAP + place * (side + _GAP)
            page.paste(picture, (left + (side - picture.width) // 2, top))
            _text(draw, (left + side / 2, bottom - _CAPTION + 2), caption, INK, "ma")
    return page


def grey(values: NDArray[Any], high: float | None = None) -> Image.Image:
    """Numbers (H, W) as a picture: black is 0, white is ``high`` or the largest; blue and orange where some are < 0."""
    scale = Scale(-high * (values.min() < 0), high) if high else scale_of(values, float(values.max()) or 1.0)
    return Image.fromarray(colours(values[None].astype(float), scale))


def lines(
    curves: Sequence[Sequence[float]], places: Sequence[float], size: tuple[int, int] = (560, 260)
) -> Image.Image:
    """One line a curve over ``places``, from 0 to the largest; each begins with its number, 1 for the first."""
    width, height = size
    page = Image.new("RGB", (width + 110, height + 60), PAPER)
    draw = ImageDraw.Draw(page)
    left, top, high = 60, 20, max(map(max, curves))

    def at(place: float, value: float) -> tuple[float, float]:
        across = (place - places[0]) / (places[-1] - places[0])
        return left + 24 + across * (width - 24), top + (1 - value / high) * height

    for value in _ticks(high):
        y = at(places[0], value)[1]
        draw.line([(left, y), (left + width, y)], fill=RULE)
        _text(draw, (left - 8, y), f"{value:g}", FAINT, "rm")
    for place in places:
        _text(draw, (at(place, 0)[0], top + height + 16), f"{place:g}", FAINT, "mm")
    for number, curve in enumerate(curves, 1):
        ink = _LINES[(number - 1) % len(_LINES)]
        points = [at(place, value) for place, value in zip(places, curve, strict=True)]
        draw.line(points, fill=ink, width=3, joint="curve")
        _text(draw, (left + width + 10 + 16 * (number % 2), points[-1][1]), str(number), ink, "lm")
    return page


def framed(
    picture: NDArray[np.uint8], boxes: Sequence[Sequence[float]], names: Sequence[str] = (), width: int = 4
) -> Image.Image:
    """A photograph (H, W, 3) with boxes (top, left, bottom, right) on it, and a name above each."""
    page = Image.fromarray(picture)
    draw = ImageDraw.Draw(page)
    for number, (top, left, bottom, right) in enumerate(boxes):
        draw.rectangle([left, top, right, bottom], outline=WINDOW, width=width)
        if number < len(names):
            draw.text((left, top - 4), names[number], fill=INK, font=load_default(20), anchor="ld",
                      stroke_width=3, stroke_fill=PAPER)  # fmt: skip
    return page


def _ticks(high: float) -> list[float]:
    """Round numbers from 0 to ``high``, at most six."""
    unit = 10.0 ** np.floor(np.log10(high / 5))
    step = next(step * unit for step in (1, 2, 5, 10) if step * unit >= high / 5)
    return [float(f"{number * step:.6g}") for number in range(int(high / step) + 1)]


def _fitted(picture: Any, side: int) -> Image.Image:
    if isinstance(picture, np.ndarray):
        picture = grey(picture) if picture.ndim == 2 else Image.fromarray(picture)
    zoom = side / max(picture.size)
    size = max(round(picture.width * zoom), 1), max(round(picture.height * zoom), 1)
    way = Image.Resampling.NEAREST if zoom > 1 else Image.Resampling.BOX
    return picture.convert("RGB").resize(size, way)  # type: ignore[no-any-return]


def _text(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, ink: tuple[int, ...], anchor: str) -> None:
    draw.text(at, text, fill=ink, font=load_default(14), anchor=anchor)
