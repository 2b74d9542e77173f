"""Windows summed up: ``pool`` by ``kind`` (max, average).

x (N, C, *spatial). Settings, one number an axis: ``kernel``, ``stride``, ``padding``, ``dilation``; ``ceil_mode``,
``count_include_pad`` and ``divisor_override`` as torch's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.program.graph import ValueKind
from kaiyan.program.operations.operation import Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.graph import Node
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape


def pooled_sizes(node: Node, sizes: Shape) -> Shape:
    """How many windows there are on each axis.

    Source: torch's rule; with ``ceil_mode`` no window begins in the padding behind the input.
    """
    settings = node.settings
    counts = []
    for n, kernel, stride, pad, dilation in zip(
        sizes, settings["kernel"], settings["stride"], settings["padding"], settings["dilation"], strict=True
    ):
        room = n + 2 * pad - dilation * (kernel - 1) - 1
        count = (room + (stride - 1 if settings["ceil_mode"] else 0)) // stride + 1
        counts.append(count - 1 if settings["ceil_mode"] and (count - 1) * stride >= n + pad else count)
    return tuple(counts)


def _kind(node: Node, kinds: Sequence[ValueKind]) -> ValueKind:
    x = kinds[0]
    return ValueKind((*x.shape[:2], *pooled_sizes(node, x.shape[2:])), x.dtype)


def _compute(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    x, settings = arrays[0], node.settings
    cross: Any = np.ix_
    sizes = x.shape[2:]
    y = np.empty((*x.shape[:2], *pooled_sizes(node, sizes)), x.dtype)
    for place in np.ndindex(*y.shape[2:]):
        starts = [p * s - pad for p, s, pad in zip(place, settings["stride"], settings["padding"], strict=True)]
        taps = [
            [start + tap * d for tap in range(k) if 0 <= start + tap * d < n]
            for start, k, d, n in zip(starts, settings["kernel"], settings["dilation"], sizes, strict=True)
        ]
        picked: Any = (slice(None), slice(None), *cross(*taps))
        window: Any = x[picked].astype(np.float64).reshape(*x.shape[:2], -1)
        greatest = settings["kind"] == "max"
        divisor = _divisor(node, starts, sizes, window.shape[-1])
        y[(..., *place)] = window.max(-1, initial=-np.inf) if greatest else window.sum(-1) / divisor
    return y


def _divisor(node: Node, starts: Sequence[int], sizes: Shape, inside: int) -> int:
    settings = node.settings
    if settings["divisor_override"] is not None:
        divisor: int = settings["divisor_override"]
        return divisor
    if not settings["count_include_pad"]:
        return inside
    ends = zip(starts, settings["kernel"], sizes, settings["padding"], strict=True)
    return int(np.prod([min(start + k, n + pad) - start for start, k, n, pad in ends]))


ROWS = (Operation("pool", _kind, _compute),)
