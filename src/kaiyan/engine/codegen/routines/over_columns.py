"""Convolution with vectors of neighbouring outputs of a row: for few channels, single ones, or kernels of one tap."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.arrays.memory import LINE
from kaiyan.engine.codegen.language.ir import Variable
from kaiyan.engine.codegen.parts.blocking import FAR_STRIP, NEAR_STRIP, TASKS, channel_parts, itemsize, strip_size
from kaiyan.engine.codegen.parts.blocks import TASK, clipped, even, padded, reaches, tiled, turned
from kaiyan.engine.codegen.parts.epilogue import BARE, Epilogue
from kaiyan.engine.codegen.parts.extent import Extent, extent, has_short_sums, structure
from kaiyan.engine.codegen.parts.outlet import BESIDE, Outlet
from kaiyan.engine.codegen.parts.strip import Argument, Strip, StripPlace, group_base
from kaiyan.engine.types import BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value
    from kaiyan.engine.codegen.language.target import Target
    from kaiyan.engine.codegen.parts.geometry import Geometry
    from kaiyan.engine.codegen.parts.outlet import Pitches
    from kaiyan.reference.dtype import Numbers

_FAR = 2**20
"""Bytes of an input that is not in the second cache when it is asked for."""
_HELD = 12
"""Weights that stay in registers when a kernel is written out; more of them are read again for every row."""
_BEGUN = 5
"""Cycles more than are counted that every tile takes at stride 1: 3 to 64 channels, 3x3 on 224x224, take 1.12 ms by 13
channels and two vectors and 1.20 by 8 and two; 64 to 256, 1x1 on 56x56, 0.66 by 6 and four and 0.73 by 4 and four."""
_WRITTEN = 100
"""Taps of the largest kernel that is written out: more would take too long to compile."""


Sums = list[list[list["Variable"]]]
"""Registers by output channel, row and vector of columns."""


@dataclass(frozen=True, slots=True)
class OverColumns:
    """``channels`` x ``lines`` x ``vectors`` sums in registers: output channels, rows, vectors of columns.

    A task is a strip of ``rows`` x ``columns`` outputs of one plane, in ``bundle`` groups one after the other, for one
    of ``parts`` of each group's channels. ``written`` writes a small kernel's taps out, sharing each row of the input
    among the lines; else they are loops, and a weight with rows of zeros before and after makes the lines share.
    """

    geometry: Geometry
    source: str
    rows: int
    columns: int
    bundle: int
    parts: int
    channels: int
    lines: int
    vectors: int
    written: bool
    lanes: int
    epilogue: Epilogue = BARE
    dtype: str = "float32"
    stored: str = ""

    @property
    def blocks(self) -> int:
        """Blocks of output channels in one group."""
        return tiled(self.geometry.K, self.channels)

    @property
    def filled(self) -> int:
        """Rows of zeros before and after each kernel's own."""
        return 0 if self.written else (self.lines - 1) * self.geometry.stride[1]

    @property
    def kernel_rows(self) -> int:
        """Rows of the packed kernel."""
        return self.geometry.kernel[1] + 2 * self.filled

    @property
    def terms(self) -> int:
        """Packed weights of one output channel."""
        return self.geometry.C * self.geometry.kernel[0] * self.kernel_rows * self.geometry.kernel[2]

    @property
    def tasks(self) -> tuple[int, ...]:
        """Tasks of one image: bundles of groups, planes, strips of rows, strips of columns, parts of the channels."""
        depth, height, width = self.geometry.outputs
        bundles = tiled(self.geometry.groups, self.bundle)
        return bundles, depth, tiled(height, self.rows), tiled(width, self.columns), self.parts

    @property
    def strip(self) -> Strip:
        """What one group of a task reads."""
        _, rows, columns = reaches(self.geometry, (1, self.rows, self.columns))
        C, phases = self.geometry.C, self.geometry.stride[2]
        return Strip(self.geometry, self.source, C, rows, columns, phases=phases, stored=self.stored)

    @property
    def weights(self) -> int:
        """Elements of the packed weight."""
        return self.geometry.groups * self.blocks * self.channels * self.terms

    @property
    def cycles(self) -> float:
        """Of one image, by count: two products or two loads a cycle, a vector across two lines of cache being two."""
        kd, kh, kw = self.geometry.kernel
        lines, vectors, channels = self.lines, self.vectors, self.channels
        if self.written:
            _, rows, _ = reaches(self.geometry, (1, lines, 1))
            products = kh * kw * lines * channels * vectors
            again = kh * kw * channels * (lines if kh * kw * channels > _HELD else 0)
            loads = rows * kw * vectors * 1.9 + again
        else:
            rows = kh + self.filled
            products = rows * kw * lines * channels * vectors
            loads = rows * kw * (vectors * (1.9 if kw > 1 else 1) + lines * channels)
        tile = self.geometry.C * kd * max(products, loads) / 2 * 1.1 + lines * channels * vectors * 2 + 10
        strips = prod(self.tasks) / self.parts
        inside = self.tiles * tile + self.parts * self.strip.cycles(self.lanes)
        return strips * (self.bundle * inside + self.parts * TASK)

    @property
    def tiles(self) -> int:
        """Tiles of one strip, of all channels of a group."""
        return tiled(self.rows, self.lines) * tiled(self.columns, self.vectors * self.lanes) * self.blocks

    @property
    def packing(self) -> tuple[object, ...]:
        """What ``packed`` depends on: routines that agree in it pack alike by the same function."""
        return self.geometry.weight, self.channels, self.filled, self.dtype

    def packed(self, weight: Numbers, bias: Numbers) -> tuple[Numbers, Numbers]:
        """(groups, K, C, taps) in the order of the sum: (groups, blocks, terms, channels)."""
        G, K, C = self.geometry.groups, self.geometry.K, self.geometry.C
        kd, kh, kw = self.geometry.kernel
        filled = np.zeros((G, self.blocks * self.channels, C * kd, self.kernel_rows, kw), self.dtype)
        filled[:, :K, :, self.filled : self.filled + kh] = weight.reshape(G, K, C * kd, kh, kw)
        rows = filled.reshape(G, self.blocks, self.channels, self.terms)
        return turned(rows, (0, 1, 3, 2)), padded(bias.reshape(G, K), self.blocks * self.channels)

    @property
    def extent(self) -> Extent:
        """The sizes that its machine code reads."""
        return extent(self, self.tasks[1:], bundle=self.bundle)

    @property
    def general(self) -> OverColumns:
        """The routine without sizes, where its machine code serves all of them; columns are left below full vectors."""
        if self._is_sized:
            return self
        columns = min(self.columns, self.vectors * self.lanes)
        return replace(self, geometry=structure(self.geometry), rows=1, columns=columns, bundle=1, parts=1)

    @property
    def _is_sized(self) -> bool:
        """Whether sizes are constants: a kernel that is written out has pitches in every address, as have phases."""
        return self.geometry.K == 1 or self.geometry.stride[2] > 1 or has_short_sums(self.geometry)

    def _sizes(self, code: Code) -> Extent:
        if self._is_sized:
            return self.extent
        few = self.columns < self.vectors * self.lanes
        read = Extent.read(code)
        return read._replace(columns=self.columns) if few else read

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        geometry, sizes = self.geometry, self._sizes(code)
        strip = sizes.strip(self.strip)
        image, bundle, depth, row, column, part = code.unravel(code.task, (0, sizes.bundles, *sizes.grid))
        row = clipped(code, row, sizes.rows, sizes.height)
        column = clipped(code, column, sizes.columns, sizes.width)
        packed = strip.room(code)
        position = [code.mul(p, s) for p, s in zip((depth, row, column), geometry.stride, strict=True)]
        first = code.mul(bundle, sizes.bundle)
        with code.loop(first, code.least(code.add(first, sizes.bundle), geometry.groups)) as group:
            base = group_base(code, geometry, image, group, stored=self.stored)
            strip.pack(code, packed, StripPlace(base, 0, *position))
            outlet = Outlet.first(code, self.epilogue).moved(
                code, image=image, channel=code.mul(group, geometry.K), depth=depth, row=row, column=column
            )
            with code.share(self.blocks, part, sizes.parts) as block, code.loop(0, sizes.rows, self.lines) as r:
                if geometry.K == 1 and geometry.groups * prod(geometry.room) * code.itemsize > _FAR:
                    self._fetch(code, image, group, code.add(row, r))
                self._line(code, packed, (group, block), r, (strip, sizes), outlet)
        code.release()

    def _fetch(self, code: Code, image: Value, group: Value, row: Value) -> None:
        """Asks for the rows of the next group under these lines: else memory rests while there is computing."""
        source = group_base(code, self.geometry, image, code.add(group, 1), stored=self.stored)
        first = code.mul(row, self.geometry.stride[1])
        run = self.geometry.runs[2]
        with (
            code.loop(0, self.lines * self.geometry.stride[1]) as i,
            code.loop(0, run.stop - run.start, LINE // BYTES[self.stored or self.dtype]) as q,
        ):
            code.prefetch(source, code.mul(code.add(first, i), code.number(Argument.STRIDE + 1)), q)

    def _line(
        self,
        code: Code,
        packed: Value,
        place: tuple[Value, Value],
        r: Value,
        measured: tuple[Strip, Extent],
        outlet: Outlet,
    ) -> None:
        (group, block), (strip, sizes) = place, measured
        width = self.vectors * self.lanes
        number = code.add(code.mul(group, self.blocks), block)
        first = code.mul(block, self.channels)
        r = code.least(r, code.sub(sizes.rows, self.lines))
        line = outlet.moved(code, channel=first, row=r)
        pitches = outlet.pitches(code)
        last = code.most(code.sub(sizes.columns, width), 0)
        under = code.at(packed, strip.row(code, 0, code.mul(r, self.geometry.stride[1])))
        weights = code.at(code.argument(Argument.WEIGHT), code.mul(number, self.terms * self.channels))
        with code.loop(0, sizes.columns, width) as q:
            q = code.least(q, last)  # noqa: PLW2901
            sums = [[code.variables(self.vectors) for _ in range(self.lines)] for _ in range(self.channels)]
            for k, lines in enumerate(sums):
                bias = code.splat(code.load(code.argument(Argument.BIAS), code.mul(number, self.channels), k))
                for held in (held for line_ in lines for held in line_):
                    held.put(bias)
            (self._written if self.written else self._looped)(code, sums, weights, code.at(under, q), strip)
            self._put(code, sums, first, line.by(code, BESIDE, q), pitches)

    def _written(self, code: Code, sums: Sums, weights: Value, start: Value, strip: Strip) -> None:
        kd, kh, kw = self.geometry.kernel
        _, sh, _ = self.geometry.stride
        _, dh, dw = self.geometry.dilation
        with code.loop(0, self.geometry.C) as c, code.loop(0, kd) as z:
            plane = code.at(start, code.mul(c, strip.channel_step), strip.row(code, z, 0))
            order = code.mul(code.add(code.mul(c, kd), z), kh * kw * self.channels)
            kernel = code.at(weights, order)
            for i in range((self.lines - 1) * sh + (kh - 1) * dh + 1):
                uses = [
                    (r, (i - r * sh) // dh)
                    for r in range(self.lines)
                    if (i - r * sh) % dh == 0 and 0 <= (i - r * sh) // dh < kh
                ]
                if kh * kw * self.channels > _HELD:
                    kernel = code.forgotten(kernel)
                for x in range(kw) if uses else ():
                    elements = [
                        code.vector(plane, i * strip.pitch + strip.column(x * dw) + v * self.lanes)
                        for v in range(self.vectors)
                    ]
                    for r, y in uses:
                        for k in range(self.channels):
                            weight = code.splat(code.load(kernel, (y * kw + x) * self.channels + k))
                            for v, place in enumerate(sums[k][r]):
                                place.put(code.fma(weight, elements[v], place.get()))

    def _looped(self, code: Code, sums: Sums, weights: Value, start: Value, strip: Strip) -> None:
        """Weights are read one after the other: an index of four loops would be computed anew for each."""
        kd, kh, kw = self.geometry.kernel
        _, sh, sw = self.geometry.stride
        _, dh, dw = self.geometry.dilation
        above = self.filled * kw * self.channels
        walk = Variable(code, weights.type)
        walk.put(code.at(weights, above))
        with code.loop(0, self.geometry.C) as c, code.loop(0, kd) as z:
            with code.loop(0, kh + self.filled) as y, code.loop(0, kw) as x:
                position, phase = code.divmod(code.mul(x, dw), sw)
                row = code.at(start, code.mul(c, strip.channel_step), strip.row(code, z, code.mul(y, dh)))
                elements = [
                    code.vector(row, code.mul(phase, strip.phase_pitch), position, v * self.lanes)
                    for v in range(self.vectors)
                ]
                kernel = walk.get()
                walk.put(code.at(kernel, self.channels))
                for r in range(self.lines):
                    for k in range(self.channels):
                        weight = code.splat(code.load(kernel, k - r * sh * kw * self.channels))
                        for v, place in enumerate(sums[k][r]):
                            place.put(code.fma(weight, elements[v], place.get()))
            walk.put(code.at(walk.get(), above))

    def _put(self, code: Code, sums: Sums, first: Value, outlet: Outlet, pitches: Pitches) -> None:
        for k, lines in enumerate(sums):
            with code.bound(code.add(first, k), self.geometry.K, self.channels):
                place = outlet
                for line in lines:
                    for v, held in enumerate(line):
                        beside = place.by(code, BESIDE, v * self.lanes)
                        self.epilogue.put(code, held.get(), beside, code.mask(self.columns - v * self.lanes))
                    place = place.by(code, pitches.row)
            outlet = outlet.by(code, pitches.channel)


@lru_cache(maxsize=4096)
def cut(geometry: Geometry, source: str, target: Target, dtype: str, epilogue: Epilogue, threads: int) -> OverColumns:
    """Few channels, or each by itself; vectors of columns."""
    L = target.lanes(itemsize(dtype))
    return min(_candidates(geometry, source, target, dtype, epilogue, threads, L), key=_with_tiles_begun)


def _with_tiles_begun(routine: OverColumns) -> float:
    """Cycles of one image, to compare tiles by: of two that take as long by count, the larger is faster."""
    strips = prod(routine.tasks) / routine.parts * routine.bundle
    return routine.cycles + (_BEGUN * strips * routine.tiles if routine.geometry.stride[2] == 1 else 0.0)


def _candidates(
    geometry: Geometry, source: str, target: Target, dtype: str, epilogue: Epilogue, threads: int, L: int
) -> Iterator[OverColumns]:
    _, H, W = geometry.outputs
    small = prod(geometry.kernel[1:]) <= _WRITTEN
    for K in {even(geometry.K, most) for most in (1, 4, 6, 8, 12, 14)}:
        for lines in {even(H, most) for most in (1, 2, 4, 7, 8)} if geometry.K == 1 else {1}:
            for vectors in {min(V, tiled(W, L)) for V in (1, 2, 3, 4)}:
                if K * lines * vectors > target.registers - vectors - 2:
                    continue
                if lines > 1 and not small and geometry.dilation[1] > 1:
                    continue
                near = NEAR_STRIP if geometry.K == 1 else FAR_STRIP // 2
                strip = strip_size(geometry, (lines, min(vectors * L, W)), near, geometry.C, dtype)
                written = small and geometry.K == 1
                routine = OverColumns(geometry, source, *strip, 1, 1, K, lines, vectors, written, L, epilogue, dtype)
                each = max(routine.cycles / prod(routine.tasks), 1)
                bundle = min(
                    max(int(20_000 / each), 1), tiled(geometry.groups, threads * (TASKS if threads > 1 else 1))
                )
                routine = replace(routine, bundle=bundle)
                yield replace(routine, parts=channel_parts(routine.tasks, routine.blocks, threads))
