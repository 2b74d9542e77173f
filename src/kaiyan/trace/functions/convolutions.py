"""Convolutions and transposed convolutions of ranks 1 to 3."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.nn import functional

from kaiyan.spec.axis import Axis, TransposedAxis
from kaiyan.trace.functions.function import Bound, TorchFunction, UnreadableError
from kaiyan.trace.functions.receptive import through_windows
from kaiyan.trace.functions.tensors import is_plain, settings, sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

_FORWARD = "input weight bias=None stride=1 padding=0 dilation=1 groups=1"
_TRANSPOSED = "input weight bias=None stride=1 padding=0 output_padding=0 groups=1 dilation=1"
Each = tuple[Any, ...]


def _axes(kernel: Sequence[int], stride: Each, padding: Each, dilation: Each) -> tuple[Axis, ...]:
    pads = [p if isinstance(p, str) else (p, p) for p in padding]
    return tuple(Axis(k, s, d, p) for k, s, d, p in zip(kernel, stride, dilation, pads, strict=True))


def _spread_axes(
    kernel: Sequence[int], stride: Each, padding: Each, dilation: Each, extra: Each
) -> tuple[TransposedAxis, ...]:
    columns = zip(kernel, stride, dilation, padding, extra, strict=True)
    return tuple(TransposedAxis(k, s, d, (p, p), output_padding=e) for k, s, d, p, e in columns)


def _kernel(call: Bound) -> tuple[int, ...]:
    shape = call.shape(1)
    if len(shape) != call.function.rank + 2:
        raise UnreadableError(f"a weight of {shape}")
    return shape[2:]


def _windows(call: Bound) -> tuple[Axis, ...]:
    return _axes(_kernel(call), *map(call.each, ("stride", "padding", "dilation")))


def _spread_windows(call: Bound) -> tuple[Axis, ...]:
    return _spread_axes(_kernel(call), *map(call.each, ("stride", "padding", "dilation", "output_padding")))


def _taps(call: Bound) -> int:
    return prod(call.shape(1)[1:])


def _macs(call: Bound) -> int:
    return prod(call.output.shape) * _taps(call)


def _spread_macs(call: Bound) -> int:
    return prod(call.shape(0)) * _taps(call)


def _fits(rank: int, input: Any, weight: Any, bias: Any, groups: Any) -> bool:
    """Whether they are an input, a weight and a bias of a convolution of this rank, nothing of them empty."""
    if not is_plain(input, weight, optional=[bias]) or type(groups) is not int or groups < 1:
        return False
    return input.dim() == weight.dim() == rank + 2 and 0 not in input.shape and 0 not in weight.shape


def _meta(
    rank: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: Any
) -> Tensor | None:
    if not _fits(rank, input, weight, bias, groups):
        return None
    outputs, inputs, *kernel = weight.shape
    if outputs % groups or input.shape[1] != inputs * groups or (bias is not None and bias.shape != (outputs,)):
        return None
    each = settings(rank, stride, padding, dilation, least=(1, 0, 1))
    out = each and sizes(_axes(kernel, *each), input.shape[2:])
    return input.new_empty(input.shape[0], outputs, *out) if out else None


def _spread_meta(
    rank: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, output_padding: Any, groups: Any,
    dilation: Any,
) -> Tensor | None:  # fmt: skip
    if not _fits(rank, input, weight, bias, groups):
        return None
    inputs, outputs, *kernel = weight.shape
    if inputs % groups or input.shape[1] != inputs or (bias is not None and bias.shape != (outputs * groups,)):
        return None
    each = settings(rank, stride, padding, dilation, output_padding, least=(1, 0, 1, 0))
    if each is None or any(extra >= max(s, d) for s, d, extra in zip(each[0], each[2], each[3], strict=True)):
        return None
    out = sizes(_spread_axes(kernel, *each), input.shape[2:])
    return input.new_empty(input.shape[0], outputs * groups, *out) if out else None


CONVOLUTION_ROWS = (
    *(
        TorchFunction(
            f"conv{rank}d", _FORWARD, rank, (getattr(nn, f"Conv{rank}d"),), windows=_windows, field=through_windows,
            macs=_macs, terms=_taps, meta={getattr(functional, f"conv{rank}d"): partial(_meta, rank)}, wraps=True,
        )
        for rank in (1, 2, 3)
    ),
    *(
        TorchFunction(
            f"conv_transpose{rank}d", _TRANSPOSED, rank, (getattr(nn, f"ConvTranspose{rank}d"),),
            windows=_spread_windows, field=through_windows, macs=_spread_macs,
            meta={getattr(functional, f"conv_transpose{rank}d"): partial(_spread_meta, rank)},
        )
        for rank in (1, 2, 3)
    ),
)  # fmt: skip
