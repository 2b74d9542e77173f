"""Python's own functions as pasted code calls them: none takes a function or goes on for ever."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from torch import Tensor

from kaiyan.explain.pasted.run import NotUnderstoodError
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_DIGITS = 20
"""Digits to which a number is rounded."""


def _refused() -> NotUnderstoodError:
    return NotUnderstoodError(sentence("paste-call", "this call is not read"))


def _all_numbers(values: Iterable[Any]) -> bool:
    return all(isinstance(one, (int, float, Tensor)) for one in values)


def _round(number: Any, digits: Any = None) -> Any:
    if not isinstance(number, (int, float)) or (isinstance(digits, int) and abs(digits) > MOST_DIGITS):
        raise _refused()
    return round(number, digits)


def _max(*values: Any, key: Any = None, **named: Any) -> Any:
    if key is not None:
        raise _refused()
    return max(*values, **named)


def _min(*values: Any, key: Any = None, **named: Any) -> Any:
    if key is not None:
        raise _refused()
    return min(*values, **named)


def _sorted(values: Iterable[Any], *, key: Any = None, reverse: bool = False) -> list[Any]:
    if key is not None:
        raise _refused()
    return sorted(values, reverse=reverse)


def _sum(values: Iterable[Any], start: Any = 0) -> Any:
    if not _all_numbers([start]):
        raise _refused()
    return sum(values, start)


def _prod(values: Iterable[Any], start: Any = 1) -> Any:
    numbers = [*values, start]
    if not _all_numbers(numbers):
        raise _refused()
    return math.prod(numbers)


def _zip(*series: Iterable[Any], strict: bool = False) -> list[Any]:
    return list(zip(*map(list, series), strict=strict))


def _enumerate(values: Iterable[Any], start: int = 0) -> list[Any]:
    return list(enumerate(list(values), start))


def _reversed(values: Iterable[Any]) -> list[Any]:
    return [*values][::-1]


prod = _prod
BUILTINS: dict[str, Any] = {
    "range": range, "len": len, "int": int, "float": float, "bool": bool, "list": list, "tuple": tuple, "dict": dict,
    "max": _max, "min": _min, "sum": _sum, "abs": abs, "round": _round, "zip": _zip, "enumerate": _enumerate,
    "reversed": _reversed, "sorted": _sorted, "divmod": divmod, "any": any, "all": all, "str": str, "set": set,
}  # fmt: skip
"""What every name of Python stands for; what Python does bit by bit is done at once, and so has an end."""
ORDERING = frozenset({len, _zip, _enumerate, _reversed})
"""Those that look at tensors without working with them."""
