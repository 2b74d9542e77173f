"""The gradients of a convolution on arrays of one library, by the row that the plan chose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kaiyan.arrays.table import kind_of, named
from kaiyan.engine.gradients.border import gradient_routine
from kaiyan.engine.planner import PLANNER
from kaiyan.engine.problem import Problem
from kaiyan.ops.routine import ArrayFacts, check_weight, facts_of
from kaiyan.show.error import ConvError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.spec.conv import Conv, Shape


def input_gradient(spec: Conv, gradient: Any, weight: Any, input_shape: Shape) -> Any:
    """The gradient of x (N, C, *spatial) from the output's (N, K, *output).

    Arrays of one library in, of the same out; the weight is (K, C/groups, *kernel), transposed (C, K/groups, *kernel).
    Complex gradients are conjugated, as torch's. Raises ``ConvError`` where a shape is not the description's.

    >>> import numpy as np
    >>> from kaiyan import Conv
    >>> input_gradient(Conv(1, 1, 2, rank=1), np.ones((1, 1, 2)), np.array([[[1.0, 10.0]]]), (1, 1, 3))
    array([[[ 1., 11., 10.]]])
    """
    facts = facts_of(kind_of("gradient", gradient), gradient, weight)
    return _routine(facts, spec, "input", tuple(input_shape))(gradient, weight)


def weight_gradient(spec: Conv, gradient: Any, x: Any) -> Any:
    """The gradient of the weight, in its shape, from the output's (N, K, *output) and the input (N, C, *spatial).

    Complex gradients are conjugated, as torch's. Raises ``ConvError`` where the gradient is not of the output's shape.

    >>> import numpy as np
    >>> from kaiyan import Conv
    >>> weight_gradient(Conv(1, 1, 2, rank=1), np.ones((1, 1, 2)), np.array([[[1.0, 2.0, 3.0]]]))
    array([[[3., 5.]]])
    """
    facts = facts_of(kind_of("x", x), x, gradient)
    return _routine(facts, spec, "weight", x.shape)(gradient, x)


@PLANNER.keep(4096)
def _routine(facts: ArrayFacts, spec: Conv, wrt: str, input_shape: Shape) -> Callable[[Any, Any], Any]:
    (picture, picture_type, device), (other, other_type, _) = facts.arrays
    kind = named(facts.kind)
    types = kind.dtype_name(picture_type), kind.dtype_name(other_type)
    problem = Problem(
        spec,
        tuple(input_shape),
        *(types if wrt == "input" else types[::-1]),
        bias_dtype=types[0],
        kind=facts.kind,
        device=str(device),
        layout=kind.layout(picture, facts.strides, picture_type),
        traced=facts.traced,
        threads=facts.threads,
        wrt=wrt,
    )
    _check(problem, picture if wrt == "input" else other)
    if wrt == "input":
        check_weight(spec, other)
    return gradient_routine(problem)


def _check(problem: Problem, gradient: Shape) -> None:
    if tuple(gradient) != problem.output_shape:
        raise ConvError(
            "wrong-gradient",
            "the gradient has shape {shape}, but the output of {spec} has {right}",
            shape=tuple(gradient),
            spec=str(problem.spec),
            right=problem.output_shape,
        )
