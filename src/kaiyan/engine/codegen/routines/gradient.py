"""The gradient of a dense weight: the output's gradient, element by element, times vectors of the input's channels.

torch 2.13 sums a one-tap kernel's at 92 to 115 GFLOP/s of a peak of 266, a 3x3 one's at 140 to 245.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache, partial
from math import prod
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.parts.blocking import SECOND_CACHE, TASKS, itemsize
from kaiyan.engine.codegen.parts.blocks import TASK, clipped, even, reaches, tiled
from kaiyan.engine.codegen.parts.strip import Argument, Strip, StripPlace, fill, group_base
from kaiyan.engine.codegen.parts.tile import multiply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value
    from kaiyan.engine.codegen.language.target import Target
    from kaiyan.engine.codegen.parts.geometry import Geometry

_TAPS = 7
"""Taps of a row whose sums are in registers at once."""
_FOLLOWED = 16
"""Rows of memory that are read at once: of more, the processor does not fetch the next lines early."""
_FARTHEST = 16 * 2**20
"""Bytes of a strip that is packed once for a picture or half of one, where taps lie far apart."""


@dataclass(frozen=True, slots=True)
class DenseGradient:
    """``count`` output channels by ``taps`` of a row by ``vectors`` of input channels stay in registers over a band.

    A task is one block of input channels, for one of ``parts`` of the output channels: it goes through all images, one
    band of ``rows`` x ``columns`` outputs at a time. The output's gradient is dense, channels last where ``last``.
    """

    geometry: Geometry
    source: str
    last: bool
    rows: int
    columns: int
    parts: int
    count: int
    taps: int
    vectors: int
    lanes: int
    dtype: str = "float32"

    @property
    def width(self) -> int:
        """Input channels of one block."""
        return self.lanes * self.vectors

    @property
    def rounds(self) -> int:
        """Blocks of output channels in one group."""
        return tiled(self.geometry.K, self.count)

    @property
    def tasks(self) -> tuple[int, ...]:
        """Groups, blocks of input channels, parts of the output channels."""
        return self.geometry.groups, tiled(self.geometry.C, self.width), self.parts

    @property
    def bands(self) -> tuple[int, int, int]:
        """Planes, bands of rows, bands of columns of one image."""
        depth, height, width = self.geometry.outputs
        return depth, tiled(height, self.rows), tiled(width, self.columns)

    @property
    def strip(self) -> Strip:
        """The inputs under one band, for one vector of channels."""
        _, rows, columns = reaches(self.geometry, (1, self.rows, self.columns))
        return Strip(self.geometry, self.source, self.lanes, rows, columns, last=True)

    @property
    def passes(self) -> tuple[int, int, int]:
        """Tiles of taps that the kernel is parted into: planes, rows, stretches of a row."""
        depth, rows, columns = self.geometry.kernel
        return depth, rows, columns // self.taps

    @property
    def tile(self) -> int:
        """Elements of the sums that are in registers."""
        return self.count * self.taps * self.width

    @property
    def cycles(self) -> float:
        """Of one image, by count: two products a cycle; loads hold them up where there are nearly as many.

        24 channels to 144 on 8x56x56 took 5.4 ms with one vector to each element and 2.4 with two.
        """
        vectors = self.taps * self.vectors
        products, loads = self.count * vectors, self.count + vectors
        pixel = products / 2 * (1 + (loads / products) ** 3 / 2)
        sums = prod(self.passes) * self.rounds * prod(self.bands)
        work = sums * (pixel * self.rows * self.columns + 2 * self.count * vectors)
        packing = self.parts * prod(self.bands) * (self.vectors * self.strip.cycles(self.lanes) + TASK)
        return prod(self.tasks[:2]) * (work + packing)

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        geometry = self.geometry
        group, block, part = code.unravel(code.task, self.tasks)
        packed = code.scratch(self.strip.size * self.vectors)
        size = tiled(self.rounds, self.parts) * prod(self.passes) * self.tile
        sums = code.scratch(size)
        fill(code, sums, 0.0, size)
        first = code.divmod(code.mul(part, self.rounds), self.parts)[0]
        with code.loop(0, code.number(Argument.IMAGES)) as image, code.loop(0, prod(self.bands)) as band:
            depth, row, column = code.unravel(band, self.bands)
            corner = depth, code.mul(row, self.rows), code.mul(column, self.columns)
            self._pack(code, packed, group_base(code, geometry, image, group), block, corner)
            rows, columns = (
                code.least(code.sub(n, start), most)
                for n, start, most in zip(geometry.outputs[1:], corner[1:], (self.rows, self.columns), strict=True)
            )
            pixel = code.ravel(corner, geometry.outputs)
            with code.share(self.rounds, part, self.parts) as number, code.loop(0, prod(self.passes)) as turn:
                elements = self._element(code, image, self._channel(code, group, number), pixel)
                held = code.at(sums, self._held(code, code.sub(number, first), turn))
                inputs = code.at(packed, self._under(code, turn))
                code.apart("multiply", partial(self._multiply, code), inputs, elements, held, rows, columns)
        with code.share(self.rounds, part, self.parts) as number, code.loop(0, self.count) as k:
            start = self._held(code, code.sub(number, first), 0)
            source = code.at(sums, start, code.mul(k, self.taps * self.width))
            self._put(code, source, code.add(self._channel(code, group, number), k), code.mul(block, self.width))
        code.release()

    def _pack(self, code: Code, packed: Value, base: Value, block: Value, corner: tuple[Value, Value, Value]) -> None:
        """The inputs under the band whose first output is at ``corner``, vectors that lie past the last channel not."""
        position = [code.mul(p, s) for p, s in zip(corner, self.geometry.stride, strict=True)]
        first = code.mul(block, self.vectors)
        there = code.sub(tiled(self.geometry.C, self.lanes), first)
        with code.loop(0, code.least(there, self.vectors)) as v:
            channel = code.mul(code.add(first, v), self.lanes)
            self.strip.pack(code, code.at(packed, code.mul(v, self.strip.size)), StripPlace(base, channel, *position))

    def _channel(self, code: Code, group: Value, number: Value) -> Value:
        """The first output channel of a block."""
        return code.add(code.mul(group, self.geometry.K), clipped(code, number, self.count, self.geometry.K))

    def _held(self, code: Code, number: Value, turn: Value) -> Value:
        """Where the sums of a block of output channels and of a tile's taps lie."""
        return code.mul(code.add(code.mul(number, prod(self.passes)), turn), self.tile)

    def _under(self, code: Code, turn: Value) -> Value:
        """Where the inputs under the first of a tile's taps lie in the strip, for the band's first output."""
        geometry = self.geometry
        z, y, x = code.unravel(turn, self.passes)
        column = code.mul(x, self.taps * geometry.dilation[2] * self.lanes)
        return code.add(self.strip.row(code, z, code.mul(y, geometry.dilation[1])), column)

    def _element(self, code: Code, image: Value, channel: Value, pixel: Value) -> Value:
        """The output's gradient, from one channel and pixel on."""
        geometry = self.geometry
        channels = geometry.groups * geometry.K
        places = (image, pixel, channel) if self.last else (image, channel, pixel)
        sizes = (0, geometry.pixels, channels) if self.last else (0, channels, geometry.pixels)
        return code.at(code.argument(Argument.WEIGHT), code.ravel(places, sizes))

    def _multiply(self, code: Code, inputs: Value, elements: Value, sums: Value, rows: Value, columns: Value) -> None:
        """Adds the products of a band's pixels, summed by themselves, to a tile of sums: so the error stays small."""
        geometry, vectors = self.geometry, self.taps * self.vectors
        step, apart = (geometry.groups * geometry.K, 1) if self.last else (1, geometry.pixels)
        tile = [code.zeros(vectors) for _ in range(self.count)]
        offsets = [i * apart for i in range(self.count)]
        under = [v * self.strip.size + t * self.lanes for t in range(self.taps) for v in range(self.vectors)]
        with code.loop(0, rows) as r:
            line = code.at(inputs, code.mul(r, geometry.stride[1] * self.strip.pitch))
            beside = code.at(elements, code.mul(r, geometry.outputs[2] * step))
            with code.loop(0, columns) as q:
                here = code.at(line, code.mul(q, geometry.stride[2] * self.lanes))
                multiply(code, tile, here, code.at(beside, code.mul(q, step)), offsets, apart=under)
        for i, place in enumerate(place for row in tile for place in row):
            code.put(code.b.fadd(code.vector(sums, i * self.lanes), place.get()), sums, i * self.lanes)

    def _put(self, code: Code, source: Value, k: Value, c: Value) -> None:
        """One output channel's sums to the gradient of the weight (K, C, taps), as many taps at a time as lanes."""
        geometry, taps = self.geometry, self.geometry.taps
        whole = taps - taps % self.lanes

        def put(v: Value, tap: Value, count: int) -> None:
            places = [code.divmod(code.add(tap, i), self.taps) for i in range(count)]
            lane = code.mul(v, self.lanes)
            sums = [code.vector(source, code.mul(turn, self.tile), code.mul(t, self.width), lane) for turn, t in places]
            put_taps(code, geometry, sums, k, code.add(c, lane), self.width, tap)

        with code.loop(0, self.vectors) as v:
            with code.loop(0, whole, self.lanes) as tap:
                put(v, tap, self.lanes)
            if whole < taps:
                put(v, whole, taps - whole)


