"""Few channels turned as they are packed: the input has them first, the output last."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kaiyan.engine.algorithms import ALGORITHMS
from kaiyan.engine.algorithms.direct import Direct
from kaiyan.engine.algorithms.pointwise import Pointwise
from kaiyan.engine.generated import Generated
from kaiyan.engine.problem import Problem
from kaiyan.engine.types import types_of

if TYPE_CHECKING:
    from kaiyan.reference.dtype import Numbers

COLOURS = [
    "n2 c3 33x47 k19 3x3 s2 p1 f32",
    "n1 c4 21x70 k32 5x3 same m:reflect f32",
    "n3 c2 40 k5 7 s3 causal f64",
    "n1 c3 4x9x17 k24 3x3x3 p1 d1,2,2 f32",
    "n1 c2 18x40 k8 1x1 s2 f32",
    "n1 c3 20x36 k16 3x3 p1 u8*f32",
]


def last(x: Numbers) -> Numbers:
    """The same numbers with their channels side by side."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)


def computed(problem: Problem, x: Numbers, *more: Any) -> Numbers:
    """By direct sums."""
    rng = np.random.default_rng(1)
    weight, bias = (rng.standard_normal(n) for n in (problem.weight_shape, problem.output_shape[1]))
    routine: Any = Direct().compiled(problem, types_of(problem)[0])
    y: Numbers = routine.prepare(weight.astype(problem.weight_dtype), bias.astype(problem.bias_dtype))(x, *more)
    return y


@pytest.mark.parametrize("layout", ["channels_first", "row_contiguous", "strided"])
@pytest.mark.parametrize("text", COLOURS)
def test_the_bits_and_the_strides_are_those_of_channels_last(text: str, layout: str) -> None:
    problem = Problem.parse(text)
    problem = problem if problem.dtype == "uint8" else replace(problem, residual=True, activation="silu")
    rng = np.random.default_rng(0)
    step = 2 if layout == "strided" else 1
    wide = (*problem.input_shape[:-1], step * problem.input_shape[-1] + (layout != "channels_first"))
    numbers = (rng.standard_normal(wide) * 40 + 100).clip(0, 255).astype(problem.dtype)
    x = numbers[..., : step * problem.input_shape[-1] : step]
    more = [last(rng.standard_normal(problem.output_shape).astype(problem.dtype))] * problem.residual
    y = computed(replace(problem, layout=layout, turned=True), x, *more)
    right = computed(replace(problem, layout="channels_last"), last(x), *more)
    assert y.tobytes() == right.tobytes()
    assert y.strides == right.strides


def test_what_lays_its_output_as_its_input_says_so() -> None:
    few, many = (Problem.parse(f"n1 c{C} 24x24 k64 3x3 p1 f32 turned") for C in (3, 5))
    assert Problem.parse(str(few)) == few
    for row in ALGORITHMS:
        if isinstance(row, Generated):
            assert (row.refuses(few) is None) == (row.name == "direct")
    assert str(Direct().refuses(many)) == str(Pointwise().refuses(few)) == "its output lies as its input does"
