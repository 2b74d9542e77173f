"""Element by element: arithmetic, activations, dropout, casts; and norms, which look at more."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from kaiyan.trace.functions.function import TorchFunction
from kaiyan.trace.functions.receptive import over_space, side_by_side
from kaiyan.trace.functions.tensors import is_plain, like


def _activated(input: Any, inplace: Any = False) -> Tensor | None:
    if not is_plain(input) or type(inplace) is not bool:
        return None
    return input if inplace else like(input)


def _clipped(input: Any, min_val: Any, max_val: Any, inplace: Any) -> Tensor | None:
    ends = all(type(end) in (int, float) for end in (min_val, max_val))
    return _activated(input, inplace) if ends and min_val <= max_val else None


def _gated(input: Any, approximate: Any) -> Tensor | None:
    return _activated(input) if approximate in ("none", "tanh") else None


def _dropped(input: Any, p: Any, training: Any, inplace: Any) -> Tensor | None:
    is_drawn = training is True and type(p) in (int, float) and 0 < p < 1
    return _activated(input) if is_drawn and inplace is False else None


def _scaled(input: Any, other: Any) -> Tensor | None:
    """A product; the smaller factor is repeated along axes where it has one element."""
    if not is_plain(input, other) or input.dim() != other.dim():
        return None
    if not (input.is_contiguous() and other.is_contiguous()):
        return None
    large, small = (input, other) if input.numel() >= other.numel() else (other, input)
    if any(b not in (1, a) for a, b in zip(large.shape, small.shape, strict=True)):
        return None
    return large.new_empty(large.shape)  # type: ignore[no-any-return]


def _added(input: Any, other: Any) -> Tensor | None:
    if not is_plain(input, other) or input.shape != other.shape or not other.is_contiguous():
        return None
    return like(input)


def _added_in_place(input: Any, other: Any) -> Tensor | None:
    counts = type(other) is int and type(input) is Tensor and input.is_meta and input.dtype == torch.int64
    return input if counts or (is_plain(input, other) and input.shape == other.shape) else None


def _batch_norm(
    input: Any, running_mean: Any, running_var: Any, weight: Any, bias: Any, training: Any, **_: Any
) -> Tensor | None:
    tensors = [tensor for tensor in (running_mean, running_var, weight, bias) if tensor is not None]
    if not is_plain(input, *tensors) or input.dim() < 2 or not input.numel() or type(training) is not bool:
        return None
    channels = input.shape[1]
    if any(tensor.shape != (channels,) for tensor in tensors):
        return None
    if training and input.numel() // channels < 2:
        return None
    if not training and (running_mean is None or running_var is None):
        return None
    return like(input)


_BINARY = "input other"
_IN_PLACE = "input inplace=False"
_NORM = "input running_mean running_var weight=None bias=None training=False momentum=0.1 eps=1e-05"
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
_INSTANCES = (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)
_WRAPPING = "radd sub isub rsub imul rmul"
_QUOTIENTS = "div itruediv truediv maximum minimum"
_ALONE = (
    "neg leaky_relu elu selu mish softplus clamp contiguous clone to float half double pow exp abs sqrt square "
    "dropout1d dropout2d dropout3d"
)
"""Of one tensor; nothing more is known of them."""

ELEMENTWISE_ROWS = (
    TorchFunction(
        "add", _BINARY, field=side_by_side, wraps=True,
        meta={Tensor.add: _added, torch.add: _added, Tensor.add_: _added_in_place},
    ),
    TorchFunction("iadd", _BINARY, field=side_by_side, wraps=True, meta={Tensor.__iadd__: _added_in_place}),
    TorchFunction("mul", _BINARY, field=side_by_side, wraps=True, meta={Tensor.mul: _scaled, torch.mul: _scaled}),
    *(TorchFunction(name, _BINARY, field=side_by_side, wraps=True) for name in _WRAPPING.split()),
    *(TorchFunction(name, _BINARY, field=side_by_side) for name in _QUOTIENTS.split()),
    *(TorchFunction(name, field=side_by_side) for name in _ALONE.split()),
    TorchFunction("detach", "input", field=side_by_side, is_view=True),
    TorchFunction(
        "relu", _IN_PLACE, field=side_by_side,
        meta=dict.fromkeys((functional.relu, torch.relu, Tensor.relu), _activated),
    ),
    *(
        TorchFunction(name, _IN_PLACE, field=side_by_side, meta={getattr(functional, name): _activated})
        for name in ("silu", "relu6", "hardswish", "hardsigmoid")
    ),
    *(
        TorchFunction(name, "input", field=side_by_side, meta=dict.fromkeys(own, _activated))
        for name, own in {"sigmoid": (torch.sigmoid, Tensor.sigmoid), "tanh": (torch.tanh, Tensor.tanh)}.items()
    ),
    TorchFunction(
        "hardtanh", "input min_val=-1.0 max_val=1.0 inplace=False", field=side_by_side,
        meta={functional.hardtanh: _clipped},
    ),
    TorchFunction("gelu", "input * approximate='none'", field=side_by_side, meta={functional.gelu: _gated}),
    TorchFunction(
        "dropout", "input p=0.5 training=True inplace=False", field=side_by_side, meta={functional.dropout: _dropped}
    ),
    TorchFunction("prelu", "input weight", modules=(nn.PReLU,), field=side_by_side),
    TorchFunction("batch_norm", _NORM, modules=_NORMS, field=side_by_side, meta={functional.batch_norm: _batch_norm}),
    TorchFunction("group_norm", "input num_groups", modules=(nn.GroupNorm,), field=over_space),
    TorchFunction("instance_norm", "input", modules=_INSTANCES, field=over_space),
    TorchFunction("layer_norm", "input normalized_shape", modules=(nn.LayerNorm,)),
    TorchFunction("rms_norm", "input normalized_shape", modules=(nn.RMSNorm,)),
)  # fmt: skip
