"""The gradient of a 3x3 weight by Winograd's F(3, 4): 36 products for the 144 of a tile of 4 x 4 outputs.

The output's gradient takes the kernel's place, four taps wide; what comes out is the three taps of the weight.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache, partial
from math import prod
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.parts.blocking import TASKS, TILES, itemsize
from kaiyan.engine.codegen.parts.blocks import TASK, tiled
from kaiyan.engine.codegen.parts.strip import Argument, Strip, StripPlace, fill, group_base
from kaiyan.engine.codegen.parts.tile import multiply
from kaiyan.engine.codegen.parts.toom import toom
from kaiyan.engine.codegen.parts.transform import apply
from kaiyan.engine.codegen.routines.gradient import put_taps

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value
    from kaiyan.engine.codegen.language.target import Target
    from kaiyan.engine.codegen.parts.geometry import Geometry
    from kaiyan.engine.codegen.parts.toom import Matrix, Toom

TAPS, STEP = 3, 4
"""Taps of the weight on an axis, and outputs of one tile: it is turned round, see above."""

_Row = tuple["Value", "Value", "Value", "Value"]
"""A row of tiles: its image, the group, its first line, its first tile's number in the band."""
_SIDE = 128
"""Input and output channels whose sums are held at once: 2.4 MB in float32."""


