"""Parts on a screen, coloured, laid out when the console's width is known; rich is imported where it is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kaiyan.show.i18n import language
from kaiyan.show.plain import lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console, ConsoleOptions, RenderResult

    from kaiyan.show.table import Part

_STYLES = {"bad": "bold red", "warn": "yellow", "title": "bold", "heading": "bold", "chosen": "bold"}


def on_screen(parts: Iterable[Part], lang: str | None = None) -> OnScreen:
    """For ``rich.print``: as wide as the console, or whole where its lines are not wrapped."""
    return OnScreen(tuple(parts), language(lang))


@dataclass(frozen=True, slots=True)
class OnScreen:
    """Parts in a language, as rich asks for them."""

    parts: tuple[Part, ...]
    lang: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text

        columns = None if options.no_wrap else options.max_width
        for line, style in lines(self.parts, self.lang, columns, "• " if console.is_terminal else "- "):
            yield Text(line, style=_STYLES.get(style, ""), no_wrap=True, overflow="ignore")
