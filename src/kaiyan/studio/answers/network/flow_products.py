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
    rows, columns = _mixed(first, -1), _mixed(second, -2)
    if len(rows.views) * len(columns.views) > MOST_VIEWS:
        rows, columns = rows.together(), columns.together()
    return _filled(met(rows, columns), call)


def attended(call: Call, before: list[Seen]) -> Seen | None:
    """Each place asks all places: softmax leaves none of them out."""
    is_masked = call.named.get("is_causal") or call.named.get("attn_mask") is not None or len(call.arguments) > 3
    return _filled(_asked(before, -2), call, is_bound=bool(is_masked))


def many_heads(call: Call, before: list[Seen]) -> list[Seen | None]:
    """Attention of torch.nn.MultiheadAttention: (places, batch, features); the weights are not followed."""
    masks = (call.named.get(name) for name in ("attn_mask", "key_padding_mask"))
    made = _filled(_asked(before, 0), call, is_bound=any(mask is not None for mask in masks))
    return [made, *[None] * (len(call.outputs) - 1)]


def _asked(before: list[Seen], places: int) -> Seen | None:
    """Each place of the query with all places of the keys and of the values, which lie along an axis."""
    query, *others = (laid(seen) for seen in before[:3])
    seen: Seen | None = _mixed(query, -1)
    for other in others:
        seen = None if seen is None else met(seen, _mixed(_mixed(other, -1), places))
    return seen


def _mixed(seen: Seen, axis: int) -> Seen:
    """All elements along an axis become one, which sees what any of them sees."""
    whole = seen.over([axis % seen.which.ndim])
    return replace(whole, which=np.take(whole.which, [0], axis))


def _filled(seen: Seen | None, call: Call, *, is_bound: bool = False) -> Seen | None:
    """Repeated to the size of the output."""
    if seen is None:
        return None
    which: Any = np.broadcast_to(seen.which, call.outputs[0].shape)
    return replace(seen, which=which, is_bound=seen.is_bound or is_bound)
