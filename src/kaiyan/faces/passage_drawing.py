"""A face on its way through the network as one sheet: photograph, maps stage by stage, the description at the end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.faces.drawing import FOUND, INK_COLOUR, MARK_COLOURS, PAPER_COLOUR
from kaiyan.faces.lettering import font_for
from kaiyan.pictures.sheet import brief, diverging
from kaiyan.show.i18n import language, say
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from PIL.Image import Image

    from kaiyan.faces.drawing import Colour
    from kaiyan.faces.passage import Passage
    from kaiyan.faces.passage_stages import PassageStage
    from kaiyan.show.sentence import Sentence

_SOFT, _LINE = (92, 91, 102), (228, 225, 217)
_WINDOW = MARK_COLOURS[FOUND]
_MARGIN, _GAP, _TILE, _SPACE = 40, 40, 128, 8
_WORDS = 272
_SHOWN = 8
"""Maps of a stage that are drawn: those with the largest values."""
_WIDTH = 2 * _MARGIN + _WORDS + _TILE + _GAP + _SHOWN * (_TILE + _SPACE) - _SPACE
_HEAD = 300
_COLUMN = 680
"""Pixels of the longest line of prose."""
_BARS = 64
"""Pixels of the longest bar of a description."""


class _Page:
    """A sheet that is filled from the top."""

    def __init__(self, height: int, lang: str | None) -> None:
        from PIL import Image, ImageDraw

        self.image = Image.new("RGB", (_WIDTH, height), PAPER_COLOUR)
        self.draw = ImageDraw.Draw(self.image)
        self.lang = language(lang)
        self.top = _MARGIN

    def words(self, at: tuple[float, float], said: Sentence | str, size: int, ink: Colour = INK_COLOUR,
              anchor: str = "la", within: int = 0) -> None:  # fmt: skip
        """Text, broken between words where it would be longer than ``within`` pixels."""
        text = said if isinstance(said, str) else say(said, self.lang)
        font = font_for(text, size) or font_for("", size)
        assert font is not None
        for i, line in enumerate(_lines(text, within, font.getlength)):
            self.draw.text((at[0], at[1] + 1.4 * size * i), line, fill=ink, font=font, anchor=anchor)

    def paste(self, image: Image, left: int, top: int) -> None:
        """A picture in a hairline."""
        self.image.paste(image, (left, top))
        self.draw.rectangle((left - 1, top - 1, left + image.width, top + image.height), outline=_LINE)

    def frame(self, corners: tuple[float, float, float, float]) -> None:
        """What is looked at: the colour of the sliding window between two edges of ink."""
        left, top, right, bottom = corners
        self.draw.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline=INK_COLOUR, width=4)
        self.draw.rectangle(corners, outline=_WINDOW, width=2)


def drawn(passage: Passage, lang: str | None = None) -> Image:
    """The sheet, its words in a language, by default KAIYAN_LANG or the locale's."""
    descriptions = 1 + (passage.stored is not None)
    rows = len(passage.stages) * (_TILE + _GAP)
    page = _Page(2 * _MARGIN + _HEAD + _GAP + rows + _GAP + descriptions * (2 * _BARS + 56) + 40, lang)
    _draw_head(page, passage)
    for number, stage in enumerate(passage.stages, 1):
        _draw_stage(page, number, stage, passage.chip)
    _draw_descriptions(page, passage)
    return page.image.crop((0, 0, _WIDTH, page.top + _MARGIN))


def _draw_head(page: _Page, passage: Passage) -> None:
    photograph, zoom = _fitted(passage.pixels, 1.4 * _HEAD, _HEAD)
    page.paste(photograph, _MARGIN, page.top)
    top, left, bottom, right = (round(zoom * side) for side in passage.box)
    page.frame((_MARGIN + left, page.top + top, _MARGIN + right, page.top + bottom))
    face = _enlarged(passage.chip, _HEAD)
    left = _MARGIN + photograph.width + _GAP
    page.paste(face, left, page.top)
    left += face.width + _GAP
    within = min(_WIDTH - _MARGIN - left, _COLUMN)
    side = len(passage.chip)
    page.words((left, page.top), sentence("passage-title", "A face, layer by layer"), 28, within=within)
    told = sentence(
        "passage-told",
        "The face is found, turned upright and cut to {side} x {side} pixels. Each layer looks at small windows of "
        "what the layer before has made, so a number sees more of the face the deeper it lies: the yellow frame shows "
        "how much. At the end there is one description of {count} numbers.",
        side=side, count=len(passage.numbers),
    )  # fmt: skip
    page.words((left, page.top + 52), told, 16, _SOFT, within=within)
    page.top += _HEAD + _GAP


def _draw_stage(page: _Page, number: int, stage: PassageStage, chip: NDArray[Any]) -> None:
    channels, rows, columns = stage.shape
    page.draw.line((_MARGIN, page.top - _GAP / 2, _WIDTH - _MARGIN, page.top - _GAP / 2), fill=_LINE)
    title = sentence("passage-stage", "Stage {number}: {extent}", number=number, extent=stage.extent(len(chip)))
    page.words((_MARGIN, page.top), title, 20, within=_WORDS - 24)
    facts = [
        sentence("passage-maps", "{maps} maps of {rows} x {columns}", maps=channels, rows=rows, columns=columns),
        sentence("passage-convolutions", "convolutions so far: {count}", count=stage.convolutions),
        sentence("passage-alive", "{alive} alive, {share:.0f} % above 0", alive=stage.alive, share=100 * stage.share),
    ]
    for i, fact in enumerate(facts):
        page.words((_MARGIN, page.top + 36 + 22 * i), fact, 14, _SOFT)
    _draw_maps(page, stage)
    _draw_field(page, stage, chip)
    page.top += _TILE + _GAP


