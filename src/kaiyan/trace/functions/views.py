"""Other shapes of the same numbers: views, what is laid side by side, padded, enlarged, averaged, looked up."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from kaiyan.spec.axis import Axis, TransposedAxis
from kaiyan.trace.functions.function import Bound, TorchFunction
from kaiyan.trace.functions.receptive import EVERYTHING, NOT_KNOWN, ReceptiveField, side_by_side
from kaiyan.trace.functions.tensors import is_plain


def _stacked_field(call: Bound, before: list[ReceptiveField]) -> ReceptiveField:
    return side_by_side(call, before) if call["dim"] in (1, -1 - len(before[0].axes)) else NOT_KNOWN


def _stacked_meta(tensors: Any, dim: Any) -> Tensor | None:
    if type(tensors) not in (list, tuple) or not tensors or type(dim) is not int:
        return None
    if not is_plain(*tensors) or not tensors[0].dim():
        return None
    first, rank = tensors[0], tensors[0].dim()
    if not -rank <= dim < rank or any(t.dim() != rank or not t.is_contiguous() or 0 in t.shape for t in tensors):
        return None
    place = dim % rank
    rests = {(*t.shape[:place], *t.shape[place + 1 :]) for t in tensors}
    if len(rests) > 1:
        return None
    length = sum(int(t.shape[place]) for t in tensors)
    return torch.empty((*first.shape[:place], length, *first.shape[place + 1 :]), dtype=first.dtype, device="meta")


def _laid_flat(call: Bound, before: list[ReceptiveField]) -> ReceptiveField:
    """The same where space stays as it is, flat where it becomes features."""
    field, shape, out = before[0], call.shape(0), call.output.shape
    if field.whole or field.flat or out[2:] == shape[2:]:
        return field
    is_flat = field.axes and len(out) == 2 and out[0] == shape[0]
    return ReceptiveField(field.axes, flat=True) if is_flat else NOT_KNOWN


def _averaged(call: Bound, before: list[ReceptiveField]) -> ReceptiveField:
    rank, dims = len(call.shape(0)), call["dim"]
    over = range(rank) if dims is None else dims if isinstance(dims, (tuple, list)) else (dims,)
    if not all(isinstance(dim, int) for dim in over):
        return NOT_KNOWN
    space = set(range(2, len(before[0].axes) + 2))
    return EVERYTHING if before[0].whole or {dim % rank for dim in over} >= space else NOT_KNOWN


def _padded(call: Bound, before: list[ReceptiveField]) -> ReceptiveField:
    pads, rank = call["pad"], len(before[0].axes)
    if before[0].whole:
        return before[0]
    readable = isinstance(pads, (tuple, list)) and all(isinstance(pad, int) for pad in pads)
    if not readable or call["mode"] != "constant":
        return NOT_KNOWN
    firsts = ([0] * rank + [*reversed(pads[::2])])[-rank:]  # pads of channels, which come last, move nothing in space
    return before[0].through([Axis(1, padding=(first, 0)) for first in firsts], firsts)


def _enlarged(call: Bound, before: list[ReceptiveField]) -> ReceptiveField:
    rank = len(before[0].axes)
    pairs = list(zip(call.shape(0)[2:], call.output.shape[2:], strict=True))
    if call["mode"] != "nearest" or any(out % n for n, out in pairs):
        return NOT_KNOWN
    return before[0].through([TransposedAxis(out // n, out // n) for n, out in pairs], [0] * rank)


def _summed_terms(call: Bound) -> int:
    return prod(call.shape(0)) // max(prod(call.output.shape), 1)


_SHARING = (
    "getitem transpose permute chunk split unbind narrow select T mT unsqueeze expand unfold diagonal movedim swapaxes "
    "real"
)
_EMBEDDING = "input weight padding_idx=None max_norm=None norm_type=2.0 scale_grad_by_freq=False sparse=False"

VIEW_ROWS = (
    *(TorchFunction(name, is_view=True) for name in _SHARING.split()),
    TorchFunction("squeeze", "input dim=None", is_view=True),
    TorchFunction("setitem"),
    *(TorchFunction(name, is_view=True, field=_laid_flat) for name in ("view", "reshape")),
    TorchFunction("flatten", "input start_dim=0 end_dim=-1", is_view=True, modules=(nn.Flatten,), field=_laid_flat),
    TorchFunction("unflatten", "input dim sizes", is_view=True, modules=(nn.Unflatten,), field=_laid_flat),
    TorchFunction("cat", "tensors dim=0", field=_stacked_field, meta={torch.cat: _stacked_meta}),
    *(TorchFunction(name, "tensors dim=0", field=_stacked_field) for name in ("concat", "concatenate")),
    TorchFunction("pad", "input pad mode='constant' value=None", field=_padded),
    TorchFunction(
        "interpolate",
        "input size=None scale_factor=None mode='nearest' align_corners=None recompute_scale_factor=None "
        "antialias=False",
        modules=(nn.Upsample,),
        field=_enlarged,
    ),
    TorchFunction("pixel_shuffle", "input upscale_factor", modules=(nn.PixelShuffle,)),
    TorchFunction("pixel_unshuffle", "input downscale_factor", modules=(nn.PixelUnshuffle,)),
    TorchFunction("channel_shuffle", "input groups", modules=(nn.ChannelShuffle,)),
    TorchFunction("embedding", _EMBEDDING, modules=(nn.Embedding,)),
    TorchFunction("mean", "input dim=None keepdim=False", field=_averaged),
    TorchFunction("sum", "input dim=None keepdim=False", terms=_summed_terms),
)
