"""What a result is made of, as data: tables and lines of sentences; no language is spoken here and nothing is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from kaiyan.show.sentence import Sentence, sentence

Text = str | Sentence | tuple[str | Sentence, ...]
"""Words as they are, a sentence to be said in the reader's language, or several of them one behind the other."""

MARKS = {"": "", "bad": "✗", "warn": "!", "chosen": "->"}
"""What can be marked in a row, and the sign that stands before it."""


@dataclass(frozen=True, slots=True)
class Row:
    """Cells from left to right; ``indent`` levels before the first; ``mark`` is a key of ``MARKS``."""

    cells: tuple[Text, ...]
    indent: int = 0
    mark: str = ""


@dataclass(frozen=True)
class Table:
    """Headings and rows, a title above, notes below.

    ``left`` are the columns of words, ``prose`` those of sentences, all others hold numbers. Where there is too little
    room, words are shortened and sentences wrapped; where that is not enough columns are left out from the right, and
    a note names them. A number or a shape is whole or it is not there.
    """

    headings: tuple[Text, ...]
    rows: tuple[Row, ...]
    title: Text = ""
    notes: tuple[Text, ...] = ()
    left: frozenset[int] = frozenset({0})
    prose: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Lines:
    """Sentences one below the other; ``form`` is "text", "title", "list", or "code": columns and spaces stay."""

    lines: tuple[Text, ...]
    form: str = "text"


Part = Table | Lines


def headings(*words: str) -> tuple[Text, ...]:
    """What stands above the columns, to be said in the reader's language.

    >>> [str(heading) for heading in headings("layer", "output")]
    ['layer', 'output']
    """
    return tuple(sentence("heading", word) if word else "" for word in words)
