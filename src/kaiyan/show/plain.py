"""Parts as plain text, line by line, whole or fitted into the columns of a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.show.grid import Grid
from kaiyan.show.i18n import language, say
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.table import MARKS, Lines
from kaiyan.show.wrapping import hanging

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kaiyan.show.table import Part, Row, Table

_APART = ("title", "code")
"""Forms that have an empty line before them."""


def plain(parts: Iterable[Part], lang: str | None = None, columns: int | None = None) -> str:
    """Text in columns, whole, or fitted into as many as a screen has; a Chinese character takes two.

    >>> from kaiyan.show.table import Row, Table
    >>> rows = Row(("conv", "12")), Row(("pool", "6"), indent=1, mark="bad")
    >>> print(plain([Table(("layer", "size"), rows)], "en"))
      layer   size
      conv      12
    ✗   pool     6
    """
    return "\n".join(line for line, _ in lines(parts, language(lang), columns))


def lines(parts: Iterable[Part], lang: str, columns: int | None, bullet: str = "- ") -> Iterator[tuple[str, str]]:
    """Every line with the name of its style: "title", "heading", a mark of a row, or none."""
    for number, part in enumerate(parts):
        if isinstance(part, Lines):
            yield from [("", "")] if number and part.form in _APART else []
            yield from _sentence_lines(part, lang, columns, bullet)
        else:
            yield from _table_lines(part, lang, columns)


def _sentence_lines(part: Lines, lang: str, columns: int | None, bullet: str) -> Iterator[tuple[str, str]]:
    mark, style = bullet if part.form == "list" else "", "title" if part.form == "title" else ""
    for line in part.lines:
        for piece in hanging(say(line, lang), mark, columns):
            yield piece, style


def _table_lines(table: Table, lang: str, columns: int | None) -> Iterator[tuple[str, str]]:
    grid = _grid(table, lang)
    widths = grid.whole if columns is None else grid.fitted(columns)
    if len(widths) < len(table.headings):
        grid = _grid(table, lang, " ")
        widths = grid.fitted(columns or 0)
    styles = ("heading", *(row.mark for row in table.rows))
    yield from ((line, "title") for line in hanging(say(table.title, lang), "", columns) if table.title)
    if table.rows:
        yield from ((line, styles[number + 1]) for line, number in grid.lines(widths))
    notes = (say(note, lang) for note in (*table.notes, *_narrow(grid, widths, columns)))
    yield from ((line.rstrip(), "") for note in notes for line in hanging(note, "- ", columns))


def _grid(table: Table, lang: str, space: str = "  ") -> Grid:
    rows = tuple(_cells(row, lang, space) for row in table.rows)
    signs = tuple(MARKS[row.mark] for row in table.rows)
    headings = tuple(say(heading, lang) for heading in table.headings)
    return Grid(headings, rows, signs, table.left | table.prose, table.prose)


def _cells(row: Row, lang: str, space: str) -> tuple[str, ...]:
    first, *others = (say(cell, lang) for cell in row.cells)
    return (space * row.indent + first, *others)


def _narrow(grid: Grid, widths: Sequence[int], columns: int | None) -> Iterator[Sentence]:
    """What a narrow screen does not show."""
    names = [name for name in grid.headings[len(widths) :] if name]
    if names:
        yield sentence(
            "narrow-columns", "not shown in {columns} columns: {names}; --wide shows all (in Python: print)",
            columns=columns, names=", ".join(names),
        )  # fmt: skip
    elif grid.cuts(widths):
        yield sentence(
            "narrow-words", "{columns} columns are too few for every word; --wide shows all (in Python: print)",
            columns=columns,
        )  # fmt: skip
