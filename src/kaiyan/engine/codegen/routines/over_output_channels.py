"""Dense convolution with vectors of output channels: every input element is broadcast to a register tile."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.arrays.memory import LINE
from kaiyan.engine.codegen.language.ir import I64, Variable, whole
from kaiyan.engine.codegen.parts.blocking import LARGE, itemsize
from kaiyan.engine.codegen.parts.blocks import TASK, apart, clipped, padded, reaches, tiled
from kaiyan.engine.codegen.parts.epilogue import BARE, Epilogue
from kaiyan.engine.codegen.parts.extent import Extent, extent, has_short_sums, structure
from kaiyan.engine.codegen.parts.outlet import BESIDE, Outlet
from kaiyan.engine.codegen.parts.strip import Argument, Strip, StripPlace, group_base
from kaiyan.engine.codegen.parts.tile import Coming, ahead, multiply
from kaiyan.engine.codegen.running.machine import machine
from kaiyan.engine.codegen.running.workspace import room
from kaiyan.engine.types import BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value
    from kaiyan.engine.codegen.parts.geometry import Geometry
    from kaiyan.engine.codegen.parts.tile import Tile
    from kaiyan.reference.dtype import Numbers

_LOAD = 4 / 3
"""Products that take as long as one load: 28 pixels of one vector take 1.3 times as long as 14 of two."""
_NARROW = 1.15
"""Times that half vectors alone take, in units of what they should: there are more instructions to a product."""
_FIRST_CACHE = 32 * 1024
"""Bytes of one block's weights that stay in the first cache: then four vectors of 6 pixels are up to a tenth faster
than two of 14 (64 to 256 channels on 56x56), else a tenth slower (512 to 2048 on 7x7)."""


@dataclass(frozen=True, slots=True)
class OverOutputChannels:
    """``tile`` (rows, columns) of outputs by ``vectors`` of channels stay in registers over the whole sum.

    The last ``halves`` of the vectors take half a register each.

    A task is one strip of ``rows`` x ``columns`` outputs of one plane, for one of ``parts`` of the channels' blocks. It
    sums over ``chunks`` of the input's channels one after the other, so that what they weigh stays in cache. The
    input's layout is ``source`` (see ``Strip``); the output is "channels_last" where the input or the epilogue is.
    """

    geometry: Geometry
    source: str
    rows: int
    columns: int
    parts: int
    chunks: int
    tile: tuple[int, int]
    vectors: int
    lanes: int
    epilogue: Epilogue = BARE
    dtype: str = "float32"
    stored: str = ""
    halves: int = 0

    @property
    def width(self) -> int:
        """Channels of one block."""
        return sum(self.filled)

    @property
    def filled(self) -> list[int]:
        """Lanes of each of a block's vectors."""
        return [self.lanes] * (self.vectors - self.halves) + [self.lanes // 2] * self.halves

    @property
    def spans(self) -> list[tuple[int, int]]:
        """The first channel of each of a block's vectors, and its lanes."""
        return list(zip(accumulate(self.filled, initial=0), self.filled, strict=False))

    @property
    def blocks(self) -> int:
        """Blocks of channels in one group."""
        return tiled(self.geometry.K, self.width)

    @property
    def last(self) -> bool:
        """Whether channels stand last, in the output and where the input is packed."""
        return self.source == "channels_last" or self.epilogue.last

    @property
    def tasks(self) -> tuple[int, ...]:
        """Tasks of one image: groups, planes, strips of rows, strips of columns, parts of the channels."""
        depth, height, width = self.geometry.outputs
        return self.geometry.groups, depth, tiled(height, self.rows), tiled(width, self.columns), self.parts

    @property
    def strip(self) -> Strip:
        """What one task reads."""
        _, rows, columns = reaches(self.geometry, (1, self.rows, self.columns))
        C = self.geometry.C // self.chunks
        gap = apart(C * BYTES[self.dtype]) // BYTES[self.dtype] if self.last else 0
        return Strip(self.geometry, self.source, C, rows, columns, last=self.last, stored=self.stored, gap=gap)

    @property
    def weights(self) -> int:
        """Elements of the packed weight."""
        return self.geometry.groups * self.blocks * self.width * self.geometry.C * self.geometry.taps

    @property
    def asks(self) -> bool:
        """Whether the next block's weights are asked for while one is multiplied with."""
        return self.last and self.weights * itemsize(self.dtype) > LARGE

    @property
    def cycles(self) -> float:
        """Of one image, by count."""
        tasks = prod(self.tasks)
        return tasks / self.parts * self.blocks * self._block_cycles + tasks * (self._packing + TASK)

    def longest(self, threads: int) -> float:
        """Cycles of the one of so many threads that has the most to do."""
        tasks = tiled(prod(self.tasks), threads)
        return tasks * (tiled(self.blocks, self.parts) * self._block_cycles + self._packing + TASK)

    @property
    def _block_cycles(self) -> float:
        """Of one block of channels in a strip."""
        down, across = self.tiles
        pixels = self.tile[0] * (self.columns / across if self.last else self.tile[1])
        return down * across * self._tile_cycles(pixels)

    @property
    def output_cycles(self) -> float:
        """Of all channels of an output in whole tiles, with what loads cost beside the products.

        Weights that do not stay in the first cache cost a cycle each; lines of cache are fetched in pairs.
        """
        pixels, terms = prod(self.tile), self.geometry.C * self.geometry.taps
        block = terms * self.width * itemsize(self.dtype)
        loads = terms * ((pixels + self.vectors) / 4 + (self.vectors if block > _FIRST_CACHE else 0))
        halved = 0 if self.width * itemsize(self.dtype) % (2 * LINE) == 0 else 2 * pixels
        return self.blocks * (self._tile_cycles(pixels) + loads + halved) / pixels

    def _tile_cycles(self, pixels: float) -> float:
        """Two products or one and a half loads a cycle."""
        terms = self.geometry.C * self.geometry.taps
        apart = self.geometry.step[2] > 1
        turns = pixels if self.last else self.tile[0] * self.lanes * (5 + apart * 2 * self.tile[1])
        again = (self.chunks - 1) * pixels * 2
        narrow = self.halves == self.vectors
        products = (self.vectors - self.halves * (0.5 if machine().halves else 0.0)) * (_NARROW if narrow else 1)
        work = max(pixels * products, _LOAD * (pixels + self.vectors) * (0.5 if narrow else 1))
        return terms * work / 2 * 1.05 + self.vectors * (turns + again)

    @property
    def _packing(self) -> float:
        """Cycles of laying out what a task reads."""
        return self.chunks * self.strip.cycles(self.lanes)

    @property
    def packing(self) -> tuple[object, ...]:
        """What ``packed`` depends on: routines that agree in it pack alike by the same function."""
        return self.geometry.weight, self.last, self.width, self.dtype

    def packed(self, weight: Numbers, bias: Numbers) -> tuple[Numbers, Numbers]:
        """(groups, K, C, taps) in the order of the sum: (groups, blocks, terms, width)."""
        G, K, C, taps = self.geometry.groups, self.geometry.K, self.geometry.C, self.geometry.taps
        rows = weight.reshape(G, K, C, taps).swapaxes(2, 3) if self.last else weight.reshape(G, K, C, taps)
        packed = room((G, self.blocks, *rows.shape[2:], self.width), self.dtype, filled=K % self.width == 0)
        for block in range(self.blocks):
            part = rows[:, block * self.width : (block + 1) * self.width]
            packed[:, block, :, :, : part.shape[1]] = np.moveaxis(part, 1, -1)
        return packed, padded(bias.reshape(G, K), self.blocks * self.width)

    @property
    def tiles(self) -> tuple[int, int]:
        """Tiles of one strip."""
        return tiled(self.rows, self.tile[0]), tiled(self.columns, self.tile[1])

    @property
    def least_columns(self) -> int:
        """Of a strip, and of a tile: with channels last rows are cut evenly, and none is shorter than half a tile."""
        return max(self.tile[1] // 2, 1) if self.last else self.tile[1]

    def _widths(self, sizes: Extent) -> range:
        """Columns that a tile may have."""
        if isinstance(sizes.narrow, int):
            return range(sizes.narrow, sizes.narrow + min(sizes.wider, 1) + 1)
        return range(self.least_columns, self.tile[1] + 1)

    @property
    def writes_once(self) -> bool:
        """Whether no block is moved back over another: a residual may lie where the output does."""
        height, width = self.geometry.outputs[1:]
        parts = (height, self.rows), (width, self.columns), (self.rows, self.tile[0])
        across = self.last or self.columns % self.tile[1] == 0
        return across and self.geometry.K % self.width == 0 and not any(whole % part for whole, part in parts)

    @property
    def extent(self) -> Extent:
        """The sizes that its machine code reads."""
        assert self.columns >= self.least_columns or has_short_sums(self.geometry), "no code is there for such tiles"
        return extent(self, self.tasks[1:], self.tiles)

    @property
    def general(self) -> OverOutputChannels:
        """The routine without sizes, where its machine code serves all of them."""
        if has_short_sums(self.geometry):
            return self
        return replace(self, geometry=structure(self.geometry), rows=1, columns=1, parts=1)

    def _sizes(self, code: Code) -> Extent:
        return self.extent if has_short_sums(self.geometry) else Extent.read(code)

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        geometry, sizes = self.geometry, self._sizes(code)
        strip = sizes.strip(self.strip)
        image, group, *place, part = self._begun(code, sizes)
        base = group_base(code, geometry, image, group, stored=self.stored)
        packed = strip.room(code)
        held = code.mul(code.mul(sizes.down, sizes.across), prod(self.tile) * self.blocks * self.width)
        sums = code.scratch(held) if self.chunks > 1 else packed
        position = [code.mul(p, s) for p, s in zip(place, geometry.stride, strict=True)]
        outlet = self._outlet(code, image, group, place)
        with code.loop(0, self.chunks) as chunk:
            strip.pack(code, packed, StripPlace(base, code.mul(chunk, strip.channels), *position))
            self._tiles(code, sizes, (packed, sums, chunk, group), part, (*place, *outlet))
        code.release()

    def _begun(self, code: Code, sizes: Extent) -> list[Value]:
        """The image and the group of a task, where its outputs begin, and which part of the channels it takes."""
        image, group, depth, row, column, part = code.unravel(code.task, (0, self.geometry.groups, *sizes.grid))
        row = clipped(code, row, sizes.rows, sizes.height)
        column = clipped(code, column, sizes.columns, sizes.width)
        return [image, group, depth, row, column, part]

    def _outlet(self, code: Code, image: Value, group: Value, place: Sequence[Value]) -> Outlet:
        """Where a task's outputs begin."""
        depth, row, column = place
        return Outlet.first(code, self.epilogue).moved(
            code, image=image, channel=code.mul(group, self.geometry.K), depth=depth, row=row, column=column
        )

    def _tiles(
        self, code: Code, sizes: Extent, source: Sequence[Value], part: Value, place: Sequence[Value]
    ) -> None:  # fmt: skip
        """All tiles of a part of the channels' blocks; ``place`` is where the task begins, and its outlet."""
        with (
            code.share(self.blocks, part, sizes.parts) as block,
            code.loop(0, sizes.down) as r,
            code.loop(0, sizes.across) as q,
        ):
            code.apart("tile", partial(self._tile, code), *source, block, r, q, *place)

    def _tile(
        self, code: Code, packed: Value, sums: Value, chunk: Value, group: Value, block: Value, r: Value, q: Value,
        depth: Value, row: Value, column: Value, *outlet: Value,
    ) -> None:  # fmt: skip
        """One tile over one chunk: from the bias or the sums so far, to the output or the sums so far."""
        sizes = self._sizes(code)
        number = code.add(code.mul(group, self.blocks), block)
        held = code.at(
            sums, code.mul(code.ravel((block, r, q), (0, sizes.down, sizes.across)), prod(self.tile) * self.width)
        )
        tile = self._started(code, number, chunk, held)
        tiles = code.add(code.mul(r, sizes.across), q), code.mul(sizes.down, sizes.across)
        coming = Coming.of(code, *tiles, self.width) if self.asks else None
        r = clipped(code, r, self.tile[0], sizes.rows)
        q, columns = self._across(code, q, sizes)
        corner = depth, code.add(row, r), code.add(column, q)
        first = code.mul(block, self.width)
        here = Outlet(*outlet).moved(code, channel=first, row=r, column=q)
        over = code.below(self.chunks - 2, chunk)
        if self.last:
            with code.when(over):
                self._ask(code, here, columns)
        for width in code.cases(columns, self._widths(sizes)):
            pixels = [pixel for i, pixel in enumerate(tile) if i % self.tile[1] < width]
            self._sum(code, pixels, packed, (number, chunk), (r, q), corner, sizes, coming)
        with code.when(over):
            if self.last:
                self._pixels(code, tile, first, here, columns)
            else:
                self._rows(code, tile, first, here)
        if self.chunks > 1:
            with code.when(code.b.not_(over)):
                self._keep(code, tile, held)

    def _started(self, code: Code, number: Value, chunk: Value, held: Value) -> Tile:
        """A tile of sums: the bias, or what the chunks before have summed."""
        bias = code.at(code.argument(Argument.BIAS), code.mul(number, self.width))
        first = code.equal(chunk, 0)
        start = code.b.select(first, bias, held)
        step = code.b.select(first, whole(0), whole(self.width))
        tile = [[Variable(code, code.vector_type(lanes)) for lanes in self.filled] for _ in range(prod(self.tile))]
        for i, pixel in enumerate(tile):
            for place, (channel, lanes) in zip(pixel, self.spans, strict=True):
                place.put(code.vector(start, code.mul(step, i), channel, lanes=lanes))
        return tile

    def _across(self, code: Code, q: Value, sizes: Extent) -> tuple[Value, Value]:
        """Where a tile begins in its row, and its columns: with channels last no output is in two tiles."""
        if not self.last:
            return clipped(code, q, self.tile[1], sizes.columns), self.tile[1]
        is_wider = code.b.zext(code.below(q, sizes.wider), I64)
        return code.add(code.mul(q, sizes.narrow), code.least(q, sizes.wider)), code.add(sizes.narrow, is_wider)

    def _ask(self, code: Code, outlet: Outlet, columns: Value) -> None:
        """Asks for the lines that a tile will be stored to, where its pixels have their channels side by side."""
        for column in outlet.columns(code, self.tile, columns):
            for place, (start, _) in product(column, self.spans):
                place.by(code, BESIDE, start).ask(code)

    def _keep(self, code: Code, tile: Tile, held: Value) -> None:
        """Puts a tile's sums so far where the next chunk finds them."""
        for i, pixel in enumerate(tile):
            for place, (channel, _) in zip(pixel, self.spans, strict=True):
                code.put(place.get(), held, i * self.width + channel)

    def _sum(
        self,
        code: Code,
        tile: Tile,
        packed: Value,
        source: tuple[Value, Value],
        place: tuple[Value, Value],
        corner: tuple[Value, Value, Value],
        sizes: Extent,
        coming: Coming | None,
    ) -> None:
        """Adds all products of a chunk's channels and taps to the tile, which is at ``place`` of the strip."""
        geometry, strip = self.geometry, sizes.strip(self.strip)
        number, chunk = source
        channels = strip.channels
        weight = code.at(code.argument(Argument.WEIGHT), code.mul(number, geometry.C * geometry.taps * self.width))
        _, sh, sw = geometry.stride
        _, dh, dw = geometry.dilation
        columns = len(tile) // self.tile[0]
        row, column = code.mul(place[0], sh), code.mul(place[1], sw)
        down = [strip.row(code, 0, r * sh) for r in range(self.tile[0])]
        offsets = [strip.column(q * sw) for q in range(columns)] * self.tile[0]
        across = self._taps(code, 1, corner[1], self.tile[0], sizes), self._taps(code, 2, corner[2], columns, sizes)
        taps = [(0, geometry.kernel[0]), *across]
        axes = [*taps, (0, channels)] if self.last else [(0, channels), *taps]
        with ExitStack() as loops:
            indices = [loops.enter_context(code.loop(*axis)) for axis in axes]
            z, y, x, c = indices if self.last else (*indices[1:], indices[0])
            there = code.at(
                packed,
                code.mul(c, strip.channel_step),
                strip.row(code, z, code.add(row, code.mul(y, dh))),
                code.mul(code.add(column, code.mul(x, dw)), strip.column(1)),
            )
            channel = code.add(code.mul(chunk, channels), c)
            tap = code.ravel((z, y, x), geometry.kernel)
            order = (tap, channel, geometry.C) if self.last else (channel, tap, geometry.taps)
            term = code.add(code.mul(order[0], order[2]), order[1])
            early = ahead(self.weights, code.itemsize)
            lines = [code.at(there, line) for line in down for _ in range(columns)]
            here = code.at(weight, code.mul(term, self.width))
            next_ = coming and coming.place(code, self._next(code, weight, tap, chunk, channels), channels, c)
            multiply(code, tile, here, lines, offsets, early=early, coming=next_)

    def _next(self, code: Code, weight: Value, tap: Value, chunk: Value, channels: Value) -> Value:
        """Where the next block's weights of a tap begin, for a chunk of so many channels."""
        first = code.add(code.mul(code.add(tap, self.geometry.taps), self.geometry.C), code.mul(chunk, channels))
        return code.at(weight, code.mul(first, self.width))

    def _taps(self, code: Code, axis: int, corner: Value, count: int, sizes: Extent) -> tuple[Value, Value]:
        """The first tap and the one after the last that lie, for some of so many outputs, on more than padded zeros."""
        geometry = self.geometry
        run, kernel, step = geometry.runs[axis], geometry.kernel[axis], geometry.dilation[axis]
        if geometry.constant or not geometry.framed or run.stop - run.start == geometry.room[axis]:
            return 0, kernel
        run = sizes.runs[axis - 1]
        first = code.mul(corner, geometry.stride[axis])
        last = code.add(first, (count - 1) * geometry.stride[axis])
        low = code.divmod(code.add(code.most(code.sub(run.start, last), 0), step - 1), step)[0]
        high = code.divmod(code.add(code.most(code.sub(run.stop, first), 0), step - 1), step)[0]
        return code.least(low, kernel), code.least(high, kernel)

    def _pixels(self, code: Code, tile: Tile, first: Value, outlet: Outlet, columns: Value) -> None:
        """Stores a tile's columns channels last."""
        K = self.geometry.K
        full = K % self.width == 0
        masks = [None if full else code.mask(code.sub(K - start, first), lanes) for start, lanes in self.spans]
        for q, column in enumerate(outlet.columns(code, self.tile, columns)):
            for pixel, place in zip(tile[q :: self.tile[1]], column, strict=True):
                for held, (start, _), mask in zip(pixel, self.spans, masks, strict=True):
                    self.epilogue.put(code, held.get(), place.by(code, BESIDE, start), mask)

    def _rows(self, code: Code, tile: Tile, first: Value, outlet: Outlet) -> None:
        """Stores a tile channels first: squares of lanes are turned."""
        K, apart = self.geometry.K, self.geometry.step[2]
        rows, columns = self.tile
        pitches = outlet.pitches(code)
        for r in range(rows):
            place = outlet.by(code, pitches.row, r)
            for j in range(self.vectors):
                pixels = [held[j].get() for held in tile[r * columns : (r + 1) * columns]]
                lines = code.transposed(pixels + [code.constant(0)] * (self.lanes - columns))
                for i, line in enumerate(lines, start=j * self.lanes):
                    with code.bound(code.add(first, i), K, self.width):
                        self.epilogue.beside(code, line, place, apart, columns)
                    place = place.by(code, pitches.channel)
