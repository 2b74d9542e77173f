"""The definition as an algorithm: a sum over taps in NumPy, for everything that nothing faster takes.

One matrix product a tap moves the whole input and output through memory each time: 12 million pixels of three bytes
under 361 taps took 63 s, by a kernel one.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.engine.algorithm import Plain

if TYPE_CHECKING:
    from kaiyan.engine.algorithm import Routine
    from kaiyan.engine.problem import Problem
    from kaiyan.show.sentence import Sentence

_CALL, _MOVED = 50e-6, 8e-9
"""Seconds of a call, and of one output at one tap, which are moved and not only multiplied."""
_PRODUCTS = {"f": 8e9, "c": 2e9}
"""Operations a second by NumPy's letter of a type: of floats a library's, of whole numbers a loop's."""
_LOOP = 0.7e9


class Reference:
    """Any rank, any type, any border; refuses nothing."""

    name = "reference"
    arrays = ("numpy",)

    def refuses(self, problem: Problem) -> Sentence | None:
        return None

    def error(self, problem: Problem) -> float:
        return 1.0

    def seconds(self, problem: Problem) -> float:
        result = problem.promoted_dtype
        kind = "f" if result == "bfloat16" else np.dtype(result).kind
        outputs = prod(problem.output_shape) * prod(a.kernel for a in problem.spec.axes)
        moved = _MOVED * outputs * (2 if kind == "c" else 1)
        return _CALL + moved + problem.spec.flops(problem.input_shape) / _PRODUCTS.get(kind, _LOOP)

    def build(self, problem: Problem) -> Routine:
        from kaiyan.reference.activation import ACTIVATIONS
        from kaiyan.reference.forward import forward

        spec, out_dtype, saturate = problem.spec, problem.out_dtype, problem.saturate

        def routine(x: Any, w: Any, bias: Any) -> Any:
            return forward(x, w, bias, spec, out_dtype=out_dtype, saturate=saturate)

        def after(y: Any, residual: Any) -> Any:
            total = y if residual is None else y + residual
            return total if problem.activation is None else ACTIVATIONS[problem.activation](total).astype(total.dtype)

        return Plain(routine, after if problem.activation or problem.residual else None)
