"""A sheet for the eye: input, kernel and output side by side, with a legend that says what the colours stand for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

    from kaiyan.pictures.kernels import Kernel
    from kaiyan.reference.dtype import Numbers

PANEL = 512
"""Pixels of a panel's longer side at the most."""
_MARGIN, _GAP, _CAPTION = 28, 64, 34
PAPER, INK, FAINT, RULE = (255, 255, 255), (32, 36, 44), (120, 126, 138), (228, 229, 232)
BLUE, ORANGE, WINDOW = (33, 102, 172), (214, 96, 20), (242, 183, 5)
_BLUE, _MIDDLE, _ORANGE = np.array(BLUE, float), np.array([246, 246, 243.0]), np.array(ORANGE, float)
_NOT_A_NUMBER, _INFINITE = (226, 214, 240), (183, 224, 196)


@dataclass(frozen=True, slots=True)
class Scale:
    """What the darkest and the brightest drawn value are; a signed scale has 0 in the middle."""

    low: float
    high: float

    @property
    def is_signed(self) -> bool:
        return self.low < 0


def scale_of(values: Numbers, white: float) -> Scale:
    """0 to white where all values lie there, 0 to the largest above it, or -m to m around 0 where some are negative."""
    least, most = finite_range(values) or (0.0, 0.0)
    low, high = min(float(least), 0.0), max(float(most), 0.0)
    if low < 0:
        return Scale(-max(-low, high), max(-low, high))
    return Scale(0, max(high, white) if high > 0 else white)


def finite_range(values: Numbers) -> tuple[Any, Any] | None:
    """The least and the largest of the values that are finite; None where there are none."""
    if not values.size:
        return None
    least, most = values.min(), values.max()
    if values.dtype.kind != "f" or (np.isfinite(least) and np.isfinite(most)):
        return least, most
    finite = values[np.isfinite(values)]
    return (finite.min(), finite.max()) if finite.size else None


def colours(values: Numbers, scale: Scale) -> NDArray[np.uint8]:
    """Values (C, H, W), C = 1 or 3, as bytes (H, W, 3).

    Grey values on a signed scale go from blue through a light middle at 0 to orange; colours go around middle grey.
    """
    span = (scale.high - scale.low) or 1.0
    part = np.clip((values.astype(np.float64) - scale.low) / span, 0, 1)
    gone = ~np.isfinite(values).all(0)
    part[:, gone] = 0
    painted = np.moveaxis(part, 0, -1) * 255
    if len(values) == 1:
        painted = diverging(part[0]) if scale.is_signed else np.repeat(painted, 3, axis=-1)
    painted[gone] = _INFINITE
    painted[np.isnan(values).any(0)] = _NOT_A_NUMBER
    return np.rint(painted).astype(np.uint8)


def diverging(part: Numbers) -> Numbers:
    """Blue at 0, a light middle at 0.5, orange at 1; (...) to (..., 3)."""
    offset = part[..., None] * 2 - 1
    end = np.where(offset < 0, _BLUE, _ORANGE)
    painted: Numbers = _MIDDLE + (end - _MIDDLE) * abs(offset)
    return painted


