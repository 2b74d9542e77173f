"""Parts in static HTML for notebooks: escaped, without script, small."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

from kaiyan.show.i18n import language, say
from kaiyan.show.sentence import sentence
from kaiyan.show.table import MARKS, Lines, Table
from kaiyan.show.wrapping import CUT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kaiyan.show.table import Part, Row

_LARGEST = 20_000
"""Bytes; rows that lie deep are left out until the page is smaller."""
_CODE, _CODE_BELOW = 19_000, 2_500
"""Characters of a block of text that stands alone, and of one beside a table; what is longer ends in ``CUT``."""
_STYLES = {"bad": "color:#b00020", "warn": "color:#8a6100", "chosen": "font-weight:bold"}


def html(parts: Iterable[Part], lang: str | None = None) -> str:
    """One ``div``; the style is written once, on the table.

    >>> from kaiyan.show.table import Lines
    >>> html([Lines(("<b>",))], "en")
    '<div><p>&lt;b&gt;</p></div>'
    """
    whole, spoken = tuple(parts), language(lang)
    page = _page(whole, spoken)
    depths = [row.indent for part in whole if isinstance(part, Table) for row in part.rows]
    for depth in range(max(depths, default=0) - 1, -1, -1):
        if len(page.encode()) < _LARGEST:
            break
        page = _page(tuple(_shallow(part, depth) for part in whole), spoken)
    return page


def _shallow(part: Part, depth: int) -> Part:
    """A table down to a depth, which says so; rows that are marked stay."""
    if isinstance(part, Lines):
        return part
    rows = tuple(row for row in part.rows if row.indent <= depth or row.mark)
    note = sentence("narrow-rows", "rows below level {depth} are not shown here; print shows all", depth=depth)
    return replace(part, rows=rows, notes=(*part.notes, note))


def _page(parts: tuple[Part, ...], lang: str) -> str:
    most = _CODE_BELOW if any(isinstance(part, Table) for part in parts) else _CODE
    return (
        "<div>"
        + "".join(_sentences(p, lang, most) if isinstance(p, Lines) else _table(p, lang) for p in parts)
        + "</div>"
    )


def _sentences(part: Lines, lang: str, most: int) -> str:
    if part.form == "code":
        text = "\n".join(say(line, lang) for line in part.lines)
        return f"<pre>{escape(text if len(text) <= most else text[:most] + CUT)}</pre>"
    lines = [escape(say(line, lang)) for line in part.lines]
    if part.form == "list":
        return _list(lines)
    bold = "<b>{}</b>" if part.form == "title" else "{}"
    return f"<p>{bold.format('<br>'.join(lines))}</p>"


def _table(table: Table, lang: str) -> str:
    words = sorted(table.left | table.prose)
    align = "".join(f".kaiyan td:nth-child({i + 1}){{text-align:left}}" for i in words)
    heads = "".join(f"<th>{escape(say(heading, lang))}" for heading in table.headings)
    rows = "".join(_row(row, lang) for row in table.rows)
    title = f"<p><b>{escape(say(table.title, lang))}</b></p>" if table.title else ""
    style = f"<style>.kaiyan td{{text-align:right}}{align}</style>"
    body = f'{style}{title}<table class="kaiyan"><tr>{heads}{rows}</table>' if table.rows else title
    return body + _list([escape(say(note, lang)) for note in table.notes])


def _row(row: Row, lang: str) -> str:
    style = f' style="{_STYLES[row.mark]}"' if row.mark in _STYLES else ""
    first, *others = (escape(say(cell, lang)) for cell in row.cells)
    cells = [escape(MARKS[row.mark]) + " " * row.indent + first, *others]
    return f"<tr{style}>" + "".join(f"<td>{cell}" for cell in cells)


def _list(lines: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{line}' for line in lines)}</ul>" if lines else ""
