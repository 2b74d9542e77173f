"""Parts in Markdown: pipe tables, lists, blocks of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.show.i18n import language, say
from kaiyan.show.table import MARKS, Lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kaiyan.show.table import Part, Row, Table


def markdown(parts: Iterable[Part], lang: str | None = None) -> str:
    """Every part, an empty line between them.

    >>> from kaiyan.show.table import Row, Table
    >>> print(markdown([Table(("layer", "size"), (Row(("a|b", "12")),))], "en"))
    | layer | size |
    | :-- | --: |
    | a\\|b | 12 |
    """
    spoken = language(lang)
    return "\n\n".join(piece for part in parts for piece in _pieces(part, spoken) if piece)


def _pieces(part: Part, lang: str) -> Iterator[str]:
    if isinstance(part, Lines):
        yield _FORMS[part.form]([say(line, lang) for line in part.lines])
        return
    yield f"**{say(part.title, lang)}**" if part.title else ""
    yield _pipes(part, lang) if part.rows else ""
    yield _list([say(note, lang) for note in part.notes])


def _pipes(table: Table, lang: str) -> str:
    heads = [say(heading, lang) for heading in table.headings]
    words = table.left | table.prose
    rule = [":--" if i in words else "--:" for i in range(len(heads))]
    return "\n".join(_line(cells) for cells in (heads, rule, *(_cells(row, lang) for row in table.rows)))


def _cells(row: Row, lang: str) -> list[str]:
    first, *others = (say(cell, lang) for cell in row.cells)
    return [
        f"{MARKS[row.mark]} {' ' * row.indent}{first}".lstrip(" ") if row.mark else " " * row.indent + first,
        *others,
    ]


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _list(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _code(lines: list[str]) -> str:
    fence = "```"
    while any(fence in line for line in lines):
        fence += "`"
    return "\n".join([f"{fence}text", *lines, fence])


_FORMS = {
    "text": "  \n".join,
    "title": lambda lines: "\n\n".join(f"**{line}**" for line in lines),
    "list": _list,
    "code": _code,
}