def sheet(input_: Numbers, white: float, kernel: Kernel, output: Numbers) -> Image:
    """The three panels of one convolution: pictures are (C, H, W), C = 1 or 3."""
    from PIL import Image, ImageDraw

    scales = scale_of(input_, white), scale_of(output, white)
    zoom = _zoom(input_.shape[1:], output.shape[1:])
    pictures = [drawn(planes, scale, zoom) for planes, scale in zip((input_, output), scales, strict=True)]
    weights = drawn_kernel(kernel.values)
    panels = [pictures[0], weights, pictures[1]]
    height = max(panel.height for panel in panels)
    width = sum(panel.width for panel in panels) + 2 * _GAP + 2 * _MARGIN
    page = Image.new("RGB", (width, height + 2 * _MARGIN + 2 * _CAPTION), PAPER)
    draw = ImageDraw.Draw(page)
    names = [_size(input_), f"{kernel.name}  {kernel.values.shape[0]} x {kernel.values.shape[1]}", _size(output)]
    left = _MARGIN
    for panel, name, sign in zip(panels, names, ("*", "=", ""), strict=True):
        top = _MARGIN + _CAPTION + (height - panel.height) // 2
        page.paste(panel, (left, top))
        centred(draw, (left + panel.width / 2, top - _CAPTION / 2), name, 16, INK)
        left += panel.width + _GAP
        centred(draw, (left - _GAP / 2, _MARGIN + _CAPTION + height / 2), sign, 34, FAINT)
    bottom = _MARGIN + _CAPTION + height
    _legend(page, (_MARGIN, bottom - (height - pictures[0].height) // 2), pictures[0].width, scales[0], len(input_))
    start = width - _MARGIN - pictures[1].width
    _legend(page, (start, bottom - (height - pictures[1].height) // 2), pictures[1].width, scales[1], len(output))
    return page


def _zoom(*sizes: tuple[int, ...]) -> float:
    longest = max(max(size) for size in sizes)
    return PANEL / longest if longest > PANEL else float(max(PANEL // 2 // longest, 1))


def drawn(values: Numbers, scale: Scale, zoom: float) -> Image:
    """Values (C, H, W) as a picture ``zoom`` times as large; what is made smaller is averaged after it was coloured."""
    from PIL import Image

    height, width = values.shape[1:]
    size = max(round(width * zoom), 1), max(round(height * zoom), 1)
    if zoom >= 1:
        return Image.fromarray(colours(values, scale)).resize(size, Image.Resampling.NEAREST)
    if values.dtype.kind == "f" and not (np.isfinite(values.min()) and np.isfinite(values.max())):
        strips = [colours(values[:, y : y + _STRIP], scale) for y in range(0, height, _STRIP)]
        return Image.fromarray(np.concatenate(strips)).resize(size, Image.Resampling.BOX)
    planes = [Image.fromarray(_bytes(plane, scale)) for plane in values]
    if len(planes) == 1 and scale.is_signed:
        planes = [planes[0].point(table.tolist()) for table in _ramp().T]
    small = [plane.resize(size, Image.Resampling.BOX, reducing_gap=3) for plane in planes]
    return Image.merge("RGB", small * (3 // len(small)))


_STRIP = 32
"""Rows that are drawn at a time: 12 million pixels as int64 take 50 ms so, and 5 s with whole copies."""


def _bytes(plane: Numbers, scale: Scale) -> NDArray[np.uint8]:
    """A plane from the scale's low to its high as 0 to 255."""
    if plane.dtype == np.uint8 and (scale.low, scale.high) == (0, 255):
        return plane.view()
    painted = np.empty(plane.shape, np.uint8)
    step = 255 / ((scale.high - scale.low) or 1.0)
    kind = np.float32 if abs(step) * max(abs(scale.low), abs(scale.high)) < 2**15 and step > 1e-30 else np.float64
    for y in range(0, len(plane), _STRIP):
        strip: Numbers = plane[y : y + _STRIP].astype(kind)
        strip -= scale.low
        strip *= step
        strip += 0.5
        painted[y : y + _STRIP] = np.clip(strip, 0, 255.5, out=strip)
    return painted


@lru_cache
def _ramp() -> NDArray[np.uint8]:
    """The colours of a signed scale in 256 steps."""
    return np.rint(diverging(np.linspace(0, 1, 256))).astype(np.uint8)


def drawn_kernel(values: Numbers, most: float = 0.0) -> Image:
    """A kernel (kH, kW) with its numbers on blue and orange; ``most`` is in full colour, by default the largest."""
    from PIL import Image, ImageDraw

    values = values.astype(float)
    most = most or float(abs(values).max()) or 1.0
    cell = max(min(52, 260 // max(values.shape)), 1)
    painted = np.rint(diverging(np.clip(values / most / 2 + 0.5, 0, 1))).astype(np.uint8)
    height, width = values.shape
    image = Image.fromarray(painted).resize((width * cell, height * cell), Image.Resampling.NEAREST)
    if cell < 36:
        return image
    draw = ImageDraw.Draw(image)
    for (row, column), value in np.ndenumerate(values):
        ink = PAPER if abs(value) > 0.62 * most else INK
        centred(draw, ((column + 0.5) * cell, (row + 0.5) * cell), brief(value), 15, ink, within=cell - 6)
    return image


def _legend(page: Image, corner: tuple[int, int], width: int, scale: Scale, channels: int) -> None:
    from PIL import Image, ImageDraw

    bar = min(width, 220)
    left, top = corner[0] + (width - bar) // 2, corner[1] + 10
    ramp = np.linspace(scale.low, scale.high, bar)[None, None]
    strip = colours(np.repeat(ramp, channels, 0), scale)
    page.paste(Image.fromarray(np.repeat(strip, 8, axis=0)), (left, top))
    draw = ImageDraw.Draw(page)
    marks = (scale.low, 0.0, scale.high) if scale.is_signed else (scale.low, scale.high)
    for value in marks:
        place = left + bar * (value - scale.low) / ((scale.high - scale.low) or 1)
        centred(draw, (place, top + 20), brief(value), 13, FAINT)


def centred(
    draw: ImageDraw, at: tuple[float, float], text: str, size: int, ink: tuple[int, int, int], *, within: int = 0
) -> None:
    """Text with its middle at a place, made smaller to fit ``within`` so many pixels."""
    font = _font(size)
    while within and size > 7 and font.getlength(text) > within:
        size -= 1
        font = _font(size)
    draw.text(at, text, fill=ink, font=font, anchor="mm")


def _font(size: int) -> FreeTypeFont | ImageFont:
    from PIL.ImageFont import load_default

    return load_default(size)


def brief(value: float) -> str:
    """A number in few digits."""
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.3g}"


def _size(planes: Numbers) -> str:
    channels, height, width = planes.shape
    return f"{height} x {width}" + (f" x {channels}" if channels > 1 else "")
