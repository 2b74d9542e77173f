"""Assertions of the code's own: what was asked, with the numbers that stood there."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding
from kaiyan.explain.diagnosis.fixes import Fix
from kaiyan.explain.diagnosis.traceback import value_of
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts


def _asserted(facts: Facts, _: re.Match[str]) -> Finding | None:
    """An assertion without words: its condition, and what its names held."""
    condition = _condition(facts.line.text) if facts.line else None
    if condition is None:
        return None
    values = dict(_values(condition, facts)) if facts.frame else {}
    held = ", ".join(f"{name}={value}" for name, value in values.items())
    said = (
        sentence("K072", "the code asserts {condition}, and here {held}", condition=ast.unparse(condition), held=held)
        if held
        else sentence("K072", "the code asserts {condition}", condition=ast.unparse(condition))
    )
    return Finding(said, tuple(_divisors(condition, values)))


def _condition(line: str) -> ast.expr | None:
    try:
        tree = ast.parse(line)
    except SyntaxError:
        return None
    first = tree.body[0] if tree.body else None
    return first.test if isinstance(first, ast.Assert) and first.msg is None else None


def _values(condition: ast.expr, facts: Facts) -> Iterator[tuple[str, Any]]:
    """Names and attributes of the condition that hold numbers, words or shapes."""
    for node in ast.walk(condition):
        if isinstance(node, (ast.Name, ast.Attribute)) and facts.frame is not None:
            value = value_of(node, facts.frame[0])
            if isinstance(value, (int, float, str, bool, tuple)):
                yield ast.unparse(node), value


def _divisors(condition: ast.expr, values: dict[str, Any]) -> Iterator[Fix]:
    """For ``a % b == 0``: numbers near b that divide a, and near a that b divides."""
    rest = next((n for n in ast.walk(condition) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mod)), None)
    if rest is None:
        return
    left, right = ast.unparse(rest.left), ast.unparse(rest.right)
    n, by = values.get(left), values.get(right)
    if not isinstance(n, int) or not isinstance(by, int) or n < 1 or by < 1 or n % by == 0:
        return
    less, more = n // by * by, -(-n // by) * by
    yield Fix(sentence("K072", "{name} = {less} or {more}, which {by} divides", name=left, less=less, more=more, by=by))
    near = sorted((d for d in range(1, n + 1) if n % d == 0), key=lambda d: (abs(d - by), -d))[:2]
    yield Fix(sentence("K072", "or {name} = {near}, which divide {n}", name=right, n=n,
                       near=" or ".join(str(d) for d in sorted(near))))  # fmt: skip


ROWS = (
    Cause(
        "K072", r"AssertionError",
        'File "net.py", line 8, in __init__\n    assert width % heads == 0\nAssertionError', _asserted,
    ),
)  # fmt: skip
