"""PyTorch's own gradients, wherever they are right; and a border's gradient folded back."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from kaiyan.engine.algorithms.torch import peak_and_bandwidth
from kaiyan.engine.gradients.refusals import beyond_zeros, first
from kaiyan.reference.border import index_map
from kaiyan.show.sentence import sentence
from kaiyan.spec.conventions import PAST_EDGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from kaiyan.engine.problem import Problem
    from kaiyan.show.sentence import Sentence
    from kaiyan.spec.conv import Conv, Shape

_CALL = 60e-6
_FEW, _SMALL = 4, 9
"""Channels that fill no vector, and taps of a kernel for which oneDNN has code of its own where it is depthwise."""


class TorchGradient:
    """torch.ops.aten.convolution_backward."""

    name = "torch"
    arrays = ("torch",)

    def refuses(self, problem: Problem) -> Sentence | None:
        inexact = problem.promoted_dtype not in ("float16", "bfloat16", "float32", "float64")
        reasons = (
            (problem.kind != "torch", sentence("refused-not-torch", "the arrays are not torch tensors")),
            (len(problem.spec.axes) > 3, sentence("refused-torch-rank", "torch has no convolution above rank 3")),
            (inexact, sentence("refused-torch-gradient", "torch has no such gradient of these types")),
        )
        return first(reasons) or beyond_zeros(problem)

    def error(self, problem: Problem) -> float:
        del problem
        return 1.0

    def seconds(self, problem: Problem) -> float:
        if problem.device != "cpu":
            return _CALL
        peak, bandwidth = peak_and_bandwidth()
        work = problem.spec.flops(problem.input_shape) / (_share(problem) * peak)
        moved = 4 * (prod(problem.input_shape) + prod(problem.output_shape) + 4 * prod(problem.weight_shape))
        return _CALL + (work + moved / bandwidth) / problem.threads

    def build(self, problem: Problem) -> Callable[[Tensor, Tensor], Tensor]:
        spec, shape = problem.spec, problem.input_shape
        if problem.wrt == "input":
            return lambda gradient, weight: _gradients(
                gradient, weight.new_empty(1).expand(shape), weight, spec, (True, False)
            )[0]
        return lambda gradient, x: _gradients(
            gradient, x, x.new_empty(1).expand(spec.weight_shape), spec, (False, True)
        )[1]


def _share(problem: Problem) -> float:
    """Of a core's peak, what torch 2.13 with oneDNN reaches at least on most of the benchmark's rows of such a kind."""
    spec = problem.spec
    (C, K), taps = spec.channels, prod(a.kernel for a in spec.axes)
    by_channel, weight = spec.groups == C, problem.wrt == "weight"
    strided = not spec.transposed and max(a.stride for a in spec.axes) > 1
    kinds = (
        (by_channel and strided and not weight and C > 1 and taps <= _SMALL, 0.03),
        (by_channel, 0.04 if taps <= _SMALL and C > 1 else 0.012),
        (len(spec.axes) == 1 and taps > 1 and not spec.transposed, 0.08),
        (spec.groups > 1, 0.03),
        (min(C, K) <= _FEW, 0.05 if spec.transposed else 0.3 if weight else 0.1),
        (not weight, 0.3),
        (taps == 1, 0.4),
    )
    return next((share for holds, share in kinds if holds), 0.45)


def folded(wide: Tensor, spec: Conv, shape: Shape) -> Tensor:
    """The adjoint of ``bordered``: every element's gradient summed over the places where it stood."""
    import torch

    for axis, (n, sides) in enumerate(zip(shape[2:], spec.pads(shape), strict=True), start=2):
        places = torch.from_numpy(index_map(spec.padding_mode, n, sides)).to(wide.device)
        inside = (places != PAST_EDGE).nonzero().flatten()
        whole = wide.new_zeros((*wide.shape[:axis], n, *wide.shape[axis + 1 :]))
        wide = whole.index_add(axis, places[inside], wide.index_select(axis, inside))
    return wide


def _gradients(gradient: Tensor, x: Tensor, weight: Tensor, spec: Conv, wanted: tuple[bool, bool]) -> Any:
    """Torch's own; sides that differ are made even round the array that is cut or padded."""
    import torch

    dtype = torch.promote_types(torch.promote_types(gradient.dtype, x.dtype), weight.dtype)
    gradient, x, weight = (t.to(dtype) for t in (gradient, x, weight))
    sizes, pads = x.shape[2:], spec.pads(x.shape)
    padding = [max(min(sides), 0) for sides in pads]
    grown = [max(-after, 0) + getattr(a, "output_padding", 0) for a, (_, after) in zip(spec.axes, pads, strict=True)]
    if spec.transposed:
        full = [
            (n - 1) * a.stride + a.reach + g - 2 * p
            for a, n, p, g in zip(spec.axes, sizes, padding, grown, strict=True)
        ]
        starts = [before - p for p, (before, _) in zip(padding, pads, strict=True)]
        ends = [n - start - m for n, start, m in zip(full, starts, gradient.shape[2:], strict=True)]
        gradient = _around(gradient, list(zip(starts, ends, strict=True)))
    else:
        x = _around(x, [(before - p, after - p) for p, (before, after) in zip(padding, pads, strict=True)])
    results = torch.ops.aten.convolution_backward(
        gradient, x, weight, None, spec.stride, padding, spec.dilation, spec.transposed,
        grown, spec.groups, [*wanted, False],
    )  # fmt: skip
    if spec.transposed or not wanted[0]:
        return results
    kept = (slice(before - p, before - p + n) for p, n, (before, _) in zip(padding, sizes, pads, strict=True))
    return results[0][(..., *kept)], results[1]


def _around(x: Tensor, ends: list[tuple[int, int]]) -> Tensor:
    """A picture with so many zeros before and after on each spatial axis."""
    from torch.nn import functional as F

    return F.pad(x, [side for sides in reversed(ends) for side in sides]) if any(map(any, ends)) else x
