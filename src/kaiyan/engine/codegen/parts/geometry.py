"""A convolution as routines see it: three axes, whose borders, spreads and crops are all maps of indices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise, product
from math import gcd
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.engine.codegen.parts.blocks import tiled
from kaiyan.reference.border import index_map
from kaiyan.spec import read
from kaiyan.spec.conventions import PAST_EDGE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kaiyan.spec.axis import Axis
    from kaiyan.spec.conv import Conv, Shape

RANK = 3
"""Axes of a kernel: depth, rows, columns; fewer are led by axes of one element."""

Triple = tuple[int, int, int]
Maps = tuple["NDArray[np.int64]", ...]
Seen = tuple[tuple[tuple[int, int], ...], ...]
"""Of each phase of an axis what its outputs see: places in the window, an even step apart, and the tap for each."""


@dataclass(frozen=True, slots=True)
class Run:
    """The stretch of an extended axis, from ``start`` up to ``stop``, that is the input from ``first`` on."""

    start: int
    stop: int
    first: int


@dataclass(frozen=True, slots=True)
class Geometry:
    """Channels of one group, and sizes (depth, rows, columns). The extended axis is what windows slide over.

    ``room`` is its size, ``runs`` where it is the input itself; elsewhere it is ``constant``, or there are copies of
    the input too, where it is not ``framed``. Outputs are ``step`` apart in an array of ``whole`` sizes.
    Where there are ``phases``, a window is what all outputs between two inputs see together.
    """

    groups: int
    C: int
    K: int
    outputs: Triple
    kernel: Triple
    stride: Triple
    dilation: Triple
    room: Triple
    runs: tuple[Run, Run, Run]
    constant: float
    framed: bool
    whole: Triple = (0, 0, 0)
    step: Triple = (1, 1, 1)
    phases: tuple[Seen, ...] = ()

    @property
    def weight(self) -> tuple[int, int, int, Triple]:
        """What there is of a weight: groups, channels and kernel, whatever it slides over."""
        return self.groups, self.K, self.C, self.kernel

    @property
    def taps(self) -> int:
        """Elements of a kernel."""
        return self.kernel[0] * self.kernel[1] * self.kernel[2]

    @property
    def pixels(self) -> int:
        """Elements of one channel of the output."""
        return self.whole[0] * self.whole[1] * self.whole[2]

    @property
    def is_spread(self) -> bool:
        """Whether no two inputs are neighbours in rows or columns: at most every second line holds any."""
        places = zip(self.runs[1:], self.room[1:], strict=True)
        return all(run.stop - run.start <= 1 < room for run, room in places)


def geometry(spec: Conv, input_shape: Shape) -> tuple[Geometry, Maps]:
    """The geometry of ``spec`` on an input (N, C, *spatial) of rank 1 to 3, and the maps of its extended axes.

    A transposed convolution is one of stride 1 over its input spread out, with the kernel turned round.
    """
    C, K = spec.channels
    sizes, outputs = input_shape[2:], spec.output_shape(input_shape)[2:]
    places = zip(spec.axes, sizes, spec.pads(input_shape), outputs, strict=True)
    maps = [_map(axis, n, pads, out, spec) for axis, n, pads, out in places]
    single = [np.zeros(1, np.int64)] * (RANK - len(maps))
    runs, framed = _runs((*single, *maps))
    return (
        Geometry(
            spec.groups,
            C // spec.groups,
            K // spec.groups,
            _three(outputs),
            _three(a.kernel for a in spec.axes),
            _three(1 if spec.transposed else a.stride for a in spec.axes),
            _three(a.dilation for a in spec.axes),
            _three(len(places) for places in maps),
            runs,
            float(read.constant(spec.padding_mode).real),
            framed,
            _three(outputs),
        ),
        (*single, *maps),
    )


def slid(spec: Conv, sizes: Shape, windows: Shape) -> tuple[Geometry, Maps]:
    """The geometry of the windows of ``spec``, so many on each axis, over pictures of these sizes with zeros around.

    A transposed convolution's slide over its output, and its input's channels are the ``K``.
    """
    C, K = reversed(spec.channels) if spec.transposed else spec.channels
    places = []
    for axis, n, m in zip(spec.axes, sizes, windows, strict=True):
        before, _ = axis.pads(m if spec.transposed else n)
        index = np.arange((m - 1) * axis.stride + axis.reach, dtype=np.int64) - before
        places.append(np.where((index >= 0) & (index < n), index, PAST_EDGE))
    maps = (*[np.zeros(1, np.int64)] * (RANK - len(places)), *places)
    return (
        Geometry(
            spec.groups,
            C // spec.groups,
            K // spec.groups,
            _three(windows),
            _three(a.kernel for a in spec.axes),
            _three(a.stride for a in spec.axes),
            _three(a.dilation for a in spec.axes),
            _three(len(p) for p in places),
            tuple(_run(p) for p in maps),  # type: ignore[arg-type]
            0.0,
            framed=False,
            whole=_three(windows),
        ),
        maps,
    )


def tiles(base: Geometry, step: int) -> tuple[Geometry, Maps]:
    """The outputs' own geometry, as what is read: in tiles of ``step`` on rows and columns, zeros past the last."""
    _, *sizes = base.outputs
    places = [np.arange(tiled(n, step) * step, dtype=np.int64) for n in sizes]
    maps = (np.zeros(1, np.int64), *(np.where(p < n, p, PAST_EDGE) for p, n in zip(places, sizes, strict=True)))
    room, runs = _three(len(p) for p in maps), tuple(_run(p) for p in maps)
    return replace(base, C=base.K, kernel=(1, 1, 1), stride=(1, 1, 1), room=room, runs=runs), maps  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Phase:
    """The outputs of a transposed convolution that lie at ``origin`` and a stride apart: a convolution by themselves.

    ``taps`` are those of the turned kernel that reach them, by axis; where there are none, one tap of zeros stands in.
    """

    geometry: Geometry
    maps: Maps
    origin: Triple
    taps: tuple[tuple[int, ...], ...]