def put_taps(
    code: Code, geometry: Geometry, taps: list[Value], k: Value, c: Value, width: int, first: Value = 0
) -> None:
    """Vectors of input channels, from ``c`` on, to some taps of one output channel of the weight's (K, C, taps).

    No more taps than lanes. Channels beyond the last are left out; there are none where they fill blocks of ``width``.
    """
    to = code.at(code.argument(Argument.OUTPUT), code.mul(code.add(code.mul(k, geometry.C), c), geometry.taps), first)
    if geometry.taps == 1:
        code.put(taps[0], to, mask=None if geometry.C % width == 0 else code.mask(code.sub(geometry.C, c)))
        return
    filled = taps + [code.constant(0)] * (code.lanes - len(taps))
    for lane, line in enumerate(code.transposed(filled)):
        with code.bound(code.add(c, lane), geometry.C, width):
            code.put(line, to, lane * geometry.taps, mask=code.mask(len(taps)))


@lru_cache(maxsize=4096)
def cut(geometry: Geometry, source: str, last: bool, target: Target, dtype: str, threads: int) -> DenseGradient:
    """The gradient of a dense weight."""
    L = target.lanes(itemsize(dtype))
    columns = geometry.kernel[2]
    taps = columns if geometry.dilation[2] == 1 and columns <= _TAPS else 1
    candidates = []
    for vectors in (1, 2, 3) if taps == 1 else (1,):
        count = even(geometry.K, min((target.registers - 1) // (taps * vectors) - 1, _FOLLOWED))
        bands = _bands(geometry, L * vectors, dtype)
        candidates += [
            DenseGradient(geometry, source, last, *band, 1, count, taps, vectors, L, dtype) for band in bands
        ]
    routine = min(candidates, key=lambda routine: routine.cycles)
    held = tiled(geometry.K * geometry.taps * routine.width * itemsize(dtype), SECOND_CACHE)
    shared = tiled(TASKS * threads, prod(routine.tasks)) if threads > 1 else 1
    return replace(routine, parts=min(max(held, shared), routine.rounds))


def _bands(geometry: Geometry, width: int, dtype: str) -> Iterator[tuple[int, int]]:
    """Rows and columns of outputs which with the inputs under them stay in the second cache, or are few."""
    _, H, W = geometry.outputs
    room = SECOND_CACHE // itemsize(dtype)
    for columns in {W, even(W, 256), even(W, 64)}:
        for parts in (1, 2, 3, 4, 6, 8, 16, 32, 64, H):
            rows = even(H, tiled(H, parts))
            _, high, wide = reaches(geometry, (1, rows, columns))
            size = high * wide * width * geometry.kernel[0] + rows * columns * geometry.K
            if size <= room or (rows, columns) == (1, even(W, 64)):
                yield rows, columns
                break
    for rows in {H, even(H, tiled(H, 2))}:
        _, high, wide = reaches(geometry, (1, rows, W))
        if high * wide * width * geometry.kernel[0] <= _FARTHEST // itemsize(dtype):
            yield rows, W
