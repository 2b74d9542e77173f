"""The definition as an algorithm: a sum over taps in NumPy, for everything that nothing faster takes.

One matrix product a tap moves the whole input and output through memory each time, at 1 to 3 GFLOP/s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kaiyan.engine.algorithm import Plain
from kaiyan.reference.activation import ACTIVATIONS
from kaiyan.reference.forward import forward

if TYPE_CHECKING:
    from kaiyan.engine.algorithm import Routine
    from kaiyan.spec.problem import Problem
    from kaiyan.spec.sentence import Sentence

_FLOPS_PER_SECOND = 2e9
_CALL = 50e-6


class Reference:
    """Any rank, any type, any border; refuses nothing."""

    name = "reference"
    arrays = ("numpy",)

    def refuses(self, problem: Problem) -> Sentence | None:
        return None

    def error(self, problem: Problem) -> float:
        return 1.0

    def seconds(self, problem: Problem) -> float:
        return _CALL + problem.spec.flops(problem.input_shape) / _FLOPS_PER_SECOND

    def build(self, problem: Problem) -> Routine:
        spec, out_dtype, saturate = problem.spec, problem.out_dtype, problem.saturate

        def routine(x: Any, w: Any, bias: Any) -> Any:
            return forward(x, w, bias, spec, out_dtype=out_dtype, saturate=saturate)

        def after(y: Any, residual: Any) -> Any:
            total = y if residual is None else y + residual
            return total if problem.activation is None else ACTIVATIONS[problem.activation](total).astype(total.dtype)

        return Plain(routine, after if problem.activation or problem.residual else None)
