"""Least squares from the normal equations: what is determined, how much to shrink, how sure each number is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.learn.fitting.equations import equations, left_over
from kaiyan.ops.gradients import weight_gradient

if TYPE_CHECKING:
    from kaiyan.learn.fitting.equations import Equations
    from kaiyan.learn.fitting.pairs import Pair
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Conv

_SMALLEST = 1e-12
"""The least share of the largest eigenvalue that is not taken for rounding: a sum of a million products rounds to
2e-13."""
_MIXED = 1e-4
"""The part of a number that may lie in undetermined directions before it counts as undetermined itself."""
_ROUNDS = 3
"""Refinements of a solution from what it leaves of the pictures: the Gram matrix alone gives half the digits."""
_GAIN = 1e-9
"""The share of the squares that a refinement has to take away for another to be tried."""


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """The numbers of K kernels of U taps each.

    ``weight`` and ``errors`` are (K, U), ``bias`` and ``bias_errors`` (K,), ``noise`` (K,) the standard deviation of
    what is left over and ``squares`` (K,) its sum of squares. ``directions`` (M, U) are what the pictures do not
    determine, each tap in units of ``scale`` (U,); ``loose`` (U,) are the taps that are not determined by themselves.
    ``ridge`` (K,) is how much was added, in shares of a tap's sum of squares.
    """

    weight: Numbers
    bias: Numbers
    errors: Numbers
    bias_errors: Numbers
    noise: Numbers
    squares: Numbers
    directions: Numbers
    loose: Numbers
    scale: Numbers
    bias_is_loose: bool
    ridge: Numbers

    def determines(self, combination: Numbers) -> bool:
        """Whether the pictures determine the sum of the taps times these numbers (U,)."""
        scaled = combination / self.scale
        return bool(np.linalg.norm(self.directions @ scaled) <= _MIXED * np.linalg.norm(scaled))


def solution(pairs: list[Pair], geometry: Conv, *, bias: bool, ridge: float | None) -> Solution:
    """The kernel of least squares; ``ridge=None`` chooses by generalised cross-validation.

    Sources: Golub, Heath & Wahba 1979 (the choice); Wahba 1983 (error bars that count what shrinking hides).
    """
    basis = _Basis.of(equations(pairs, geometry), bias=bias)
    return _finished(basis, *_least_squares(pairs, geometry, basis), ridge)


def _least_squares(pairs: list[Pair], geometry: Conv, basis: _Basis) -> tuple[Numbers, Numbers, Numbers]:
    """Coordinates (K, R) and bias (K,), refined from what they leave of the pictures, and its sums of squares (K,)."""
    K = pairs[0].after.shape[1]
    within, offset, squares = np.zeros((K, basis.values.size)), np.zeros(K), np.full(K, np.inf)
    best = within, offset, squares
    for _ in range(_ROUNDS + 1):
        right, after, left = _rest(pairs, geometry, basis.weight(within), offset)
        if left.sum() >= squares.sum() * (1 - _GAIN):
            break
        squares = left
        best = within, offset, squares
        step = basis.within(right, after)
        within = within + step
        offset = offset + basis.offset(basis.weight(step), after)
    return best


@dataclass(frozen=True, slots=True, eq=False)
class _Basis:
    """Directions of the unknowns, each tap in units of ``scale``: ``values`` (R,) and ``vectors`` (U, R), R determined.

    With a bias ``mean`` (U,) is the mean window, which is taken out; the bias itself is never shrunk.
    """

    values: Numbers
    vectors: Numbers
    null: Numbers
    scale: Numbers
    mean: Numbers
    used: int
    has_bias: bool

    @classmethod
    def of(cls, sums: Equations, *, bias: bool) -> _Basis:
        scale = np.sqrt(np.diag(sums.gram))
        scale[scale == 0] = 1
        mean = sums.window / sums.used if bias else np.zeros_like(scale)
        gram = sums.gram - np.outer(mean, mean) * sums.used
        values, vectors = np.linalg.eigh(gram / np.outer(scale, scale))
        largest = float(np.linalg.norm(sums.gram / np.outer(scale, scale), 2))
        known = values > _SMALLEST * largest
        return cls(values[known], vectors[:, known], vectors[:, ~known].T, scale, mean, sums.used, bias)

    def within(self, right: Numbers, after: Numbers) -> Numbers:
        """The coordinates (K, R) of the least squares of right sides (K, U)."""
        centred = right - after[:, None] * self.mean
        coordinates: Numbers = (centred / self.scale) @ self.vectors / self.values
        return coordinates

    def weight(self, within: Numbers) -> Numbers:
        """The taps (K, U) of coordinates (K, R)."""
        taps: Numbers = within @ self.vectors.T / self.scale
        return taps

    def offset(self, weight: Numbers, after: Numbers) -> Numbers:
        """The bias (K,) that belongs to taps, of answers with these sums."""
        return after / self.used - weight @ self.mean if self.has_bias else np.zeros(len(after))


def _rest(pairs: list[Pair], geometry: Conv, weight: Numbers, bias: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Right sides (K, U), sums (K,) and sums of squares (K,) of what taps leave of the answers."""
    C, K = pairs[0].before.shape[1], len(weight)
    spec = geometry.replace(in_channels=C, out_channels=K)
    right, after, squares = np.zeros_like(weight), np.zeros(K), np.zeros(K)
    taps = tuple(axis.kernel for axis in geometry.axes)
    for band in left_over(pairs, geometry, weight.reshape(K, C, *taps), bias):
        right += weight_gradient(spec, band.after, band.before).reshape(right.shape)
        after += band.after.sum((0, *range(2, band.after.ndim)))
        squares += (band.after**2).sum((0, *range(2, band.after.ndim)))
    return right, after, squares


