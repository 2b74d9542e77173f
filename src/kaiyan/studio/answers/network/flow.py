"""How functions of torch pass on what elements see: a rule for each, by its bare name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.studio.answers.network.flow_axes import (
    cut,
    expanded,
    flipped,
    ordered,
    picked,
    rolled,
    selected,
    shaped,
    side_by_side,
    squeezed,
    unbound,
)  # fmt: skip
from kaiyan.studio.answers.network.flow_products import attended, many_heads, multiplied
from kaiyan.studio.answers.network.reaches import adaptive, padded, resized, through_axis
from kaiyan.studio.answers.network.seen import Seen, joined, met, spaced
from kaiyan.trace.functions import bound
from kaiyan.trace.windows import groups, windows

if TYPE_CHECKING:
    from kaiyan.trace.record import Call

Rule = Callable[["Call", list[Seen]], "Seen | list[Seen | None] | None"]


def _windows(call: Call, before: list[Seen]) -> Seen | None:
    before = [spaced(before[0])]
    if before[0].space != (2, 3):
        return None
    axes = windows(call)
    sizes = zip(axes, call.inputs[0].shape[2:], call.outputs[0].shape[2:], strict=True)
    rows, columns = (through_axis(axis, n, out) for axis, n, out in sizes)
    seen = before[0]
    if call.kind.startswith("conv"):
        seen = seen.mixed(groups(call), call.outputs[0].shape[1])
    return seen.through(rows, columns)


def _adaptive(call: Call, before: list[Seen]) -> Seen | None:
    before = [spaced(before[0])]
    if before[0].space != (2, 3):
        return None
    rows, columns = (
        adaptive(n, out) for n, out in zip(call.inputs[0].shape[2:], call.outputs[0].shape[2:], strict=True)
    )
    return before[0].through(rows, columns)


def _alike(_: Call, before: list[Seen]) -> Seen | None:
    """Element by element."""
    seen: Seen | None = before[0]
    for other in before[1:]:
        seen = None if seen is None else met(seen, other)
    return seen


def _normed(call: Call, before: list[Seen]) -> Seen | None:
    """Over all of space; over the channels of a group."""
    seen = spaced(before[0])
    if seen.space != (2, 3):
        return None
    if call.kind == "group_norm":
        seen = seen.mixed(int(call.arguments[1]), seen.which.shape[1])
    return seen.everywhere()


def _layer_normed(call: Call, before: list[Seen]) -> Seen:
    """Over the last axes."""
    rank = len(call.inputs[0].shape)
    count = len(call.arguments[1] if len(call.arguments) > 1 else call.named["normalized_shape"])
    return _over(before[0], range(rank - count, rank))


def _softmax(call: Call, before: list[Seen]) -> Seen:
    dim = call.named.get("dim", call.arguments[1] if len(call.arguments) > 1 else None)
    return _over(before[0], [int(dim) % len(call.inputs[0].shape)])


def _over(seen: Seen, axes: Any) -> Seen:
    """What an element sees that looks along axes, of space or not."""
    space = seen.space or ()
    others = [axis for axis in axes if axis not in space]
    seen = seen.over(others) if others else seen
    for number, axis in enumerate(space):
        if axis in axes:
            seen = seen.everywhere_along(number)
    return seen


def _linear(call: Call, before: list[Seen]) -> Seen:
    seen = _over(before[0], [before[0].which.ndim - 1])
    which = np.repeat(seen.which[..., :1], call.outputs[0].shape[-1], -1)
    return replace(seen, which=which)


def _reduced(call: Call, before: list[Seen]) -> Seen:
    """A mean, a sum, a largest over axes, which are then gone or have one element."""
    rank, known = (
        len(call.inputs[0].shape),
        {**dict(zip(("input", "dim", "keepdim"), call.arguments, strict=False)), **call.named},
    )
    dims = known.get("dim")
    axes = sorted(
        {int(d) % rank for d in (dims if isinstance(dims, (tuple, list)) else range(rank) if dims is None else [dims])}
    )
    seen = _over(before[0], axes)
    which = seen.which[tuple(slice(0, 1) if axis in axes else slice(None) for axis in range(rank))]
    for number, axis in enumerate(seen.space or ()):
        seen = seen.cut(number, slice(0, 1)) if axis in axes else seen
    if known.get("keepdim"):
        return replace(seen, which=which)
    return squeezed(replace(seen, which=which), axes)


def _padded(call: Call, before: list[Seen]) -> Seen | None:
    known = bound(call)
    if known is None or before[0].space != (2, 3):
        return None
    pads = tuple(int(n) for n in known["pad"])
    if len(pads) not in (2, 4):
        return None
    columns, rows = pads[:2], pads[2:4] or (0, 0)
    sides = ((rows[0], rows[1]), (columns[0], columns[1]))
    sizes, mode = call.inputs[0].shape[2:], str(known["mode"])
    return before[0].each(lambda reach, own: joined(padded(sizes[own], sides[own], mode), reach))


def _resized(call: Call, before: list[Seen]) -> Seen | None:
    known = bound(call)
    if known is None or before[0].space != (2, 3):
        return None
    settings = {name: known[name] for name in known.function.arguments if name != "input"}
    sizes = (call.inputs[0].shape[2], call.inputs[0].shape[3])
    return before[0].each(lambda reach, own: joined(resized(sizes, own, settings), reach))


def _nothing(_: Call, before: list[Seen]) -> Seen:
    """A constant of the same shape."""
    return before[0].each(lambda reach, _: np.zeros_like(reach))


def _neighbours(_: Call, before: list[Seen]) -> Seen | None:
    """Of neighbouring channels at one place: known where all channels see the same."""
    return before[0] if len(before[0].views) == 1 else None


def _shuffled(call: Call, before: list[Seen]) -> Seen | None:
    """Channels into space: every output pixel has one place of the input, and one of its channels."""
    factor = int(call.arguments[1] if len(call.arguments) > 1 else call.named["upscale_factor"])
    if before[0].space != (2, 3):
        return None
    channels = before[0].which.shape[1] // factor**2
    return before[0].mixed(channels, channels).each(lambda reach, _: np.repeat(reach, factor, 0))


def _named(rule: Rule, names: str) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), rule)


CONSTANT = frozenset({"zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full"})
"""Functions that take a tensor's type, and its shape at the most: what they make sees nothing of the picture."""

