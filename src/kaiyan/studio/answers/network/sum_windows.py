"""Values of layers that slide a window: convolutions, transposed ones, pools, resizing."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from kaiyan.nn.layers import Layer
from kaiyan.show.sentence import sentence
from kaiyan.spec import read
from kaiyan.spec.conv import Conv
from kaiyan.spec.conventions import PADDING_MODES, PAST_EDGE
from kaiyan.studio.answers.network.sum_parts import Inside, Sum, summed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.axis import Axis


def convolution(inside: Inside) -> Sum:
    """Every product of one output of a convolution, transposed or not, whatever its padding."""
    spec, weight, bias = _described(inside)
    x, w = inside.x[0].numpy(), weight.detach().double().numpy()
    b = None if bias is None else float(bias.detach().double()[inside.channel])
    return (_spread if spec.transposed else _gathered)(inside, spec, x, w, b)


def _described(inside: Inside) -> tuple[Conv, Any, Any]:
    module = inside.module
    if module is not None:
        spec = module.spec if isinstance(module, Layer) else Conv.from_module(module)
        return spec, module.weight, module.bias
    weight, groups = inside.setting("weight"), inside.setting("groups")
    transposed = inside.name == "conv_transpose2d"
    channels = (
        (weight.shape[0], weight.shape[1] * groups) if transposed else (weight.shape[1] * groups, weight.shape[0])
    )
    padding = inside.setting("padding")
    spec = Conv(
        *channels, tuple(weight.shape[2:]), inside.setting("stride"),
        padding if isinstance(padding, (str, int)) else tuple(padding),
        inside.setting("dilation"), groups, inside.setting("bias") is not None,
        output_padding=inside.setting("output_padding") if transposed else 0, transposed=transposed,
    )  # fmt: skip
    return spec, weight, inside.setting("bias")


def _gathered(inside: Inside, spec: Conv, x: Numbers, w: Numbers, bias: float | None) -> Sum:
    each = w.shape[1]
    first = inside.channel // (len(w) // spec.groups) * each
    reads = [
        np.array(axis.reads(o, before))
        for axis, o, (before, _) in zip(spec.axes, (inside.row, inside.column), spec.pads((1, *x.shape)), strict=True)
    ]
    mode = PADDING_MODES.get(spec.padding_mode, PADDING_MODES["zeros"])
    rows, columns = (mode.index(at, n) for at, n in zip(reads, x.shape[1:], strict=True))
    values = x[first : first + each][:, np.maximum(rows, 0)[:, None], np.maximum(columns, 0)]
    past = (rows == PAST_EDGE)[:, None] | (columns == PAST_EDGE)
    values = np.where(past, read.constant(spec.padding_mode), values.astype(float))
    outside = _outside(reads[0], x.shape[1])[:, None] | _outside(reads[1], x.shape[2])
    weights = w[inside.channel]
    return Sum(
        _formula(bias), summed(values, weights, bias), values=values, weights=weights,
        padding=np.broadcast_to(outside, values.shape).astype(np.uint8), bias=bias,
        rows=tuple(reads[0].tolist()), columns=tuple(reads[1].tolist()), first=first,
    )  # fmt: skip


def _spread(inside: Inside, spec: Conv, x: Numbers, w: Numbers, bias: float | None) -> Sum:
    """A transposed convolution: the inputs whose window covers this output, each with its own tap."""
    each = len(w) // spec.groups
    group, own = divmod(inside.channel, w.shape[1])
    first = group * each
    axes = zip(spec.axes, (inside.row, inside.column), spec.pads((1, *x.shape)), x.shape[1:], strict=True)
    (rows, high), (columns, wide) = (_covering(axis, o + before, n) for axis, o, (before, _), n in axes)
    values = x[first : first + each][:, rows[:, None], columns].astype(float)
    weights = w[first : first + each, own][:, high[:, None], wide]
    return Sum(
        _formula(bias), summed(values, weights, bias), values=values, weights=weights,
        padding=np.zeros(values.shape, np.uint8), bias=bias,
        rows=tuple(rows.tolist()), columns=tuple(columns.tolist()), first=first,
    )  # fmt: skip


def _covering(axis: Axis, full: int, n: int) -> tuple[Any, Any]:
    """The inputs that reach one output of a transposed axis, and the taps by which they do."""
    hits = [(full - tap * axis.dilation, tap) for tap in range(axis.kernel)]
    pairs = [(at // axis.stride, tap) for at, tap in hits if at % axis.stride == 0 and 0 <= at // axis.stride < n]
    return np.array([i for i, _ in pairs], int), np.array([tap for _, tap in pairs], int)


def _formula(bias: float | None) -> Any:
    if bias is None:
        return sentence("formula-weighed", "the sum of value · weight")
    return sentence("formula-weighed-bias", "the sum of value · weight, plus the bias")


def _outside(places: Any, n: int) -> Any:
    return (places < 0) | (places >= n)


def pool(inside: Inside) -> Sum:
    """The largest or the mean of a window."""
    name = inside.name.lower().replace("_", "")
    x = inside.x[0, inside.channel].double().numpy()
    is_adaptive = name.startswith("adaptive") or name == "mean"
    rows, columns, divisor = _adaptive(inside, x.shape) if is_adaptive else _window(inside, x.shape)
    padding = _outside(rows, x.shape[0])[:, None] | _outside(columns, x.shape[1])
    values = np.where(padding, 0.0, x[rows.clip(0, len(x) - 1)[:, None], columns.clip(0, x.shape[1] - 1)])
    if "max" in name:
        total = float(values[~padding].max(initial=-np.inf))
        formula = sentence("formula-largest", "the largest of {count} values", count=int((~padding).sum()))
        weights = np.zeros_like(values)
        weights.flat[int(np.where(padding, -np.inf, values).argmax())] = 1.0
    else:
        weights = np.full(values.shape, 1 / divisor)
        total = summed(values, np.ones_like(values), None) / divisor
        formula = sentence("formula-mean", "the sum of the values, divided by {divisor}", divisor=divisor)
    return Sum(
        formula, total, values=values[None], weights=weights[None], padding=padding[None].astype(np.uint8),
        rows=tuple(rows.tolist()), columns=tuple(columns.tolist()), first=inside.channel,
    )  # fmt: skip


def _adaptive(inside: Inside, shape: tuple[int, ...]) -> tuple[Any, Any, int]:
    """Windows that divide an axis as evenly as whole numbers can. Source: torch, AdaptiveAveragePooling.cpp."""
    places = zip((inside.row, inside.column), shape, inside.size, strict=True)
    rows, columns = (np.arange(o * n // out, -(-(o + 1) * n // out)) for o, n, out in places)
    return rows, columns, len(rows) * len(columns)


def _window(inside: Inside, shape: tuple[int, ...]) -> tuple[Any, Any, int]:
    kernel = _pair(inside.setting("kernel_size"))
    stride = _pair(inside.setting("stride") or kernel)
    pads = _pair(inside.setting("padding"))
    is_mean = "avg" in inside.name.lower()
    dilation = (1, 1) if is_mean else _pair(inside.setting("dilation"))
    starts = [o * s - p for o, s, p in zip((inside.row, inside.column), stride, pads, strict=True)]
    ends = [n + p for n, p in zip(shape, pads, strict=True)]
    rows, columns = (
        np.arange(start, min(start + k * d, end) if is_mean else start + k * d, d)
        for start, k, d, end in zip(starts, kernel, dilation, ends, strict=True)
    )
    counted = len(rows) * len(columns)
    if is_mean and not inside.setting("count_include_pad"):
        counted = int((~_outside(rows, shape[0])).sum() * (~_outside(columns, shape[1])).sum())
    return rows, columns, (inside.setting("divisor_override") if is_mean else None) or counted


def _pair(value: Any) -> tuple[int, int]:
    entries = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    return (int(entries[0]), int(entries[-1]))


def means_over_space(places: Sequence[Any], named: Any) -> bool:
    """Whether a mean of (N, C, H, W) goes over H and W alone."""
    dims = places[0] if places else named.get("dim")
    return isinstance(dims, (tuple, list)) and sorted(d % 4 for d in dims) == [2, 3]


def resize(inside: Inside) -> Sum:
    """What an enlarged or reduced map reads: the weights are the derivatives, for it is linear."""
    with torch.enable_grad():
        x = inside.x[:, inside.channel : inside.channel + 1].double().requires_grad_()
        layer: Any = copy.deepcopy(inside.module) if inside.module is not None else inside.call
        named = {name: value for name, value in inside.named.items() if name != "input"}
        y = layer(x) if isinstance(layer, nn.Module) else layer(x, *inside.args[1:], **named)
        (weights,) = torch.autograd.grad(y[0, 0, inside.row, inside.column], x)
    used = weights[0, 0].numpy() != 0
    rows, columns = used.any(1).nonzero()[0], used.any(0).nonzero()[0]
    values = x.detach()[0, 0].numpy()[rows[:, None], columns]
    share = weights[0, 0].numpy()[rows[:, None], columns]
    return Sum(
        sentence("formula-weighed", "the sum of value · weight"), summed(values, share, None),
        values=values[None], weights=share[None], padding=np.zeros((1, *values.shape), np.uint8),
        rows=tuple(rows.tolist()), columns=tuple(columns.tolist()), first=inside.channel,
    )  # fmt: skip
