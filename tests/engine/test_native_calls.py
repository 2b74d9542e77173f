"""A convolution as calls of machine code: any addresses, any strides, the same bits as through Python."""

from __future__ import annotations

import ctypes
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kaiyan.engine.algorithms import ALGORITHMS
from kaiyan.engine.codegen.language.compile import address
from kaiyan.engine.codegen.parts.strip import Argument
from kaiyan.engine.codegen.running.launch import Located, NativeCall
from kaiyan.engine.generated import Generated
from kaiyan.engine.problem import Problem
from kaiyan.engine.types import types_of
from kaiyan.reference.forward import forward

if TYPE_CHECKING:
    from kaiyan.engine.compiled import Compiled
    from kaiyan.reference.dtype import Numbers

GENERATED = [algorithm for algorithm in ALGORITHMS if isinstance(algorithm, Generated)]
SAME = ("winograd F(2,3)", "winograd F(3,3)", "winograd F(6,3)")
"""As F(4,3), but for their matrices."""
KERNEL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)
PROBLEMS = [
    "n2 c5 9x11 k19 3x3 p1 f32",
    "n2 c18 7x6 k18 3x3 same g18 f32",
    "n2 c7 6x9 k21 1x1 f32",
    "n2 c6 5x7 k17 3x3 s2 transposed f32",
    "n1 c4 3x5x6 k6 2x3x3 p1 f32",
    "n2 c3 23 k20 4 s3 f32",
]


def drawn(shape: tuple[int, ...], seed: int) -> Numbers:
    """Numbers that are no sums of few bits."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def within(shape: tuple[int, ...], beside: tuple[int, ...], *, last: bool) -> tuple[Numbers, Numbers]:
    """A view of a shape in a larger array of ones, so many more on each axis, and the larger one."""
    order = (0, *range(2, len(shape)), 1) if last else tuple(range(len(shape)))
    whole = np.ones([shape[axis] + beside[axis] for axis in order], np.float32)
    part = whole[tuple(slice(beside[axis] // 2, beside[axis] // 2 + shape[axis]) for axis in order)]
    return part.transpose([order.index(axis) for axis in range(len(shape))]), whole


def located(array: Numbers, address: int | None = None) -> Located:
    """Where an array lies, or where it would if it began at an address."""
    return Located(array.ctypes.data if address is None else address, tuple(s // 4 for s in array.strides))


def run(calls: list[NativeCall]) -> bool:
    """Runs calls, the last tasks first; whether all went well."""
    flags = []
    for call in calls:
        arguments = (ctypes.c_int64 * len(call.arguments))(*call.arguments)
        for task in reversed(range(call.tasks)):
            KERNEL(address(call.routine))(ctypes.addressof(arguments), task)
        flags.append(arguments[call.flag])
    return not any(flags)


def compiled(algorithm: Generated, problem: Problem) -> Compiled:
    """The routine of one algorithm."""
    routine: Any = algorithm.compiled(problem, types_of(problem)[0])
    return routine  # type: ignore[no-any-return]


@pytest.mark.parametrize("layout", ["channels_first", "row_contiguous", "channels_last"])
@pytest.mark.parametrize("text", PROBLEMS)
def test_calls_write_what_python_writes_into_any_part_of_an_array(text: str, layout: str) -> None:
    problem = replace(Problem.parse(text), layout=layout, residual=True, activation="silu")
    last, rank = layout == "channels_last", len(problem.input_shape)
    flat = layout == "channels_first" and problem.spec.axes[0].kernel == 1
    x, _ = within(problem.input_shape, (0,) * (rank - 1) + (2 * (layout == "row_contiguous"),), last=last)
    residual, _ = within(problem.output_shape, (1, 4) + (0 if flat else 2,) * (rank - 2), last=last)
    x[...], residual[...] = drawn(x.shape, 0), drawn(residual.shape, 1)
    weight, bias = drawn(problem.weight_shape, 2), drawn((residual.shape[1],), 3)
    for algorithm in GENERATED:
        if algorithm.name in SAME or algorithm.refuses(problem) is not None:
            continue
        routine = compiled(algorithm, problem)
        right = routine.prepare(weight, bias)(x, residual)
        out, whole = within(right.shape, (2, 3) + (0 if flat else 3,) * (rank - 2), last=last)
        calls = routine.calls(routine.held(weight, bias), located(x, 0), located(out, 0), located(residual, 0))
        for call in calls:
            call.arguments[Argument.INPUT] += x.ctypes.data
            call.arguments[Argument.OUTPUT] += out.ctypes.data
            call.arguments[Argument.RESIDUAL] += residual.ctypes.data
        assert run(calls)
        assert np.array_equal(out, right), algorithm.name
        out[...] = 1
        assert (whole == 1).all(), "what lies beside was written"


def test_planes_taken_for_rows_are_written_whole_and_another_layout_writes_rows() -> None:
    problem = Problem.parse("n1 c3 5x6 k4 1x1 f32")
    out, _ = within(problem.output_shape, (0, 0, 0, 2), last=False)
    (pointwise,) = (a for a in GENERATED if a.name == "pointwise")
    (direct,) = (a for a in GENERATED if a.name == "direct")
    assert not compiled(pointwise, problem).admits(located(out).strides)
    assert not compiled(direct, problem).admits(located(out).strides)
    assert compiled(direct, replace(problem, layout="row_contiguous")).admits(located(out).strides)
    x, weight, bias = drawn(problem.input_shape, 0), drawn(problem.weight_shape, 1), drawn((4,), 2)
    prepared = compiled(pointwise, problem).prepare(weight, bias)
    assert prepared(x, None, out) is out
    assert np.array_equal(out, prepared(x))


def test_where_winograd_goes_astray_its_flag_is_set_and_the_safe_calls_say_what_the_definition_says() -> None:
    problem = Problem.parse("n1 c8 12x12 k8 3x3 p1 f32")
    (winograd,) = (a for a in GENERATED if a.name == "winograd F(4,3)")
    routine = compiled(winograd, problem)
    x, weight, bias = drawn(problem.input_shape, 0), drawn(problem.weight_shape, 1), drawn((8,), 2)
    x[0, 3, 4, 5] = np.inf
    out = np.zeros(problem.output_shape, np.float32)
    assert not run(routine.calls(routine.held(weight, bias), located(x), located(out)))
    safe = routine.safely()
    assert safe is not None
    assert run(safe.calls(safe.held(weight, bias), located(x), located(out)))
    right = forward(x, weight, bias, problem.spec)
    assert np.array_equal(np.isfinite(out), np.isfinite(right))
    assert np.allclose(out, right, atol=1e-4)
    assert safe.safely() is None


def test_no_calls_compute_a_weight_that_is_not_finite() -> None:
    problem = Problem.parse("n1 c2 5x5 k3 3x3 p1 f32")
    weight = drawn(problem.weight_shape, 0)
    weight[1, 1, 1, 1] = np.nan
    assert compiled(GENERATED[0], problem).held(weight, None) is None
