"""An algorithm on the arrays of one library as a routine on those of another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from kaiyan.arrays.table import named

if TYPE_CHECKING:
    from kaiyan.arrays.kind import Kind
    from kaiyan.engine.algorithm import Algorithm, Candidate, PreparedRoutine, Routine
    from kaiyan.engine.problem import Problem


def built(algorithm: Candidate, problem: Problem) -> Any:
    """The routine of ``algorithm`` on the arrays of the problem's library: its own, or one through NumPy."""
    if problem.kind in algorithm.arrays:
        return algorithm.build(problem)
    if problem.kind == "torch":
        from kaiyan.engine.algorithms.torch import lift

        return lift(cast("Algorithm", algorithm), problem)
    routine: Any = algorithm.build(replace(problem, kind="numpy"))
    return _ThroughNumpy(named(problem.kind), routine)


class _ThroughNumpy:
    """A routine on NumPy arrays, for arrays of another library; without a copy where NumPy can look at them."""

    def __init__(self, kind: Kind, routine: Routine) -> None:
        self._kind, self._routine = kind, routine

    def __call__(self, x: Any, weight: Any, bias: Any, residual: Any = None) -> Any:
        return self._kind.made(self._routine(*map(self._numbers, (x, weight, bias, residual))))

    def prepare(self, weight: Any, bias: Any) -> PreparedRoutine:
        prepared = self._routine.prepare(self._numbers(weight), self._numbers(bias))

        def computed(x: Any, residual: Any = None, out: Any = None) -> Any:
            y = prepared(self._numbers(x), self._numbers(residual))
            if out is None:
                return self._kind.made(y)
            self._kind.fill(out, y)
            return out

        return computed

    def _numbers(self, array: Any) -> Any:
        return None if array is None else self._kind.numbers(array)
