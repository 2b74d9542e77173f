"""Letters on a drawing: a font of this machine that has all signs of a text, Chinese names too, or the news of none."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.ImageFont import FreeTypeFont, ImageFont

    Font = FreeTypeFont | ImageFont

WIDE_FONTS = (
    ("NotoSansCJK-Regular.ttc", 2),
    ("NotoSansCJKsc-Regular.otf", 0),
    ("NotoSansSC-Regular.otf", 0),
    ("SourceHanSansSC-Regular.otf", 0),
    ("PingFang.ttc", 0),
    ("Hiragino Sans GB.ttc", 0),
    ("STHeiti Light.ttc", 0),
    ("msyh.ttc", 0),
    ("simhei.ttf", 0),
    ("wqy-microhei.ttc", 0),
    ("wqy-zenhei.ttc", 0),
    ("DroidSansFallbackFull.ttf", 0),
    ("Arial Unicode.ttf", 0),
    ("arialuni.ttf", 0),
    ("DejaVuSans.ttf", 0),
)
"""Files of fonts with many scripts on Linux, macOS and Windows, and the face in each; asked where the usual one lacks a
sign."""
_ABSENT = "\U0010ffff"
"""A place in Unicode at which no font has a sign: what is drawn there is what is drawn for every sign that lacks."""


def font_for(text: str, size: int) -> Font | None:
    """The first font of this machine that has every sign of a text; None where there is none."""
    return next((font for font in _fonts(size) if all(_has(font, sign) for sign in text if not sign.isspace())), None)


def _fonts(size: int) -> Iterator[Font]:
    """Pillow's own, which has Latin letters, then those of the machine."""
    yield _usual(size)
    for number in range(len(WIDE_FONTS)):
        font = _wide(number, size)
        if font is not None:
            yield font


@lru_cache(maxsize=16)
def _usual(size: int) -> Font:
    from PIL.ImageFont import load_default

    return load_default(size)


@lru_cache(maxsize=64)
def _wide(number: int, size: int) -> FreeTypeFont | None:
    from PIL.ImageFont import truetype

    file, face = WIDE_FONTS[number]
    try:
        return truetype(file, size, index=face)
    except OSError:
        return None


def _has(font: Font, sign: str) -> bool:
    return _outline(font, sign) != _outline(font, _ABSENT)


def _outline(font: Font, sign: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(sign)
    return mask.size, bytes(mask)
