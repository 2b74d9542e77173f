"""How functions that lay elements out anew pass on what they see: shapes, orders, pieces, turns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.studio.answers.network.seen import Seen, laid, spaced, stacked
from kaiyan.trace.functions.function import UnreadableError

if TYPE_CHECKING:
    from kaiyan.trace.call import Call


def squeezed(seen: Seen, axes: Any) -> Seen:
    """Axes of one element are taken out."""
    kept = [axis for axis in range(seen.which.ndim) if axis not in axes]
    which = seen.which.reshape([seen.which.shape[axis] for axis in kept])
    if seen.space is None:
        return replace(seen, which=which)
    left = [axis for axis in seen.space if axis in kept]
    if len(left) == 1:
        raise UnreadableError("one axis of space")
    return replace(seen, which=which, space=(kept.index(left[0]), kept.index(left[1])) if left else None)


def side_by_side(call: Call, before: list[Seen]) -> Seen | None:
    """Parts of one tensor; those that were not made of the picture see nothing of it."""
    axis = int(_named(call, "tensors", "dim").get("dim", 0)) % before[0].which.ndim
    if any(seen.space for seen in before):
        before = [spaced(seen) for seen in before]
    return None if axis in (before[0].space or ()) else stacked(before, axis)


def shaped(call: Call, before: list[Seen]) -> Seen:
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
    flat = laid(seen)
    return replace(flat, which=flat.which.reshape(new))


def _found(axis: int, old: tuple[int, ...], new: tuple[int, ...]) -> int | None:
    """The axis of a new shape that is an axis of the old one: as long, and with as much before it."""
    before = int(np.prod(old[:axis]))
    return next((i for i, n in enumerate(new) if n == old[axis] and int(np.prod(new[:i])) == before), None)


def ordered(call: Call, before: list[Seen]) -> Seen:
    """Axes in another order."""
    rank = before[0].which.ndim
    flat = [axis % rank for axis in _axes(call)]
    order = list(range(rank))
    if call.kind == "permute":
        order = flat
    elif call.kind in ("t", "T", "mT"):
        order[-2], order[-1] = order[-1], order[-2]
    else:
        order[flat[0]], order[flat[1]] = order[flat[1]], order[flat[0]]
    seen = before[0]
    space = None if seen.space is None else (order.index(seen.space[0]), order.index(seen.space[1]))
    return replace(seen, which=seen.which.transpose(order), space=space)


def cut(call: Call, before: list[Seen]) -> list[Seen | None]:
    """Pieces along an axis that is not of space, in order."""
    known = _named(call, "input", "size", "dim")
    seen, axis = before[0], int(known.get("dim", 0)) % before[0].which.ndim
    if axis in (seen.space or ()):
        return [None] * len(call.outputs)
    ends = np.cumsum([tensor.shape[axis] for tensor in call.outputs])[:-1]
    return [replace(seen, which=piece) for piece in np.split(seen.which, ends, axis)]


def picked(call: Call, before: list[Seen]) -> Seen | None:
    """Slices, numbers and new axes in brackets."""
    seen, index = before[0], call.arguments[1]
    entries = list(index) if isinstance(index, tuple) else [index]
    if not all(entry is None or entry is Ellipsis or isinstance(entry, (slice, int)) for entry in entries):
        return None
    missing = seen.which.ndim - sum(entry is not None and entry is not Ellipsis for entry in entries)
    at = entries.index(Ellipsis) if Ellipsis in entries else len(entries)
    entries[at : at + 1] = [slice(None)] * missing
    olds = [axis for axis, entry in enumerate(entries) if entry is not None]
    space = [olds[axis] for axis in seen.space or ()]
    for number, axis in enumerate(space):
        if not isinstance(entries[axis], slice):
            return None
        seen = seen.cut(number, entries[axis])
    which = seen.which[tuple(slice(None) if axis in space else entry for axis, entry in enumerate(entries))]
    kept = [axis for axis, entry in enumerate(entries) if not isinstance(entry, int)]
    return replace(seen, which=which, space=(kept.index(space[0]), kept.index(space[1])) if space else None)


def expanded(call: Call, before: list[Seen]) -> Seen | None:
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


def unbound(call: Call, before: list[Seen]) -> list[Seen | None]:
    """Pieces of one element along an axis, which is then gone."""
    seen = before[0]
    axis = int(_named(call, "input", "dim").get("dim", 0)) % seen.which.ndim
    if axis in (seen.space or ()):
        seen = laid(seen)
    pieces = np.split(seen.which, seen.which.shape[axis], axis)
    return [squeezed(replace(seen, which=piece), [axis]) for piece in pieces]


def rolled(call: Call, before: list[Seen]) -> Seen:
    """Elements that move along axes, and come in again on the other side."""
    known = _named(call, "input", "shifts", "dims")
    shifts, dims = (list(n) if isinstance(n, (tuple, list)) else [n] for n in (known["shifts"], known.get("dims", ())))
    if len(shifts) != len(dims):
        raise UnreadableError("all axes are one")
    seen, sizes = before[0], call.inputs[0].shape
    for dim, shift in zip(dims, shifts, strict=True):
        seen = _taken(seen, int(dim), np.roll(np.arange(sizes[dim]), int(shift)))
    return seen


def flipped(call: Call, before: list[Seen]) -> Seen:
    """Axes from their end to their beginning."""
    seen, sizes = before[0], call.inputs[0].shape
    for dim in _axes(call):
        seen = _taken(seen, dim, np.arange(sizes[dim])[::-1])
    return seen


def selected(call: Call, before: list[Seen]) -> Seen | None:
    """Elements of an axis by their numbers, which are known where they were not made of the picture."""
    known = _named(call, "input", "dim", "index")
    if not isinstance(known["index"], np.ndarray) or len(before) > 1:
        return None
    return _taken(before[0], int(known["dim"]), known["index"])


def _taken(seen: Seen, dim: int, numbers: Any) -> Seen:
    """An axis laid out anew, by the numbers of its elements."""
    axis = dim % seen.which.ndim
    if seen.space is None or axis not in seen.space:
        return replace(seen, which=np.take(seen.which, numbers, axis))
    own = seen.space.index(axis)
    return seen.each(lambda reach, number: reach[numbers] if number == own else reach)


def _named(call: Call, *names: str) -> dict[str, Any]:
    """Arguments by their names, also those that are given by place."""
    return {**dict(zip(names, call.arguments, strict=False)), **call.named}


def _axes(call: Call) -> list[int]:
    """The axes that follow the tensor, one by one or in a tuple."""
    given = [*call.arguments[1:], *(value for name, value in call.named.items() if name != "input")]
    return [int(n) for entry in given for n in (entry if isinstance(entry, (tuple, list)) else (entry,))]
