"""Norms of ATen, and softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kaiyan.nn.capture.row import Row, Written, arguments, axis_of, given, only_first_is_read

if TYPE_CHECKING:
    from torch.fx import Node as AtenNode

    from kaiyan.nn.capture.manuscript import Manuscript


def _batch_norm(draft: Manuscript, node: AtenNode) -> Written:
    """With statistics that are known, a product and a sum for each channel."""
    settings = arguments(node)
    x = settings["input"]
    names = ("running_mean", "running_var", "weight", "bias")
    given = [settings[name] for name in names]
    if not only_first_is_read(node) or any(entry is not None and entry not in draft.known for entry in given):
        return None
    mean, variance, weight, bias = (None if entry is None else draft.known[entry].double() for entry in given)
    if mean is None or variance is None:
        return None
    scale = (variance + settings["eps"]).rsqrt()
    scale = scale if weight is None else scale * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    shape = (-1, *[1] * (x.meta["val"].dim() - 2))
    inputs = [draft.value(x), *(draft.constant(entry.to(x.meta["val"].dtype).view(shape)) for entry in (scale, shift))]
    return draft.map(inputs, ("mul", 0, 1), ("add", 3, 2)), None, None


def _batch_norm_of_one(draft: Manuscript, node: AtenNode) -> Written:
    """With the statistics of one example, as InstanceNorm asks for it: each channel is a group."""
    settings = arguments(node)
    x = settings["input"]
    shape = x.meta["val"].shape
    if not only_first_is_read(node) or shape[0] != 1 or len(shape) < 3 or not settings["training"]:
        return None
    weight, bias = settings["weight"], settings["bias"]
    inputs = [draft.value(given) for given in (x, weight, bias) if given is not None]
    channels = draft.number(shape[1])
    return (
        draft.add("group_norm", inputs, groups=channels, eps=settings["eps"], **_has(weight, bias)),
        None, None,
    )  # fmt: skip


def _has(weight: Any, bias: Any) -> dict[str, bool]:
    return {"weight": weight is not None, "bias": bias is not None}


def _layer_norm(draft: Manuscript, node: AtenNode) -> Written:
    settings = arguments(node)
    if not only_first_is_read(node):
        return None
    weight, bias = settings["weight"], settings["bias"]
    inputs = [draft.value(given) for given in (settings["input"], weight, bias) if given is not None]
    axes = len(settings["normalized_shape"])
    return draft.add("layer_norm", inputs, axes=axes, eps=settings["eps"], **_has(weight, bias)), None, None


def _group_norm(draft: Manuscript, node: AtenNode) -> Written:
    settings = arguments(node)
    if not only_first_is_read(node):
        return None
    weight, bias = settings["weight"], settings["bias"]
    inputs = [draft.value(given) for given in (settings["input"], weight, bias) if given is not None]
    groups = settings["group"]
    return draft.add("group_norm", inputs, groups=groups, eps=settings["eps"], **_has(weight, bias)), None, None


def _softmax(draft: Manuscript, node: AtenNode) -> Written:
    x, axis, _ = given(node)
    rank = x.meta["val"].dim()
    return draft.add("softmax", [draft.value(x)], axis=axis_of(axis, rank)) if rank else None


ROWS: dict[str, Row] = {
    "_native_batch_norm_legit_no_training.default": _batch_norm,
    "_native_batch_norm_legit.no_stats": _batch_norm_of_one,
    "native_layer_norm.default": _layer_norm,
    "native_group_norm.default": _group_norm,
    "_softmax.default": _softmax,
}
