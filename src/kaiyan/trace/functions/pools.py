"""Pools with windows, and adaptive ones, of ranks 1 to 3."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.nn import functional

from kaiyan.spec.axis import Axis
from kaiyan.trace.functions.function import Bound, TorchFunction
from kaiyan.trace.functions.receptive import EVERYTHING, NOT_KNOWN, ReceptiveField, through_windows
from kaiyan.trace.functions.tensors import is_plain, numbers, settings, sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

_LARGEST = "input kernel_size stride=None padding=0 dilation=1 ceil_mode=False return_indices=False"
_MEAN = "input kernel_size stride=None padding=0 ceil_mode=False count_include_pad=True"


def _axes(kernel: Sequence[int], stride: Sequence[int], pads: Sequence[int], dilation: Sequence[int]) -> list[Axis]:
    return [Axis(k, s, d, (p, p)) for k, s, p, d in zip(kernel, stride, pads, dilation, strict=True)]


def _windows(call: Bound) -> tuple[Axis, ...]:
    kernel = call.each("kernel_size")
    stride = call.each("stride") if call["stride"] else kernel
    dilation = call.each("dilation") if "dilation" in call.function.arguments else (1,) * len(kernel)
    return tuple(_axes(kernel, stride, call.each("padding"), dilation))


def _largest_meta(
    rank: int, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any,
    return_indices: Any,
) -> Tensor | None:  # fmt: skip
    if ceil_mode is not False or return_indices is not False or not _fits(rank, input):
        return None
    stride = kernel_size if stride is None else stride
    each = settings(rank, kernel_size, stride, padding, dilation, least=(1, 1, 0, 1))
    if each is None or any(2 * pad > size for size, pad in zip(each[0], each[2], strict=True)):
        return None
    out = sizes(_axes(*each), input.shape[2:])
    return input.new_empty(*input.shape[:2], *out) if out else None


def _fits(rank: int, input: Any) -> bool:
    return is_plain(input) and input.dim() == rank + 2 and 0 not in input.shape and input.is_contiguous()


def _adaptive_meta(rank: int, input: Any, output_size: Any) -> Tensor | None:
    out = numbers(output_size, rank)
    return input.new_empty(*input.shape[:2], *out) if out and min(out) > 0 and _fits(rank, input) else None


def _adaptive_field(call: Bound, before: list[ReceptiveField]) -> ReceptiveField:
    rank = len(before[0].axes)
    if rank != call.function.rank and not before[0].whole:
        return NOT_KNOWN
    pairs = list(zip(call.shape(0)[-rank:], call.output.shape[-rank:], strict=True))
    if before[0].whole or all(out == 1 for _, out in pairs):
        return EVERYTHING
    if any(n % out for n, out in pairs):
        return NOT_KNOWN
    return before[0].through([Axis(n // out, n // out) for n, out in pairs], [0] * rank)


def _largest(rank: int) -> TorchFunction:
    layers, spelled = (getattr(nn, f"MaxPool{rank}d"),), getattr(functional, f"max_pool{rank}d")
    meta = {spelled: partial(_largest_meta, rank)}
    return TorchFunction(f"max_pool{rank}d", _LARGEST, rank, layers, windows=_windows, field=through_windows, meta=meta)


def _mean(rank: int) -> TorchFunction:
    layers = (getattr(nn, f"AvgPool{rank}d"),)
    order = _MEAN + " divisor_override=None" * (rank > 1)
    return TorchFunction(f"avg_pool{rank}d", order, rank, layers, windows=_windows, field=through_windows)


def _adaptive(kind: str, rank: int) -> TorchFunction:
    name, layer = f"adaptive_{kind}_pool{rank}d", f"Adaptive{kind.title()}Pool{rank}d"
    meta = {getattr(functional, name): partial(_adaptive_meta, rank)} if kind == "avg" else {}
    return TorchFunction(name, "input output_size", rank, (getattr(nn, layer),), field=_adaptive_field, meta=meta)


POOL_ROWS = (
    *(row(rank) for row in (_largest, _mean) for rank in (1, 2, 3)),
    *(_adaptive(kind, rank) for kind in ("max", "avg") for rank in (1, 2, 3)),
)
