"""Winograd's convolution, fused: a block of tiles goes through all its steps in cache, and no whole tensor is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.engine.codegen.parts.blocking import LARGE, SECOND_CACHE, itemsize
from kaiyan.engine.codegen.parts.blocks import TASK, padded, tiled
from kaiyan.engine.codegen.parts.epilogue import BARE, Epilogue
from kaiyan.engine.codegen.parts.extent import Extent, extent, structure
from kaiyan.engine.codegen.parts.outlet import Outlet
from kaiyan.engine.codegen.parts.rows import stepped
from kaiyan.engine.codegen.parts.strip import Argument, Strip, StripPlace, group_base
from kaiyan.engine.codegen.parts.tile import Coming, ahead, multiply
from kaiyan.engine.codegen.parts.toom import toom
from kaiyan.engine.codegen.parts.transform import apply
from kaiyan.engine.codegen.routines.points import Points
from kaiyan.engine.codegen.running.workspace import room

if TYPE_CHECKING:
    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value, Variable
    from kaiyan.engine.codegen.parts.geometry import Geometry
    from kaiyan.engine.codegen.parts.toom import Toom
    from kaiyan.reference.dtype import Numbers


@dataclass(frozen=True, slots=True)
class WinogradTiles:
    """F(m, r) on rows and on columns, stride 1; sums over depth and channels are products of matrices.

    A task is a block of ``rows`` x ``columns`` tiles and one of ``parts`` of the channels. ``group`` rows of tiles are
    multiplied at a time, ``tile`` x ``vectors`` of them in registers; machine code is there for each of the ``tiles``.
    """

    geometry: Geometry
    source: str
    m: tuple[int, int]
    rows: int
    columns: int
    parts: int
    group: int
    tile: int
    tiles: tuple[int, ...]
    vectors: int
    lanes: int
    epilogue: Epilogue = BARE
    dtype: str = "float32"
    stored: str = ""

    @property
    def transforms(self) -> tuple[Toom, Toom]:
        """Of rows and of columns."""
        return toom(self.m[0], self.geometry.kernel[1]), toom(self.m[1], self.geometry.kernel[2])

    @property
    def points(self) -> int:
        """Products of one tile."""
        vertical, horizontal = self.transforms
        return vertical.n * horizontal.n

    @property
    def width(self) -> int:
        """Output channels of one block."""
        return self.lanes * self.vectors

    @property
    def blocks(self) -> int:
        """Blocks of output channels in one group."""
        return tiled(self.geometry.K, self.width)

    @property
    def depth(self) -> int:
        """Terms of one product's sum: input channels, filled up to whole vectors, times the kernel's planes."""
        return tiled(self.geometry.C, self.lanes) * self.lanes * self.geometry.kernel[0]

    @property
    def terms(self) -> int:
        """Products of one tile for one output channel."""
        return self.points * self.depth

    @property
    def asks(self) -> bool:
        """Whether the next block's weights are asked for while one is multiplied with: if both stay in cache."""
        size = itemsize(self.dtype)
        return self.weights * size > 2 * LARGE and self.terms * self.width * size < SECOND_CACHE

    @property
    def tasks(self) -> tuple[int, ...]:
        """Tasks of one image: groups, planes, rows of blocks, columns of blocks, parts of the channels."""
        depth, height, width = self.geometry.outputs
        m, n = self.m
        return self.geometry.groups, depth, tiled(height, m * self.rows), tiled(width, n * self.columns), self.parts

    @property
    def strip(self) -> Strip:
        """The rows under one row of tiles, for one vector of channels."""
        vertical, horizontal = self.transforms
        columns = (self.columns - 1) * horizontal.m + horizontal.n
        return Strip(self.geometry, self.source, self.lanes, vertical.n, columns, last=True, stored=self.stored)

    @property
    def weights(self) -> int:
        """Elements of the packed weight."""
        return self.geometry.groups * self.blocks * self.terms * self.width

    @property
    def cycles(self) -> float:
        """Of one image, by count: two products or two loads a cycle; a transform takes a few for each point."""
        tiles = self.rows * self.columns
        products = tiled(self.group * self.columns, self.tile) * tiled(self.rows, self.group) * self.blocks
        work = self.terms * max(self.tile * self.vectors, self.tile + self.vectors) / 2 * 1.1
        strip = self.rows * tiled(self.geometry.C, self.lanes) * self.strip.cycles(self.lanes)
        inputs = tiles * self.terms / self.lanes * 5
        outputs = tiles * self.blocks * self.vectors * self.points * (4 if self.source == "channels_last" else 7)
        blocks = prod(self.tasks) / self.parts
        return blocks * (self.parts * (strip + inputs + TASK) + products * work + outputs)

    @property
    def packing(self) -> tuple[object, ...]:
        """What ``packed`` depends on: routines that agree in it pack alike by the same function."""
        return self.geometry.weight, self.geometry.stride, self.m, self.width, self.lanes, self.dtype

    def packed(self, weight: Numbers, bias: Numbers) -> tuple[Numbers, Numbers]:
        """(groups, K, C, kernel) to its points: (groups, blocks, points x depth, width)."""
        G, K, C = self.geometry.groups, self.geometry.K, self.geometry.C
        planes, *taps = self.geometry.kernel
        kernels = weight.reshape(G, K, C, planes, *taps)
        full = self.depth == C * planes and K % self.width == 0
        packed = room((G, self.blocks, self.terms, self.width), self.dtype, filled=full)
        points = Points(self.m, (taps[0], taps[1]), self.dtype, self.width)
        places = np.arange(self.points) * self.depth
        for g, plane in np.ndindex(G, planes):
            points.transform(kernels[g, :, :, plane], packed[g], places + plane * (self.depth // planes))
        return packed, padded(bias.reshape(G, K), self.blocks * self.width)

    @property
    def extent(self) -> Extent:
        """The sizes that its machine code reads: ``down`` rows of tiles are a group, ``across`` tiles in registers."""
        return extent(self, self.tasks[1:], (self.group, self.tile))

    @property
    def general(self) -> WinogradTiles:
        """The routine without sizes, whose machine code serves all of them."""
        shape = structure(self.geometry)
        return replace(self, geometry=shape, rows=1, columns=1, parts=1, group=1, tile=self.tiles[0])

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        geometry, sizes = self.geometry, Extent.read(code)
        strip = sizes.strip(self.strip)
        image, group, depth, row, column, part = code.unravel(code.task, (0, geometry.groups, *sizes.grid))
        down, across = code.mul(sizes.rows, self.m[0]), code.mul(sizes.columns, self.m[1])
        corner = depth, code.mul(row, down), code.mul(column, across)
        base = group_base(code, geometry, image, group, stored=self.stored)
        outlet = Outlet.first(code, self.epilogue).moved(
            code, image=image, channel=code.mul(group, geometry.K), depth=depth, row=corner[1], column=corner[2]
        )
        doubt = code.zeros(1)[0]
        packed = strip.room(code)
        inputs = code.scratch(code.mul(self._pitch(code, sizes), self.points))
        products = code.scratch(code.mul(_count(code, sizes), self.points * self.width))
        pixels = code.scratch(code.mul(code.add(code.mul(across, self.m[0]), self.lanes), self.lanes))
        with code.loop(0, sizes.rows) as r, code.loop(0, geometry.C, self.lanes) as c:
            first = depth, code.add(corner[1], code.mul(r, self.m[0])), corner[2]
            strip.pack(code, packed, StripPlace(base, c, *self._under(code, first)))
            into = code.at(inputs, code.mul(code.mul(r, sizes.columns), self.depth), c)
            self._inputs(code, (strip, sizes), packed, into)
        memory = inputs, products, pixels
        with code.share(self.blocks, part, sizes.parts) as block, code.loop(0, sizes.rows, sizes.down) as r:
            self._tiles(code, sizes, memory, (group, block), (r, corner), outlet, doubt)
        code.release()
        with code.when(code.any_nan(doubt.get())):
            code.raise_flag(Argument.FLAG)

    def _pitch(self, code: Code, sizes: Extent) -> Value:
        """Elements between the transformed inputs of two points; no power of two, or they would evict each other."""
        return code.add(code.mul(code.mul(sizes.rows, sizes.columns), self.depth), self.lanes)

    def _under(self, code: Code, outputs: tuple[Value, Value, Value]) -> list[Value]:
        """Where the strip under a row of tiles begins, which begins at these outputs."""
        return [code.mul(place, stride) for place, stride in zip(outputs, self.geometry.stride, strict=True)]

    def _tiles(
        self,
        code: Code,
        sizes: Extent,
        memory: tuple[Value, Value, Value],
        blocks: tuple[Value, Value],
        place: tuple[Value, tuple[Value, Value, Value]],
        outlet: Outlet,
        doubt: Variable,
    ) -> None:
        """One group of rows of tiles for one block of output channels: multiplied, back from its points, stored."""
        inputs, products, pixels = memory
        (group, block), (r, corner) = blocks, place
        r = code.least(r, code.sub(sizes.rows, sizes.down))
        number = code.add(code.mul(group, self.blocks), block)
        rows = code.at(inputs, code.mul(code.mul(r, sizes.columns), self.depth))
        below = code.add(r, code.sub(sizes.down, 1)), code.add(sizes.rows, code.sub(sizes.down, 1))
        groups = [code.divmod(each, sizes.down)[0] for each in below]
        source = rows, products, number, _count(code, sizes), self._pitch(code, sizes), *groups
        for tile in self.tiles:
            with code.when(code.equal(sizes.across, tile)) if len(self.tiles) > 1 else code.always():
                code.apart(f"multiply{tile}", partial(self._multiply, code, tile), *source)
        with code.loop(0, sizes.down) as g, code.loop(0, self.vectors) as j:
            lane = code.mul(j, self.lanes)
            row = code.at(products, code.mul(code.mul(g, sizes.columns), self.width), lane)
            bias = code.vector(code.argument(Argument.BIAS), code.mul(number, self.width), lane)
            self._outputs(code, sizes, row, pixels, bias, doubt)
            down = code.mul(code.add(r, g), self.m[0])
            channel = code.add(code.mul(block, self.width), lane)
            here = outlet.moved(code, channel=channel, row=down)
            self._put(code, sizes, pixels, channel, (code.add(corner[1], down), corner[2]), here)

    def _inputs(self, code: Code, measured: tuple[Strip, Extent], packed: Value, into: Value) -> None:
        """Every tile of one packed row to its points, for each plane under the output."""
        (strip, sizes), (vertical, horizontal) = measured, self.transforms
        planes, pitch = self.geometry.kernel[0], self._pitch(code, sizes)
        with code.loop(0, planes) as z, code.loop(0, sizes.columns) as tile:
            source = code.at(packed, strip.row(code, z, 0), code.mul(tile, horizontal.m * self.lanes))
            rows = [
                apply(code, horizontal.input, [code.vector(line, j * self.lanes) for j in range(horizontal.n)])
                for line in stepped(code, source, strip.pitch, vertical.n)
            ]
            to = code.at(into, code.mul(tile, self.depth), code.mul(z, self.depth // planes))
            down = code.mul(pitch, horizontal.n)
            for j, first in enumerate(stepped(code, to, pitch, horizontal.n)):
                values = apply(code, vertical.input, [row[j] for row in rows])
                for value, point in zip(values, stepped(code, first, down, vertical.n), strict=True):
                    code.put(value, point)

    def _multiply(
        self, code: Code, most: int, inputs: Value, products: Value, block: Value, count: Value, pitch: Value,
        group: Value, groups: Value,
    ) -> None:  # fmt: skip
        """For every point: transformed inputs (tile, depth) times transformed weights (depth, channels)."""
        weights = code.at(code.argument(Argument.WEIGHT), code.mul(block, self.points * self.depth * self.width))
        with code.loop(0, self.points) as point, code.loop(0, count, most) as tile:
            coming = self._coming(code, tile, count, most, (group, groups))
            tile = code.least(tile, code.sub(count, most))  # noqa: PLW2901
            elements = code.at(inputs, code.mul(point, pitch), code.mul(tile, self.depth))
            matrix = code.at(weights, code.mul(point, self.depth * self.width))
            held = [code.zeros(self.vectors) for _ in range(most)]
            with code.loop(0, self.depth) as c:
                offsets = [i * self.depth for i in range(most)]
                here = code.at(matrix, code.mul(c, self.width))
                early = ahead(self.weights, code.itemsize)
                next_ = coming and coming.place(code, code.at(matrix, self.terms * self.width), self.depth, c)
                multiply(code, held, here, code.at(elements, c), offsets, early=early, coming=next_)
            to = code.at(products, code.mul(code.add(code.mul(point, count), tile), self.width))
            for i, pixel in enumerate(held):
                for j, place in enumerate(pixel):
                    code.put(place.get(), to, i * self.width + j * self.lanes)

    def _coming(
        self, code: Code, tile: Value, count: Value, most: int, groups: tuple[Value, Value]
    ) -> Coming | None:  # fmt: skip
        """What a tile of this one of the groups asks for, of the ``count`` that are multiplied ``most`` at a time."""
        if not self.asks:
            return None
        number, tiles = code.divmod(tile, most)[0], code.divmod(code.add(count, most - 1), most)[0]
        group, all_groups = groups
        return Coming.of(code, code.add(code.mul(group, tiles), number), code.mul(all_groups, tiles), self.width)

    def _outputs(self, code: Code, sizes: Extent, products: Value, pixels: Value, bias: Value, doubt: Variable) -> None:
        """A row of tiles from its products to pixels (row, column, lane).

        A number that is not finite spoils its whole tile, and ``doubt`` becomes NaN: then it has to be summed directly.
        """
        vertical, horizontal = self.transforms
        pitch = code.mul(_count(code, sizes), self.width)
        down, line = code.mul(pitch, horizontal.n), code.mul(sizes.columns, horizontal.m * self.lanes)
        with code.loop(0, sizes.columns) as tile:
            source = code.at(products, code.mul(tile, self.width))
            columns = [
                apply(code, vertical.output, [code.vector(point) for point in stepped(code, first, down, vertical.n)])
                for first in stepped(code, source, pitch, horizontal.n)
            ]
            to = code.at(pixels, code.mul(tile, horizontal.m * self.lanes))
            for i, row in enumerate(stepped(code, to, line, vertical.m)):
                for j, value in enumerate(apply(code, horizontal.output, [column[i] for column in columns])):
                    doubt.put(code.fma(value, code.constant(0), doubt.get()))
                    code.put(code.b.fadd(value, bias), row, j * self.lanes)

    def _put(
        self, code: Code, sizes: Extent, pixels: Value, channel: Value, corner: tuple[Value, Value], outlet: Outlet
    ) -> None:
        """Rows of pixels to the output, those that it has."""
        columns = code.mul(sizes.columns, self.m[1])
        count = code.least(code.sub(sizes.width, corner[1]), columns)
        put = self._by_pixel if self.source == "channels_last" else self._by_channel
        with code.loop(0, code.least(code.sub(sizes.height, corner[0]), self.m[0])) as i:
            line = code.at(pixels, code.mul(code.mul(i, columns), self.lanes))
            put(code, line, channel, count, outlet.moved(code, row=i))

    def _by_pixel(self, code: Code, line: Value, channel: Value, count: Value, outlet: Outlet) -> None:
        K, pitches = self.geometry.K, outlet.pitches(code)
        mask = None if K % self.width == 0 else code.mask(code.sub(K, channel))
        with code.loop(0, count) as q:
            vector = code.vector(line, code.mul(q, self.lanes))
            self.epilogue.put(code, vector, outlet.by(code, pitches.column, q), mask)

    def _by_channel(self, code: Code, line: Value, channel: Value, count: Value, outlet: Outlet) -> None:
        pitches, apart = outlet.pitches(code), self.geometry.step[2]

        def turn(q: Value, inside: Value) -> None:
            pixels = [code.vector(line, code.mul(code.add(q, i), self.lanes)) for i in range(self.lanes)]
            place = outlet.by(code, (apart, apart), q)
            for lane, value in enumerate(code.transposed(pixels)):
                with code.bound(code.add(channel, lane), self.geometry.K, self.width):
                    self.epilogue.beside(code, value, place, apart, inside)
                place = place.by(code, pitches.channel)

        code.vectors(0, count, turn)


def _count(code: Code, sizes: Extent) -> Value:
    """Tiles of a group."""
    return code.mul(sizes.down, sizes.columns)
