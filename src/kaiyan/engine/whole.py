"""Whole numbers in floats: exact where a bound proves it, stored as whole numbers or refused as the definition refuses.

A sum of products of whole numbers is exact in float32 as long as no part of it can reach 2**24, in float64 below 2**53.
|x| times the sum of |w| bounds every part; the input's type bounds |x|, and where that is too much its numbers do. Past
2**53 the definition sums in int64, or in Python's own numbers. Edges of 12 million pixels of three bytes take 0.1 s, by
the definition 3.4 s.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.arrays.table import named
from kaiyan.engine.compiled import defined
from kaiyan.engine.types import DIGITS, Types, largest
from kaiyan.reference.dtype import rounded
from kaiyan.spec import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.algorithm import PreparedRoutine, Routine
    from kaiyan.engine.problem import Problem
    from kaiyan.reference.dtype import Numbers

_MARGIN = 1 + 1e-6
"""What the bound's own sums may be rounded by."""


class Whole:
    """A routine whose sums, or whose outputs, are whole numbers; ``build`` makes the kernel for one choice of types."""

    def __init__(self, problem: Problem, ways: tuple[Types, ...], build: Callable[[Types], Routine]) -> None:
        self._problem, self._ways = problem, ways
        self._routine = lru_cache(maxsize=None)(build)
        self._kind = named(problem.kind)

    def __call__(self, x: Any, weight: Any, bias: Any, residual: Any = None) -> Any:
        way = self._way(x, self._sums(weight, bias))
        y = None if way is None else self._routine(way)(x, weight, bias, residual)
        return self._otherwise(way, x, weight, bias, residual) if y is None else y

    def prepare(self, weight: Any, bias: Any) -> PreparedRoutine:
        """The routine for this weight, packed once for each type that it is summed in."""
        sums = self._sums(weight, bias)
        ready: dict[Types, PreparedRoutine] = {}

        def prepared(x: Any, residual: Any = None, out: Any = None) -> Any:
            way = self._way(x, sums)
            if way is not None and way not in ready:
                ready[way] = self._routine(way).prepare(weight, bias)
            y = None if way is None else ready[way](x, residual, out)
            return self._otherwise(way, x, weight, bias, residual, out) if y is None else y

        return prepared

    def _sums(self, weight: Any, bias: Any) -> tuple[float, float]:
        """The largest sum of an output channel's weights, without their signs, and the largest bias."""
        spec, w = self._problem.spec, np.abs(self._kind.numbers(weight).astype(np.float64))
        turned = w.swapaxes(0, 1) if spec.transposed else w
        sums = turned.reshape(len(turned), -1).sum(1)
        added = 0.0 if bias is None else float(np.abs(self._kind.numbers(bias).astype(np.float64)).max(initial=0))
        return float(sums.max(initial=0)), added

    def _way(self, x: Any, sums: tuple[float, float]) -> Types | None:
        """The types in which the sums are exact; None where there are none."""
        if not self._ways[0].exact:
            return self._ways[0]
        beside = abs(read.constant(self._problem.spec.padding_mode))
        fits = _fitting(self._ways, max(largest(self._problem.dtype), beside), sums)
        if fits is self._ways[0]:
            return fits
        numbers = self._kind.numbers(x)
        most = max(abs(float(numbers.max(initial=0))), abs(float(numbers.min(initial=0))), beside)
        return _fitting(self._ways, most, sums)

    def _otherwise(
        self, way: Types | None, x: Any, weight: Any, bias: Any, residual: Any = None, out: Any = None
    ) -> Any:
        """By the definition; or summed once more in a type that holds the sums, to say which of them does not fit."""
        numbers, problem = self._kind.numbers, self._problem
        if way is None:
            total = defined(problem, x, numbers(weight), None if bias is None else numbers(bias), residual)
        else:
            wide = replace(way, given="int64" if way.exact else "float64", saturate=False)
            held = numbers(self._routine(wide)(x, weight, bias, residual))
            total = rounded(held, np.dtype(way.given), saturate=way.saturate)
        y = self._room(x, total) if out is None else out
        self._kind.fill(y, total)
        return y

    def _room(self, x: Any, total: Numbers) -> Any:
        return self._kind.empty(x, total.shape, self._kind.dtype(total.dtype.name))


def _fitting(ways: tuple[Types, ...], most: float, sums: tuple[float, float]) -> Types | None:
    bound = (max(most, 1.0) * max(sums[0], 1.0) + sums[1]) * _MARGIN
    return next((way for way in ways if bound < 2.0 ** DIGITS[way.summed]), None)
