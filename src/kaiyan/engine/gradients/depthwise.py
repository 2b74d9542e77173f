"""The gradient of a depthwise weight: every tap is one product of two long rows.

The rows are a channel's pictures, the output's gradient with gaps of zeros where the padded input has more columns, so
that every tap is one shift. For 7x7 on 8x96x56x56 torch 2.13 takes 59 ms, this 16.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kaiyan.arrays.table import named
from kaiyan.engine.gradients.refusals import unfit_for_machine_code
from kaiyan.engine.types import BYTES
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.engine.problem import Problem
    from kaiyan.reference.dtype import Numbers
    from kaiyan.show.sentence import Sentence
    from kaiyan.spec.axis import Axis, Pads
    from kaiyan.spec.conv import Shape

ROOM = 4 * 2**20
"""Bytes of the rows of the channels that are worked on at a time."""
_CALL, _BLOCK, _PHASE = 80e-6, 30e-6, 18e-6
"""Seconds of a call whose work is nothing, of a block of channels, and of one phase of a stride in it."""
_MOVED = 0.7e-9
"""Seconds to copy one element into its row."""


class DepthwiseGradient:
    """One input channel a group, forward."""

    name = "depthwise"
    arrays = ("numpy", "torch")

    def refuses(self, problem: Problem) -> Sentence | None:
        spec = problem.spec
        if spec.transposed or spec.groups != spec.channels[0]:
            return sentence("refused-channels-mixed", "it is not depthwise: an output reads several input channels")
        return unfit_for_machine_code(problem)

    def error(self, problem: Problem) -> float:
        del problem
        return 1.0

    def seconds(self, problem: Problem) -> float:
        from kaiyan.engine.codegen.language.target import host
        from kaiyan.engine.codegen.running.machine import machine

        rows, C = _Rows.of(problem), problem.spec.channels[0]
        products = problem.spec.channels[1] * rows.plane * len(rows.shifts)
        speed = host().lanes(BYTES[problem.dtype]) * machine().frequency / 1.2
        moved = prod(problem.input_shape) + prod(problem.output_shape)
        blocks = -(-C // rows.channels)
        fixed = _CALL + blocks * (_BLOCK + _PHASE * len(rows.phases))
        return fixed + products / speed / min(problem.threads, C) + moved * _MOVED

    def build(self, problem: Problem) -> Callable[[Any, Any], Any]:
        numbers, made, rows = named(problem.kind).numbers, named(problem.kind).made, _Rows.of(problem)
        return lambda gradient, x: made(_summed(problem, rows, numbers(gradient), numbers(x)))


class _Rows(NamedTuple):
    """How pictures lie in rows: sizes of one padded picture, elements of a row and of all its phases, and shifts."""

    pitches: Shape
    plane: int
    phases: list[Shape]
    shifts: list[int]
    reach: int
    channels: int

    @classmethod
    def of(cls, problem: Problem) -> _Rows:
        """Of a depthwise convolution's problem; so many channels at a time as there is room for."""
        from kaiyan.engine.codegen.language.target import host

        axes, outputs, size = problem.spec.axes, problem.output_shape[2:], BYTES[problem.dtype]
        pitches = tuple(-(-((m - 1) * a.stride + a.reach) // a.stride) for a, m in zip(axes, outputs, strict=True))
        plane = problem.input_shape[0] * prod(pitches)
        phases = list(product(*(range(a.stride) for a in axes)))
        shifts = [_shift(taps, axes, pitches, plane) for taps in product(*(range(a.kernel) for a in axes))]
        reach = len(phases) * plane + max(shift % plane for shift in shifts) + host().lanes(size)
        channels = max(min(ROOM // (reach * size), problem.spec.channels[0]), 1)
        return cls(pitches, plane, phases, shifts, reach, channels)


def _summed(problem: Problem, rows: _Rows, gradient: Numbers, x: Numbers) -> Numbers:
    from kaiyan.engine.codegen.language.target import host
    from kaiyan.engine.codegen.routines.dots import dots

    spec, dtype = problem.spec, np.dtype(problem.dtype)
    (N, C, *sizes), outputs = x.shape, gradient.shape[2:]
    each, lanes = gradient.shape[1] // C, host().lanes(dtype.itemsize)
    left = np.zeros((rows.channels * each, -(-rows.plane // lanes) * lanes), dtype)
    right = np.zeros((rows.channels, rows.reach), dtype)
    seen = [_seen(spec.axes, sizes, spec.pads(x.shape), phase, rows.pitches) for phase in rows.phases]
    inside: Any = (..., *(slice(m) for m in outputs))
    sums = np.empty((C * each, len(rows.shifts)), dtype)
    for first in range(0, C, rows.channels):
        count = min(rows.channels, C - first)
        block = slice(first * each, (first + count) * each)
        _pictures(left[: count * each], 0, N, rows.pitches)[inside] = gradient[:, block].swapaxes(0, 1)
        channels = x[:, first : first + count].swapaxes(0, 1)
        for number, (to, source) in enumerate(seen):
            _pictures(right[:count], number * rows.plane, N, rows.pitches)[to] = channels[source]
        sums[block] = dots(left[: count * each], right[:count], np.array(rows.shifts, np.int64), each)
    return sums.reshape(spec.weight_shape)


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
