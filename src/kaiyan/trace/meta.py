"""Results of common functions on meta tensors without torch's own meta kernels, whose first call loads its compiler.

Those kernels are written in Python: the first convolution, ReLU or BatchNorm in a process imports sympy and
torch._dynamo, more than a second of waiting. What is certain is made here, the same tensor; all else is left to torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from kaiyan.show.error import ConvError
from kaiyan.spec.axis import Axis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


def made(func: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Tensor | None:
    """What ``func`` gives for meta tensors; None where that is not certain, or where it may fail."""
    rule = _RULES.get(func)
    if rule is None or named.keys() & _ELSEWHERE:
        return None
    try:
        return rule(*args, **named)
    except TypeError:  # arguments of other kinds, or that are not known here
        return None


def _activated(input: Tensor, inplace: bool = False) -> Tensor | None:
    if not _plain((input,)):
        return None
    return input if inplace else _like(input)


def _clipped(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor | None:
    return _activated(input, inplace) if min_val <= max_val else None


def _gated(input: Tensor, *, approximate: str = "none") -> Tensor | None:
    return _activated(input) if approximate in ("none", "tanh") else None


def _scaled(input: Tensor, other: Any) -> Tensor | None:
    """A product; the smaller factor is repeated along axes where it has one element."""
    if not _plain((input, other)) or input.dim() != other.dim():
        return None
    if not (input.is_contiguous() and other.is_contiguous()):
        return None
    large, small = (input, other) if input.numel() >= other.numel() else (other, input)
    if any(b not in (1, a) for a, b in zip(large.shape, small.shape, strict=True)):
        return None
    return large.new_empty(large.shape)


def _dropped(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor | None:
    return _activated(input) if training and not inplace and 0 < p < 1 else None


def _stacked(tensors: Any, dim: int = 0) -> Tensor | None:
    if type(tensors) not in (list, tuple) or not tensors or not _plain(tensors) or not tensors[0].dim():
        return None
    first, rank = tensors[0], tensors[0].dim()
    if not -rank <= dim < rank or any(t.dim() != rank or not t.is_contiguous() or 0 in t.shape for t in tensors):
        return None
    place = dim % rank
    rests = {(*t.shape[:place], *t.shape[place + 1 :]) for t in tensors}
    if len(rests) > 1:
        return None
    made_size = sum(int(t.shape[place]) for t in tensors)
    return torch.empty((*first.shape[:place], made_size, *first.shape[place + 1 :]), dtype=first.dtype, device="meta")


def _added(input: Tensor, other: Any) -> Tensor | None:
    if not _plain((input, other)) or input.shape != other.shape or not other.is_contiguous():
        return None
    return _like(input)


def _added_in_place(input: Tensor, other: Any) -> Tensor | None:
    counts = type(other) is int and type(input) is Tensor and input.is_meta and input.dtype == torch.int64
    return input if counts or (_plain((input, other)) and input.shape == other.shape) else None


def _batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    **_: Any,
) -> Tensor | None:
    held = [tensor for tensor in (running_mean, running_var, weight, bias) if tensor is not None]
    if not _plain((input, *held)) or input.dim() < 2 or not input.numel():
        return None
    channels = input.shape[1]
    if any(tensor.shape != (channels,) for tensor in held):
        return None
    if training and input.numel() // channels < 2:
        return None
    if not training and (running_mean is None or running_var is None):
        return None
    return _like(input)


def _averaged(rank: int) -> Callable[..., Tensor | None]:
    def pool(input: Tensor, output_size: Any) -> Tensor | None:
        sizes = _numbers(output_size, rank)
        if not sizes or min(sizes) < 1 or not _plain((input,)) or input.dim() != rank + 2 or 0 in input.shape:
            return None
        return input.new_empty(*input.shape[:2], *sizes) if input.is_contiguous() else None

    return pool


def _fits(rank: int, input: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> bool:
    """Whether they are an input, a weight and a bias of a convolution of this rank, nothing of them empty."""
    if not _plain((input, weight) if bias is None else (input, weight, bias)):
        return False
    return input.dim() == weight.dim() == rank + 2 and 0 not in input.shape and 0 not in weight.shape and groups >= 1


def _convolved(rank: int) -> Callable[..., Tensor | None]:
    def conv(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor | None:
        if not _fits(rank, input, weight, bias, groups):
            return None
        outputs, inputs, *kernel = weight.shape
        if outputs % groups or input.shape[1] != inputs * groups or (bias is not None and bias.shape != (outputs,)):
            return None
        sizes = _sizes(input.shape[2:], kernel, stride, padding, dilation)
        return None if sizes is None else input.new_empty(input.shape[0], outputs, *sizes)

    return conv


def _spread(rank: int) -> Callable[..., Tensor | None]:
    def conv(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        dilation: Any = 1,
    ) -> Tensor | None:
        if not _fits(rank, input, weight, bias, groups):
            return None
        inputs, outputs, *kernel = weight.shape
        if inputs % groups or input.shape[1] != inputs or (bias is not None and bias.shape != (outputs * groups,)):
            return None
        settings = [_numbers(value, rank) for value in (stride, dilation, padding, output_padding)]
        strides, dilations, pads, extras = (setting or (-1,) for setting in settings)
        if min(*strides, *dilations) < 1 or min(*pads, *extras) < 0:
            return None
        columns = zip(input.shape[2:], kernel, strides, dilations, pads, extras, strict=True)
        sizes = [(n - 1) * s + d * (k - 1) + 1 - 2 * p + e for n, k, s, d, p, e in columns if e < max(s, d)]
        return (
            input.new_empty(input.shape[0], outputs * groups, *sizes) if len(sizes) == rank and min(sizes) > 0 else None
        )

    return conv


def _largest(rank: int) -> Callable[..., Tensor | None]:
    def pool(
        input: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Tensor | None:
        kernel, pads = _numbers(kernel_size, rank), _numbers(padding, rank)
        if ceil_mode or return_indices or not _plain((input,)) or input.dim() != rank + 2 or 0 in input.shape:
            return None
        if kernel is None or pads is None or not input.is_contiguous() or min(kernel) < 1:
            return None
        if any(2 * pad > size for pad, size in zip(pads, kernel, strict=True)):
            return None
        sizes = _sizes(input.shape[2:], kernel, kernel if stride is None else stride, pads, dilation)
        return None if sizes is None else input.new_empty(*input.shape[:2], *sizes)

    return pool


def _sizes(spatial: Sequence[int], kernel: Sequence[int], stride: Any, padding: Any, dilation: Any) -> list[int] | None:
    """Windows along each axis; None where the settings are not plain numbers, or do not fit."""
    settings = [_numbers(value, len(kernel)) for value in (stride, dilation, padding)]
    strides, dilations, pads = (setting or (-1,) for setting in settings)
    if min(*strides, *dilations) < 1 or min(pads) < 0:
        return None
    axes = (Axis(k, s, d, (p, p)) for k, s, d, p in zip(kernel, strides, dilations, pads, strict=True))
    try:
        return [axis.output_size(n) for axis, n in zip(axes, spatial, strict=True)]
    except ConvError:
        return None


def _linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor | None:
    if not _plain((input, weight) if bias is None else (input, weight, bias)) or weight.dim() != 2 or input.dim() < 2:
        return None
    outputs, inputs = weight.shape
    if 0 in input.shape or not outputs or input.shape[-1] != inputs or (bias is not None and bias.shape != (outputs,)):
        return None
    return input.new_empty(*input.shape[:-1], outputs) if input.is_contiguous() else None


def _like(tensor: Tensor) -> Tensor | None:
    """The same shape; torch.empty_like is one of the kernels in Python."""
    return tensor.new_empty(tensor.shape) if tensor.is_contiguous() else None


def _numbers(value: Any, rank: int) -> tuple[int, ...] | None:
    """A number for each axis of space; None for words and for another count of numbers."""
    entries = tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank
    return entries if len(entries) == rank and all(type(entry) is int for entry in entries) else None


def _plain(tensors: Iterable[Any]) -> bool:
    """Whether all are dense floating-point tensors on meta, of one type, without a subclass's own rules."""
    kinds = (Tensor, torch.nn.Parameter)
    given = list(tensors)
    return all(
        type(t) in kinds
        and t.is_meta
        and t.dtype.is_floating_point
        and t.layout is torch.strided
        and t.dtype == given[0].dtype
        for t in given
    )


