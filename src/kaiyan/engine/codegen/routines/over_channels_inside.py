"""Every channel by itself, with vectors of channels, and no product with what lies outside the picture.

Channels last are read where they lie, and each place of a row has code of its own for the taps that it sees: 27x27 on
14x14 makes a quarter of the products.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.arrays.memory import LINE
from kaiyan.engine.codegen.parts import inside
from kaiyan.engine.codegen.parts import stored as kinds
from kaiyan.engine.codegen.parts.blocking import FAR_STRIP, NEAR_STRIP, itemsize, shared
from kaiyan.engine.codegen.parts.blocks import TASK, apart, clipped, even, padded, reaches, tiled, turned
from kaiyan.engine.codegen.parts.epilogue import BARE, Epilogue
from kaiyan.engine.codegen.parts.inside import on
from kaiyan.engine.codegen.parts.outlet import Direction, Outlet
from kaiyan.engine.codegen.parts.strip import Argument, Strip, StripPlace, group_base
from kaiyan.engine.types import BYTES

if TYPE_CHECKING:
    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value, Variable
    from kaiyan.engine.codegen.language.target import Target
    from kaiyan.engine.codegen.parts.geometry import Geometry
    from kaiyan.engine.codegen.parts.inside import Columns, Window
    from kaiyan.reference.dtype import Numbers

_Place = tuple["Value", ...]  # image, plane, row and column of the outputs
_HELD = 8
"""Weights of a row of the kernel that stay in registers; of more, one is there at a time."""
_WRITTEN = 64
"""Taps of the longest row of a kernel that is written out: more would take too long to compile."""
_CROWDED = 2048
"""Bytes between two pixels of which so many lie in the same lines of the first cache that none stays there."""
_BESIDE = 8
"""Vectors of a pixel that are packed side by side."""
_FEW = 8
"""Channels for each pixel, from which on dense layers that widen to them are divided by channels."""
_LATENCY = 8
"""Products that must be under way at once to keep the units busy."""


@dataclass(frozen=True, slots=True)
class OverChannelsInside:
    """One input and one output channel a group; up to ``width`` outputs of a row in registers, a vector each.

    The groups are taken as channels of the geometry: G of them side by side. A task is ``rows`` of one plane for
    ``vectors`` of channels, and one of ``parts`` of each row's tiles. The last vector ends with the last channel, so
    that nothing is masked where there are channels for one. Channels last are read in place; else a strip is packed.
    """

    geometry: Geometry
    source: str
    rows: int
    width: int
    vectors: int
    parts: int
    lanes: int
    epilogue: Epilogue = BARE
    dtype: str = "float32"
    stored: str = ""

    @property
    def all_vectors(self) -> int:
        """Vectors of all channels."""
        return tiled(self.geometry.C, self.lanes)

    @property
    def weights(self) -> int:
        """Elements of the packed weight."""
        return self.all_vectors * self.lanes * self.geometry.taps

    @property
    def tasks(self) -> tuple[int, ...]:
        """Tasks of one image: planes, strips of rows, vectors of channels, parts of a row."""
        depth, height, _ = self.geometry.outputs
        return depth, tiled(height, self.rows), tiled(self.all_vectors, self.vectors), self.parts

    @property
    def tiles(self) -> tuple[Columns, ...]:
        """A row of outputs."""
        return inside.columns_of(self.geometry, self.width)

    @property
    def in_place(self) -> bool:
        """Whether the input is read where it lies."""
        crowded = self.geometry.C * BYTES[self.dtype] % _CROWDED == 0 and prod(self.geometry.kernel[:2]) > 1
        return self.source == "channels_last" and not crowded

    @property
    def beside(self) -> int:
        """Vectors that are packed at once, where a strip is packed."""
        return self.vectors if self.source == "channels_last" else 1

    @property
    def strip(self) -> Strip:
        """What one task reads, where it is packed: the rows of the input itself that are under its outputs."""
        _, rows, _ = reaches(self.geometry, (1, self.rows, 1))
        _, lines, columns = self.geometry.runs
        rows, wide = min(rows, lines.stop - lines.start), columns.stop - columns.start
        channels = self.beside * self.lanes
        gap = apart(channels * BYTES[self.dtype]) // BYTES[self.dtype] if self.beside > 1 else 0
        return Strip(self.geometry, self.source, channels, rows, wide, last=True, stored=self.stored, gap=gap)

    @property
    def cycles(self) -> float:
        """Of one image, by count: two products or two loads a cycle."""
        line = sum(columns.tiles * self._line_cycles(columns) for columns in self.tiles)
        stores = sum(columns.tiles * self._store_cycles(columns.width) for columns in self.tiles)
        sums = inside.pairs(self.geometry, 0) * inside.pairs(self.geometry, 1) * line
        rows = self.geometry.outputs[0] * self.geometry.outputs[1]
        packed = 0.0 if self.in_place else prod(self.tasks) * self.vectors / self.beside
        turning = self.source == "row_contiguous"  # squares of channels and columns, at two cycles a vector
        strip = 2.0 * self.strip.size / self.lanes if turning else self.strip.cycles(self.lanes)
        return self.all_vectors * (sums + rows * stores) + packed * strip + prod(self.tasks) * TASK

    def _store_cycles(self, width: int) -> float:
        """Of a tile's end; a vector that is cut by a mask is slow to store, but for the widest."""
        if self.source == "channels_last":
            return width + 10
        slow = width < self.lanes and self.lanes * BYTES[self.dtype] < LINE
        return (10.0 if slow else 2.2) * self.lanes + 10

    def _line_cycles(self, columns: Columns) -> float:
        """Of one row of the kernel in one tile."""
        kernel, stride, dilation = on(self.geometry, 2)
        read = len({c * stride + x * dilation for c, x in columns.terms})
        whole = not self.in_place or self.geometry.C % self.lanes == 0
        loads = read * (1 if whole else 1.6) + kernel
        products = len(columns.terms) * max(_LATENCY / columns.width / 2, 1)
        widened = read * kinds.widening(self.epilogue.given) if self.in_place else 0.0
        return max(products, loads) / 2 + widened + 2

    @property
    def packing(self) -> tuple[object, ...]:
        """What ``packed`` depends on: routines that agree in it pack alike by the same function."""
        return self.geometry.weight, self.lanes, self.dtype

    def packed(self, weight: Numbers, bias: Numbers) -> tuple[Numbers, Numbers]:
        """(channels, taps) in vectors of channels: (vectors, taps, lanes)."""
        C, L, taps = self.geometry.C, self.lanes, self.geometry.taps
        starts = np.minimum(np.arange(self.all_vectors) * L, max(C - L, 0))
        channels = starts[:, None] + np.arange(L)
        filled = np.zeros((max(C, L), taps), self.dtype)
        filled[:C] = weight.reshape(C, taps)
        return turned(filled[channels], (0, 2, 1)), padded(bias, max(C, L))[channels]

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        image, task = code.divmod(code.task, prod(self.tasks))
        depth, row, block, part = code.unravel(task, self.tasks)
        row = clipped(code, row, self.rows, self.geometry.outputs[1])
        first = clipped(code, block, self.vectors, self.all_vectors)
        base = group_base(code, self.geometry, image, 0, stored=self.stored)
        if self.in_place:
            window = inside.lying(code, self.geometry, base, depth)
            with code.loop(0, self.rows) as r:
                self._line(code, window, (image, depth, code.add(row, r)), (first, self.vectors), part)
            return
        packed = code.scratch(self.strip.size)
        with code.loop(0, self.vectors, self.beside) as v:
            vector = code.add(first, v)
            window = inside.under(
                code, self.strip, packed, StripPlace(base, self._channel(code, vector), depth, row, 0)
            )
            with code.loop(0, self.rows) as r:
                self._line(code, window, (image, depth, code.add(row, r)), (vector, self.beside), part)
        code.release()

    def _line(self, code: Code, window: Window, place: _Place, vectors: tuple[Value, int], part: Value) -> None:
        """One row of outputs."""
        first, count = vectors
        for columns in self.tiles:
            with code.share(columns.tiles, part, self.parts) as tile, code.loop(0, count) as v:
                column = code.add(columns.first, code.mul(tile, columns.width))
                vector = code.add(first, v)
                channel = self._channel(code, vector) if self.in_place else code.mul(v, self.lanes)
                self._tile(code, window.moved(code, channel), columns, (*place, column), vector)

    def _tile(self, code: Code, window: Window, columns: Columns, place: _Place, vector: Value) -> None:
        geometry = self.geometry
        sums = code.variables(columns.width)
        for total in sums:
            total.put(code.vector(code.argument(Argument.BIAS), code.mul(vector, self.lanes)))
        below, across = (
            code.mul(code.mul(place[1 + axis], geometry.stride[axis]), window[1 + axis]) for axis in (1, 2)
        )
        start = code.at(window.start, below, across)
        weights = code.at(code.argument(Argument.WEIGHT), code.mul(vector, geometry.taps * self.lanes))
        _, kh, kw = geometry.kernel
        step = code.mul(window.lines, geometry.dilation[1])
        planes, lines = (inside.bounds(code, geometry, axis, place[1 + axis]) for axis in (0, 1))
        with code.loop(*planes) as z, code.loop(*lines) as y:
            here = code.at(start, code.mul(window.planes, z), code.mul(step, y))
            kernel = code.at(weights, code.mul(code.add(code.mul(z, kh), y), kw * self.lanes))
            self._sum(code, columns, sums, window._replace(start=here), kernel)
        image, depth, row, column = place
        outlet = Outlet.first(code, self.epilogue).moved(
            code, image=image, channel=self._channel(code, vector), depth=depth, row=row, column=column
        )
        put = self._pixels if self.source == "channels_last" else self._rows
        put(code, [total.get() for total in sums], outlet)

    def _sum(self, code: Code, columns: Columns, sums: list[Variable], window: Window, kernel: Value) -> None:
        """Adds one row of the kernel to a tile; each pixel and each weight is read once, in the order of their use.

        LLVM would read them long before, and spill the sums.
        """
        taps, stride, dilation = on(self.geometry, 2)
        stored, mask = (self.stored, code.mask(self.geometry.C)) if self.in_place else ("", None)
        weights: dict[int, Value] = {}
        values: dict[int, tuple[Value, Value]] = {}
        for c, x in inside.ordered(self.geometry, columns.terms, by_pixel=taps <= _HELD):
            at = c * stride + x * dilation
            if at not in values:
                near = max((place for place in values if place < at), default=None)
                behind = (window.start, at) if near is None else (values[near][0], at - near)
                pointer = code.forgotten(code.at(behind[0], code.mul(window.columns, behind[1])))
                values[at] = pointer, kinds.vector(code, pointer, stored=stored, mask=mask)
            if x not in weights:
                kernel = code.forgotten(kernel) if taps > _HELD else kernel
                weights[x] = code.vector(kernel, x * self.lanes)
            sums[c].put(code.fma(values[at][1], weights[x], sums[c].get()))

    def _channel(self, code: Code, vector: Value) -> Value:
        """The first channel of a vector of them."""
        channel, last = code.mul(vector, self.lanes), max(self.geometry.C - self.lanes, 0)
        return code.least(channel, last) if last % self.lanes else channel

    def _pixels(self, code: Code, vectors: list[Value], outlet: Outlet) -> None:
        """Stores a tile channels last."""
        for vector, here in zip(vectors, outlet.grid(code, 1, len(vectors)), strict=True):
            self.epilogue.put(code, vector, here, code.mask(self.geometry.C))

    def _rows(self, code: Code, vectors: list[Value], outlet: Outlet) -> None:
        """Stores a tile channels first."""
        across = outlet.step(code, Direction.CHANNEL)
        filled = vectors + [code.constant(0)] * (self.lanes - len(vectors))
        for line in code.transposed(filled)[: self.geometry.C]:
            self.epilogue.put(code, line, outlet, code.mask(len(vectors)))
            outlet = outlet.by(code, across)


