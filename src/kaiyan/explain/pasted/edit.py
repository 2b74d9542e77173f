"""Changes of a text: what is put in the place of what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kaiyan.explain.pasted.read import Reading


@dataclass(frozen=True, order=True)
class Edit:
    """``text`` in the place of what stands from ``start`` to ``end``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Way:
    """Changes that carry out a fix: of the text, or of the shapes of inputs that the text does not make."""

    edits: tuple[Edit, ...] = ()
    shapes: tuple[tuple[int, ...], ...] | None = None


def changed_text(text: str, edits: tuple[Edit, ...]) -> str:
    """The text with the changes made."""
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def indent_at(reading: Reading, place: int) -> str:
    """What stands before a place in its row, where that is blank; blanks as many otherwise."""
    text = reading.paste.text
    begin = text.rfind("\n", 0, place) + 1
    before = text[begin:place]
    return before if not before.strip() else before[: len(before) - len(before.lstrip())]