def phases(spec: Conv, input_shape: Shape) -> list[Phase]:
    """A transposed convolution as one dense convolution for each place between two inputs."""
    C, K = spec.channels
    sizes, outputs = input_shape[2:], spec.output_shape(input_shape)[2:]
    places = zip(spec.axes, sizes, spec.pads(input_shape), outputs, strict=True)
    axes = [[_phase(axis, n, pads[0], out, o) for o in range(min(axis.stride, out))] for axis, n, pads, out in places]
    listed = []
    for chosen in product(*axes):
        single = [np.zeros(1, np.int64)] * (RANK - len(chosen))
        maps = (*single, *(phase.places for phase in chosen))
        runs = tuple(_run(places) for places in maps)
        geometry = Geometry(
            spec.groups,
            C // spec.groups,
            K // spec.groups,
            _three(phase.outputs for phase in chosen),
            _three(max(len(phase.taps), 1) for phase in chosen),
            (1, 1, 1),
            _three(phase.dilation for phase in chosen),
            _three(len(phase.places) for phase in chosen),
            runs,  # type: ignore[arg-type]
            0.0,
            framed=True,
            whole=_three(outputs),
            step=_three(axis.stride for axis in spec.axes),
        )
        origin = (0,) * (RANK - len(chosen)) + tuple(phase.origin for phase in chosen)
        taps = tuple(phase.taps for phase in chosen)
        listed.append(Phase(geometry, maps, origin, taps))  # type: ignore[arg-type]
    return listed


def interleaved(spec: Conv, input_shape: Shape) -> tuple[Geometry, Maps]:
    """A transposed convolution as windows at stride 1, each of which all phases see: its outputs are where they are."""
    C, K = spec.channels
    sizes, outputs = input_shape[2:], spec.output_shape(input_shape)[2:]
    places = zip(spec.axes, sizes, spec.pads(input_shape), outputs, strict=True)
    made = [_together(axis, n, pads[0], out) for axis, n, pads, out in places]
    lead = RANK - len(made)
    maps = (*[np.zeros(1, np.int64)] * lead, *(axis.places for axis in made))
    return (
        Geometry(
            spec.groups,
            C // spec.groups,
            K // spec.groups,
            _three(axis.outputs for axis in made),
            _three(axis.reach for axis in made),
            (1, 1, 1),
            (1, 1, 1),
            _three(len(axis.places) for axis in made),
            tuple(_run(places) for places in maps),  # type: ignore[arg-type]
            0.0,
            framed=True,
            whole=_three(outputs),
            phases=((((0, 0),),),) * lead + tuple(axis.seen for axis in made),
        ),
        maps,
    )


@dataclass(frozen=True, slots=True)
class _Together:
    outputs: int
    reach: int
    seen: Seen
    places: NDArray[np.int64]


def _together(axis: Axis, n: int, before: int, outputs: int) -> _Together:
    """All phases of an axis: place j of the window is input ``first + j``."""
    phases = [_phase(axis, n, before, outputs, origin) for origin in range(axis.stride)]
    first = min((phase.first for phase in phases if phase.taps), default=0)
    seen = tuple(
        tuple((phase.first - first + phase.dilation * m, tap) for m, tap in enumerate(phase.taps)) for phase in phases
    )
    reach = max((place for taps in seen for place, _ in taps), default=0) + 1
    count = tiled(outputs, axis.stride)
    return _Together(count, reach, seen, _inside(np.arange(count + reach - 1, dtype=np.int64) + first, n))


