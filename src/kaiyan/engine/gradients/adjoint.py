"""The gradients of a convolution, as convolutions: every routine of the engine serves them too.

The input's gradient is the adjoint: transposed for a convolution, forward for a transposed one. The weight's gradient
slides the output's gradient over the input, batch and channels exchanged, stride and dilation exchanged.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from kaiyan.arrays.table import named
from kaiyan.engine.gradients.refusals import beyond_zeros
from kaiyan.engine.planner import PLANNER
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.algorithm import Routine
    from kaiyan.engine.problem import Problem
    from kaiyan.show.sentence import Sentence
    from kaiyan.spec.axis import Pads
    from kaiyan.spec.conv import Shape

_MEASURED: dict[str | None, tuple[float, float]] = {"input": (40e-6, 1.3), "weight": (70e-6, 4.0)}
"""Seconds to turn the arrays round, and measured by expected time of the convolution, on the benchmark's layers.

The weight's slides a kernel as large as a picture, for which the models of forward convolutions were not made.
"""


class Adjoint:
    """Any rank, any type; the border is zeros. Its time is that of the best algorithm for the other convolution."""

    name = "adjoint"
    arrays = ("numpy", "torch")

    def refuses(self, problem: Problem) -> Sentence | None:
        return beyond_zeros(problem)

    def error(self, problem: Problem) -> float:
        return PLANNER.plan(_turned(problem).problem).chosen.error or 1.0

    def seconds(self, problem: Problem) -> float:
        fixed, slowness = _MEASURED[problem.wrt]
        return fixed + slowness * PLANNER.plan(_turned(problem).problem).seconds

    def build(self, problem: Problem) -> Callable[[Any, Any], Any]:
        turned, kind = _turned(problem), named(problem.kind)
        arranged = _arranged_for_input if problem.wrt == "input" else _arranged_for_weight
        swapped = problem.wrt == "weight"
        is_complex = problem.promoted_dtype.startswith("complex")

        @lru_cache(maxsize=8)
        def routine(layout: str) -> Routine:
            built: Routine = PLANNER.routine(replace(turned.problem, layout=layout))
            return built

        def computed(gradient: Any, other: Any) -> Any:
            other = _conjugated(other) if is_complex else other
            windows, weight = arranged(problem, gradient, other, turned.cuts)
            layout = kind.layout(windows.shape, kind.strides(windows), windows.dtype)
            y = routine(layout)(windows, weight, None)
            return y.swapaxes(0, 1) if swapped else y

        return computed


class _Turned(NamedTuple):
    """The convolution that a gradient is, and the part of what it slides over that it reads."""

    problem: Problem
    cuts: tuple[slice, ...]


@lru_cache(maxsize=1024)
def _turned(problem: Problem) -> _Turned:
    spec, given = problem.spec, problem.input_shape
    if problem.wrt == "input":
        other, cuts = _adjoint(spec, given)
        shape, types = problem.output_shape, (problem.dtype, problem.weight_dtype)
    else:
        other, cuts = _exchanged(spec, given)
        N, channels, *sizes = problem.output_shape if spec.transposed else given
        shape = channels // spec.groups, N * spec.groups, *sizes
        types = (problem.weight_dtype, problem.dtype)
        types = types[::-1] if spec.transposed else types
    if cuts:
        shape = *shape[:2], *(len(range(n)[cut]) for n, cut in zip(shape[2:], cuts[2:], strict=True))
    turned = replace(
        problem, spec=other, input_shape=shape, dtype=types[0], weight_dtype=types[1], bias_dtype=types[1],
        fresh=True, wrt=None,
    )  # fmt: skip
    return _Turned(turned, cuts)


def _arranged_for_input(problem: Problem, gradient: Any, weight: Any, cuts: tuple[slice, ...]) -> tuple[Any, Any]:
    del problem
    return (gradient[cuts] if cuts else gradient), weight


def _arranged_for_weight(problem: Problem, gradient: Any, x: Any, cuts: tuple[slice, ...]) -> tuple[Any, Any]:
    windows, elements = (gradient, x) if problem.spec.transposed else (x, gradient)
    return _by_channel(windows[cuts] if cuts else windows, problem.spec.groups), elements.swapaxes(0, 1)


def _by_channel(x: Any, groups: int) -> Any:
    """(N, G·c, *sizes) as (c, G·N, *sizes)."""
    N, channels, *sizes = x.shape
    split = x.reshape(N, groups, channels // groups, *sizes)
    return split.swapaxes(0, 2).reshape(channels // groups, groups * N, *sizes)


def _conjugated(array: Any) -> Any:
    """As torch's complex gradients are; a tensor says so in its flags, which routines do not read."""
    turned = array.conj()
    return turned.resolve_conj() if hasattr(turned, "resolve_conj") else turned


