"""Elements arranged otherwise, none of them changed.

Views: ``reshape`` (``sizes``), ``permute`` (``axes``), ``slice`` (``axis``, ``start``, ``stop``, ``step`` ≥ 1, the stop
within the axis), ``expand`` (``sizes``), ``windows`` (all of ``size`` elements of an ``axis``, ``step`` apart and
``dilation`` within: their number is in the place of the axis, ``size`` a last axis). Copies: ``concatenate`` (any
number of inputs, ``axis``), ``pad`` (``padding`` (before, after) for every axis, all ≥ 0, ``mode`` constant, reflect,
replicate or circular, ``value``), ``upsample`` (``mode`` nearest or linear, ``sizes`` of the spatial axes, ``scales``
an axis or None where it is the ratio of sizes, ``align_corners``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.program.graph import ValueKind
from kaiyan.program.operations.operation import Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.program.graph import Node
    from kaiyan.reference.dtype import Numbers

_PICTURE = 2
"""Spatial axes of a picture."""
_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _view(compute: Callable[[Node, Any], Any]) -> Callable[[Node, Sequence[ValueKind]], ValueKind]:
    """The kind of what ``compute`` gives, found on an array without memory."""

    def kind(node: Node, kinds: Sequence[ValueKind]) -> ValueKind:
        seen = np.broadcast_to(np.empty((), np.uint8), kinds[0].shape)
        return ValueKind(compute(node, [seen]).shape, kinds[0].dtype)

    return kind


def _reshape_kind(node: Node, kinds: Sequence[ValueKind]) -> ValueKind:
    sizes = list(node.settings["sizes"])
    if -1 in sizes:
        known = int(np.prod([size for size in sizes if size != -1]))
        sizes[sizes.index(-1)] = int(np.prod(kinds[0].shape)) // max(known, 1)
    return ValueKind(tuple(sizes), kinds[0].dtype)


def _reshape(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    return arrays[0].reshape(node.settings["sizes"])


def _permute(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    return arrays[0].transpose(node.settings["axes"])


def _slice(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    settings = node.settings
    part = slice(settings["start"], settings["stop"], settings["step"])
    taken: Numbers = arrays[0][(*[slice(None)] * settings["axis"], part)]
    return taken


def _expand(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    expanded: Numbers = np.broadcast_to(arrays[0], node.settings["sizes"])
    return expanded


def _windows(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    axis, size, step, dilation = (node.settings[name] for name in ("axis", "size", "step", "dilation"))
    seen = np.lib.stride_tricks.sliding_window_view(arrays[0], dilation * (size - 1) + 1, axis)
    taken: Numbers = seen[(*[slice(None)] * axis, slice(None, None, step))][..., ::dilation]
    return taken


def _concatenated_kind(node: Node, kinds: Sequence[ValueKind]) -> ValueKind:
    axis = node.settings["axis"]
    shape = list(kinds[0].shape)
    shape[axis] = sum(kind.shape[axis] for kind in kinds)
    return ValueKind(tuple(shape), np.result_type(*(kind.dtype for kind in kinds)).name)


def _concatenated(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    return np.concatenate(arrays, node.settings["axis"])


def _padded_kind(node: Node, kinds: Sequence[ValueKind]) -> ValueKind:
    pairs = zip(kinds[0].shape, node.settings["padding"], strict=True)
    return ValueKind(tuple(before + n + after for n, (before, after) in pairs), kinds[0].dtype)


def _padded(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    settings = node.settings
    more: Any = {"constant_values": settings.get("value") or 0} if settings["mode"] == "constant" else {}
    pad: Any = np.pad
    extended: Numbers = pad(arrays[0], settings["padding"], _MODES[settings["mode"]], **more)
    return extended


def _upsampled_kind(node: Node, kinds: Sequence[ValueKind]) -> ValueKind:
    return ValueKind((*kinds[0].shape[:2], *node.settings["sizes"]), kinds[0].dtype)


def _upsampled(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    """One axis after the other. Source: torch's rule for the place of an output's centre in the input."""
    settings = node.settings
    y: Any = arrays[0].astype(np.float64)
    for i in range(len(settings["sizes"])):
        low, high, share = places(node, i, y.shape[2 + i], arrays[0].dtype.name)
        wide = share.astype(np.float64).reshape(-1, *[1] * (len(settings["sizes"]) - 1 - i))
        y = y.take(low, 2 + i) * (1 - wide) + y.take(high, 2 + i) * wide
    resized: Numbers = y.astype(arrays[0].dtype)
    return resized


def places(node: Node, axis: int, n: int, dtype: str = "float64") -> tuple[Any, Any, Any]:
    """For every output of a spatial axis the two of its n inputs that it lies between, and the share of the second.

    Where an output lies is reckoned in the array's own type, as torch does: in float32 it moves by 1e-5 and more. Of
    pictures torch repeats each pixel where there are just twice as many, whatever the scale says.
    """
    settings = node.settings
    size, scale, align_corners = settings["sizes"][axis], settings["scales"][axis], settings["align_corners"]
    kind: Any = np.dtype(dtype).type
    step = kind(1 / scale) if scale else kind(n) / kind(size)
    outputs = np.arange(size).astype(kind)
    if settings["mode"] == "nearest":
        twice = size == 2 * n and len(settings["sizes"]) == _PICTURE
        low = np.arange(size) // 2 if twice else _within(outputs * step, n)
        return low, low, np.zeros(size, kind)
    if align_corners:
        centres = outputs * (kind(n - 1) / kind(size - 1) if size > 1 else kind(0))
    else:
        centres = np.maximum((outputs + kind(0.5)) * step - kind(0.5), kind(0))
    low = _within(centres, n)
    return low, np.minimum(low + 1, n - 1), np.minimum(centres - low.astype(kind), kind(1))


def _within(centres: Any, n: int) -> Any:
    """Rounded down to one of n places, whatever number it is."""
    with np.errstate(invalid="ignore"):
        return np.clip(centres.astype(np.int64), 0, n - 1)


ROWS = (
    Operation("reshape", _reshape_kind, _reshape, is_view=True),
    Operation("permute", _view(_permute), _permute, is_view=True),
    Operation("slice", _view(_slice), _slice, is_view=True),
    Operation("expand", _view(_expand), _expand, is_view=True),
    Operation("windows", _view(_windows), _windows, is_view=True),
    Operation("concatenate", _concatenated_kind, _concatenated),
    Operation("pad", _padded_kind, _padded),
    Operation("upsample", _upsampled_kind, _upsampled),
)
