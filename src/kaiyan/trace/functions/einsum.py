"""Multiply-adds of ``torch.einsum``: pairs of operands in the order in which torch takes them, each a product of
matrices."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import torch

from kaiyan.trace.functions.function import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.trace.functions.function import Bound

_Sizes = dict[str, int]
"""An operand: the size of each of its labels."""


def einsum(call: Bound) -> int:
    """Of one call; raises ``UnreadableError`` for what is not written as an equation."""
    equation = call["equation"]
    if not isinstance(equation, str):
        raise UnreadableError("operands and sublists")
    shapes = [tensor.shape for tensor in call.inputs]
    terms, output = _terms(equation, shapes)
    waiting = [_sized(term, shape) for term, shape in zip(terms, shapes, strict=True)]
    total = 0
    for pair in _path(equation, shapes):
        one, two = (waiting[place] for place in pair)
        waiting = [operand for place, operand in enumerate(waiting) if place not in pair]
        kept = {label for operand in waiting for label in operand} | set(output)
        cost, product = _multiplied(one, two, kept)
        total += cost
        waiting.append(product)
    return total


def _multiplied(one: _Sizes, two: _Sizes, kept: set[str]) -> tuple[int, _Sizes]:
    """The multiply-adds of a pair and what it makes; nothing is counted where nothing is summed over."""
    one, two = ({label: n for label, n in own.items() if label in kept or (n > 1 and other.get(label, 1) > 1)}
                for own, other in ((one, two), (two, one)))  # fmt: skip
    both = {label: max(one.get(label, 1), two.get(label, 1)) for label in (*one, *two)}
    product = {label: n for label, n in both.items() if label in kept}
    return (prod(both.values()) if len(product) < len(both) else 0), product


def _terms(equation: str, shapes: list[tuple[int, ...]]) -> tuple[list[str], str]:
    """The labels of each operand and of the output; an ellipsis becomes digits, counted from the last axis."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    spare = [len(shape) - len(term.replace("...", "")) for term, shape in zip(terms, shapes, strict=True)]
    hidden = max((n for term, n in zip(terms, spare, strict=True) if "..." in term), default=0)
    dots = "".join(map(str, range(hidden)))
    filled = [term.replace("...", dots[hidden - n :]) for term, n in zip(terms, spare, strict=True)]
    if arrow:
        return filled, right.replace("...", dots)
    labels = "".join(term.replace("...", "") for term in terms)
    return filled, dots + "".join(sorted(label for label in set(labels) if labels.count(label) == 1))


def _sized(term: str, shape: tuple[int, ...]) -> _Sizes:
    """An operand's labels; one that stands twice is a diagonal."""
    return dict(zip(term, shape, strict=True))


def _path(equation: str, shapes: list[tuple[int, ...]]) -> Sequence[tuple[int, ...]]:
    """Pairs of places among the operands that are left; what a pair makes comes last."""
    count = len(shapes)
    settings: Any = torch.backends.opt_einsum
    if count > 2 and settings.is_available() and settings.enabled:
        path = settings.get_opt_einsum().contract_path(equation, *shapes, optimize=settings.strategy, shapes=True)[0]
        return [tuple(pair) for pair in path if len(pair) == 2]
    return [(0, 1), *((0, count - done) for done in range(2, count))][: count - 1]  # from left to right
