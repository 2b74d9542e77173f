"""Dense convolution with vectors of output channels: every input element is broadcast to a register tile."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.engine.codegen.blocks import TASK, clipped, padded, reaches, tiled, turned
from kaiyan.engine.codegen.epilogue import BARE, Epilogue
from kaiyan.engine.codegen.strip import Argument, Place, Strip, group_base
from kaiyan.engine.codegen.tile import multiply, sums

if TYPE_CHECKING:
    from kaiyan.engine.codegen.geometry import Geometry
    from kaiyan.engine.codegen.ir import Code, Value
    from kaiyan.engine.codegen.tile import Sums
    from kaiyan.reference.dtype import Numbers


@dataclass(frozen=True, slots=True)
class Channels:
    """``tile`` (rows, columns) of outputs by ``vectors`` of channels stay in registers over the whole sum.

    A task is one strip of ``rows`` x ``columns`` outputs of one plane, for ``parts`` of the channels' blocks. The
    weight is packed as ``pack`` says. ``source`` is the input's layout (see ``Strip``), the output's is channels last
    where the source is "pixels", else channels first.
    """

    geometry: Geometry
    source: str
    rows: int
    columns: int
    parts: int
    tile: tuple[int, int]
    vectors: int
    lanes: int
    epilogue: Epilogue = BARE
    dtype: str = "float32"

    @property
    def width(self) -> int:
        """Channels of one block."""
        return self.lanes * self.vectors

    @property
    def blocks(self) -> int:
        """Blocks of channels in one group."""
        return -(-self.geometry.K // self.width)

    @property
    def last(self) -> bool:
        """Whether channels stand last."""
        return self.source == "pixels"

    @property
    def tasks(self) -> tuple[int, ...]:
        """Tasks of one image: groups, planes, strips of rows, strips of columns, parts of the channels."""
        depth, height, width = self.geometry.outputs
        return self.geometry.groups, depth, -(-height // self.rows), -(-width // self.columns), self.parts

    @property
    def strip(self) -> Strip:
        """What one task reads."""
        _, rows, columns = reaches(self.geometry, (1, self.rows, self.columns))
        return Strip(self.geometry, self.source, self.geometry.C, rows, columns, last=self.last)

    @property
    def weights(self) -> int:
        """Elements of the packed weight."""
        return self.geometry.groups * self.blocks * self.width * self.geometry.C * self.geometry.taps

    @property
    def cycles(self) -> float:
        """Of one image, by count: two products or two loads a cycle."""
        pixels = prod(self.tile)
        tiles = tiled(self.rows, self.tile[0]) * tiled(self.columns, self.tile[1])
        terms = self.geometry.C * self.geometry.taps
        turns = pixels if self.last else self.tile[0] * self.lanes * 5
        tile = terms * max(pixels * self.vectors, pixels + self.vectors) / 2 * 1.05 + self.vectors * turns
        strips = prod(self.tasks) / self.parts
        return strips * (tiles * self.blocks * tile + self.parts * (self.strip.cycles(self.lanes) + TASK))

    def packed(self, weight: Numbers, bias: Numbers) -> tuple[Numbers, Numbers]:
        """(groups, K, C, taps) in the order of the sum: (groups, blocks, terms, width)."""
        G, K, C, taps = self.geometry.groups, self.geometry.K, self.geometry.C, self.geometry.taps
        filled = np.zeros((G, self.blocks * self.width, C, taps), self.dtype)
        filled[:, :K] = weight.reshape(G, K, C, taps)
        terms = filled.swapaxes(2, 3) if self.last else filled
        rows = terms.reshape(G, self.blocks, self.width, C * taps)
        return turned(rows, (0, 1, 3, 2)), padded(bias.reshape(G, K), self.blocks * self.width)

    def emit(self, code: Code) -> None:
        """Writes the kernel."""
        geometry, strip = self.geometry, self.strip
        image, task = code.divmod(code.task, prod(self.tasks))
        group, depth, row, column, part = code.unravel(task, self.tasks)
        row, column = (
            clipped(code, row, self.rows, geometry.outputs[1]),
            clipped(code, column, self.columns, geometry.outputs[2]),
        )
        base = group_base(code, geometry, image, group)
        packed = code.scratch(strip.size)
        position = [code.mul(p, s) for p, s in zip((depth, row, column), geometry.stride, strict=True)]
        strip.pack(code, packed, Place(base, 0, *position))
        with code.share(self.blocks, part, self.parts) as block:
            where = code.add(code.mul(image, geometry.groups), group)
            with code.loop(0, self.rows, self.tile[0]) as r, code.loop(0, self.columns, self.tile[1]) as q:
                r, q = code.least(r, self.rows - self.tile[0]), code.least(q, self.columns - self.tile[1])  # noqa: PLW2901
                tile = self._sums(code, packed, code.add(code.mul(group, self.blocks), block), (r, q))
                self._put(code, tile, where, block, (depth, code.add(row, r), code.add(column, q)))
        code.release()

    def _sums(self, code: Code, packed: Value, block: Value, corner: tuple[Value, Value]) -> Sums:
        """The register tile, pixel by vector, summed over channels and taps."""
        geometry, strip = self.geometry, self.strip
        reduction = geometry.C * geometry.taps
        weight = code.at(code.argument(Argument.WEIGHT), code.mul(block, reduction * self.width))
        bias = code.at(code.argument(Argument.BIAS), code.mul(block, self.width))
        tile = sums(code, prod(self.tile), self.vectors)
        for j in range(self.vectors):
            start = code.vector(bias, j * self.lanes)
            for pixel in tile:
                pixel[j].put(start)
        kd, kh, kw = geometry.kernel
        _, sh, sw = geometry.stride
        corner_row, corner_column = code.mul(corner[0], sh), code.mul(corner[1], sw)
        offsets = [
            strip.row(code, 0, r * sh) + strip.column(q * sw) for r in range(self.tile[0]) for q in range(self.tile[1])
        ]

        def term(c: Value, z: Value, y: Value, x: Value, order: Value) -> None:
            there = code.at(
                packed,
                code.mul(c, strip.channel_step),
                strip.row(code, z, code.add(corner_row, code.mul(y, geometry.dilation[1]))),
                code.mul(code.add(corner_column, code.mul(x, geometry.dilation[2])), strip.column(1)),
            )
            multiply(code, tile, code.at(weight, code.mul(order, self.width)), there, offsets)

        sizes = (kd, kh, kw, geometry.C) if self.last else (geometry.C, kd, kh, kw)
        with (
            code.loop(0, sizes[0]) as a,
            code.loop(0, sizes[1]) as b,
            code.loop(0, sizes[2]) as c,
            code.loop(0, sizes[3]) as d,
        ):
            order = code.ravel((a, b, c, d), sizes)
            if self.last:
                term(d, a, b, c, order)
            else:
                term(a, b, c, d, order)
        return tile

    def _put(self, code: Code, held: Sums, where: Value, block: Value, corner: tuple[Value, Value, Value]) -> None:
        geometry = self.geometry
        output, residual = code.argument(Argument.OUTPUT), code.argument(Argument.RESIDUAL)
        _, height, width = geometry.outputs
        depth, row, column = corner
        pixel = code.add(code.mul(code.add(code.mul(depth, height), row), width), column)
        first = code.mul(block, self.width)
        if self.last:
            image, group = code.divmod(where, geometry.groups)
            all_channels = geometry.groups * geometry.K
            start = code.add(code.mul(image, geometry.pixels * all_channels), code.mul(group, geometry.K), first)
            for j in range(self.vectors):
                mask = None if geometry.K % self.width == 0 else code.mask(code.sub(geometry.K - j * self.lanes, first))
                for i, sum_ in enumerate(held):
                    r, q = divmod(i, self.tile[1])
                    place = code.mul(code.add(pixel, r * width + q), all_channels)
                    offset = code.add(start, place, j * self.lanes)
                    self.epilogue.put(code, sum_[j].get(), offset, output, residual, mask)
            return
        start = code.add(code.mul(code.add(code.mul(where, geometry.K), first), geometry.pixels), pixel)
        for j in range(self.vectors):
            for r in range(self.tile[0]):
                pixels = [sum_[j].get() for sum_ in held[r * self.tile[1] : (r + 1) * self.tile[1]]]
                rows = code.transposed(pixels + [code.constant(0)] * (self.lanes - len(pixels)))
                mask = code.mask(self.tile[1])
                for i, line in enumerate(rows):
                    channel = j * self.lanes + i
                    offset = code.add(start, channel * geometry.pixels + r * width)
                    if geometry.K % self.width == 0:
                        self.epilogue.put(code, line, offset, output, residual, mask)
                        continue
                    with code.when(code.below(code.add(first, channel), geometry.K)):
                        self.epilogue.put(code, line, offset, output, residual, mask)
