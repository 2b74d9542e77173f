"""How products of two tensors and attention pass on what elements see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.studio.answers.network.seen import MOST_VIEWS, Seen, laid, met

if TYPE_CHECKING:
    from kaiyan.trace.call import Call


def multiplied(call: Call, before: list[Seen]) -> Seen | None:
    """A row of the first tensor with a column of the second."""
    first, second = (laid(seen) for seen in before[:2])
    if first.which.ndim < 2 or second.which.ndim < 2:
        return None
    rows, columns = _first_of(_over(first, -1), -1), _first_of(_over(second, -2), -2)
    if len(rows.views) * len(columns.views) > MOST_VIEWS:
        rows, columns = rows.together(), columns.together()
    return _filled(met(rows, columns), call)


def attended(call: Call, before: list[Seen]) -> Seen | None:
    """Each place asks all places: softmax leaves none of them out."""
    query, key, value = (laid(seen) for seen in before[:3])
    seen: Seen | None = _first_of(_over(query, -1), -1)
    for other in (key, value):
        whole = _first_of(_first_of(_over(_over(other, -1), -2), -1), -2)
        seen = None if seen is None else met(seen, whole)
    is_masked = call.named.get("is_causal") or call.named.get("attn_mask") is not None or len(call.arguments) > 3
    return _filled(seen, call, is_bound=bool(is_masked))


def many_heads(call: Call, before: list[Seen]) -> list[Seen | None]:
    """Attention of torch.nn.MultiheadAttention: (places, batch, features); the weights are not followed."""
    query, *others = (laid(seen) for seen in before[:3])
    seen: Seen | None = _first_of(_over(query, -1), -1)
    for other in others:
        whole = _first_of(_first_of(_over(_over(other, -1), 0), -1), 0)
        seen = None if seen is None else met(seen, whole)
    masks = (call.named.get(name) for name in ("attn_mask", "key_padding_mask"))
    made = _filled(seen, call, is_bound=any(mask is not None for mask in masks))
    return [made, *[None] * (len(call.outputs) - 1)]


def _over(seen: Seen, axis: int) -> Seen:
    return seen.over([axis % seen.which.ndim])


def _first_of(seen: Seen, axis: int) -> Seen:
    """One element of an axis along which all are alike."""
    return replace(seen, which=np.take(seen.which, [0], axis))


def _filled(seen: Seen | None, call: Call, *, is_bound: bool = False) -> Seen | None:
    """Repeated to the size of the output."""
    if seen is None:
        return None
    which: Any = np.broadcast_to(seen.which, call.outputs[0].shape)
    return replace(seen, which=which, is_bound=seen.is_bound or is_bound)
