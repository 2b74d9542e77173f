"""Sizes that are not known yet: whole numbers reckoned from the sizes of the inputs, written as expressions."""

from __future__ import annotations

import ast
import operator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Symbolic:
    """A size that is reckoned when the inputs' sizes are known, such as "n*(h//2)"."""

    text: str

    def value(self, symbols: Mapping[str, int]) -> int:
        """The number; nothing but whole numbers, symbols and + - * // % is read.

        Raises ``KaiyanError`` for anything else, and for a symbol that is not known.

        >>> Symbolic("2*(h//3) - 1").value({"h": 7})
        3
        """
        return _evaluated(_parsed(self.text), self.text, symbols)


Size = int | Symbolic


def known(setting: Any, symbols: Mapping[str, int]) -> Any:
    """A setting with every size in it reckoned, in tuples too."""
    if isinstance(setting, Symbolic):
        return setting.value(symbols)
    return tuple(known(entry, symbols) for entry in setting) if isinstance(setting, tuple) else setting


_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_LONGEST = 2000
"""Characters of an expression."""


@lru_cache(maxsize=4096)
def _parsed(text: str) -> ast.expr:
    if len(text) > _LONGEST:
        raise _not_a_size(text[:40] + "...")
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _not_a_size(text) from None


def _evaluated(node: ast.expr, text: str, symbols: Mapping[str, int]) -> int:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Name) and node.id in symbols:
        return symbols[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_evaluated(node.operand, text, symbols)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _evaluated(node.left, text, symbols), _evaluated(node.right, text, symbols)
        if right or not isinstance(node.op, ast.FloorDiv | ast.Mod):
            return _OPERATORS[type(node.op)](left, right)
    raise _not_a_size(text)


def _not_a_size(text: str) -> KaiyanError:
    return KaiyanError("program-size", "{text!r} is not a size that can be reckoned from the inputs' sizes", text=text)
