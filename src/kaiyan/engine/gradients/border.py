"""Gradients where the border is not zeros: of the convolution without one, on the input that has it already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kaiyan.engine.gradients import GRADIENT_PLANNER
from kaiyan.engine.gradients.torch import folded as folded_tensor
from kaiyan.reference.border import extend, fold, index_map
from kaiyan.spec import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.problem import Problem


def gradient_routine(problem: Problem) -> Callable[[Any, Any], Any]:
    """(gradient of the output, weight or x) to the gradient of x or of the weight."""
    routine: Any = GRADIENT_PLANNER.routine(within(problem))
    if not _is_bordered(problem):
        return routine  # type: ignore[no-any-return]
    if problem.wrt == "input":
        fold_back = _folded(problem)
        return lambda gradient, weight: fold_back(routine(gradient, weight))
    extended = _extended(problem)
    return lambda gradient, x: routine(gradient, extended(x))


def within(problem: Problem) -> Problem:
    """What the rows are asked: without a bias, which changes nothing, and on an input that has its border already."""
    spec = problem.spec.replace(bias=False)
    if not _is_bordered(problem):
        return replace(problem, spec=spec, bias_dtype=problem.weight_dtype)
    pads = spec.pads(problem.input_shape)
    sizes = (n + sum(sides) for n, sides in zip(problem.input_shape[2:], pads, strict=True))
    return replace(
        problem, spec=spec.replace(padding=0, padding_mode="zeros"), input_shape=(*problem.input_shape[:2], *sizes),
        bias_dtype=problem.weight_dtype,
    )  # fmt: skip


def _is_bordered(problem: Problem) -> bool:
    """Whether numbers stand round the input that can be put there before; complex ones are the reference's."""
    mode = problem.spec.padding_mode
    plain = problem.spec.transposed or mode == "zeros" or 0 in problem.input_shape
    return not plain and not isinstance(read.constant(mode), complex)


def _maps(problem: Problem) -> tuple[Any, ...]:
    spec, shape = problem.spec, problem.input_shape
    return tuple(index_map(spec.padding_mode, n, sides) for n, sides in zip(shape[2:], spec.pads(shape), strict=True))


def _extended(problem: Problem) -> Callable[[Any], Any]:
    if problem.kind == "torch":
        from kaiyan.engine.algorithms.torch import bordered

        return bordered(problem.spec, problem.input_shape[2:], problem.device)
    maps, constant = _maps(problem), read.constant(problem.spec.padding_mode)
    return lambda x: extend(x, maps, constant)


def _folded(problem: Problem) -> Callable[[Any], Any]:
    spec, shape = problem.spec, problem.input_shape
    if problem.kind == "torch":
        return lambda wide: folded_tensor(wide, spec, shape)
    maps = _maps(problem)
    return lambda wide: fold(wide, maps, shape[2:])
