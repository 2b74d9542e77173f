"""The gradients of a convolution on tensors: by the engine where its kernels are the faster way, else by torch.

Padding that is not zeros is put round the input first, and its gradient folded back.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kaiyan.engine.algorithms.torch import bordered
from kaiyan.ops import gradients as engine
from kaiyan.reference.border import index_map
from kaiyan.spec.conventions import PAST_EDGE

if TYPE_CHECKING:
    from kaiyan.spec.conv import Conv, Shape

_TAPS, _PIXELS = 9, 400


def input_gradient(spec: Conv, gradient: Tensor, weight: Tensor, shape: Shape) -> Tensor:
    """The gradient of an input of a shape (N, C, *spatial) from the output's (N, K, *output)."""
    if not (gradient.numel() and prod(shape)):
        return gradient.new_zeros(shape)
    if _is_zeros(spec):
        return _adjoint(spec, gradient, weight, shape)
    inner, extended = _within(spec, shape)
    return _folded(_adjoint(inner, gradient, weight, extended), spec, shape)


def weight_gradient(spec: Conv, gradient: Tensor, x: Tensor) -> Tensor:
    """The gradient of the weight, in its shape, from the output's (N, K, *output)."""
    if not (gradient.numel() and x.numel()):
        return gradient.new_zeros(spec.weight_shape)
    if _is_zeros(spec):
        return _exchanged(spec, gradient, x)
    wide = bordered(spec, tuple(x.shape[2:]), str(x.device))(x)
    return _exchanged(spec.replace(padding=0, padding_mode="zeros"), gradient, wide)


def _folded(wide: Tensor, spec: Conv, shape: Shape) -> Tensor:
    """The adjoint of ``bordered``: every element's gradient summed over the places where it stood."""
    for axis, (n, sides) in enumerate(zip(shape[2:], spec.pads(shape), strict=True), start=2):
        places = torch.from_numpy(index_map(spec.padding_mode, n, sides)).to(wide.device)
        inside = (places != PAST_EDGE).nonzero().flatten()
        folded = wide.new_zeros((*wide.shape[:axis], n, *wide.shape[axis + 1 :]))
        wide = folded.index_add(axis, places[inside], wide.index_select(axis, inside))
    return wide


@lru_cache(maxsize=1024)
def _within(spec: Conv, shape: Shape) -> tuple[Conv, Shape]:
    """``spec`` without its border, and the shape of an input that has it already."""
    sizes = (n + sum(sides) for n, sides in zip(shape[2:], spec.pads(shape), strict=True))
    return spec.replace(padding=0, padding_mode="zeros"), (*shape[:2], *sizes)


def _is_zeros(spec: Conv) -> bool:
    return spec.transposed or spec.padding_mode == "zeros"


def _on_engine(*tensors: Tensor) -> bool:
    return all(t.device.type == "cpu" and t.dtype in (torch.float32, torch.float64) for t in tensors) and all(
        t.numel() for t in tensors
    )


def _adjoint(spec: Conv, gradient: Tensor, weight: Tensor, shape: Shape) -> Tensor:
    if len(spec.axes) > 3 or gradient.is_complex() or _on_engine(gradient, weight):
        y: Tensor = engine.input_gradient(spec, gradient, weight, shape)
        return y
    x = weight.new_empty(1).expand(shape)
    found: Tensor = _torch_gradients(gradient, x, weight, spec, (True, False))[0]
    return found


def _is_long(spec: Conv, gradient: Tensor) -> bool:
    """Whether our own sums beat torch's: on tiny pictures under small kernels they do not."""
    return prod(a.kernel for a in spec.axes) > _TAPS or prod(gradient.shape[2:]) > _PIXELS


def _exchanged(spec: Conv, gradient: Tensor, x: Tensor) -> Tensor:
    by_channel = _is_long(spec, gradient) and engine.by_channel(spec, gradient, x)
    if len(spec.axes) > 3 or gradient.is_complex() or by_channel or engine.in_blocks(spec, gradient, x):
        y: Tensor = engine.weight_gradient(spec, gradient, x)
        return y
    weight = x.new_empty(1).expand(spec.weight_shape)
    found: Tensor = _torch_gradients(gradient, x, weight, spec, (False, True))[1]
    return found


def _torch_gradients(gradient: Tensor, x: Tensor, weight: Tensor, spec: Conv, wanted: tuple[bool, bool]) -> Any:
    """Torch's own; sides that differ are made even round the array that is cut or padded."""
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
    found = torch.ops.aten.convolution_backward(
        gradient, x, weight, None, spec.stride, padding, spec.dilation, spec.transposed,
        grown, spec.groups, [*wanted, False],
    )  # fmt: skip
    if spec.transposed or not wanted[0]:
        return found
    kept = (slice(before - p, before - p + n) for p, n, (before, _) in zip(padding, sizes, pads, strict=True))
    return found[0][(..., *kept)], found[1]


def _around(x: Tensor, ends: list[tuple[int, int]]) -> Tensor:
    """A picture with so many zeros before and after on each spatial axis."""
    return F.pad(x, [side for sides in reversed(ends) for side in sides]) if any(map(any, ends)) else x
