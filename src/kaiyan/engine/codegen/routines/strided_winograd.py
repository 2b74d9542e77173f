"""Winograd's convolution at stride 2: the odd and the even rows and columns are dense convolutions by themselves.

All four use the same points, so their products are added up before they are transformed back, once for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.engine.codegen.parts.blocks import apart, padded, tiled
from kaiyan.engine.codegen.parts.rows import stepped
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
    from kaiyan.engine.codegen.parts.extent import Extent
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
        """Of the even rows and of the even columns, which have every point."""
        vertical, horizontal = self.phases
        return vertical[-1], horizontal[-1]

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
        starts = self._starts()
        for (a, vertical), (b, horizontal) in product(*map(enumerate, self.phases)):
            points = list(np.ndindex(vertical.n, horizontal.n))
            terms = np.array([starts[point] + self._before((a, b), point) for point in points])
            transform = self._points(vertical, horizontal)
            first, strides = self._corner((a, b)), self.geometry.stride[1:]
            for g, plane in np.ndindex(G, planes):
                chosen = kernels[g, :, :, plane, first[0] :: strides[0], first[1] :: strides[1]]
                transform.transform(chosen, packed[g], (terms * planes + plane) * self.channels)
        return packed, padded(bias.reshape(G, K), self.blocks * self.width)

    def _points(self, vertical: Toom, horizontal: Toom) -> Points:
        taps, (rows, columns) = (vertical.r, horizontal.r), self.transforms
        return Points(self.m, taps, self.dtype, self.width, shorter=(taps[0] < rows.r, taps[1] < columns.r))

    def _starts(self) -> Numbers:
        """Phases summed at all points before each one."""
        rows, columns = ([_sharing(axis, i) for i in range(axis[-1].n)] for axis in self.phases)
        counts = np.outer(rows, columns)
        starts: Numbers = (np.cumsum(counts) - counts.ravel()).reshape(counts.shape)
        return starts

    def _before(self, phase: tuple[int, int], point: tuple[int, int]) -> int:
        """Phases summed at a point before this one; those that lack it are the first."""
        rows, columns = self.phases
        (a, b), (i, j) = phase, point
        beside = _sharing(columns, j)
        return (a - len(rows) + _sharing(rows, i)) * beside + b - len(columns) + beside

    def _corner(self, phase: tuple[int, int]) -> tuple[int, int]:
        """The first row and column of a phase under a tile: the odd ones are summed first."""
        rows, columns = self.phases
        return len(rows) - 1 - phase[0], len(columns) - 1 - phase[1]

    def _inputs(self, code: Code, measured: tuple[Strip, Extent], packed: Value, into: Value) -> None:
        """Every tile of one packed row to its points, phase by phase, for each plane under the output."""
        strip, sizes = measured
        step, pitch = self.geometry.stride[2] * self.m[1] * self.lanes, self._pitch(code, sizes)
        with code.loop(0, self.geometry.kernel[0]) as z, code.loop(0, sizes.columns) as tile:
            source = code.at(packed, strip.row(code, z, 0), code.mul(tile, step))
            to = code.at(into, code.mul(tile, self.depth), code.mul(z, self.channels))
            for a, b in np.ndindex(*map(len, self.phases)):
                self._phase(code, (source, strip.pitch), (to, pitch), (a, b))

    def _phase(
        self, code: Code, source: tuple[Value, Value], into: tuple[Value, Value], phase: tuple[int, int]
    ) -> None:
        """One tile of one phase to its points; what is read and what is written, each with the step to the next."""
        vertical, horizontal = (axis[a] for axis, a in zip(self.phases, phase, strict=True))
        top, left = self._corner(phase)
        _, down, across = self.geometry.stride
        start = code.at(source[0], code.mul(source[1], top))
        offsets = [(j * across + left) * self.lanes for j in range(horizontal.n)]
        rows = [
            [code.vector(line, offset) for offset in offsets]
            for line in stepped(code, start, code.mul(source[1], down), vertical.n)
        ]
        lines = [apply(code, horizontal.input, row) for row in rows]
        below = code.mul(into[1], self.transforms[1].n)
        for j, first in enumerate(stepped(code, *into, horizontal.n)):
            values = apply(code, vertical.input, [line[j] for line in lines])
            for i, point in enumerate(stepped(code, first, below, vertical.n)):
                code.put(values[i], point, self._before(phase, (i, j)) * self.unit)

    def _multiply(
        self, code: Code, most: int, inputs: Value, products: Value, block: Value, count: Value, pitch: Value,
        group: Value, groups: Value,
    ) -> None:  # fmt: skip
        """For every point: transformed inputs (tile, terms) times transformed weights (terms, channels)."""
        rows, columns = self.phases
        weights = code.at(code.argument(Argument.WEIGHT), code.mul(block, self.terms * self.width))
        with (
            code.loop(0, rows[-1].n) as i,
            code.loop(0, columns[-1].n) as j,
            code.loop(0, count, most) as tile,
        ):
            coming = self._coming(code, tile, count, most, (group, groups))
            tile = code.least(tile, code.sub(count, most))  # noqa: PLW2901
            point = code.add(code.mul(i, columns[-1].n), j)
            above, beside = _counted(code, rows, i), _counted(code, columns, j)
            full = code.mul(i, len(rows) * sum(phase.n for phase in columns))
            start = code.add(full, code.mul(above, code.mul(j, len(columns))))
            elements = code.at(inputs, code.mul(point, pitch), code.mul(tile, self.depth))
            matrix = code.at(weights, code.mul(start, self.unit * self.width))
            held = [code.zeros(self.vectors) for _ in range(most)]
            terms = code.mul(code.mul(above, beside), self.unit)
            with code.loop(0, terms) as c:
                offsets = [pixel * self.depth for pixel in range(most)]
                early = ahead(self.weights, code.itemsize)
                here = code.at(matrix, code.mul(c, self.width))
                next_ = coming and coming.place(code, code.at(matrix, self.terms * self.width), terms, c)
                multiply(code, held, here, code.at(elements, c), offsets, early=early, coming=next_)
            to = code.at(products, code.mul(code.add(code.mul(point, count), tile), self.width))
            for pixel, sums in enumerate(held):
                for k, place in enumerate(sums):
                    code.put(place.get(), to, pixel * self.width + k * self.lanes)


def _sharing(axis: tuple[Toom, ...], point: int) -> int:
    """Phases that have a product at a point."""
    return sum(point < phase.n for phase in axis)


def _counted(code: Code, axis: tuple[Toom, ...], point: Value) -> Value:
    """The same while it runs: the last point alone may be the even phase's own."""
    return len(axis) if axis[0].n == axis[-1].n else code.least(code.sub(axis[-1].n, point), len(axis))
