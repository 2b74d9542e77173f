"""Faces marked on a photograph: a box and words for each, legible on any ground, beside one another and not over."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from kaiyan.faces.gallery_answers import NAME, UNKNOWN, UNSURE
from kaiyan.faces.lettering import font_for
from kaiyan.pictures.sheet import WINDOW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

    from kaiyan.faces.gallery_photographs import Box, Pixels
    from kaiyan.faces.lettering import Font

Colour = tuple[int, int, int]

PAPER_COLOUR, INK_COLOUR = (251, 250, 247), (29, 29, 34)
FOUND = "found"
MARK_COLOURS: dict[str, Colour] = {
    FOUND: WINDOW,
    NAME: (47, 178, 110),
    UNSURE: WINDOW,
    UNKNOWN: (200, 198, 206),
}
"""The colour of a box; its words say the same."""
_LEAST_SIDE = 640
"""A smaller photograph is drawn larger, so that words have room."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceMark:
    """A face on a drawing: its box, what is said of it, a key of ``MARK_COLOURS``, and its points (5, 2) if any.

    ``short`` stands in the place of ``words`` where no font of this machine has their signs.
    """

    box: Box
    words: str
    short: str
    kind: str = FOUND
    points: NDArray[Any] | None = None


class _Span(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: _Span) -> bool:
        return (self.left < other.right and other.left < self.right
                and self.top < other.bottom and other.top < self.bottom)  # fmt: skip

    def is_inside(self, size: tuple[int, int]) -> bool:
        return self.left >= 1 and self.top >= 1 and self.right < size[0] - 1 and self.bottom < size[1] - 1


def marked(pixels: Pixels, marks: Sequence[FaceMark]) -> Image:
    """A photograph (H, W, 3) with its faces marked; a small one is enlarged."""
    from PIL import Image, ImageDraw

    image = Image.fromarray(pixels)
    zoom = max(1.0, _LEAST_SIDE / max(image.size))
    if zoom > 1:
        image = image.resize((round(image.width * zoom), round(image.height * zoom)), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    line = max(2, round(max(image.size) / 320))
    boxes = [_scaled(mark.box, zoom) for mark in marks]
    for mark, box in zip(marks, boxes, strict=True):
        _draw_box(draw, box, MARK_COLOURS[mark.kind], line)
        _draw_points(draw, mark, zoom, line)
    taken: list[_Span] = []
    for mark, box in zip(marks, boxes, strict=True):
        taken.append(_draw_words(draw, mark, box, line, [*taken, *(other for other in boxes if other is not box)]))
    return image


def unwritable(marks: Iterable[FaceMark]) -> tuple[str, ...]:
    """The words for which no font of this machine has the signs."""
    return tuple(mark.words for mark in marks if font_for(mark.words, 16) is None)


def _scaled(box: Box, zoom: float) -> _Span:
    top, left, bottom, right = box
    return _Span(left * zoom, top * zoom, (right + 1) * zoom, (bottom + 1) * zoom)


def _draw_box(draw: ImageDraw, box: _Span, colour: Colour, line: int) -> None:
    """A line with an edge of ink on both sides: it is seen on bright ground and on dark."""
    edge = max(1, line // 2)
    radius = 3 * line
    for grown, ink, width in ((edge, INK_COLOUR, line + 2 * edge), (0, colour, line)):
        corners = (box.left - grown, box.top - grown, box.right + grown, box.bottom + grown)
        draw.rounded_rectangle(corners, radius + grown, outline=ink, width=width)


def _draw_points(draw: ImageDraw, mark: FaceMark, zoom: float, line: int) -> None:
    for row, column in () if mark.points is None else mark.points.tolist():
        x, y = (column + 0.5) * zoom, (row + 0.5) * zoom
        draw.circle((x, y), 1.5 * line + 1, fill=INK_COLOUR)
        draw.circle((x, y), 1.5 * line, fill=MARK_COLOURS[mark.kind])


def _draw_words(draw: ImageDraw, mark: FaceMark, box: _Span, line: int, taken: Sequence[_Span]) -> _Span:
    """Words on paper with a bar in the box's colour; where they stand."""
    image: tuple[int, int] = draw.im.size
    words, font = _fitting(mark, image)
    left, top, right, bottom = draw.textbbox((0, 0), words + _TALL, font=font, anchor="ls")
    right = left + font.getlength(words)
    margin, bar = round((bottom - top) / 3), 2 * line
    place = _place(box, (right - left + 2 * margin + bar, bottom - top + margin), image, taken)
    draw.rounded_rectangle(place, line, fill=PAPER_COLOUR, outline=INK_COLOUR, width=max(1, line // 2))
    stripe = (place.left + line, place.top + line, place.left + line + bar - 1, place.bottom - line)
    draw.rectangle(stripe, fill=MARK_COLOURS[mark.kind])
    at = place.left + bar + margin - left, place.top + margin / 2 - top
    draw.text(at, words, fill=INK_COLOUR, font=font, anchor="ls")
    return place


_TALL = "Hg"
"""What reaches as high and as low as letters do."""


def _fitting(mark: FaceMark, image: tuple[int, int]) -> tuple[str, Font]:
    """What is written, in a font that has its signs, and no longer than the photograph is wide."""
    size = max(15, round(max(image) / 44))
    font, words = font_for(mark.words, size), mark.words
    if font is None:
        font, words = font_for("", size), mark.short
    assert font is not None
    whole = words
    while font.getlength(words) > 0.8 * image[0] and len(whole) > 1:
        whole = whole[:-1]
        words = f"{whole}..."
    return words, font


def _place(box: _Span, size: tuple[float, float], image: tuple[int, int], taken: Sequence[_Span]) -> _Span:
    """Above the box, below it, or in it: the first place in the photograph that covers nothing else."""
    places = [*_places(box, size, image)]
    free = (place for place in places if place.is_inside(image) and not any(map(place.overlaps, taken)))
    inside = (place for place in places if place.is_inside(image))
    return next(free, next(inside, places[-1]))


def _places(box: _Span, size: tuple[float, float], image: tuple[int, int]) -> Iterator[_Span]:
    width, height = size
    gap = height / 4
    tops = (box.top - height - gap, box.bottom + gap, box.top + gap, box.bottom - height - gap)
    for top, left in product(tops, (box.left, box.right - width)):
        x = _clamped(left, width, image[0])
        yield _Span(x, top, x + width, top + height)
    x, y = _clamped(box.left, width, image[0]), _clamped(box.top, height, image[1])
    yield _Span(x, y, x + width, y + height)


def _clamped(start: float, length: float, room: int) -> float:
    """Moved so that it lies in the room, if it fits there, with a pixel around it."""
    return min(max(start, 1), max(room - 2 - length, 1))
