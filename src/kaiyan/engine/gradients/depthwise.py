"""The gradient of a depthwise weight: every tap is one product of two long rows."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.engine.codegen.language.target import host
from kaiyan.engine.codegen.routines.dots import dots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.axis import Axis, Pads
    from kaiyan.spec.conv import Conv, Shape


_ROOM = 4 * 2**20
"""Bytes of the rows of the channels that are worked on at a time."""


def weight_gradient(spec: Conv, gradient: Numbers, x: Numbers) -> Numbers:
    """Of a convolution with one input channel a group and zeros around, from the output's gradient (N, K, *output)."""
    (N, C, *sizes), outputs = x.shape, gradient.shape[2:]
    each = gradient.shape[1] // C
    pitches = tuple(-(-((m - 1) * a.stride + a.reach) // a.stride) for a, m in zip(spec.axes, outputs, strict=True))
    plane, phases = N * prod(pitches), list(product(*(range(a.stride) for a in spec.axes)))
    shifts = [_shift(taps, spec.axes, pitches, plane) for taps in product(*(range(a.kernel) for a in spec.axes))]
    lanes = host().lanes(x.itemsize)
    reach = len(phases) * plane + max(shift % plane for shift in shifts) + lanes
    block = max(min(_ROOM // (reach * x.itemsize), C), 1)
    left = np.zeros((block * each, -(-plane // lanes) * lanes), x.dtype)
    right = np.zeros((block, reach), x.dtype)
    seen = [_seen(spec.axes, sizes, spec.pads(x.shape), phase, pitches) for phase in phases]
    inside: Any = (..., *(slice(m) for m in outputs))
    found = np.empty((C * each, len(shifts)), x.dtype)
    for first in range(0, C, block):
        count = min(block, C - first)
        rows = slice(first * each, (first + count) * each)
        _pictures(left[: count * each], 0, N, pitches)[inside] = gradient[:, rows].swapaxes(0, 1)
        channels = x[:, first : first + count].swapaxes(0, 1)
        for number, (to, source) in enumerate(seen):
            _pictures(right[:count], number * plane, N, pitches)[to] = channels[source]
        found[rows] = dots(left[: count * each], right[:count], np.array(shifts, np.int64), each)
    return found.reshape(spec.weight_shape)


def _shift(taps: Shape, axes: tuple[Axis, ...], pitches: Shape, plane: int) -> int:
    """How far from an output's place in its row the input under a tap lies, in the tap's phase."""
    phase = place = 0
    for tap, axis, pitch in zip(taps, axes, pitches, strict=True):
        off, f = divmod(tap * axis.dilation, axis.stride)
        phase, place = phase * axis.stride + f, place * pitch + off
    return phase * plane + place


def _seen(axes: tuple[Axis, ...], sizes: Sequence[int], pads: tuple[Pads, ...], phase: Shape, pitches: Shape) -> Any:
    """Where one phase of the padded picture holds inputs, and which."""
    to, source = [], []
    for axis, n, (before, _), f, pitch in zip(axes, sizes, pads, phase, pitches, strict=True):
        start = max(-(-(before - f) // axis.stride), 0)
        first = f + start * axis.stride - before
        count = max(min(-(-(n - first) // axis.stride), pitch - start), 0)
        to.append(slice(start, start + count))
        source.append(slice(first, first + count * axis.stride, axis.stride))
    return (..., *to), (..., *source)


def _pictures(rows: Numbers, start: int, N: int, sizes: Shape) -> Numbers:
    """A part of each row as pictures (rows, N, *sizes)."""
    return rows[:, start : start + N * prod(sizes)].reshape(len(rows), N, *sizes)
