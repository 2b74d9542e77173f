"""Windows of convolutions and pools as they were called: what each reads along an axis, and what nothing reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kaiyan.spec.axis import Axis, TransposedAxis
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.spec.axis import Pads
    from kaiyan.trace.record import Call, Record

Given = Callable[["Call", int], int | None]
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
    """An ``Axis`` for each axis of space; none for what has no windows.

    Raises ``ConvError`` or ``ValueError`` where the arguments cannot be right.
    """
    return _READERS[call.kind[:-2]](call, rank(call)) if rank(call) else ()


def rank(call: Call) -> int:
    """Axes of space of a convolution's or pool's windows; 0 for any other call."""
    found = _KIND.fullmatch(call.kind)
    packed = call.kind.startswith("conv") and len(call.inputs) < 2  # quantised weights are no tensors
    return int(found["rank"]) if found and not call.is_module and not packed else 0


def space(call: Call) -> tuple[int, ...]:
    """Sizes of the axes of space of a windowed call's input."""
    return call.inputs[0].shape[-len(windows(call)) :]


def _given(call: Call, axis: int) -> int:
    return space(call)[axis]


def argument(call: Call, position: int, name: str, default: Any) -> Any:
    """What a function was given at a position or under a name."""
    value = call.arguments[position] if len(call.arguments) > position else call.named.get(name, default)
    return default if value is None else value


def each(value: Any, rank: int) -> tuple[Any, ...]:
    """An entry for each axis."""
    entries = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    return entries * rank if len(entries) == 1 else entries


def unread(record: Record, given: Given = _given) -> Iterator[Unread]:
    """What the windows of a record drop at the end of an axis; a tensor that something else reads whole is not dropped.

    A strided convolution of a skip may leave the last row to the one beside it: that row is read. What F.pad put
    behind the last row is no row. ``given`` tells the size that a call would get on an axis of space: by itself, the
    one it got.
    """
    padded = {tensor.name: call for call in record.calls if call.kind == "pad" for tensor in call.outputs}
    for users in readers(record):
        calls = [call for call in users if call is not None and windows(call)]
        if len(calls) < len(users):
            continue
        for axis in range(len(windows(calls[0]))):
            size = given(calls[0], axis)
            if size is None:
                continue
            ends = [dropped(call, axis, size) for call in calls]
            least = min(ends, key=len)
            rows = size - _behind(padded.get(calls[0].inputs[0].name), axis, calls[0])
            if least.start < rows:
                yield Unread(calls[0], axis, size, range(least.start, min(least.stop, rows)))


def padding_of(call: Call, axis: int) -> Pads:
    """What F.pad puts before and behind an axis, counted from the first one of the tensor; it names the last first."""
    flat = tuple(argument(call, 1, "pad", ()))
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
    return "pool" in call.kind and bool(argument(call, 5 if call.kind.startswith("max") else 4, "ceil_mode", False))


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


def _convolved(call: Call, rank: int) -> tuple[Axis, ...]:
    kernel = call.inputs[1].shape[2:]
    places = ((3, "stride", 1), (4, "padding", 0), (5, "dilation", 1))
    stride, padding, dilation = (each(argument(call, *place), rank) for place in places)
    pads = [p if isinstance(p, str) else (p, p) for p in padding]
    return tuple(Axis(k, s, d, p) for k, s, d, p in zip(kernel, stride, dilation, pads, strict=True))


def _transposed(call: Call, rank: int) -> tuple[Axis, ...]:
    kernel = call.inputs[1].shape[2:]
    places = ((3, "stride", 1), (4, "padding", 0), (7, "dilation", 1), (5, "output_padding", 0))
    stride, padding, dilation, extra = (each(argument(call, *place), rank) for place in places)
    each_axis = zip(kernel, stride, dilation, padding, extra, strict=True)
    return tuple(TransposedAxis(k, s, d, (p, p), output_padding=e) for k, s, d, p, e in each_axis)


def _pooled(call: Call, rank: int) -> tuple[Axis, ...]:
    kernel = each(argument(call, 1, "kernel_size", 1), rank)
    stride = each(argument(call, 2, "stride", None) or kernel, rank)
    padding = each(argument(call, 3, "padding", 0), rank)
    dilation = each(argument(call, 4, "dilation", 1) if call.kind.startswith("max") else 1, rank)
    return tuple(Axis(k, s, d, (p, p)) for k, s, p, d in zip(kernel, stride, padding, dilation, strict=True))


_KIND = re.compile(r"(conv|conv_transpose|max_pool|avg_pool)(?P<rank>[123])d")
_READERS: dict[str, Callable[[Call, int], tuple[Axis, ...]]] = {
    "conv": _convolved,
    "conv_transpose": _transposed,
    "max_pool": _pooled,
    "avg_pool": _pooled,
}


def pads(call: Call) -> tuple[Pads, ...]:
    """(before, after) on each axis of space for the input that the call was given; what is cropped, if transposed."""
    return tuple(axis.pads(n) for axis, n in zip(windows(call), space(call), strict=True)) if windows(call) else ()


def conv(call: Call) -> Conv | None:
    """The convolution that a function computes; None for what is not one of ours.

    Raises ``KaiyanError`` for a description that cannot be right.
    """
    if not rank(call) or not call.kind.startswith("conv"):
        return None
    transposed = call.kind.startswith("conv_transpose")
    weight, axes = call.inputs[1].shape, windows(call)
    groups = argument(call, 6, "groups", 1)
    return Conv(
        weight[0] if transposed else weight[1] * groups,
        weight[1] * groups if transposed else weight[0],
        weight[2:],
        tuple(axis.stride for axis in axes),
        tuple(axis.padding for axis in axes),
        tuple(axis.dilation for axis in axes),
        groups,
        argument(call, 2, "bias", None) is not None,
        output_padding=tuple(getattr(axis, "output_padding", 0) for axis in axes),
        transposed=transposed,
    )
