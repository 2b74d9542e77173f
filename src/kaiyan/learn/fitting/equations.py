"""The normal equations of a kernel: a picture correlated with itself, and what a kernel leaves, band by band."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.learn.fitting.pairs import Pair, as_floats
from kaiyan.ops.conv import conv
from kaiyan.ops.gradients import weight_gradient

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Conv

_BAND = 2**18
"""Values of a picture that are worked on at once, 2 MB of double width: 2.7 s where 2**20 takes 3.7 s (512 x 512 x 3,
7 x 7)."""


@dataclass(frozen=True, slots=True, eq=False)
class Equations:
    """The left side of A w = b, U = C·taps unknowns.

    ``gram`` (U, U) is the sum of every window times itself, ``window`` (U,) that of the windows, ``used`` their number.
    """

    gram: Numbers
    window: Numbers
    used: int


def equations(pairs: list[Pair], geometry: Conv) -> Equations:
    """The sums over all windows of ``geometry`` that lie in the pictures before; it pads nothing.

    The Gram matrix comes a row of taps at a time as the gradient of a weight: the picture moved by each of these taps,
    against the picture.
    ``kept`` of a pair, if any, is the same for all its channels.
    """
    C = pairs[0].before.shape[1]
    *rows, width = (axis.kernel for axis in geometry.axes)
    U = C * prod(rows) * width
    gram, window, used = np.zeros((C, prod(rows), width, U)), np.zeros(U), 0
    of_a_row, of_one = (geometry.replace(in_channels=C, out_channels=K) for K in (C * width, 1))
    for band in bands(pairs, geometry):
        ones = np.ones_like(band.after[:, :1]) if band.kept is None else band.kept[:, :1].astype(np.float64)
        for number, row in enumerate(np.ndindex(*rows)):
            moved = np.stack([_moved(band, geometry, (*row, t)) * ones for t in range(width)], 2)
            moved = moved.reshape(len(moved), C * width, *moved.shape[3:])
            gram[:, number] += weight_gradient(of_a_row, moved, band.before).reshape(C, width, U)
        window += weight_gradient(of_one, ones, band.before).reshape(U)
        used += int(ones.sum())
    matrix = gram.reshape(U, U)
    return Equations((matrix + matrix.T) / 2, window, used)


def left_over(pairs: Iterable[Pair], geometry: Conv, weight: Numbers, bias: Numbers) -> Iterator[Pair]:
    """Every band with what ``weight`` (K, C, *kernel) and ``bias`` (K,) leave of its answers in their place."""
    for band in bands(pairs, geometry):
        predicted = conv(band.before, weight, bias, **_steps(geometry))
        rest = band.after - predicted
        yield Pair(band.before, rest if band.kept is None else rest * band.kept, band.kept)


def bands(pairs: Iterable[Pair], geometry: Conv) -> Iterator[Pair]:
    """The pairs in double width, some rows of the answer at a time with the rows that their windows read."""
    first = geometry.axes[0]
    for pair in pairs:
        rows, row = pair.after.shape[2], max(pair.before[:, :, 0].size, pair.after[:, :, 0].size)
        step = max(_BAND // max(row * first.stride, 1), 1)
        for start in range(0, rows, step):
            stop = min(start + step, rows)
            reads = slice(start * first.stride, (stop - 1) * first.stride + first.reach)
            yield as_floats(pair.inside((reads,), (slice(start, stop),)) if rows > step else pair)


def _steps(geometry: Conv) -> dict[str, Any]:
    """Stride and dilation as ``kaiyan.conv`` takes them."""
    axes = geometry.axes
    return {"stride": tuple(a.stride for a in axes), "dilation": tuple(a.dilation for a in axes)}


def _moved(band: Pair, geometry: Conv, tap: tuple[int, ...]) -> Numbers:
    """What lies under one tap of every window."""
    places = zip(geometry.axes, tap, band.after.shape[2:], strict=True)
    under = [slice(a.dilation * t, a.dilation * t + a.stride * (m - 1) + 1, a.stride) for a, t, m in places]
    return band.before[:, :, *under]
