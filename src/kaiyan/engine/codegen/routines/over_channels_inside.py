"""Every channel by itself, with vectors of channels, and no product with what lies outside the picture.

Source and border of ``over_channels`` are packed, borders and all; here channels last are read where they lie, and each
place of a row has code of its own for the taps that it sees: 27x27 on 14x14 makes a quarter of the products.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.engine.codegen.parts import stored as kinds
from kaiyan.engine.codegen.parts.blocking import FAR_STRIP, NEAR_STRIP, TASKS, itemsize
from kaiyan.engine.codegen.parts.blocks import TASK, clipped, even, padded, reaches, tiled, turned
from kaiyan.engine.codegen.parts.epilogue import BARE, Epilogue
from kaiyan.engine.codegen.parts.inside import (
    Columns,
    Window,
    bounds,
    columns_of,
    lying,
    on,
    pairs,
    under,
    zeros_around,
)
from kaiyan.engine.codegen.parts.strip import Argument, Place, Strip, group_base

if TYPE_CHECKING:
    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value, Variable
    from kaiyan.engine.codegen.language.target import Target
    from kaiyan.engine.codegen.parts.geometry import Geometry
    from kaiyan.reference.dtype import Numbers

_HELD = 8
"""Weights of a row of the kernel that stay in registers; of more, one is there at a time."""
_WRITTEN = 64
"""Taps of the longest row of a kernel that is written out: more would take too long to compile."""
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
        return columns_of(self.geometry, self.width)

    @property
    def in_place(self) -> bool:
        """Whether the input is read where it lies."""
        return self.source == "channels_last"

    @property
    def strip(self) -> Strip:
        """What one task reads, where it is packed: the rows of the input itself that are under its outputs."""
        _, rows, _ = reaches(self.geometry, (1, self.rows, 1))
        _, lines, columns = self.geometry.runs
        rows = min(rows, lines.stop - lines.start)
        return Strip(
            self.geometry, self.source, self.lanes, rows, columns.stop - columns.start, last=True, stored=self.stored
        )

    @property
    def cycles(self) -> float:
        """Of one image, by count: two products or two loads a cycle."""
        line = sum(columns.tiles * self._line_cycles(columns) for columns in self.tiles)
        depth, height, width = self.geometry.outputs
        turn = 1.0 if self.in_place else 5.0 * self.lanes / self.width
        tiles = depth * height * (width * turn + 10 * len(self.tiles))
        sums = pairs(self.geometry, 0) * pairs(self.geometry, 1) * line
        packing = 0.0 if self.in_place else prod(self.tasks) * self.strip.cycles(self.lanes)
        return self.all_vectors * (sums + tiles) + packing + prod(self.tasks) * TASK

    def _line_cycles(self, columns: Columns) -> float:
        """Of one row of the kernel in one tile."""
        kernel, stride, dilation = on(self.geometry, 2)
        read = len({c * stride + x * dilation for c, x in columns.terms})
        whole = not self.in_place or self.geometry.C % self.lanes == 0
        loads = read * (1 if whole else 1.6) + kernel
        products = len(columns.terms) * max(_LATENCY / columns.width / 2, 1)
        return max(products, loads) / 2 + 2

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
        geometry = self.geometry
        image, task = code.divmod(code.task, prod(self.tasks))
        depth, row, block, part = code.unravel(task, self.tasks)
        row = clipped(code, row, self.rows, geometry.outputs[1])
        first = clipped(code, block, self.vectors, self.all_vectors)
        base = group_base(code, geometry, image, 0, stored=self.stored)
        if self.in_place:
            window = lying(code, geometry, base, depth)
            with code.loop(0, self.rows) as r:
                self._line(code, window, (image, depth, code.add(row, r)), (first, self.vectors), part)
            return
        packed = code.scratch(self.strip.size)
        with code.loop(first, code.add(first, self.vectors)) as vector:
            window = under(code, self.strip, packed, Place(base, self._channel(code, vector), depth, row, 0))
            with code.loop(0, self.rows) as r:
                self._line(code, window, (image, depth, code.add(row, r)), (vector, 1), part)
        code.release()

    def _line(
        self, code: Code, window: Window, place: tuple[Value, Value, Value], vectors: tuple[Value, int], part: Value
    ) -> None:
        """One row of outputs."""
        first, count = vectors
        for columns in self.tiles:
            with code.share(columns.tiles, part, self.parts) as tile, code.loop(0, count) as v:
                column = code.add(columns.first, code.mul(tile, columns.width))
                self._tile(code, window, columns, (*place, column), code.add(first, v))

    def _tile(
        self, code: Code, window: Window, columns: Columns, place: tuple[Value, Value, Value, Value], vector: Value
    ) -> None:
        _, depth, row, column = place
        geometry = self.geometry
        sums = code.variables(columns.width)
        for total in sums:
            total.put(code.vector(code.argument(Argument.BIAS), code.mul(vector, self.lanes)))
        channel = self._channel(code, vector) if self.in_place else 0
        across = code.mul(code.mul(column, geometry.stride[2]), window.columns)
        start = code.at(window.start, channel, across, code.mul(code.mul(row, geometry.stride[1]), window.lines))
        weights = code.at(code.argument(Argument.WEIGHT), code.mul(vector, geometry.taps * self.lanes))
        _, kh, kw = geometry.kernel
        below = code.mul(window.lines, geometry.dilation[1])
        with code.loop(*bounds(code, geometry, 0, depth)) as z, code.loop(*bounds(code, geometry, 1, row)) as y:
            here = code.at(start, code.mul(window.planes, z), code.mul(below, y))
            kernel = code.at(weights, code.mul(code.add(code.mul(z, kh), y), kw * self.lanes))
            self._sum(code, columns, sums, (here, window.columns), kernel)
        self._put(code, sums, place, vector)

    def _sum(
        self, code: Code, columns: Columns, sums: list[Variable], pixels: tuple[Value, Value], kernel: Value
    ) -> None:
        """Adds one row of the kernel to a tile; each pixel and each weight is read once, in the order of their use.

        LLVM would read them long before, and spill the sums.
        """
        taps, stride, dilation = on(self.geometry, 2)
        stored, mask = (self.stored, code.mask(self.geometry.C)) if self.in_place else ("", None)
        start, step = pixels
        weights: dict[int, Value] = {}
        values: dict[int, tuple[Value, Value]] = {}
        for c, x in _ordered(columns.terms, taps, stride, dilation):
            at = c * stride + x * dilation
            if at not in values:
                near = max((place for place in values if place < at), default=None)
                behind = (start, at) if near is None else (values[near][0], at - near)
                pointer = code.forgotten(code.at(behind[0], code.mul(step, behind[1])))
                values[at] = pointer, kinds.vector(code, pointer, stored=stored, mask=mask)
            if x not in weights:
                kernel = code.forgotten(kernel) if taps > _HELD else kernel
                weights[x] = code.vector(kernel, x * self.lanes)
            sums[c].put(code.fma(values[at][1], weights[x], sums[c].get()))

    def _channel(self, code: Code, vector: Value) -> Value:
        """The first channel of a vector of them."""
        channel = code.mul(vector, self.lanes)
        aligned = self.geometry.C % self.lanes == 0
        return channel if aligned else code.least(channel, max(self.geometry.C - self.lanes, 0))

    def _put(self, code: Code, sums: list[Variable], place: tuple[Value, Value, Value, Value], vector: Value) -> None:
        (self._put_pixels if self.source == "channels_last" else self._put_rows)(
            code, [total.get() for total in sums], place, self._channel(code, vector)
        )

    def _put_pixels(
        self, code: Code, vectors: list[Value], place: tuple[Value, Value, Value, Value], channel: Value
    ) -> None:
        """Stores a tile channels last."""
        geometry = self.geometry
        output, residual = code.argument(Argument.OUTPUT), code.argument(Argument.RESIDUAL)
        image, *corner = place
        pixel = code.add(code.mul(image, geometry.pixels), code.ravel(corner, geometry.outputs))
        for c, vector in enumerate(vectors):
            offset = code.add(code.mul(code.add(pixel, c), geometry.C), channel)
            self.epilogue.put(code, vector, offset, output, residual, code.mask(geometry.C))

    def _put_rows(
        self, code: Code, vectors: list[Value], place: tuple[Value, Value, Value, Value], channel: Value
    ) -> None:
        """Stores a tile channels first."""
        geometry = self.geometry
        output, residual = code.argument(Argument.OUTPUT), code.argument(Argument.RESIDUAL)
        image, *corner = place
        start = code.mul(code.add(code.mul(image, geometry.C), channel), geometry.pixels)
        start = code.add(start, code.ravel(corner, geometry.outputs))
        filled = vectors + [code.constant(0)] * (self.lanes - len(vectors))
        for lane, line in enumerate(code.transposed(filled)[: geometry.C]):
            offset = code.add(start, lane * geometry.pixels)
            self.epilogue.put(code, line, offset, output, residual, code.mask(len(vectors)))


def _ordered(terms: tuple[tuple[int, int], ...], taps: int, stride: int, dilation: int) -> list[tuple[int, int]]:
    """Pixel by pixel, where the weights of a row stay in registers; else weight by weight, those that share pixels."""
    if taps <= _HELD:
        return sorted(terms, key=lambda term: term[0] * stride + term[1] * dilation)
    return sorted(terms, key=lambda term: (term[1] * dilation % stride, term[1], term[0]))


@lru_cache(maxsize=4096)
def cut(
    geometry: Geometry, source: str, target: Target, dtype: str, epilogue: Epilogue, threads: int
) -> OverChannelsInside | None:
    """Each channel by itself, vectors of channels; None where a border holds more than zeros, or rows are too long."""
    if not zeros_around(geometry) or geometry.kernel[2] > _WRITTEN:
        return None
    L = target.lanes(itemsize(dtype))
    side = replace(geometry, groups=1, C=geometry.groups, K=geometry.groups)
    routine = OverChannelsInside(side, source, 1, 1, 1, 1, L, epilogue, dtype)
    routine = replace(routine, width=_width(routine, target))
    rows = side.outputs[1] if routine.in_place else _packed_rows(routine)
    return _parted(replace(routine, rows=rows), threads) if rows else None


def _width(routine: OverChannelsInside, target: Target) -> int:
    """Outputs of a tile: their sums, and the weights or the pixels of a row, in registers."""
    taps = routine.geometry.kernel[2]
    free = target.registers - 1
    most = free - taps - 1 if taps <= _HELD else (free - 1) // 2
    return even(routine.geometry.outputs[2], max(most if routine.in_place else min(most, routine.lanes), 1))


def _packed_rows(routine: OverChannelsInside) -> int:
    """How many rows of outputs are under one strip that stays in cache; none, where there is too much under one."""
    geometry, size = routine.geometry, itemsize(routine.dtype)
    line = geometry.kernel[0] * routine.strip.columns * routine.lanes * size
    run, height = geometry.runs[1], geometry.outputs[1]
    if (run.stop - run.start) * line <= FAR_STRIP:
        return height
    _, high, _ = reaches(geometry, (1, 1, 1))
    fitting = [(most // line - high) // geometry.stride[1] + 1 for most in (2 * NEAR_STRIP, FAR_STRIP)]
    rows = next((rows for rows in fitting if rows > 0), 0)
    return even(height, rows) if rows else 0


def _parted(routine: OverChannelsInside, threads: int) -> OverChannelsInside:
    """For so many threads: the weights of a task's channels stay in the first cache, every thread has work."""
    kernel = routine.geometry.taps * routine.lanes * itemsize(routine.dtype)
    vectors = even(routine.all_vectors, max(NEAR_STRIP // kernel, 1))
    depth, height, _ = routine.geometry.outputs
    wanted = threads * TASKS if threads > 1 else 1
    strips = tiled(wanted, depth * tiled(routine.all_vectors, vectors))
    if not routine.in_place:
        return replace(routine, vectors=vectors, rows=min(routine.rows, tiled(height, min(strips, height))))
    routine = replace(routine, vectors=vectors, rows=tiled(height, min(strips, height)))
    tiles = max(columns.tiles for columns in routine.tiles)
    return replace(routine, parts=min(tiled(wanted, prod(routine.tasks)), tiles))