_ALIKE = (
    "add iadd radd sub isub rsub mul imul rmul div truediv itruediv maximum minimum neg relu relu6 leaky_relu elu selu "
    "silu mish gelu sigmoid tanh hardswish hardsigmoid hardtanh softplus softsign threshold clamp celu logsigmoid "
    "hardshrink softshrink tanhshrink pow exp abs sqrt rsqrt square contiguous clone to float half double detach"
)
ALIKE = frozenset(_ALIKE.split())
"""Element by element, of tensors and numbers."""

RULES: dict[str, Rule] = {
    **_named(_windows, "conv2d conv_transpose2d max_pool2d avg_pool2d"),
    **_named(_adaptive, "adaptive_avg_pool2d adaptive_max_pool2d"),
    **dict.fromkeys(ALIKE, _alike),
    **_named(_alike, "prelu dropout dropout2d alpha_dropout feature_dropout batch_norm"),
    **_named(_normed, "group_norm instance_norm"),
    **_named(_layer_normed, "layer_norm rms_norm"),
    **_named(_softmax, "softmax log_softmax"),
    **_named(_linear, "linear"),
    **_named(_reduced, "mean sum amax amin"),
    **_named(side_by_side, "cat concat concatenate"),
    **_named(shaped, "view reshape flatten unflatten unsqueeze squeeze"),
    **_named(ordered, "permute transpose swapaxes t T mT"),
    **_named(cut, "chunk split tensor_split"),
    **_named(picked, "getitem"),
    **_named(unbound, "unbind"),
    **_named(rolled, "roll"),
    **_named(flipped, "flip"),
    **_named(selected, "index_select"),
    **_named(multiplied, "matmul mm bmm"),
    **_named(attended, "scaled_dot_product_attention"),
    **_named(many_heads, "multi_head_attention_forward"),
    **_named(_padded, "pad"),
    **_named(_resized, "interpolate"),
    **_named(_shuffled, "pixel_shuffle"),
    **_named(expanded, "expand expand_as"),
    **_named(_nothing, "zeros_like ones_like full_like"),
    **_named(_neighbours, "local_response_norm channel_shuffle"),
}
"""A function that is no row here is not known, and nor is what follows it."""

OF_ALL = frozenset(
    {"cat", "concat", "concatenate", "matmul", "mm", "bmm", "scaled_dot_product_attention",
     "multi_head_attention_forward"}
)  # fmt: skip
"""Rules that are given all tensors of the call, also those that were not made of the picture."""
