"""Winograd's minimal filtering: its three matrices built from points in exact rationals, and the error they make.

Source: Lavin & Gray, arXiv:1509.09308; the construction is Toom and Cook's, transposed. The points for float32 were
searched for the least error of the whole product.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import prod, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Matrix = tuple[tuple[Fraction, ...], ...]

_POINTS: dict[tuple[int, int], str] = {
    (2, 2): "3/4 -3/4",
    (3, 2): "0 9/8 -9/8",
    (4, 2): "3/8 -3/8 11/8 -11/8",
    (2, 3): "0 1 -1",
    (3, 3): "3/8 -3/8 5/4 -5/4",
    (4, 3): "0 5/8 -5/8 3/2 -3/2",
    (3, 4): "0 5/8 -5/8 3/2 -3/2",
    (6, 3): "0 1 -1 2 -2 1/2 -1/2",
    (2, 5): "0 2/3 -2/3 3/2 -3/2",
}


@dataclass(frozen=True, slots=True)
class Toom:
    """``output @ ((kernel @ g) * (input @ d))`` are the ``m`` sums of a kernel g of ``r`` taps over d.

    ``input`` is n x n, ``kernel`` n x r, ``output`` m x n, n = m + r - 1.

    >>> print(*toom(2, 3).output[0])
    1 1 1 0
    """

    m: int
    r: int
    input: Matrix
    kernel: Matrix
    output: Matrix

    @property
    def n(self) -> int:
        """Inputs under ``m`` outputs, and products made of them."""
        return self.m + self.r - 1

    @property
    def error(self) -> float:
        """How far from the truth, of many channels' sums; a factor for each axis; 1 is a direct sum in the same type.

        >>> round(toom(4, 3).error ** 2, 1)
        1.6
        """
        return error((self,))

    @property
    def shorter(self) -> Toom:
        """The same points for one tap fewer: the last product, of the last taps alone, falls away.

        >>> toom(4, 2).shorter.n
        4
        """
        n = self.n - 1
        inputs, kernel = (tuple(row[:-1] for row in rows[:n]) for rows in (self.input, self.kernel))
        return Toom(self.m, self.r - 1, inputs, kernel, tuple(row[:n] for row in self.output))


@lru_cache
def toom(m: int, r: int) -> Toom:
    """F(m, r): ``m`` outputs of a kernel of ``r`` taps with m + r - 1 products; F(1, 1) is the plain product."""
    if (m, r) == (1, 1):
        one: Matrix = ((Fraction(1),),)
        return Toom(1, 1, one, one, one)
    points = [Fraction(point) for point in _POINTS[m, r].split()]
    others = [[q for q in points if q != p] for p in points]
    scales = [prod((p - q for q in rest), start=Fraction(1)) for p, rest in zip(points, others, strict=True)]
    end = (Fraction(0),)
    rows = [(*_polynomial(rest), *end) for rest in others]
    kernel = [tuple(p**i / scale for i in range(r)) for p, scale in zip(points, scales, strict=True)]
    output = [(*(p**i for p in points), Fraction(i == m - 1)) for i in range(m)]
    last = tuple(Fraction(i == r - 1) for i in range(r))
    return Toom(m, r, (*rows, tuple(_polynomial(points))), (*kernel, last), tuple(output))


@lru_cache
def phases(m: int, taps: int, stride: int) -> tuple[Toom, ...]:
    """Windows ``stride`` 1 or 2 apart as dense ones over every so many inputs, each by the same points of F(m, r).

    What they sum may be added before it is transformed back: 3 taps at stride 2 are 2 taps and 1, and F(4, 2) makes 5
    products and 4 for 4 outputs, where there are 12.

    >>> [(phase.r, phase.n) for phase in phases(4, 3, 2)]
    [(2, 5), (1, 4)]
    """
    first = toom(m, -(-taps // stride))
    return (first,) if stride == 1 else (first, first if taps % 2 == 0 else first.shorter)


def error(summed: Sequence[Toom]) -> float:
    """How far from the truth what several phases sum is, a point's products one after the other: see ``Toom.error``."""
    first = summed[0]
    pairs = [[_norm(t.kernel[i]) * _norm(t.input[i]) for t in summed if i < t.n] for i in range(first.n)]
    gains = [len(point) * sum(point) for point in pairs]
    mean = sum(a**2 * gain for row in first.output for a, gain in zip(row, gains, strict=True)) / first.m
    return sqrt(mean) / sum(t.r for t in summed)


def _polynomial(roots: list[Fraction]) -> list[Fraction]:
    """Coefficients of the product of (x - root), the constant first."""
    coefficients = [Fraction(1)]
    for root in roots:
        coefficients = [
            a - root * b for a, b in zip([Fraction(0), *coefficients], [*coefficients, Fraction(0)], strict=True)
        ]
    return coefficients


def _norm(row: tuple[Fraction, ...]) -> Fraction:
    return sum((entry * entry for entry in row), start=Fraction(0))
