"""A training as a picture: the learning curve on the left, kernels before and after on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kaiyan.pictures.sheet import FAINT, INK, ORANGE, PAPER, RULE, Scale, drawn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

    from kaiyan.reference.dtype import Numbers

_MARGIN, _GAP = 28, 48
_WIDE, _HIGH = 480, 300
_CELL, _MOST_KERNELS, _MOST_LAYERS = 60, 8, 2
Ink = tuple[int, int, int]
Corner = tuple[int, int]


def drawn_training(curve: Mapping[str, Numbers], best: int, kernels: Mapping[str, tuple[Numbers, Numbers]]) -> Image:
    """Losses by epoch, the best epoch marked, and up to 8 kernels of the first 2 layers with two axes or one."""
    from PIL import Image, ImageDraw

    flat = [(name, _planes(before), _planes(after)) for name, (before, after) in kernels.items()
            if before.ndim in (3, 4)][:_MOST_LAYERS]  # fmt: skip
    most = max((len(before) for _, before, _ in flat), default=0)
    width = 2 * _MARGIN + 44 + _WIDE + (most > 0) * (_GAP + 60 + most * (_CELL + 6))
    page = Image.new("RGB", (width, _HIGH + 2 * _MARGIN + 60), PAPER)
    draw = ImageDraw.Draw(page)
    _curve(draw, (_MARGIN + 44, _MARGIN + 24), curve, best)
    left, top = _MARGIN + 44 + _WIDE + _GAP, _MARGIN
    for name, before, after in flat:
        _text(draw, (left, top), f"{name}  {' x '.join(map(str, before.shape[1:]))}".strip(), 15, INK)
        _kernels(page, (left, top + 24), before, after)
        top += 24 + 2 * (_CELL + 8) + 24
    return page


def _planes(values: Numbers) -> Numbers:
    """The first kernels of a layer as planes (n, H, W): one output's window on one channel each."""
    planes = values.reshape(-1, *values.shape[2:])[:_MOST_KERNELS]
    return planes if planes.ndim == 3 else planes[:, None]


def _curve(draw: ImageDraw, corner: Corner, curve: Mapping[str, Numbers], best: int) -> None:
    left, top = corner
    lines = [("loss", curve["loss"], INK), ("validation", curve["validation"], ORANGE)]
    finite = np.concatenate([values[np.isfinite(values)] for _, values, _ in lines])
    low, high = min(float(finite.min(initial=0)), 0), float(finite.max(initial=1e-12))
    epochs = len(curve["loss"])

    def place(number: int, value: float) -> tuple[float, float]:
        across = (number - 1) / max(epochs - 1, 1)
        return left + across * _WIDE, top + (1 - (value - low) / (high - low)) * _HIGH

    for part in (0, 0.25, 0.5, 0.75, 1):
        value = low + part * (high - low)
        y = place(1, value)[1]
        draw.line([(left, y), (left + _WIDE, y)], fill=RULE)
        _text(draw, (left - 8, round(y)), f"{value:.3g}", 13, FAINT, "rm")
    _text(draw, (left, top + _HIGH + 16), "1", 13, FAINT, "mm")
    _text(draw, (left + _WIDE, top + _HIGH + 16), str(epochs), 13, FAINT, "mm")
    for at, (name, values, ink) in enumerate(line for line in lines if np.isfinite(line[1]).any()):
        points = [place(number, value) for number, value in enumerate(values, 1) if np.isfinite(value)]
        draw.line(points, fill=ink, width=2, joint="curve")
        _text(draw, (left + at * 110, top - 26), name, 15, ink)
        x, y = place(best, float(values[best - 1]))
        draw.ellipse([x - 4, y - 4, x + 4, y + 4], fill=PAPER, outline=ink, width=2)


def _kernels(page: Image, corner: Corner, before: Numbers, after: Numbers) -> None:
    """Two rows on one scale: a colour is the same number before and after."""
    from PIL import ImageDraw

    most = float(np.nanmax(np.abs([before, after]), initial=0)) or 1.0
    scale = Scale(-most, most)
    draw = ImageDraw.Draw(page)
    for row, (word, planes) in enumerate((("before", before), ("after", after))):
        top = corner[1] + row * (_CELL + 8)
        _text(draw, (corner[0], top + _CELL // 2), word, 13, FAINT, "lm")
        for column, plane in enumerate(planes):
            picture = drawn(plane[None], scale, _CELL / max(plane.shape))
            page.paste(picture, (corner[0] + 54 + column * (_CELL + 6), top))


def _text(draw: ImageDraw, at: tuple[float, float], text: str, size: int, ink: Ink, anchor: str = "la") -> None:
    from PIL.ImageFont import load_default

    draw.text(at, text, fill=ink, font=load_default(size), anchor=anchor)
