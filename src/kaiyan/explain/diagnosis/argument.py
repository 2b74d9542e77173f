"""One argument of a call in a line of code, written anew."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = "async def f():\n "


def with_argument(text: str, names: tuple[str, ...], value: Any, after: str) -> str | None:
    """The line with one argument of a call as ``after``: of one of these names, else the only one that is ``value``.

    None where the line holds no such argument, or several.

    >>> with_argument("self.c = nn.Conv2d(3, 8, 3, 1, 'SAME')", ("padding",), "SAME", "'same'")
    "self.c = nn.Conv2d(3, 8, 3, 1, 'same')"
    """
    calls = [node for node in ast.walk(_tree(text)) if isinstance(node, ast.Call)]
    named = [word.value for call in calls for word in call.keywords if word.arg in names]
    plain = [arg for call in calls for arg in call.args if isinstance(arg, ast.Constant) and arg.value == value]
    found = named or plain
    if len(found) != 1:
        return None
    start, stop = _columns(text, found[0])
    return text[:start] + after + text[stop:]


def constants(text: str, value: Any) -> Iterator[tuple[int, int]]:
    """Where a number or a word stands by itself in a line of code."""
    for node in ast.walk(_tree(text)):
        if isinstance(node, ast.Constant) and type(node.value) is type(value) and node.value == value:
            yield _columns(text, node)


def _tree(text: str) -> ast.AST:
    try:
        return ast.parse(_HEAD + text + ("\n  pass" if text.endswith(":") else ""))
    except SyntaxError:
        return ast.Module([], [])


def _columns(text: str, node: ast.expr) -> tuple[int, int]:
    """First and last column; the tree counts bytes, one more for the blank before the line."""
    coded = text.encode()
    first, last = (len(coded[: (column or 0) - 1].decode()) for column in (node.col_offset, node.end_col_offset))
    return first, last