_ELSEWHERE = frozenset({"alpha", "out"})
"""Arguments with which a function does more than is made here."""

_RULES: dict[Callable[..., Any], Callable[..., Tensor | None]] = {
    **dict.fromkeys((Tensor.add, torch.add), _added),
    **dict.fromkeys((Tensor.add_, Tensor.__iadd__), _added_in_place),
    functional.relu: _activated,
    functional.silu: _activated,
    functional.relu6: _activated,
    functional.hardswish: _activated,
    functional.hardsigmoid: _activated,
    functional.hardtanh: _clipped,
    functional.gelu: _gated,
    functional.dropout: _dropped,
    **dict.fromkeys((torch.sigmoid, torch.tanh, Tensor.sigmoid, Tensor.tanh), _activated),
    **dict.fromkeys((Tensor.mul, torch.mul), _scaled),
    torch.cat: _stacked,
    functional.batch_norm: _batch_norm,
    functional.conv1d: _convolved(1),
    functional.conv2d: _convolved(2),
    functional.conv3d: _convolved(3),
    functional.conv_transpose1d: _spread(1),
    functional.conv_transpose2d: _spread(2),
    functional.conv_transpose3d: _spread(3),
    functional.linear: _linear,
    functional.max_pool1d: _largest(1),
    functional.max_pool2d: _largest(2),
    functional.max_pool3d: _largest(3),
    functional.adaptive_avg_pool1d: _averaged(1),
    functional.adaptive_avg_pool2d: _averaged(2),
    functional.adaptive_avg_pool3d: _averaged(3),
}
"""How each is made; what is not here is asked of torch."""
