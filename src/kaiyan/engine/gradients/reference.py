"""The definition's gradients in NumPy: for borders and types that nothing faster takes."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from kaiyan.arrays.table import named
from kaiyan.reference.backward import input_gradient, weight_gradient

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.problem import Problem
    from kaiyan.show.sentence import Sentence

_CALL, _MOVED, _PRODUCTS = 80e-6, 12e-9, 6e9
"""Seconds of a call and of one output at one tap, and operations a second."""


class ReferenceGradient:
    """Any rank, any type, any border; refuses nothing."""

    name = "reference"
    arrays = ("numpy", "torch")

    def refuses(self, problem: Problem) -> Sentence | None:
        del problem
        return None

    def error(self, problem: Problem) -> float:
        del problem
        return 1.0

    def seconds(self, problem: Problem) -> float:
        outputs = prod(problem.output_shape) * prod(a.kernel for a in problem.spec.axes)
        return _CALL + _MOVED * outputs + problem.spec.flops(problem.input_shape) / _PRODUCTS

    def build(self, problem: Problem) -> Callable[[Any, Any], Any]:
        spec, shape = problem.spec, problem.input_shape
        if problem.wrt == "input":
            return _lifted(problem, lambda gradient, weight: input_gradient(gradient, weight, spec, shape))
        return _lifted(problem, lambda gradient, x: weight_gradient(gradient, x, spec))


def _lifted(problem: Problem, function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The function on the arrays of the problem's library, of any device."""
    if problem.kind == "numpy":
        return function
    memory, made = named(problem.kind), named(problem.kind).made

    def lifted(gradient: Any, other: Any) -> Any:
        numbers = (memory.numbers(tensor.cpu().resolve_conj()) for tensor in (gradient, other))
        return made(function(*numbers)).to(gradient.device, memory.dtype(problem.promoted_dtype))

    return lifted