def _draw_field(page: _Page, stage: PassageStage, chip: NDArray[Any]) -> None:
    """The face, and on it the frame of what one number in the middle sees."""
    left = _MARGIN + _WORDS
    page.paste(_enlarged(chip, _TILE), left, page.top)
    if stage.field is None:
        return
    half = min(stage.field / len(chip), 1) * _TILE / 2
    middle = left + _TILE / 2, page.top + _TILE / 2
    corners = middle[0] - half, middle[1] - half, middle[0] + half - 1, middle[1] + half - 1
    page.frame(corners)
    said = sentence("passage-sees", "one number sees {field} px", field=stage.field)
    page.words((_MARGIN, page.top + 36 + 66), said, 14, _SOFT)


def _draw_maps(page: _Page, stage: PassageStage) -> None:
    """The maps with the largest values on one scale, and the ends of that scale."""
    chosen = np.argsort(-abs(stage.maps).max((1, 2)), kind="stable")[:_SHOWN]
    maps = stage.maps[np.sort(chosen)]
    most = float(abs(maps).max()) or 1.0
    is_signed = bool((maps < 0).any())
    left = _MARGIN + _WORDS + _TILE + _GAP
    for i, values in enumerate(maps):
        part = values / most
        painted = diverging(np.clip(part / 2 + 0.5, 0, 1)) if is_signed else np.repeat(part[..., None] * 255, 3, -1)
        page.paste(_enlarged(np.rint(painted).astype(np.uint8), _TILE), left + i * (_TILE + _SPACE), page.top)
    least = f"{-most:.2g}" if is_signed else "0"
    page.words((_WIDTH - _MARGIN, page.top + _TILE + 4), f"{least} … {brief(most)}", 12, _SOFT, anchor="ra")


def _draw_descriptions(page: _Page, passage: Passage) -> None:
    """The description as bars, and below it the nearest that is stored, on one scale."""
    page.draw.line((_MARGIN, page.top - _GAP / 2, _WIDTH - _MARGIN, page.top - _GAP / 2), fill=_LINE)
    title = sentence("passage-description", "One description: {count} numbers", count=len(passage.numbers))
    page.words((_MARGIN, page.top), title, 20)
    page.top += 40
    match = passage.match
    both = [passage.numbers] if passage.stored is None else [passage.numbers, passage.stored]
    most = float(max(abs(numbers).max() for numbers in both))
    _draw_bars(page, passage.numbers, most, sentence("passage-this", "this face"))
    if match is not None and passage.stored is not None:
        _draw_bars(page, passage.stored, most, sentence("passage-stored", "stored: {name}", name=match.nearest))
    if match is not None:
        page.words((_MARGIN, page.top), match.reason, 16, within=_WIDTH - 2 * _MARGIN)
        page.top += 24


def _draw_bars(page: _Page, numbers: NDArray[Any], most: float, name: Sentence) -> None:
    left, zero = _MARGIN + 160, page.top + _BARS // 2
    step = (_WIDTH - _MARGIN - left) / len(numbers)
    page.words((_MARGIN, zero), name, 14, _SOFT, anchor="lm", within=150)
    for i, value in enumerate(numbers.tolist()):
        end = zero - value / most * _BARS / 2
        colour = tuple(np.rint(diverging(np.array(1.0 if value > 0 else 0.0))).astype(int).tolist())
        page.draw.rectangle((left + i * step, min(zero, end), left + (i + 1) * step - 2, max(zero, end)), fill=colour)
    page.draw.line((left, zero, _WIDTH - _MARGIN, zero), fill=_LINE)
    ends = f"{-most:.2g} … {most:.2g}"
    page.words((_WIDTH - _MARGIN, page.top + _BARS + 2), ends, 12, _SOFT, anchor="ra")
    page.top += _BARS + 26


def _fitted(pixels: NDArray[Any], width: float, height: float) -> tuple[Image, float]:
    """A picture as large as fits, and how many times as large as it was."""
    from PIL import Image

    image = Image.fromarray(pixels)
    zoom = min(width / image.width, height / image.height)
    return image.resize((round(image.width * zoom), round(image.height * zoom))), zoom


def _enlarged(pixels: NDArray[Any], side: int) -> Image:
    """Pixels or a map in a square; what is made larger is not blurred."""
    from PIL import Image

    method = Image.Resampling.NEAREST if len(pixels) <= side else Image.Resampling.BOX
    return Image.fromarray(pixels).resize((side, side), method)


def _lines(text: str, within: int, length: Callable[[str], float]) -> Sequence[str]:
    """Broken before a word, or before a sign where there are no words, such as in Chinese."""
    if not within:
        return [text]
    lines = [""]
    for piece in re.findall(r"[^\s\u2e80-\uffef]+\s*|[\u2e80-\uffef][，。；：、！？）]*\s*", text):
        if lines[-1] and length((lines[-1] + piece).rstrip()) > within:
            lines.append("")
        lines[-1] += piece
    return lines