def _finished(basis: _Basis, within: Numbers, offset: Numbers, squares: Numbers, ridge: float | None) -> Solution:
    """The solution shrunk, with its errors; ``within`` and ``squares`` are those of least squares alone."""
    amounts = np.array([_chosen(basis, c, s) if ridge is None else ridge for c, s in zip(within, squares, strict=True)])
    kept = basis.values / (basis.values + amounts[:, None])
    squares = squares + (basis.values * (within * (1 - kept)) ** 2).sum(1)
    weight = basis.weight(within * kept)
    offset = offset + (basis.weight(within) - weight) @ basis.mean
    freedom = basis.used - kept.sum(1) - basis.has_bias
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(freedom > 0.5, squares / freedom, np.nan)
    spread = 1 / (basis.values + amounts[:, None])
    directions = basis.vectors / basis.scale[:, None]
    errors = np.sqrt(variance[:, None] * (spread @ (directions**2).T))
    along = basis.mean @ directions
    bias_errors = np.sqrt(variance * (1 / basis.used + spread @ along**2)) if basis.has_bias else np.zeros(len(offset))
    loose = np.linalg.norm(basis.null, axis=0) > _MIXED
    errors[:, loose] = np.inf
    mean = basis.mean / basis.scale
    bias_is_loose = bool(np.linalg.norm(basis.null @ mean) > _MIXED * np.linalg.norm(mean))
    if bias_is_loose:
        bias_errors[:] = np.inf
    return Solution(
        weight, offset, errors, bias_errors, np.sqrt(variance), squares, basis.null,
        loose, basis.scale, bias_is_loose, amounts,
    )  # fmt: skip


def _chosen(basis: _Basis, within: Numbers, squares: float) -> float:
    """The ridge of the least n·RSS / (n − df)², by generalised cross-validation; 0 where shrinking gains nothing."""
    if not basis.values.size:
        return 0.0
    amounts = np.concatenate([[0.0], basis.values[-1] * np.logspace(-14, 2, 321)])
    kept = basis.values / (basis.values + amounts[:, None])
    rests = squares + (basis.values * (within * (1 - kept)) ** 2).sum(1)
    freedom = basis.used - kept.sum(1) - basis.has_bias
    if freedom[0] < 1:
        return 0.0
    explained = float((basis.values * within**2).sum())
    if squares <= _SMALLEST**2 * explained * basis.used:
        return 0.0
    return float(amounts[np.argmin(rests / freedom**2)])
