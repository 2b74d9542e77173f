"""One argument of a call in a line of code, written anew."""

from __future__ import annotations

import ast
from typing import Any

from kaiyan.explain.diagnosis.statement import Statement, statement


def with_argument(text: str, names: tuple[str, ...], value: Any, after: str) -> str | None:
    """The line with one argument of a call as ``after``: of one of these names, else the only one that is ``value``.

    None where the line holds no such argument, or several.

    >>> with_argument("self.c = nn.Conv2d(3, 8, 3, 1, 'SAME')", ("padding",), "SAME", "'same'")
    "self.c = nn.Conv2d(3, 8, 3, 1, 'same')"
    """
    line = statement(text)
    calls = [*line.parts(ast.Call)]
    named = [word.value for call in calls for word in call.keywords if word.arg in names]
    plain = [arg for call in calls for arg in call.args if isinstance(arg, ast.Constant) and arg.value == value]
    fitting = named or plain
    return line.put(fitting[0], after) if len(fitting) == 1 else None


def constants(text: str, value: Any) -> int:
    """How often a number or a word stands by itself in a line of code."""
    return len(_constants(statement(text), value))


def with_constant(text: str, value: Any, after: str) -> str:
    """The line with a number or a word, wherever it stands by itself, as ``after``."""
    line = statement(text)
    return line.put_all(dict.fromkeys(_constants(line, value), after))


def _constants(line: Statement, value: Any) -> list[ast.Constant]:
    return [node for node in line.parts(ast.Constant) if type(node.value) is type(value) and node.value == value]
