"""Text in the columns of a terminal: lines are broken between words, never inside a number or a shape."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import category, east_asian_width

if TYPE_CHECKING:
    from collections.abc import Iterator

CUT = "…"
"""Stands where a text was shortened."""

_WIDE = "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6"
_NUMBER = r"[\d.,:xX×eE+/%−-]*[\d%]"
_SIZES = r"[\d\s,.?-]"
_SHAPE = rf"[(\[](?:{_SIZES}|[(\[]{_SIZES}*[)\]])*[)\]]"  # also one of shapes
_ATOM = re.compile(
    rf"{_SHAPE}[,.;:)），。；：、]*"  # a shape, with its spaces
    rf"|\d{_NUMBER}[^\s{_WIDE}]*[）」』，。；：、！？]*|\d[^\s{_WIDE}]*[）」』，。；：、！？]*"  # a number and its unit
    rf"|[^\s{_WIDE}]+[）」』，。；：、！？]*|[（「『]*[{_WIDE}][）」』，。；：、！？]*|\s+"
)


def hanging(text: str, mark: str, columns: int | None) -> Iterator[str]:
    """The lines of a text behind a mark; ``columns`` None leaves its lines as they are.

    >>> list(hanging("the input (1, 3, 8, 8) is small", "- ", 17))
    ['- the input', '  (1, 3, 8, 8) is', '  small']
    """
    for paragraph in text.split("\n"):
        lines = [paragraph] if columns is None else wrapped(paragraph, columns - width(mark))
        for line in lines:
            yield mark + line
            mark = " " * width(mark)


def wrapped(text: str, columns: int) -> list[str]:
    """Lines of at most ``columns``; only a word that is longer than a whole line is cut.

    >>> wrapped("输出为 1x128x112x112，共 15,346,630,656 次", 16)
    ['输出为', '1x128x112x112，', '共', '15,346,630,656', '次']
    """
    indent = text[: len(text) - len(text.lstrip())]
    lines, line = [], ""
    for atom in _ATOM.findall(text):
        if line.strip() and width(line + atom.rstrip()) > columns:
            lines.append(line.rstrip())
            line = "" if atom.isspace() else indent
        line += atom if line or not lines else atom.lstrip()
        while width(line) > columns > len(indent) + 1 and line.strip():
            head = _head(line.rstrip(), columns)
            if head == line.rstrip():
                break
            lines.append(head)
            line = indent + line[len(head) :]
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def shortened(text: str, columns: int) -> str:
    """A text in at most ``columns``, cut between words or arguments, never in a number; ``CUT`` says that it was.

    >>> shortened("Conv2d(64, 128, kernel_size=3, padding=1)", 18)
    'Conv2d(64, 128, …)'
    >>> shortened("Conv2d(64, 128, kernel_size=3, padding=1)", 8)
    'Conv2d…'
    """
    if width(text) <= columns:
        return text
    if "(" in text:
        ends = [match.end() for match in re.finditer(r"\(|, ", text)]
        fitting = [end for end in ends if width(text[:end]) + 2 <= columns]
        if fitting:
            return f"{text[: fitting[-1]]}{CUT})"
        bare = text.partition("(")[0]
        if width(bare) < columns:
            return bare + CUT
    cut = _head(text, columns - 1)
    if cut[-1:].isdigit() and text[len(cut) : len(cut) + 1].isdigit():
        cut = cut.rstrip("0123456789.,x")
    return cut + CUT


def width(text: str) -> int:
    """Columns of a terminal that a text takes: a Chinese character takes two, a combining sign none.

    >>> width("感受野 435")
    10
    """
    return sum(_columns(c) for c in text)


def _columns(c: str) -> int:
    if c < "\u0300":
        return 1
    if category(c) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(c) in "WF" else 1


def _head(text: str, columns: int) -> str:
    """The longest beginning that fits, at least one character."""
    taken = 0
    for i, c in enumerate(text):
        taken += _columns(c)
        if taken > columns and i:
            return text[:i]
    return text
