"""Which products of a convolution lie inside the picture, where outside it there are zeros and nothing else."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kaiyan.engine.codegen.parts.blocks import tiled
from kaiyan.engine.codegen.parts.strip import Argument, StripPlace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value
    from kaiyan.engine.codegen.parts.geometry import Geometry
    from kaiyan.engine.codegen.parts.strip import Strip


def zeros_around(geometry: Geometry) -> bool:
    """Whether the picture lies in the extended axes once, whole steps apart by one, with zeros around it."""
    return geometry.framed and geometry.constant == 0 and all(run.stop > run.start for run in geometry.runs)


def on(geometry: Geometry, axis: int) -> tuple[int, int, int]:
    """Kernel, stride and dilation of an axis."""
    return geometry.kernel[axis], geometry.stride[axis], geometry.dilation[axis]


def shift(geometry: Geometry, axis: int) -> int:
    """What is added to a position of the extended axis for its index in the input."""
    return geometry.runs[axis].first - geometry.runs[axis].start


def is_unpadded(geometry: Geometry, axis: int) -> bool:
    """Whether every position of the extended axis is inside."""
    run = geometry.runs[axis]
    return run.start == 0 and run.stop == geometry.room[axis]


Term = tuple[int, int]
"""An output of a tile and a tap."""


class Columns(NamedTuple):
    """``tiles`` of ``width`` outputs side by side, the first at ``first``, that see the same taps.

    ``terms`` are the pairs (output, tap) of one tile that lie inside.
    """

    first: int
    tiles: int
    width: int
    terms: tuple[Term, ...]


@lru_cache(maxsize=512)
def columns_of(geometry: Geometry, most: int) -> tuple[Columns, ...]:
    """A row of outputs in tiles of nearly the same width, of ``most`` at most."""
    size = geometry.outputs[2]
    count = tiled(size, most)
    edges = [size * i // count for i in range(count + 1)]
    tiles = [(start, stop - start, _terms(geometry, start, stop)) for start, stop in pairwise(edges)]
    alike = [list(same) for _, same in groupby(tiles, key=lambda tile: tile[1:])]
    return tuple(Columns(same[0][0], len(same), *same[0][1:]) for same in alike)


def _terms(geometry: Geometry, start: int, stop: int) -> tuple[Term, ...]:
    kernel, stride, dilation = on(geometry, 2)
    run = geometry.runs[2]
    everything = ((c, x) for c in range(stop - start) for x in range(kernel))
    return tuple((c, x) for c, x in everything if run.start <= (start + c) * stride + x * dilation < run.stop)


def ordered(geometry: Geometry, terms: Iterable[Term], *, by_pixel: bool) -> list[Term]:
    """The terms of a tile, each pixel read once for all weights; or each weight once, after those that share pixels."""
    _, stride, dilation = on(geometry, 2)
    if by_pixel:
        return sorted(terms, key=lambda term: term[0] * stride + term[1] * dilation)
    return sorted(terms, key=lambda term: (term[1] * dilation % stride, term[1], term[0]))


def pairs(geometry: Geometry, axis: int) -> int:
    """Pairs of an output and a tap on an axis that lie inside."""
    kernel, stride, dilation = on(geometry, axis)
    run = geometry.runs[axis]
    places = np.add.outer(np.arange(geometry.outputs[axis]) * stride, np.arange(kernel) * dilation)
    return int(((places >= run.start) & (places < run.stop)).sum())


def bounds(code: Code, geometry: Geometry, axis: int, output: Value) -> tuple[Value, Value]:
    """From which tap, up to which, an output's window lies inside."""
    kernel, stride, dilation = on(geometry, axis)
    run = geometry.runs[axis]
    if is_unpadded(geometry, axis):
        return 0, kernel
    position = code.mul(output, stride)
    before, after = (code.most(code.sub(edge, position), 0) for edge in (run.start, run.stop))
    low, high = (code.divmod(code.add(taps, dilation - 1), dilation)[0] for taps in (before, after))
    return low, code.least(high, kernel)


def when_inside(code: Code, geometry: Geometry, axis: int, position: Value) -> Any:
    """Only if a position of the extended axis is inside."""
    run = geometry.runs[axis]
    if is_unpadded(geometry, axis):
        return code.always()
    return code.when(code.b.and_(code.below(run.start - 1, position), code.below(position, run.stop)))


class Window(NamedTuple):
    """Where the input is read: tap 0 of row 0 and column 0 of the outputs; elements between two planes, lines, columns.

    What is before the picture is never read, but counted from.
    """

    start: Value
    planes: Value
    lines: Value
    columns: Value

    def moved(self, code: Code, channel: Value) -> Window:
        """The same of another channel."""
        return self._replace(start=code.at(self.start, channel))


def lying(code: Code, geometry: Geometry, base: Value, depth: Value) -> Window:
    """An image of the input where it lies, under one plane of outputs."""
    planes, lines, columns = (code.number(Argument.STRIDE + axis) for axis in range(3))
    before = [shift(geometry, axis) for axis in range(3)]
    plane = code.add(code.mul(depth, geometry.stride[0]), before[0])
    offsets = code.mul(plane, planes), code.mul(lines, before[1]), code.mul(columns, before[2])
    return Window(code.at(base, *offsets), code.mul(planes, geometry.dilation[0]), lines, columns)


def under(code: Code, strip: Strip, packed: Value, corner: StripPlace) -> Window:
    """The rows and columns of the input itself that lie under outputs from a corner on, packed here."""
    geometry = strip.geometry
    _, lines, columns = geometry.runs
    position = code.mul(corner.row, geometry.stride[1])
    row = code.most(code.least(position, lines.stop - strip.rows), lines.start)
    depth = code.mul(corner.depth, geometry.stride[0])
    strip.pack(code, packed, StripPlace(corner.base, corner.channel, depth, row, columns.start))
    start = code.at(packed, code.mul(code.sub(0, row), strip.pitch), -columns.start * strip.pixel)
    return Window(start, strip.rows * strip.pitch, strip.pitch, strip.pixel)
