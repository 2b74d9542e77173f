"""What every result is: it gives its parts, and is text, a notebook's HTML, Markdown, a coloured screen and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kaiyan.show.rich import OnScreen
    from kaiyan.show.table import Part, Table


class Data:
    """Facts that can be written down as JSON: the attributes that ``JSON`` names, or else the fields.

    "picture.name" is the attribute of an attribute, and stands under "picture".
    """

    __slots__ = ()

    JSON: ClassVar[tuple[str, ...]]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON."""
        from kaiyan.show.json import attributes

        return attributes(self)


class Shown(Data):
    """A result that shows itself: it gives a ``table`` or several ``parts``, and its ``KIND`` for JSON.

    Each language is "en" or "zh", by default KAIYAN_LANG or the locale's. A renderer is imported when it is used.
    """

    __slots__ = ()

    KIND: ClassVar[str]

    def table(self) -> Table:
        """The result as one table."""
        raise NotImplementedError

    def parts(self) -> Iterable[Part]:
        """What it is made of, from top to bottom."""
        return (self.table(),)

    def text(self, lang: str | None = None, columns: int | None = None) -> str:
        """Plain text, whole, or fitted into so many columns."""
        from kaiyan.show.plain import plain

        return plain(self.parts(), lang, columns)

    def __str__(self) -> str:
        return self.text()

    def rich(self, lang: str | None = None) -> OnScreen:
        """For ``rich.print``: as wide as the console."""
        from kaiyan.show.rich import on_screen

        return on_screen(self.parts(), lang)

    def __rich__(self) -> OnScreen:
        return self.rich()

    def to_html(self, lang: str | None = None) -> str:
        """Static HTML of at most 20 KB, escaped, without script."""
        from kaiyan.show.html import html

        return html(self.parts(), lang)

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_markdown(self, lang: str | None = None) -> str:
        """Tables, lists and blocks of text in Markdown."""
        from kaiyan.show.markdown import markdown

        return markdown(self.parts(), lang)

    def to_dict(self) -> dict[str, Any]:
        """Numbers, words and sentences for JSON, with the ``schema`` that they keep to and the ``kind`` of result."""
        from kaiyan.show.json import document

        return document(self.KIND, self)

    def to_json(self) -> str:
        """The text of ``to_dict``."""
        from kaiyan.show.json import text_of

        return text_of(self.to_dict())