@dataclass(frozen=True, slots=True)
class GradientWinograd:
    """``beside`` is the geometry of the output's gradient, as tiles without a border.

    A task is ``channels`` input channels by ``outputs`` output channels, both whole vectors. It goes through the tiles
    of all images, ``rows`` rows of them at a time, and multiplies ``count`` by ``vectors`` in registers.
    """

    geometry: Geometry
    beside: Geometry
    source: str
    last: bool
    rows: int
    channels: int
    outputs: int
    count: int
    vectors: int
    lanes: int
    dtype: str = "float32"

    @property
    def transform(self) -> Toom:
        """Of both axes."""
        return toom(TAPS, STEP)

    @property
    def points(self) -> int:
        """Products of one tile."""
        return self.transform.n**2

    @property
    def lines(self) -> int:
        """Rows of tiles of one image."""
        return tiled(self.geometry.outputs[1], STEP)

    @property
    def columns(self) -> int:
        """Tiles of one row."""
        return tiled(self.geometry.outputs[2], STEP)

    @property
    def tasks(self) -> tuple[int, ...]:
        """Groups, blocks of input channels, blocks of output channels."""
        return self.geometry.groups, tiled(self.geometry.C, self.channels), tiled(self.geometry.K, self.outputs)

    @property
    def strip(self) -> Strip:
        """The inputs under one row of tiles, for one vector of channels."""
        columns = (self.columns - 1) * STEP + self.transform.n
        return Strip(self.geometry, self.source, self.lanes, self.transform.n, columns, last=True)

    @property
    def strip_beside(self) -> Strip:
        """The output's gradient of one row of tiles, for one vector of channels."""
        source = "channels_last" if self.last else "row_contiguous"
        return Strip(self.beside, source, self.lanes, STEP, self.columns * STEP, last=True, behind=Argument.SECOND)

    @property
    def pitches(self) -> tuple[int, int]:
        """Elements between two points of the inputs' and of the gradients' tiles; no powers of two."""
        tiles = self.rows * self.columns
        return tiles * self.channels + self.lanes, tiles * self.outputs + self.lanes

    @property
    def sums(self) -> int:
        """Elements of one point's sums."""
        return self.outputs * self.channels

    @property
    def cycles(self) -> float:
        """Of one image, by count: two products or two loads a cycle; a transform takes a few for each point."""
        tiles = self.lines * self.columns
        vectors = self.channels // self.lanes, self.outputs // self.lanes
        work = self.points * self.sums / self.lanes / 2 * 1.1 * tiles
        again = self.points * self.sums / self.lanes * 2 * tiles / (self.rows * self.columns)
        shapes = zip((self.strip, self.strip_beside), vectors, strict=True)
        packing = self.lines * sum(strip.cycles(self.lanes) * n for strip, n in shapes)
        return prod(self.tasks) * (work + again + packing + sum(vectors) * tiles * self.points * 5 + TASK)

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        geometry = self.geometry
        group, block, out = code.unravel(code.task, self.tasks)
        packed = code.scratch(max(self.strip.size, self.strip_beside.size))
        inputs, gradients = (code.scratch(self.points * pitch) for pitch in self.pitches)
        sums = code.scratch(self.points * self.sums)
        fill(code, sums, 0.0, self.points * self.sums)
        first = code.mul(block, self.channels), code.mul(out, self.outputs)
        lines = code.mul(code.number(Argument.IMAGES), self.lines)
        with code.loop(0, lines, self.rows) as start:
            rows = code.least(code.sub(lines, start), self.rows)
            with code.loop(0, rows) as row:
                image, line = code.divmod(code.add(start, row), self.lines)
                place = image, group, code.mul(line, STEP), code.mul(row, self.columns)
                self._inputs(code, packed, inputs, first[0], place)
                self._gradients(code, packed, gradients, first[1], place)
            self._sum(code, inputs, gradients, sums, first, code.mul(rows, self.columns))
        self._outputs(code, sums, code.add(code.mul(group, geometry.K), first[1]), first)
        code.release()

    def _inputs(self, code: Code, packed: Value, into: Value, first: Value, place: _Row) -> None:
        """The inputs under a row of tiles to their points."""
        image, group, top, tile = place
        base = group_base(code, self.geometry, image, group)
        with self._vectors(code, self.geometry.C, first, self.channels) as c:
            self.strip.pack(code, packed, StripPlace(base, code.add(first, c), 0, top, 0))
            to = code.at(into, code.mul(tile, self.channels), c)
            self._points(code, packed, self.strip, self.transform.input, to, self.channels, self.pitches[0])

    def _gradients(self, code: Code, packed: Value, into: Value, first: Value, place: _Row) -> None:
        """The output's gradient in a row of tiles to its points."""
        image, group, top, tile = place
        base = group_base(code, self.beside, image, group, Argument.SECOND)
        with self._vectors(code, self.geometry.K, first, self.outputs) as k:
            self.strip_beside.pack(code, packed, StripPlace(base, code.add(first, k), 0, top, 0))
            to = code.at(into, code.mul(tile, self.outputs), k)
            self._points(code, packed, self.strip_beside, self.transform.kernel, to, self.outputs, self.pitches[1])

    def _sum(
        self, code: Code, inputs: Value, gradients: Value, sums: Value, first: tuple[Value, Value], tiles: Value
    ) -> None:
        """Adds the products of so many tiles, point by point."""
        wide = code.least(code.sub(self.geometry.C, first[0]), self.channels)
        high = code.least(code.sub(self.geometry.K, first[1]), self.outputs)
        with code.loop(0, self.points) as point:
            source = code.at(inputs, code.mul(point, self.pitches[0]))
            beside = code.at(gradients, code.mul(point, self.pitches[1]))
            to = code.at(sums, code.mul(point, self.sums))
            code.apart("multiply", partial(self._multiply, code), source, beside, to, tiles, high, wide)

    def _vectors(self, code: Code, size: int, first: Value, most: int) -> AbstractContextManager[Value]:
        """Counts through the vectors of a block of channels that there are."""
        return code.loop(0, code.least(code.sub(size, first), most), self.lanes)

    def _points(
        self, code: Code, packed: Value, strip: Strip, matrix: Matrix, into: Value, apart: int, pitch: int
    ) -> None:
        """A row of tiles to its points, each tile's ``apart`` from the next, each point's ``pitch``."""
        transform, size = self.transform, len(matrix[0])
        with code.loop(0, self.columns) as tile:
            source = code.at(packed, code.mul(tile, STEP * self.lanes))
            rows = [
                apply(code, matrix, [code.vector(source, i * strip.pitch + j * self.lanes) for j in range(size)])
                for i in range(size)
            ]
            to = code.at(into, code.mul(tile, apart))
            for j in range(transform.n):
                for i, value in enumerate(apply(code, matrix, [row[j] for row in rows])):
                    code.put(value, to, (i * transform.n + j) * pitch)

    def _multiply(
        self, code: Code, inputs: Value, gradients: Value, sums: Value, tiles: Value, high: Value, wide: Value
    ) -> None:
        """One point: the sums over tiles of gradients (tile, outputs) times inputs (tile, channels)."""
        width = self.vectors * self.lanes
        with code.loop(0, high, self.count) as k, code.loop(0, wide, width) as c:
            held = [code.zeros(self.vectors) for _ in range(self.count)]
            here, beside = code.at(inputs, c), code.at(gradients, k)
            with code.loop(0, tiles) as tile:
                element = code.at(beside, code.mul(tile, self.outputs))
                multiply(code, held, code.at(here, code.mul(tile, self.channels)), element, range(self.count))
            to = code.at(sums, code.mul(k, self.channels), c)
            for i, row in enumerate(held):
                for j, place in enumerate(row):
                    offset = i * self.channels + j * self.lanes
                    code.put(code.b.fadd(code.vector(to, offset), place.get()), to, offset)

    def _outputs(self, code: Code, sums: Value, row: Value, first: tuple[Value, Value]) -> None:
        """The sums of all points to the taps; a number that is not finite spoils its kernel, and raises the flag."""
        geometry, transform = self.geometry, self.transform
        doubt = code.zeros(1)[0]
        with (
            code.loop(0, code.least(code.sub(geometry.K, first[1]), self.outputs)) as k,
            self._vectors(code, geometry.C, first[0], self.channels) as c,
        ):
            source = code.at(sums, code.mul(k, self.channels), c)
            columns = [
                apply(
                    code,
                    transform.output,
                    [code.vector(source, (i * transform.n + j) * self.sums) for i in range(transform.n)],
                )
                for j in range(transform.n)
            ]
            taps = [
                value for i in range(TAPS) for value in apply(code, transform.output, [column[i] for column in columns])
            ]
            for tap in taps:
                doubt.put(code.fma(tap, code.constant(0), doubt.get()))
            for start in range(0, len(taps), code.lanes):
                part = taps[start : start + code.lanes]
                put_taps(code, geometry, part, code.add(row, k), code.add(first[0], c), self.channels, start)
        with code.when(code.any_nan(doubt.get())):
            code.raise_flag(Argument.FLAG)


@lru_cache(maxsize=4096)
def cut(
    geometry: Geometry,
    beside: Geometry,
    source: str,
    last: bool,
    target: Target,
    dtype: str,
    threads: int,
) -> GradientWinograd:
    """The gradient of a weight of 3x3 taps."""
    L = target.lanes(itemsize(dtype))
    vectors = min((2, 3, 1), key=lambda n: (tiled(geometry.C, n * L) * n, -n if n < 3 else -1))
    count = L // 2
    channels = min(tiled(geometry.C, vectors * L), max(_SIDE // (vectors * L), 1)) * vectors * L
    outputs = min(tiled(geometry.K, L), max(_SIDE // L, 1)) * L
    whole = GradientWinograd(geometry, beside, source, last, 1, channels, outputs, count, vectors, L, dtype)
    size = whole.points * whole.columns * (channels + outputs) * itemsize(dtype)
    shared = tiled(TASKS * threads, prod(whole.tasks)) if threads > 1 else 1
    return replace(whole, rows=max(TILES // size, 1), outputs=tiled(tiled(outputs, shared), L) * L)