def _adjoint(spec: Conv, input_shape: Shape) -> tuple[Conv, tuple[slice, ...]]:
    """The convolution that the gradient of the input is, and the part of the output's gradient that it reads."""
    (C, K), sizes = spec.channels, input_shape[2:]
    fixed: dict[str, Any] = {
        "stride": tuple(a.stride for a in spec.axes),
        "dilation": tuple(a.dilation for a in spec.axes),
        "groups": spec.groups,
        "bias": False,
        "rank": len(spec.axes),
    }
    kernel = tuple(a.kernel for a in spec.axes)
    outputs, pads = spec.output_shape(input_shape)[2:], spec.pads(input_shape)
    if not spec.transposed:
        rest = zip(spec.axes, sizes, pads, strict=True)
        unread = tuple((n + sum(sides) - a.reach) % a.stride for a, n, sides in rest)
        return Conv(K, C, kernel, padding=pads, output_padding=unread, transposed=True, **fixed), ()
    ends = [
        (before, (n - 1) * a.stride + a.reach - m - before)
        for a, n, m, (before, _) in zip(spec.axes, sizes, outputs, pads, strict=True)
    ]
    return Conv(K, C, kernel, padding=_grown(ends, outputs), **fixed), _cuts(ends, outputs)


@lru_cache(maxsize=1024)
def _exchanged(spec: Conv, input_shape: Shape) -> tuple[Conv, tuple[slice, ...]]:
    """The convolution that computes the gradient of the weight, and the slice of its input that it reads."""
    (C, K), G, N = spec.channels, spec.groups, input_shape[0]
    sizes, outputs = input_shape[2:], spec.output_shape(input_shape)[2:]
    over, under = (outputs, sizes) if spec.transposed else (sizes, outputs)
    ends = [
        (before, (a.kernel - 1) * a.dilation + (m - 1) * a.stride + 1 - n - before)
        for a, n, m, (before, _) in zip(spec.axes, over, under, spec.pads(input_shape), strict=True)
    ]
    exchanged = Conv(
        G * N,
        C if spec.transposed else K,
        under,
        stride=tuple(a.dilation for a in spec.axes),
        padding=_grown(ends, over),
        dilation=tuple(a.stride for a in spec.axes),
        groups=G,
        bias=False,
        rank=len(spec.axes),
    )
    return exchanged, _cuts(ends, over)


def _grown(ends: list[Pads], sizes: Shape) -> tuple[Pads, ...]:
    """What is padded; a cut longer than the axis bites into the padding of the other side."""
    return tuple(
        (max(before + min(n + after, 0), 0), max(after + min(n + before, 0), 0))
        for (before, after), n in zip(ends, sizes, strict=True)
    )


def _cuts(ends: list[Pads], sizes: Shape) -> tuple[slice, ...]:
    """What is left of axes whose padding is below zero; nothing where none is."""
    if min(min(sides) for sides in ends) >= 0:
        return ()
    kept = (slice(max(-before, 0), max(n - max(-after, 0), 0)) for (before, after), n in zip(ends, sizes, strict=True))
    return (slice(None), slice(None), *kept)
