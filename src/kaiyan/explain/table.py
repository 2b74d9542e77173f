"""One table, four views: plain text, rich, static HTML, Markdown; what every result of this room is shown by."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

from kaiyan.i18n import language, say
from kaiyan.spec.sentence import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Group

Text = str | Sentence
"""Words for a cell, a heading or a note: as they are, or to be said in the reader's language."""

MARKS = {"": "", "bad": "✗", "warn": "!"}
"""What can be marked in a row, and the sign that stands before it in plain text."""

_STYLES = {"": "", "bad": "bold red", "warn": "yellow"}
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

    def __rich__(self) -> Group:
        return self.table().rich()

    def _repr_html_(self) -> str:
        return self.table().html()

    def to_markdown(self, lang: str | None = None) -> str:
        """The table and its notes in Markdown."""
        return self.table().markdown(lang)


@dataclass(frozen=True)
class Table:
    """Headings and rows, a title above, notes below; ``left`` are the columns of words, the others hold numbers.

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

    def plain(self, lang: str | None = None) -> str:
        """Text in columns; a Chinese character takes two."""
        spoken = language(lang)
        lines = [_cells(self.headings, spoken), *(_indented(row, spoken) for row in self.rows)]
        widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
        margin = "  " if any(row.mark for row in self.rows) else ""
        signs = [margin, *(MARKS[row.mark].ljust(len(margin)) for row in self.rows)]
        body = [sign + self._line(line, widths) for sign, line in zip(signs, lines, strict=True)] if self.rows else []
        notes = [f"- {said(note, spoken)}" for note in self.notes]
        return "\n".join(line.rstrip() for line in (*_titled(self.title, spoken), *body, *notes))

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

    def rich(self, lang: str | None = None) -> Group:
        """For ``rich.print``; rich is imported here and nowhere else."""
        from rich.console import Group
        from rich.table import Table as RichTable
        from rich.text import Text as RichText

        spoken = language(lang)
        table = RichTable(box=None, pad_edge=False, header_style="bold")
        for i, heading in enumerate(_cells(self.headings, spoken)):
            table.add_column(heading, justify="left" if i in self.left else "right", overflow="fold")
        for row in self.rows:
            table.add_row(*(RichText(cell) for cell in _indented(row, spoken)), style=_STYLES[row.mark])
        titles = [RichText(title, style="bold") for title in _titled(self.title, spoken)]
        notes = [RichText(f"• {said(note, spoken)}") for note in self.notes]
        return Group(*titles, *([table] if self.rows else []), *notes)

    def _line(self, cells: list[str], widths: list[int]) -> str:
        return "  ".join(
            _padded(cell, w, i in self.left) for i, (cell, w) in enumerate(zip(cells, widths, strict=True))
        )


def said(text: Text, lang: str) -> str:
    """A cell in a language; facts that are sentences are said in it too."""
    if isinstance(text, str):
        return text
    facts = {name: said(fact, lang) if isinstance(fact, Sentence) else fact for name, fact in text.facts.items()}
    return say(Sentence(text.code, text.text, facts), lang)


def width(text: str) -> int:
    """Columns of a terminal that a text takes.

    >>> width("感受野 435")
    10
    """
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _cells(cells: Iterable[Text], lang: str) -> list[str]:
    return [said(cell, lang) for cell in cells]


def _indented(row: Row, lang: str, space: str = "  ", sign: str = "") -> list[str]:
    first, *others = _cells(row.cells, lang)
    return (
        [f"{sign} {space * row.indent}{first}".lstrip(" "), *others] if sign else [space * row.indent + first, *others]
    )


def _titled(title: Text, lang: str) -> list[str]:
    return [said(title, lang)] if title else []


def _padded(text: str, columns: int, left: bool) -> str:
    space = " " * (columns - width(text))
    return text + space if left else space + text


def _html_row(row: Row, lang: str) -> str:
    colour = f' style="color:{_COLOURS[row.mark]}"' if row.mark else ""
    first, *others = _cells(row.cells, lang)
    cells = [MARKS[row.mark] + " " * row.indent + escape(first), *map(escape, others)]
    return f"<tr{colour}>" + "".join(f"<td>{cell}" for cell in cells)