@dataclass(frozen=True, slots=True)
class _AxisPhase:
    origin: int
    outputs: int
    taps: tuple[int, ...]
    first: int
    dilation: int
    places: NDArray[np.int64]


def _phase(axis: Axis, n: int, before: int, outputs: int, origin: int) -> _AxisPhase:
    """Output ``origin + stride * j`` sees input ``first + dilation * m + j`` by the m-th of its taps."""
    spread = [origin + before - (axis.reach - 1) + tap * axis.dilation for tap in range(axis.kernel)]
    taps = tuple(tap for tap, place in enumerate(spread) if place % axis.stride == 0)
    dilation = axis.dilation // gcd(axis.stride, axis.dilation)
    first = spread[taps[0]] // axis.stride if taps else 0
    count = tiled(outputs - origin, axis.stride)
    room = count + dilation * (max(len(taps), 1) - 1)
    places = _inside(np.arange(room, dtype=np.int64) + first, n)
    return _AxisPhase(origin, count, taps, first, dilation, places)


def _inside(index: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    return np.where((index >= 0) & (index < n), index, PAST_EDGE)


def flattened(base: Geometry, maps: Maps, sizes: Shape) -> tuple[Geometry, Maps]:
    """Where dense planes of these sizes are read element by element: all of a plane as one row."""
    whole = [Run(0, n, 0) for n in _three(sizes)]
    if base.taps > 1 or base.stride != (1, 1, 1) or base.room != _three(sizes) or list(base.runs) != whole:
        return base, maps
    single, size = Run(0, 1, 0), base.pixels
    runs = (single, single, Run(0, size, 0))
    flat = replace(base, outputs=(1, 1, size), whole=(1, 1, size), room=(1, 1, size), runs=runs)
    return flat, (np.zeros(1, np.int64), np.zeros(1, np.int64), np.arange(size))


def sampled(base: Geometry, maps: Maps, *, columns: bool) -> tuple[Geometry, Maps]:
    """Where a kernel has one tap, only what lies under it is read: at stride 2, one of four pixels is packed.

    ``columns`` is whether they are read apart too: where they lie side by side, a whole row is packed faster.
    """
    if base.taps > 1 or base.stride == (1, 1, 1):
        return base, maps
    steps = (*base.stride[:2], base.stride[2] if columns else 1)
    maps = tuple(places[::step] for places, step in zip(maps, steps, strict=True))
    runs, framed = _runs(maps)
    room, stride = (
        _three(len(places) for places in maps),
        _three(s // n for s, n in zip(base.stride, steps, strict=True)),
    )
    return replace(base, stride=stride, room=room, runs=runs, framed=framed), maps


def _runs(maps: Maps) -> tuple[tuple[Run, Run, Run], bool]:
    """Where each axis is the input itself, and whether nothing else of it is."""
    depth, rows, columns = (_run(places) for places in maps)
    runs = depth, rows, columns
    pairs = zip(maps, runs, strict=True)
    return runs, all((places != PAST_EDGE).sum() == run.stop - run.start for places, run in pairs)


def _map(axis: Axis, n: int, pads: tuple[int, int], outputs: int, spec: Conv) -> NDArray[np.int64]:
    if not spec.transposed:
        room = (outputs - 1) * axis.stride + axis.reach
        return index_map(spec.padding_mode, n, pads)[:room].astype(np.int64)
    places = np.arange(outputs - 1 + axis.reach) + pads[0] - (axis.reach - 1)
    index, rest = np.divmod(places, axis.stride)
    return np.where((rest == 0) & (index >= 0) & (index < n), index, PAST_EDGE).astype(np.int64)


def _run(places: NDArray[np.int64]) -> Run:
    """The longest stretch in which the map climbs by ones."""
    inside = places != PAST_EDGE
    joined = inside[1:] & inside[:-1] & (np.diff(places) == 1)
    edges = [0, *(np.flatnonzero(~joined) + 1).tolist(), len(places)]
    stretches = [edge for edge in pairwise(edges) if inside[edge[0]]]
    start, stop = max(stretches, key=lambda edge: edge[1] - edge[0], default=(0, 0))
    return Run(start, stop, int(places[start]) if stop else 0)


def _three(values: Any) -> Triple:
    entries = tuple(values)
    filled: Triple = (1,) * (RANK - len(entries)) + entries
    return filled
