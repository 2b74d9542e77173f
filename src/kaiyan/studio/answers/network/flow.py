"""How functions of torch pass on what elements see: a rule for each, by its bare name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.studio.answers.network.reaches import adaptive, padded, resized, through_axis
from kaiyan.studio.answers.network.seen import Seen, joined, met, stacked
from kaiyan.trace.functions import bound
from kaiyan.trace.functions.function import UnreadableError
from kaiyan.trace.windows import groups, windows

if TYPE_CHECKING:
    from kaiyan.trace.record import Call

Rule = Callable[["Call", list[Seen]], "Seen | list[Seen | None] | None"]


def _windows(call: Call, before: list[Seen]) -> Seen | None:
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
    seen = before[0]
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
    return replace(seen, which=which, is_bound=False)


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
    return _squeezed(replace(seen, which=which), axes)


def _squeezed(seen: Seen, axes: Any) -> Seen:
    """Axes of one element are taken out."""
    kept = [axis for axis in range(seen.which.ndim) if axis not in axes]
    which = seen.which.reshape([seen.which.shape[axis] for axis in kept])
    if seen.space is None:
        return replace(seen, which=which)
    left = [axis for axis in seen.space if axis in kept]
    if len(left) == 1:
        raise UnreadableError("one axis of space")
    return replace(seen, which=which, space=(kept.index(left[0]), kept.index(left[1])) if left else None)


def _stacked(call: Call, before: list[Seen]) -> Seen | None:
    dim = call.named.get("dim", call.arguments[1] if len(call.arguments) > 1 else 0)
    axis = int(dim) % before[0].which.ndim
    if axis in (before[0].space or ()) or len(before) < len(call.inputs):
        return None
    return stacked(before, axis)


def _shaped(call: Call, before: list[Seen]) -> Seen:
    """The same elements in another shape: height and width are found again, or laid into features."""
    seen, old, new = before[0], call.inputs[0].shape, call.outputs[0].shape
    if seen.space is None:
        return replace(seen, which=seen.which.reshape(new))
    places = [_found(axis, old, new) for axis in seen.space]
    if None not in places:
        high, wide = places[0], places[1]
        assert high is not None
        assert wide is not None
        shape = [1 if axis in (high, wide) else n for axis, n in enumerate(new)]
        return replace(seen, which=seen.which.reshape(shape), space=(high, wide))
    sizes = [old[axis] for axis in seen.space]
    if len(new) != 2 or new[0] != old[0]:
        raise UnreadableError("space goes into another axis")
    spread = np.repeat(seen.which.reshape(1, -1), sizes[0] * sizes[1], 1)
    flat = seen.each(lambda reach, _: reach.any(0, keepdims=True))
    return replace(flat, which=spread, space=None, is_bound=seen.is_bound or sizes != [1, 1])


def _found(axis: int, old: tuple[int, ...], new: tuple[int, ...]) -> int | None:
    """The axis of a new shape that is an axis of the old one: as long, and with as much before it."""
    before = int(np.prod(old[:axis]))
    return next((i for i, n in enumerate(new) if n == old[axis] and int(np.prod(new[:i])) == before), None)


def _ordered(call: Call, before: list[Seen]) -> Seen:
    rank = before[0].which.ndim
    given = [*call.arguments[1:], *(value for name, value in call.named.items() if name != "input")]
    flat = [int(n) % rank for entry in given for n in (entry if isinstance(entry, (tuple, list)) else (entry,))]
    order = list(range(rank))
    if call.kind == "permute":
        order = flat
    else:
        order[flat[0]], order[flat[1]] = order[flat[1]], order[flat[0]]
    seen = before[0]
    space = None if seen.space is None else (order.index(seen.space[0]), order.index(seen.space[1]))
    return replace(seen, which=seen.which.transpose(order), space=space)


def _cut(call: Call, before: list[Seen]) -> list[Seen | None]:
    """Pieces along an axis that is not of space, in order."""
    known = {**dict(zip(("input", "size", "dim"), call.arguments, strict=False)), **call.named}
    seen, axis = before[0], int(known.get("dim", 0)) % before[0].which.ndim
    if axis in (seen.space or ()):
        return [None] * len(call.outputs)
    ends = np.cumsum([tensor.shape[axis] for tensor in call.outputs])[:-1]
    return [replace(seen, which=piece) for piece in np.split(seen.which, ends, axis)]


def _picked(call: Call, before: list[Seen]) -> Seen | None:
    """Slices and numbers in brackets."""
    seen, index = before[0], call.arguments[1]
    entries = list(index) if isinstance(index, tuple) else [index]
    rank = seen.which.ndim
    if Ellipsis in entries:
        at = entries.index(Ellipsis)
        entries[at : at + 1] = [slice(None)] * (rank - len(entries) + 1)
    entries += [slice(None)] * (rank - len(entries))
    if len(entries) != rank or not all(isinstance(entry, (slice, int)) for entry in entries):
        return None
    space = seen.space or ()
    for number, axis in enumerate(space):
        if not isinstance(entries[axis], slice):
            return None
        seen = seen.cut(number, entries[axis])
    which = seen.which[tuple(slice(None) if axis in space else entry for axis, entry in enumerate(entries))]
    kept = [axis for axis, entry in enumerate(entries) if isinstance(entry, slice)]
    return replace(seen, which=which, space=(kept.index(space[0]), kept.index(space[1])) if space else None)


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


def _expanded(call: Call, before: list[Seen]) -> Seen | None:
    """Axes of one element are repeated; new axes stand in front."""
    seen, new = before[0], call.outputs[0].shape
    front = len(new) - seen.which.ndim
    space = tuple(axis + front for axis in seen.space or ())
    shape = [1 if axis in space else n for axis, n in enumerate(new)]
    which = np.broadcast_to(seen.which.reshape((1,) * front + seen.which.shape), shape)
    if seen.space is None:
        return replace(seen, which=which)
    sizes = [new[axis] for axis in space]
    spread = seen.each(lambda reach, own: np.broadcast_to(reach, (sizes[own], reach.shape[1])))
    return replace(spread, which=which, space=(space[0], space[1]))


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
    **_named(_stacked, "cat concat concatenate"),
    **_named(_shaped, "view reshape flatten unflatten unsqueeze squeeze"),
    **_named(_ordered, "permute transpose swapaxes"),
    **_named(_cut, "chunk split tensor_split"),
    **_named(_picked, "getitem"),
    **_named(_padded, "pad"),
    **_named(_resized, "interpolate"),
    **_named(_shuffled, "pixel_shuffle"),
    **_named(_expanded, "expand expand_as"),
    **_named(_nothing, "zeros_like ones_like full_like"),
    **_named(_neighbours, "local_response_norm channel_shuffle"),
}
"""A function that is no row here is not known, and nor is what follows it."""
