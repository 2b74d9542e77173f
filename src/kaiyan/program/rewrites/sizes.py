"""Sizes that are not known, reckoned with: two that are written alike are equal whatever the inputs' sizes are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kaiyan.program.size import known

Amount = Any
"""A whole number, or a ``Reckoned``."""


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A sum of products of symbols and of what they are divided into: pairs of factors and how often they count."""

    terms: frozenset[tuple[tuple[Any, ...], int]]

    def __add__(self, other: Amount) -> Amount:
        sums = dict(self.terms)
        for factors, count in _terms(other).items():
            sums[factors] = sums.get(factors, 0) + count
        return _made(sums)

    def __mul__(self, other: Amount) -> Amount:
        products: dict[tuple[Any, ...], int] = {}
        for left, count in self.terms:
            for right, times in _terms(other).items():
                factors = tuple(sorted((*left, *right), key=repr))
                products[factors] = products.get(factors, 0) + count * times
        return _made(products)

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Amount:
        return self * -1

    def __sub__(self, other: Amount) -> Amount:
        return self + -other

    def __rsub__(self, other: int) -> Amount:
        return -self + other

    def __floordiv__(self, other: Amount) -> Amount:
        divided = _divided(self, other) if isinstance(other, Reckoned) else None
        if divided is not None:
            return divided
        if not isinstance(other, int) or other <= 0:
            return _atom("//", self, other)
        whole = _made({factors: count // other for factors, count in self.terms if count % other == 0 or not factors})
        rest = _made(
            {factors: count % other if not factors else count for factors, count in self.terms if count % other}
        )
        return whole + (rest // other if isinstance(rest, int) else _atom("//", rest, other))

    def __rfloordiv__(self, other: int) -> Amount:
        return _atom("//", other, self)

    def __mod__(self, other: Amount) -> Amount:
        return self - self // other * other

    def __rmod__(self, other: int) -> Amount:
        return _atom("%", other, self)


def _terms(amount: Amount) -> dict[tuple[Any, ...], int]:
    return dict(amount.terms) if isinstance(amount, Reckoned) else {(): amount}


def _made(terms: dict[tuple[Any, ...], int]) -> Amount:
    terms = {factors: count for factors, count in terms.items() if count}
    if not any(terms):
        return terms.get((), 0)
    return Reckoned(frozenset(terms.items()))


def _atom(*parts: Any) -> Reckoned:
    return Reckoned(frozenset({((parts,), 1)}))


def _divided(amount: Reckoned, by: Reckoned) -> Amount:
    """The quotient where one product divides every term; None where it does not."""
    if len(by.terms) != 1:
        return 1 if amount == by else None
    [(wanted, count)] = by.terms
    quotient = {}
    for factors, times in amount.terms:
        left = list(factors)
        if times % count or any(left.count(factor) < wanted.count(factor) for factor in wanted):
            return None
        for factor in wanted:
            left.remove(factor)
        quotient[tuple(left)] = times // count
    return _made(quotient)


class _Symbols(dict[str, Any]):
    """Every symbol as an amount."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> Reckoned:
        return _atom(name)


def amounts(setting: Any) -> Any:
    """A setting with every ``Symbolic`` in it reckoned.

    >>> from kaiyan.program.size import Symbolic
    >>> amounts(Symbolic("(2*h + 3)//2 - h"))
    1
    """
    return known(setting, _Symbols())


def unknown(*key: Any) -> Reckoned:
    """A size of which nothing is known but its name."""
    return _atom("?", *key)


def is_known(shape: tuple[Amount, ...]) -> bool:
    """Whether all sizes are numbers."""
    return all(isinstance(size, int) for size in shape)