@lru_cache(maxsize=4096)
def cut(
    geometry: Geometry, source: str, target: Target, dtype: str, epilogue: Epilogue, threads: int
) -> OverChannelsInside | None:
    """Each channel by itself, vectors of channels; None where a border holds more than zeros, or rows are too long."""
    if not inside.zeros_around(geometry) or geometry.kernel[2] > _WRITTEN:
        return None
    L = target.lanes(itemsize(dtype))
    side = replace(geometry, groups=1, C=geometry.groups, K=geometry.groups)
    routine = OverChannelsInside(side, source, 1, 1, 1, 1, L, epilogue, dtype)
    routine = replace(routine, width=_width(routine, target), vectors=_vectors(routine))
    rows = side.outputs[1] if routine.in_place else _packed_rows(routine)
    return _parted(replace(routine, rows=rows), threads) if rows else None


def _width(routine: OverChannelsInside, target: Target) -> int:
    """Outputs of a tile: their sums, and the weights or the pixels of a row, in registers."""
    taps, free = routine.geometry.kernel[2], target.registers - 1
    most = free - taps - 1 if taps <= _HELD else (free - 1) // 2
    L, size = routine.lanes, routine.geometry.outputs[2]
    if routine.source == "channels_last":
        return even(size, max(most, 1))
    return L if size % L == 0 and most >= L - 1 else even(size, max(min(most, L), 1))


