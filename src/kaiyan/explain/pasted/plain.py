"""Python's own functions as pasted code calls them: none takes a function or goes on for ever."""

from __future__ import annotations

import math
from functools import wraps
from typing import TYPE_CHECKING, Any

from torch import Tensor

from kaiyan.explain.pasted.run import not_called

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MOST_DIGITS = 20
"""Digits to which a number is rounded."""


def _all_numbers(values: Iterable[Any]) -> bool:
    return all(isinstance(one, (int, float, Tensor)) for one in values)


def _round(number: Any, digits: Any = None) -> Any:
    if not isinstance(number, (int, float)) or (isinstance(digits, int) and abs(digits) > MOST_DIGITS):
        raise not_called()
    return round(number, digits)


def _without_key(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which no other function tells how to compare."""

    @wraps(function)
    def plain(*values: Any, key: Any = None, **named: Any) -> Any:
        if key is not None:
            raise not_called()
        return function(*values, **named)

    return plain


def _sum(values: Iterable[Any], start: Any = 0) -> Any:
    if not _all_numbers([start]):
        raise not_called()
    return sum(values, start)


def prod(values: Iterable[Any], start: Any = 1) -> Any:
    """The product of numbers, as ``math.prod`` and ``numpy.prod`` are called."""
    numbers = [*values, start]
    if not _all_numbers(numbers):
        raise not_called()
    return math.prod(numbers)


def _zip(*series: Iterable[Any], strict: bool = False) -> list[Any]:
    return list(zip(*map(list, series), strict=strict))


def _enumerate(values: Iterable[Any], start: int = 0) -> list[Any]:
    return list(enumerate(list(values), start))


def _reversed(values: Iterable[Any]) -> list[Any]:
    return [*values][::-1]


BUILTINS: dict[str, Any] = {
    "range": range, "len": len, "int": int, "float": float, "bool": bool, "list": list, "tuple": tuple, "dict": dict,
    "sum": _sum, "abs": abs, "round": _round, "zip": _zip, "enumerate": _enumerate, "reversed": _reversed,
    "divmod": divmod, "any": any, "all": all, "str": str, "set": set,
    **{function.__name__: _without_key(function) for function in (max, min, sorted)},
}  # fmt: skip
"""What every name of Python stands for; what Python does bit by bit is done at once, and so has an end."""
ORDERING = frozenset({len, _zip, _enumerate, _reversed})
"""Those that look at tensors without working with them."""
