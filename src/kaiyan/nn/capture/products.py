"""Products of matrices of ATen, attention among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from kaiyan.nn.capture.manuscript import TORCH_FLOATS
from kaiyan.nn.capture.row import Row, Written, arguments, given

if TYPE_CHECKING:
    from torch.fx import Node as AtenNode

    from kaiyan.nn.capture.manuscript import Manuscript


def _linear(draft: Manuscript, node: AtenNode) -> Written:
    settings = arguments(node)
    x, weight, bias = settings["input"], settings["weight"], settings["bias"]
    if weight.meta["val"].dim() != 2 or x.meta["val"].dim() < 2:
        return None
    if not all(entry is None or entry in draft.known for entry in (weight, bias)):
        return None
    values = [draft.value(given) for given in (x, weight, bias) if given is not None]
    return draft.add("linear", values, bias=bias is not None, residual=False, activation=None)


def _product(draft: Manuscript, a: AtenNode, b: AtenNode) -> str:
    """The product a @ b; a matrix b that is known is a linear layer's weight."""
    if b in draft.known and b.meta["val"].dim() == 2:
        weight = draft.constant(draft.known[b].mT)
        return draft.add("linear", [draft.value(a), weight], bias=False, residual=False, activation=None)
    return draft.add("matmul", [draft.value(a), draft.value(b)])


def _matmul(draft: Manuscript, node: AtenNode) -> Written:
    a, b = given(node)
    if min(a.meta["val"].dim(), b.meta["val"].dim()) < 2:
        return None
    return _product(draft, a, b)


def _sum_and_product(draft: Manuscript, node: AtenNode) -> Written:
    summand, a, b = given(node)
    settings = arguments(node)
    alpha, beta = settings["alpha"], settings["beta"]
    if not all(isinstance(scale, (int, float)) for scale in (alpha, beta)):
        return None
    is_bias = summand.meta["val"].dim() == 1 and {b, summand} <= draft.known.keys()
    if is_bias and (alpha, beta) == (1, 1) and summand.meta["val"].shape[0] == b.meta["val"].shape[1]:
        inputs = [draft.value(a), draft.constant(draft.known[b].mT), draft.value(summand)]
        return draft.add("linear", inputs, bias=True, residual=False, activation=None)
    product = _product(draft, a, b)
    terms = ("mul", 0, float(alpha)), ("mul", 1, float(beta)), ("add", 2, 3)
    return draft.map([product, draft.value(summand)], *terms)


def _attention(draft: Manuscript, node: AtenNode) -> Written:
    settings = arguments(node)
    query, key, value = (settings[name] for name in ("query", "key", "value"))
    shape, dtype = query.meta["val"].shape, query.meta["val"].dtype
    if dtype not in TORCH_FLOATS or {key.meta["val"].dtype, value.meta["val"].dtype} != {dtype}:
        return None
    if (
        settings["dropout_p"]
        or settings["enable_gqa"]
        or len(shape) < 3
        or isinstance(settings["scale"], torch.fx.Node)
    ):
        return None
    masks = _masks(draft, settings, shape, dtype)
    if masks is None:
        return None
    scale = draft.number(shape[-1]) ** -0.5 if settings["scale"] is None else settings["scale"]
    scaled = draft.map([draft.value(query)], ("mul", 0, float(scale)))
    axes = (*range(len(shape) - 2), len(shape) - 1, len(shape) - 2)
    scores = draft.add("matmul", [scaled, draft.add("permute", [draft.value(key)], axes=axes)])
    for mask in masks:
        scores = draft.map([scores, mask], ("add", 0, 1))
    weights = draft.add("softmax", [scores], axis=len(shape) - 1)
    return draft.add("matmul", [weights, draft.value(value)])


def _masks(draft: Manuscript, settings: dict[str, Any], shape: Any, dtype: torch.dtype) -> list[str] | None:
    """What is added to the scores; None where torch must see to it."""
    mask = settings["attn_mask"]
    if mask is None:
        return [_causal(draft, settings, shape, dtype)] if settings["is_causal"] else []
    if settings["is_causal"] or mask not in draft.known or mask.meta["val"].dtype not in (dtype, torch.bool):
        return None
    known = draft.known[mask]
    added = (
        torch.zeros(known.shape, dtype=dtype).masked_fill(~known, -torch.inf) if known.dtype == torch.bool else known
    )
    if torch.isneginf(added).all(-1).any():
        return None  # a row that looks at nothing is 0 in torch
    return [draft.value(mask) if added is known else draft.constant(added)]


def _causal(draft: Manuscript, settings: dict[str, Any], shape: Any, dtype: torch.dtype) -> str:
    rows, columns = draft.number(shape[-2]), draft.number(settings["key"].meta["val"].shape[-2])
    return draft.constant(torch.full((rows, columns), -torch.inf, dtype=dtype).triu(1))


ROWS: dict[str, Row] = {
    "linear.default": _linear,
    "mm.default": _matmul,
    "bmm.default": _matmul,
    "matmul.default": _matmul,
    "addmm.default": _sum_and_product,
    "baddbmm.default": _sum_and_product,
}

MIXED: dict[str, Row] = {"scaled_dot_product_attention.default": _attention}
"""What sees to the types by itself: a mask may be one of truth values."""
