"""Winograd's minimal filtering: its three matrices built from points in exact rationals, and the error they make.

Source: Lavin & Gray, arXiv:1509.09308; the construction is Toom and Cook's, transposed. The points for float32 were
searched for the least error of the whole product.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import prod, sqrt

Matrix = tuple[tuple[Fraction, ...], ...]

_POINTS: dict[tuple[int, int], str] = {
    (2, 2): "3/4 -3/4",
    (4, 2): "1/2 -1/2 3/2 -3/2",
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
        gains = [_norm(k) * _norm(i) for k, i in zip(self.kernel, self.input, strict=True)]
        mean = sum(a**2 * gain for row in self.output for a, gain in zip(row, gains, strict=True)) / self.m
        return sqrt(mean) / self.r

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
    """Windows at stride 1, or at stride 2 as dense ones over the odd inputs and over the even ones, by the same points.

    What they sum may be added before it is transformed back: 3 taps at stride 2 are 1 tap and 2, and F(4, 2) makes 4
    products and 5 for 4 outputs, where there are 12.

    >>> [(phase.r, phase.n) for phase in phases(4, 3, 2)]
    [(1, 4), (2, 5)]
    """
    last = toom(m, -(-taps // stride))
    return (last,) if stride == 1 else (last.shorter if taps % 2 else last, last)


@lru_cache
def strided_error(rows: tuple[int, int, int], columns: tuple[int, int, int]) -> float:
    """How far from the truth, as ``Toom.error``, of both axes (m, taps, stride): phases are summed in their order.

    >>> round(strided_error((4, 3, 2), (4, 3, 2)), 2)
    1.51
    """
    axes = [phases(*axis) for axis in (rows, columns)]
    gains = [[[float(_norm(k) * _norm(i)) for k, i in zip(t.kernel, t.input, strict=True)] for t in a] for a in axes]
    weights = [[float(sum(row[i] ** 2 for row in a[-1].output)) / a[-1].m for i in range(a[-1].n)] for a in axes]
    total = 0.0
    for i, j in product(*(range(axis[-1].n) for axis in axes)):
        pairs = product(*([gain[p] for gain in axis if p < len(gain)] for axis, p in zip(gains, (i, j), strict=True)))
        products = [a * b for a, b in pairs]
        sums = sum((2 * later + 1) * gain for later, gain in enumerate(reversed(products)))
        total += weights[0][i] * weights[1][j] * sums
    return sqrt(total) / (rows[1] * columns[1])


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
