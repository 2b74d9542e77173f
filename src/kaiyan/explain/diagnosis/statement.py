"""One line of the user's code as a syntax tree: where each part of it stands, and the line with parts written anew."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Part = ast.expr | ast.stmt
_Part = TypeVar("_Part", bound=Part)

_HEAD = "async def f():\n "
"""In which a return and an await may stand."""


@dataclass(frozen=True)
class Statement:
    """A line without its indentation; ``tree`` is empty where the line is no whole statement.

    >>> line = statement("return self.a(x) + x")
    >>> [line.source(node) for node in line.parts(ast.Call)]
    ['self.a(x)']
    """

    text: str
    tree: ast.AST

    def parts(self, *kinds: type[_Part]) -> Iterator[_Part]:
        """Its expressions and statements of these kinds, the outermost first."""
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))

    def span(self, part: Part) -> slice:
        """Where a part stands in the text; the tree counts bytes, one more for the blank before the line."""
        coded = self.text.encode()
        first, last = (len(coded[: (column or 0) - 1].decode()) for column in (part.col_offset, part.end_col_offset))
        return slice(first, last)

    def source(self, part: Part) -> str:
        """A part as it is written."""
        return self.text[self.span(part)]

    def put(self, part: Part, code: str) -> str:
        """The line with a part written anew."""
        return self.put_all({part: code})

    def put_all(self, codes: Mapping[Part, str]) -> str:
        """The line with several parts written anew, none inside another."""
        text = self.text
        for span, code in sorted(
            ((self.span(part), code) for part, code in codes.items()), key=lambda cut: -cut[0].start
        ):
            text = text[: span.start] + code + text[span.stop :]
        return text

    def at(self, span: slice) -> Part | None:
        """The part that stands there; None where that is none, or more than one."""
        return next((part for part in reversed([*self.parts(ast.expr, ast.stmt)]) if self.span(part) == span), None)


@lru_cache(maxsize=256)
def statement(text: str) -> Statement:
    """A line of code, without its indentation, read by Python's own parser."""
    try:
        tree = ast.parse(_HEAD + text + ("\n  pass" if text.endswith(":") else ""))
    except (SyntaxError, ValueError):
        return Statement(text, ast.Module([], []))
    function = tree.body[0]
    assert isinstance(function, ast.AsyncFunctionDef)
    return Statement(text, ast.Module(function.body, []))
