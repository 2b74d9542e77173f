"""Windows of convolutions and pools as they were called: what each reads along an axis, and what nothing reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kaiyan.show.error import ConvError
from kaiyan.spec.axis import TransposedAxis
from kaiyan.spec.conv import Conv
from kaiyan.trace.functions import bound
from kaiyan.trace.functions.function import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.spec.axis import Axis, Pads
    from kaiyan.trace.record import Call, Record

SizeOf = Callable[["Call", int], int | None]
"""The size that a call gets on an axis of space; None where it is not known."""
Version = tuple[int, int]
"""A tensor's number and how often it was made or written before."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Elements at the end of an axis that no window of ``call`` reads, and nothing else either.

    ``axis`` counts the axes of space from 0; ``size`` is what the call was given there.
    """

    call: Call
    axis: int
    size: int
    elements: range


def windows(call: Call) -> tuple[Axis, ...]:
    """An ``Axis`` for each axis of space; none for what has no windows, or whose settings are tensors.

    Raises ``ConvError`` where the settings cannot be right.
    """
    known = bound(call)
    if known is None or known.function.windows is None:
        return ()
    try:
        return known.function.windows(known)
    except UnreadableError:
        return ()


def rank(call: Call) -> int:
    """Axes of space of a convolution's or pool's windows; 0 for any other call."""
    known = bound(call)
    try:
        return len(windows(call))
    except ConvError:
        return known.function.rank if known else 0


def space(call: Call) -> tuple[int, ...]:
    """Sizes of the axes of space of a windowed call's input."""
    return call.inputs[0].shape[-rank(call) :]


def convolves(call: Call) -> bool:
    """Whether a call slides a weight over its input: a convolution as a function, transposed or not."""
    known = bound(call)
    return known is not None and known.function.is_convolution


def groups(call: Call) -> int:
    """Into how many parts a convolution cuts its channels; 1 for any other call."""
    known = bound(call)
    return known["groups"] if known and known.function.is_convolution else 1


def _own_size(call: Call, axis: int) -> int:
    return space(call)[axis]


def unread(record: Record, size_of: SizeOf = _own_size) -> Iterator[Unread]:
    """What the windows of a record drop at the end of an axis; a tensor that something else reads whole is not dropped.

    A row that a strided convolution leaves out is not dropped if another reader of the tensor reads it. What F.pad put
    behind the last row is no row. ``size_of`` tells the size that a call would get on an axis of space: by itself, the
    one it got.
    """
    padded = {tensor.name: call for call in record.calls if call.kind == "pad" for tensor in call.outputs}
    for users in readers(record):
        calls = [call for call in users if call is not None and windows(call)]
        if len(calls) < len(users):
            continue
        for axis in range(len(windows(calls[0]))):
            size = size_of(calls[0], axis)
            if size is None:
                continue
            ends = [dropped(call, axis, size) for call in calls]
            least = min(ends, key=len)
            rows = size - _behind(padded.get(calls[0].inputs[0].name), axis, calls[0])
            if least.start < rows:
                yield Unread(calls[0], axis, size, range(least.start, min(least.stop, rows)))


def padding_of(call: Call, axis: int) -> Pads:
    """What F.pad puts before and behind an axis, counted from the first one of the tensor; it names the last first."""
    known = bound(call)
    flat = tuple(known["pad"]) if known else ()
    place = 2 * (len(call.inputs[0].shape) - 1 - axis)
    before, after = (*flat[place : place + 2], 0, 0)[:2]
    return before, after


def _behind(pad: Call | None, axis: int, reader: Call) -> int:
    """Elements that an F.pad put behind an axis of space of what a call reads."""
    if pad is None:
        return 0
    return max(padding_of(pad, len(reader.inputs[0].shape) - rank(reader) + axis)[1], 0)


def dropped(call: Call, axis: int, size: int) -> range:
    """Elements at the end of one axis that this call's windows do not reach, were the axis of this size."""
    return range(size, size) if rounds_up(call) else windows(call)[axis].unread(size)


def rounds_up(call: Call) -> bool:
    """Whether it is a pool with ``ceil_mode``, whose last window may hang over the end."""
    known = bound(call)
    return known is not None and "ceil_mode" in known.function.arguments and bool(known["ceil_mode"])


def readers(record: Record) -> list[list[Call | None]]:
    """For each tensor that is read: the functions whose first argument it is, None for any other reader."""
    users: dict[Version, list[Call | None]] = {}
    versions = {tensor.name: 0 for tensor in record.inputs}
    for call in record.calls:
        if call.is_module or call.failed:
            continue
        for place, tensor in enumerate(call.inputs):
            users.setdefault((tensor.name, versions.get(tensor.name, 0)), []).append(None if place else call)
        for tensor in call.outputs:
            versions[tensor.name] = versions.get(tensor.name, -1) + 1
    for tensor in record.outputs:
        users.setdefault((tensor.name, versions.get(tensor.name, 0)), []).append(None)
    return list(users.values())


def pads(call: Call) -> tuple[Pads, ...]:
    """(before, after) on each axis of space for the input that the call was given; what is cropped, if transposed."""
    return tuple(axis.pads(n) for axis, n in zip(windows(call), space(call), strict=True)) if windows(call) else ()


def conv(call: Call) -> Conv | None:
    """The convolution that a function computes; None for what is not one of ours.

    Raises ``KaiyanError`` for a description that cannot be right.
    """
    known = bound(call)
    axes = windows(call)
    if known is None or not axes or not known.function.is_convolution:
        return None
    weight, parts = call.inputs[1].shape, groups(call)
    transposed = isinstance(axes[0], TransposedAxis)
    return Conv(
        weight[0] if transposed else weight[1] * parts,
        weight[1] * parts if transposed else weight[0],
        weight[2:],
        tuple(axis.stride for axis in axes),
        tuple(axis.padding for axis in axes),
        tuple(axis.dilation for axis in axes),
        parts,
        known["bias"] is not None,
        output_padding=tuple(getattr(axis, "output_padding", 0) for axis in axes),
        transposed=transposed,
    )