def _vectors(routine: OverChannelsInside) -> int:
    """Vectors of channels whose weights stay in cache, all if they nearly do; of those packed, a power of two."""
    kernel, every = routine.geometry.taps * routine.lanes * BYTES[routine.dtype], routine.all_vectors
    most = max(NEAR_STRIP // kernel, 1)
    if routine.in_place or routine.source != "channels_last":
        return every if every * kernel <= 2 * NEAR_STRIP else even(every, most)
    return 1 << min(most, _BESIDE, every).bit_length() - 1


def _packed_rows(routine: OverChannelsInside) -> int:
    """How many rows of outputs are under one strip that stays in cache; none, where there is too much under one."""
    geometry, strip = routine.geometry, routine.strip
    line = geometry.kernel[0] * strip.pitch * BYTES[routine.dtype]
    run, height = geometry.runs[1], geometry.outputs[1]
    if (run.stop - run.start) * line <= FAR_STRIP:
        return height
    under = reaches(geometry, (1, 1, 1))[1]
    fitting = [(most // line - under) // geometry.stride[1] + 1 for most in (2 * NEAR_STRIP, FAR_STRIP)]
    rows = next((rows for rows in fitting if rows > 0), 0)
    return even(height, rows) if rows else 0


def _parted(routine: OverChannelsInside, threads: int) -> OverChannelsInside:
    """For so many threads: by channels where the dense layers beside it are, having few pixels, else by rows."""
    depth, height, width = routine.geometry.outputs
    if threads > 1 and routine.in_place and _FEW * height * width < routine.geometry.C:
        routine = replace(routine, vectors=min(routine.vectors, tiled(routine.all_vectors, 2 * threads)))
    others = depth * tiled(routine.all_vectors, routine.vectors)
    if others % threads:
        routine = replace(routine, rows=shared(height, 1, routine.rows, threads, others))
    most = max(columns.tiles for columns in routine.tiles) if routine.in_place else 1
    return replace(routine, parts=min(tiled(threads, prod(routine.tasks)), most))
