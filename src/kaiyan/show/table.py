"""One table, four views: plain text, rich, static HTML, Markdown; what every result of this room is shown by."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from kaiyan.show.grid import Grid
from kaiyan.show.i18n import language, say
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.wrapping import hanging

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console, ConsoleOptions, RenderResult

Text = str | Sentence
"""Words for a cell, a heading or a note: as they are, or to be said in the reader's language."""

MARKS = {"": "", "bad": "✗", "warn": "!"}
"""What can be marked in a row, and the sign that stands before it in plain text."""

_STYLES = {"": "", "bad": "bold red", "warn": "yellow", "title": "bold", "heading": "bold"}
_COLOURS = {"": "", "bad": "#b00020", "warn": "#8a6100"}


@dataclass(frozen=True, slots=True)
class Row:
    """Cells from left to right; ``indent`` levels before the first; ``mark`` is a key of ``MARKS``."""

    cells: tuple[Text, ...]
    indent: int = 0
    mark: str = ""


class Shown:
    """A result that is shown as a table, everywhere."""

    def table(self) -> Table:
        """The table that it is."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.table().plain()

    def __rich__(self) -> OnScreen:
        return self.table().rich()

    def _repr_html_(self) -> str:
        return self.table().html()

    def to_markdown(self, lang: str | None = None) -> str:
        """The table and its notes in Markdown."""
        return self.table().markdown(lang)


@dataclass(frozen=True)
class Table:
    """Headings and rows, a title above, notes below.

    ``left`` are the columns of words, ``prose`` those of sentences, all others hold numbers. On a screen that is too
    narrow, words are shortened and sentences wrapped down to ``LEAST``; where that is not enough columns are left out
    from the right, and a note names them. A number or a shape is whole or it is not there.

    >>> print(Table(("layer", "size"), (Row(("conv", "12")), Row(("pool", "6"), indent=1, mark="bad"))).plain("en"))
      layer   size
      conv      12
    ✗   pool     6
    """

    headings: tuple[Text, ...]
    rows: tuple[Row, ...]
    title: Text = ""
    notes: tuple[Text, ...] = ()
    left: frozenset[int] = frozenset({0})
    prose: frozenset[int] = frozenset()

    def plain(self, lang: str | None = None, columns: int | None = None) -> str:
        """Text in columns, whole, or fitted into as many as a screen has; a Chinese character takes two."""
        return "\n".join(line for line, _ in self.lines(language(lang), columns))

    def lines(self, lang: str, columns: int | None) -> list[tuple[str, str]]:
        """Every line with the name of its style."""
        grid = self._grid(lang)
        widths = grid.whole if columns is None else grid.fitted(columns)
        if len(widths) < len(self.headings):
            grid = self._grid(lang, " ")
            widths = grid.fitted(columns or 0)
        styles = ("heading", *(row.mark for row in self.rows))
        body = [(line, styles[number + 1]) for line, number in grid.lines(widths)] if self.rows else []
        titles = [line for title in _titled(self.title, lang) for line in hanging(title, "", columns)]
        said_notes = (said(note, lang) for note in (*self.notes, *_narrow(grid, widths, columns)))
        notes = [line.rstrip() for note in said_notes for line in hanging(note, "- ", columns)]
        return [*((line, "title") for line in titles), *body, *((line, "") for line in notes)]

    def _grid(self, lang: str, space: str = "  ") -> Grid:
        rows = tuple(tuple(_indented(row, lang, space)) for row in self.rows)
        signs = tuple(MARKS[row.mark] for row in self.rows)
        return Grid(tuple(_cells(self.headings, lang)), rows, signs, self.left | self.prose, self.prose)

    def markdown(self, lang: str | None = None) -> str:
        """A pipe table; the notes as a list."""
        spoken = language(lang)
        heads = _cells(self.headings, spoken)
        rule = [":--" if i in self.left else "--:" for i in range(len(heads))]
        lines = [heads, rule, *(_indented(row, spoken, " ", MARKS[row.mark]) for row in self.rows)]
        body = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
        notes = [f"- {said(note, spoken)}" for note in self.notes]
        parts = [*(f"**{title}**" for title in _titled(self.title, spoken)), "\n".join(body), "\n".join(notes)]
        return "\n\n".join(part for part in parts if part)

    def html(self, lang: str | None = None) -> str:
        """Static HTML, escaped, without script; the style is written once, on the table."""
        spoken = language(lang)
        align = "".join(f".kaiyan td:nth-child({i + 1}){{text-align:left}}" for i in sorted(self.left))
        heads = "".join(f"<th>{escape(cell)}" for cell in _cells(self.headings, spoken))
        rows = "".join(_html_row(row, spoken) for row in self.rows)
        notes = "".join(f"<li>{escape(said(note, spoken))}" for note in self.notes)
        title = "".join(f"<p><b>{escape(title)}</b></p>" for title in _titled(self.title, spoken))
        style = f"<style>.kaiyan td{{text-align:right}}{align}</style>"
        listed = f"<ul>{notes}</ul>" if notes else ""
        return f'<div>{style}{title}<table class="kaiyan"><tr>{heads}{rows}</table>{listed}</div>'

    def rich(self, lang: str | None = None) -> OnScreen:
        """For ``rich.print``: as wide as the console, or whole where its lines are not wrapped."""
        return OnScreen(self, language(lang))


@dataclass(frozen=True, slots=True)
class OnScreen:
    """A table in a language, laid out when the console's width is known; rich is imported here and nowhere else."""

    table: Table
    lang: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text as RichText

        columns = None if options.no_wrap else options.max_width
        for line, style in self.table.lines(self.lang, columns):
            yield RichText(line, style=_STYLES[style], no_wrap=True, overflow="ignore")


def _narrow(grid: Grid, widths: Sequence[int], columns: int | None) -> Iterator[Sentence]:
    """What a narrow screen does not show."""
    names = [name for name in grid.headings[len(widths) :] if name]
    if names:
        yield sentence(
            "narrow", "not shown in {columns} columns: {names}; --wide shows all (in Python: print)",
            columns=columns, names=", ".join(names),
        )  # fmt: skip
    elif grid.cuts(widths):
        yield sentence(
            "narrow", "{columns} columns are too few for every word; --wide shows all (in Python: print)",
            columns=columns,
        )  # fmt: skip


def said(text: Text, lang: str) -> str:
    """A cell in a language; facts that are sentences are said in it too."""
    if isinstance(text, str):
        return text
    facts = {name: said(fact, lang) if isinstance(fact, Sentence) else fact for name, fact in text.facts.items()}
    return say(Sentence(text.code, text.text, facts), lang)


def _cells(cells: Iterable[Text], lang: str) -> list[str]:
    return [said(cell, lang) for cell in cells]


def _indented(row: Row, lang: str, space: str = "  ", sign: str = "") -> list[str]:
    first, *others = _cells(row.cells, lang)
    return (
        [f"{sign} {space * row.indent}{first}".lstrip(" "), *others] if sign else [space * row.indent + first, *others]
    )


def _titled(title: Text, lang: str) -> list[str]:
    return [said(title, lang)] if title else []


def _html_row(row: Row, lang: str) -> str:
    colour = f' style="color:{_COLOURS[row.mark]}"' if row.mark else ""
    first, *others = _cells(row.cells, lang)
    cells = [MARKS[row.mark] + " " * row.indent + escape(first), *map(escape, others)]
    return f"<tr{colour}>" + "".join(f"<td>{cell}" for cell in cells)
