"""Winograd's convolution at stride 2: the even and the odd rows and columns are dense convolutions by themselves.

All four use the same points, so their products are added up before they are transformed back, once for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.engine.codegen.parts.blocks import apart, padded, tiled
from kaiyan.engine.codegen.parts.strip import Argument, Strip
from kaiyan.engine.codegen.parts.tile import ahead, multiply
from kaiyan.engine.codegen.parts.toom import phases
from kaiyan.engine.codegen.parts.transform import apply
from kaiyan.engine.codegen.routines.points import Points
from kaiyan.engine.codegen.routines.winograd import WinogradTiles
from kaiyan.engine.codegen.running.workspace import room
from kaiyan.engine.types import BYTES

if TYPE_CHECKING:
    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value
    from kaiyan.engine.codegen.parts.toom import Toom
    from kaiyan.reference.dtype import Numbers


@dataclass(frozen=True, slots=True)
class StridedWinogradTiles(WinogradTiles):
    """A point's sum runs over the phases that have it, each over all channels: an odd phase lacks the last point.

    ``m`` is of outputs, so that a tile's inputs are twice as far apart where the stride is 2.
    """

    @property
    def phases(self) -> tuple[tuple[Toom, ...], tuple[Toom, ...]]:
        """Of rows and of columns."""
        _, *taps = self.geometry.kernel
        _, *strides = self.geometry.stride
        return phases(self.m[0], taps[0], strides[0]), phases(self.m[1], taps[1], strides[1])

    @property
    def transforms(self) -> tuple[Toom, Toom]:
        """Of rows and of columns."""
        vertical, horizontal = self.phases
        return vertical[0], horizontal[0]

    @property
    def channels(self) -> int:
        """Input channels of one phase, filled up to whole vectors."""
        return tiled(self.geometry.C, self.lanes) * self.lanes

    @property
    def unit(self) -> int:
        """Terms of one phase in the sum of a point."""
        return self.geometry.kernel[0] * self.channels

    @property
    def depth(self) -> int:
        """Elements between the transformed inputs of two tiles: room for all phases, and some to keep them apart."""
        terms = prod(len(axis) for axis in self.phases) * self.unit
        return terms + apart(terms * BYTES[self.dtype]) // BYTES[self.dtype]

    @property
    def terms(self) -> int:
        """Products of one tile for one output channel."""
        return prod(sum(phase.n for phase in axis) for axis in self.phases) * self.unit

    @property
    def strip(self) -> Strip:
        """The rows under one row of tiles, for one vector of channels."""
        rows, last = (sum(phase.n for phase in axis) for axis in self.phases)
        columns = (self.columns - 1) * self.geometry.stride[2] * self.m[1] + last
        return Strip(self.geometry, self.source, self.lanes, rows, columns, last=True, stored=self.stored)

    def packed(self, weight: Numbers, bias: Numbers) -> tuple[Numbers, Numbers]:
        """(groups, K, C, kernel) to its points: (groups, blocks, terms, width), a point's phases one after another."""
        G, K, C = self.geometry.groups, self.geometry.K, self.geometry.C
        planes, *taps = self.geometry.kernel
        kernels = weight.reshape(G, K, C, planes, *taps)
        full = self.channels == C and K % self.width == 0
        packed = room((G, self.blocks, self.terms, self.width), self.dtype, filled=full)
        sums = [np.array([_sharing(axis, i) for i in range(axis[0].n)]) for axis in self.phases]
        counts = np.outer(*sums)
        starts = (np.cumsum(counts) - counts.ravel()).reshape(counts.shape)
        for a, b in np.ndindex(*(len(axis) for axis in self.phases)):
            vertical, horizontal = self.phases[0][a], self.phases[1][b]
            before = (starts + a * sums[1] + b)[: vertical.n, : horizontal.n].ravel()
            points = self._points(vertical, horizontal)
            for g, plane in np.ndindex(G, planes):
                chosen = kernels[g, :, :, plane, a :: self.geometry.stride[1], b :: self.geometry.stride[2]]
                points.transform(chosen, packed[g], (before * planes + plane) * self.channels)
        return packed, padded(bias.reshape(G, K), self.blocks * self.width)

    def _points(self, vertical: Toom, horizontal: Toom) -> Points:
        taps = vertical.r, horizontal.r
        whole = [t.r for t in self.transforms]
        return Points(self.m, taps, self.dtype, self.width, shorter=(taps[0] < whole[0], taps[1] < whole[1]))

    def _inputs(self, code: Code, packed: Value, into: Value) -> None:
        """Every tile of one packed row to its points, phase by phase, for each plane under the output."""
        strip, planes = self.strip, self.geometry.kernel[0]
        with code.loop(0, planes) as z, code.loop(0, self.columns) as tile:
            source = code.at(
                packed, strip.row(code, z, 0), code.mul(tile, self.geometry.stride[2] * self.m[1] * self.lanes)
            )
            to = code.at(into, code.mul(tile, self.depth), code.mul(z, self.channels))
            for a, b in np.ndindex(*(len(axis) for axis in self.phases)):
                self._phase(code, source, to, (a, b))

    def _phase(self, code: Code, source: Value, to: Value, phase: tuple[int, int]) -> None:
        """One tile of one phase to its points."""
        (a, b), (rows, columns) = phase, self.phases
        _, down, across = self.geometry.stride
        vertical, horizontal = rows[a], columns[b]
        pixels = [
            [
                code.vector(source, (i * down + a) * self.strip.pitch + (j * across + b) * self.lanes)
                for j in range(horizontal.n)
            ]
            for i in range(vertical.n)
        ]
        lines = [apply(code, horizontal.input, line) for line in pixels]
        for j in range(horizontal.n):
            before = (a * _sharing(columns, j) + b) * self.unit
            for i, value in enumerate(apply(code, vertical.input, [line[j] for line in lines])):
                code.put(value, to, (i * columns[0].n + j) * self.pitch + before)

    def _multiply(self, code: Code, inputs: Value, products: Value, block: Value) -> None:
        """For every point: transformed inputs (tile, terms) times transformed weights (terms, channels)."""
        count, (rows, columns) = self.group * self.columns, self.phases
        weights = code.at(code.argument(Argument.WEIGHT), code.mul(block, self.terms * self.width))
        with (
            code.loop(0, rows[0].n) as i,
            code.loop(0, columns[0].n) as j,
            code.loop(0, count, self.tile) as tile,
        ):
            tile = code.least(tile, count - self.tile)  # noqa: PLW2901
            point = code.add(code.mul(i, columns[0].n), j)
            beside, above = _counted(code, columns, j), _counted(code, rows, i)
            before = code.add(
                code.mul(i, len(rows) * sum(phase.n for phase in columns)), code.mul(above, code.mul(j, len(columns)))
            )
            elements = code.at(inputs, code.mul(point, self.pitch), code.mul(tile, self.depth))
            matrix = code.at(weights, code.mul(before, self.unit * self.width))
            held = [code.zeros(self.vectors) for _ in range(self.tile)]
            with code.loop(0, code.mul(code.mul(above, beside), self.unit)) as c:
                offsets = [pixel * self.depth for pixel in range(self.tile)]
                early = ahead(self.weights, code.itemsize)
                here = code.at(matrix, code.mul(c, self.width))
                multiply(code, held, here, code.at(elements, c), offsets, early=early)
            to = code.at(products, code.mul(code.add(code.mul(point, count), tile), self.width))
            for pixel, sums in enumerate(held):
                for k, place in enumerate(sums):
                    code.put(place.get(), to, pixel * self.width + k * self.lanes)


def _sharing(axis: tuple[Toom, ...], point: int) -> int:
    """Phases that have a product at a point."""
    return sum(point < phase.n for phase in axis)


def _counted(code: Code, axis: tuple[Toom, ...], point: Value) -> Value:
    """The same while it runs: the last point alone may be one phase's own."""
    return len(axis) if axis[0].n == axis[-1].n else code.least(code.sub(axis[0].n, point), len(axis))
