"""What torch writes of sizes that change, as our sizes: expressions of the symbols that the inputs' shapes show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.utils._sympy.functions import FloorDiv, Mod, ModularIndexing, PythonMod

from kaiyan.program.size import Size, Symbolic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class NeedsNumbersError(Exception):
    """These symbols must be numbers before the graph can be written."""

    def __init__(self, symbols: Iterable[str]) -> None:
        super().__init__()
        self.symbols = frozenset(symbols)


def written(size: Any, numbers: Mapping[str, int]) -> Size:
    """A size of torch's, int or SymInt, as ours; symbols in ``numbers`` are replaced.

    Raises ``NeedsNumbersError`` for an expression that ours cannot hold.
    """
    if not isinstance(size, torch.SymInt):
        return int(size)
    expression = _with_numbers(size.node.expr, numbers)
    if expression.is_Integer:
        return int(expression)
    return Symbolic(_text(expression))


def symbols_of(size: Any) -> frozenset[str]:
    """The names of the symbols that a size is reckoned from."""
    return frozenset(map(str, size.node.expr.free_symbols)) if isinstance(size, torch.SymInt) else frozenset()


def number(size: Any, numbers: Mapping[str, int]) -> int:
    """A size that must be known now. Raises ``NeedsNumbersError`` where it is not."""
    value = written(size, numbers)
    if isinstance(value, Symbolic):
        raise NeedsNumbersError(symbols_of(size))
    return value


def hint(size: Any) -> int:
    """What a size is on the example; torch's guards hold every comparison that was made of it while tracing."""
    if not isinstance(size, torch.SymInt):
        return int(size)
    return int(size.node.require_hint() if hasattr(size.node, "require_hint") else size.node.hint)


def _with_numbers(expression: Any, numbers: Mapping[str, int]) -> Any:
    known = {symbol: numbers[str(symbol)] for symbol in expression.free_symbols if str(symbol) in numbers}
    return expression.subs(known) if known else expression


def plus(left: Size, right: Size) -> Size:
    """The sum of two sizes."""
    if isinstance(left, int) and isinstance(right, int):
        return left + right
    if left == 0:
        return right
    return left if right == 0 else Symbolic(f"({_of(left)} + {_of(right)})")


def minus(left: Size, right: Size) -> Size:
    """The first size without the second."""
    if isinstance(left, int) and isinstance(right, int):
        return left - right
    return left if right == 0 else Symbolic(f"({_of(left)} - {_of(right)})")


def times(left: Size, right: Size) -> Size:
    """The product of two sizes."""
    if isinstance(left, int) and isinstance(right, int):
        return left * right
    if left == 1:
        return right
    return left if right == 1 else Symbolic(f"({_of(left)}*{_of(right)})")


def quotient(left: Size, right: int) -> Size:
    """The first size divided by a number, rounded down."""
    return left // right if isinstance(left, int) else Symbolic(f"({_of(left)}//{right})")


def _of(size: Size) -> str:
    return size.text if isinstance(size, Symbolic) else str(size)


def _text(expression: Any) -> str:
    if expression.is_Symbol:
        return str(expression)
    if expression.is_Integer:
        return str(int(expression)) if expression >= 0 else f"({int(expression)})"
    for is_kind, spelled in _SPELLINGS:
        if is_kind(expression):
            return spelled(expression)
    raise NeedsNumbersError(map(str, expression.free_symbols))


def _power(expression: Any) -> str:
    base, exponent = expression.args
    if not (exponent.is_Integer and 0 < exponent <= 8):
        raise NeedsNumbersError(map(str, expression.free_symbols))
    return "(" + "*".join([_text(base)] * int(exponent)) + ")"


def _joined(sign: str) -> Callable[[Any], str]:
    return lambda expression: "(" + sign.join(map(_text, expression.args)) + ")"


def _modular(expression: Any) -> str:
    base, divisor, modulus = map(_text, expression.args)
    return f"(({base}//{divisor}) % {modulus})"


_SPELLINGS: tuple[tuple[Callable[[Any], bool], Callable[[Any], str]], ...] = (
    (lambda expression: expression.is_Add, _joined(" + ")),
    (lambda expression: expression.is_Mul, _joined("*")),
    (lambda expression: expression.is_Pow, _power),
    (lambda expression: isinstance(expression, FloorDiv), _joined("//")),
    (lambda expression: isinstance(expression, (Mod, PythonMod)), _joined(" % ")),
    (lambda expression: isinstance(expression, ModularIndexing), _modular),
)
"""How each kind of expression is written."""
