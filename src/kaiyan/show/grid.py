"""Cells laid out in the columns of a screen: which of them there is room for, how wide, and their lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kaiyan.show.wrapping import shortened, width, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LEAST = 10
"""Columns to which words are shortened, and sentences wrapped, before a column of the table is left out."""
_GAP = "  "


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells as they are said; ``signs`` stand before the rows, ``left`` are columns of words, ``prose`` of sentences.

    >>> grid = Grid(("layer", "size"), (("conv", "1x64x112x112"), ("pool", "6")), ("", ""), frozenset({0}))
    >>> [line for line, _ in grid.lines(grid.fitted(14))]
    ['layer', 'conv', 'pool']
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    signs: tuple[str, ...]
    left: frozenset[int]
    prose: frozenset[int] = frozenset()

    @property
    def whole(self) -> tuple[int, ...]:
        """The width of every column where nothing is wrapped or shortened."""
        return tuple(max(map(width, column)) for column in zip(self.headings, *self.rows, strict=True))

    def fitted(self, columns: int) -> tuple[int, ...]:
        """The widths of the first columns of the table: as many of them as ``columns`` have room for, at least one."""
        if self._total(self.whole) <= columns:
            return self.whole
        natural, least = self._natural(), self._least()
        shown = next((n for n in range(len(least), 1, -1) if self._total(least[:n]) <= columns), 1)
        widths = natural[:shown]
        if shown == 1:
            return (min(natural[0], columns),)
        while self._total(widths) > columns:
            widest = max(range(shown), key=lambda i: widths[i] - least[i])
            widths[widest] -= 1
        return tuple(widths)

    def cuts(self, widths: Sequence[int]) -> bool:
        """Whether a word is shortened in columns of these widths."""
        words = [i for i in range(len(widths)) if i in self.left and i not in self.prose]
        return any(width(row[i]) > widths[i] for i in words for row in self.rows)

    def lines(self, widths: Sequence[int]) -> Iterator[tuple[str, int]]:
        """Every line of the columns that ``widths`` has, with the number of its row; the headings are row -1."""
        margin = max(map(width, self.signs), default=0)
        margin = margin + 1 if margin else 0
        if any(self.headings):
            headings = [wrapped(heading, n) for heading, n in zip(self.headings, widths, strict=False)]
            most = max(map(len, headings))
            lowered = [[""] * (most - len(lines)) + lines for lines in headings]
            yield from ((" " * margin + line, -1) for line in self._drawn(lowered, widths))
        for number, (row, sign) in enumerate(zip(self.rows, self.signs, strict=True)):
            before = sign.ljust(margin)
            for line in self._drawn([self._cell(i, row[i], n) for i, n in enumerate(widths)], widths):
                yield (before + line).rstrip(), number
                before = " " * margin

    def _drawn(self, cells: list[list[str]], widths: Sequence[int]) -> Iterator[str]:
        most = max(map(len, cells))
        for line in zip(*(lines + [""] * (most - len(lines)) for lines in cells), strict=True):
            padded = (_padded(text, n, i in self.left) for i, (text, n) in enumerate(zip(line, widths, strict=True)))
            yield _GAP.join(padded).rstrip()

    def _cell(self, i: int, cell: str, columns: int) -> list[str]:
        if i in self.prose:
            return wrapped(cell, columns)
        if i not in self.left:
            return [cell]
        words = cell.lstrip(" ")
        indent = len(cell) - len(words)
        return [cell[:indent] + shortened(words, columns - indent)]

    def _natural(self) -> list[int]:
        """As wide as the cells and the longest word of the heading."""
        words = (max(map(width, heading.split()), default=0) for heading in self.headings)
        cells = zip(self.headings, *self.rows, strict=True)
        return [max(word, *map(width, column[1:]), 0) for word, column in zip(words, cells, strict=True)]

    def _least(self) -> list[int]:
        deepest = max((len(row[0]) - len(row[0].lstrip(" ")) for row in self.rows), default=0)
        floors = [max(LEAST, deepest + 6), *[LEAST] * (len(self.headings) - 1)]
        return [min(n, floors[i]) if i in self.left else n for i, n in enumerate(self._natural())]

    def _total(self, widths: Sequence[int]) -> int:
        signs = max(map(width, self.signs), default=0)
        return (signs + 1 if signs else 0) + sum(widths) + len(_GAP) * (len(widths) - 1)


def _padded(text: str, columns: int, left: bool) -> str:
    space = " " * (columns - width(text))
    return text + space if left else space + text
