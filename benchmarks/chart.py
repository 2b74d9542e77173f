"""A picture of ratios: a bar a row, from 1 to the right where ours is faster."""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from pathlib import Path

_LINE, _LEFT, _WIDTH = 18, 220, 720
_SPAN = 4.0
"""Doublings shown to each side of 1."""


def chart(path: Path, ratios: list[tuple[str, float, str]]) -> None:
    """Draws (row, best peer / ours, class) and writes a PNG."""
    image = Image.new("RGB", (_LEFT + _WIDTH + 80, _LINE * (len(ratios) + 2)), "white")
    draw = ImageDraw.Draw(image)
    middle = _LEFT + _WIDTH / 2
    for doubling in range(-4, 5):
        x = middle + doubling / _SPAN * _WIDTH / 2
        draw.line((x, _LINE, x, image.height), fill="black" if doubling == 0 else "#dddddd")
        draw.text((x - 8, 2), f"{2.0**doubling:g}", fill="#666666")
    for i, (name, ratio, family) in enumerate(ratios, start=1):
        top = i * _LINE
        draw.text((4, top + 3), f"{name}", fill="black")
        if ratio > 0:
            x = middle + max(min(log2(ratio), _SPAN), -_SPAN) / _SPAN * _WIDTH / 2
            draw.rectangle((min(x, middle), top + 4, max(x, middle), top + _LINE - 4), fill=_colour(ratio))
            draw.text((max(x, middle) + 4, top + 3), f"{ratio:.2f}  {family}", fill="#444444")
    image.save(path)


def _colour(ratio: float) -> str:
    return "#2f7d4f" if ratio >= 1 else "#b5502f"
