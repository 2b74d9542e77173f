"""Every channel by itself, with vectors of channels: depthwise convolution where channels stand last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.engine.codegen.parts.blocking import FAR_STRIP, NEAR_STRIP, itemsize, strip_size
from kaiyan.engine.codegen.parts.blocks import TASK, apart, clipped, even, padded, reaches, tiled, turned
from kaiyan.engine.codegen.parts.epilogue import BARE, Epilogue
from kaiyan.engine.codegen.parts.outlet import Outlet
from kaiyan.engine.codegen.parts.strip import Argument, Strip, StripPlace, group_base
from kaiyan.engine.types import BYTES

if TYPE_CHECKING:
    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value, Variable
    from kaiyan.engine.codegen.language.target import Target
    from kaiyan.engine.codegen.parts.geometry import Geometry
    from kaiyan.engine.codegen.parts.outlet import Pitches
    from kaiyan.reference.dtype import Numbers

_COPIED = 3.5
"""Cycles of a vector that is copied to a strip, above those of a strip whose every channel is read many times."""


@dataclass(frozen=True, slots=True)
class OverChannels:
    """One input and one output channel a group; ``tile`` (rows, columns) of outputs in registers, a vector each.

    The groups are taken as channels of the geometry: G of them side by side. A task is a strip of ``rows`` x
    ``columns`` outputs of one plane for ``vectors`` of channels: what lies side by side is packed side by side.
    """

    geometry: Geometry
    source: str
    rows: int
    columns: int
    tile: tuple[int, int]
    vectors: int
    lanes: int
    epilogue: Epilogue = BARE
    dtype: str = "float32"
    stored: str = ""

    @property
    def blocks(self) -> int:
        """Strips of channels."""
        return tiled(self.geometry.C, self.vectors * self.lanes)

    @property
    def weights(self) -> int:
        """Elements of the packed weight."""
        return self.blocks * self.vectors * self.lanes * self.geometry.taps

    @property
    def cycles(self) -> float:
        """Of one image, by count: two products or two loads a cycle."""
        tiles = tiled(self.rows, self.tile[0]) * tiled(self.columns, self.tile[1])
        pixels = prod(self.tile)
        turns = pixels if self.source == "channels_last" else self.tile[0] * self.lanes * 5
        tile = self.geometry.taps * (pixels + 1) / 2 + turns
        packing = self.strip.cycles(self.lanes) + (_COPIED * self.strip.size / self.lanes if turns == pixels else 0.0)
        return prod(self.tasks) * (tiles * self.vectors * tile + packing + TASK)

    @property
    def packing(self) -> tuple[object, ...]:
        """What ``packed`` depends on: routines that agree in it pack alike by the same function."""
        return self.geometry.weight, self.blocks * self.vectors, self.lanes, self.dtype

    def packed(self, weight: Numbers, bias: Numbers) -> tuple[Numbers, Numbers]:
        """(channels, taps) in vectors of channels: (vectors, taps, lanes)."""
        C, taps = self.geometry.C, self.geometry.taps
        vectors = self.blocks * self.vectors
        filled = np.zeros((vectors * self.lanes, taps), self.dtype)
        filled[:C] = weight.reshape(C, taps)
        return turned(filled.reshape(vectors, self.lanes, taps), (0, 2, 1)), padded(bias, vectors * self.lanes)

    @property
    def tasks(self) -> tuple[int, ...]:
        """Tasks of one image: planes, strips of rows, strips of columns, vectors of channels."""
        depth, height, width = self.geometry.outputs
        return depth, tiled(height, self.rows), tiled(width, self.columns), self.blocks

    @property
    def strip(self) -> Strip:
        """What one task reads."""
        _, rows, columns = reaches(self.geometry, (1, self.rows, self.columns))
        channels = self.vectors * self.lanes
        gap = apart(channels * BYTES[self.dtype]) // BYTES[self.dtype]
        return Strip(self.geometry, self.source, channels, rows, columns, last=True, stored=self.stored, gap=gap)

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        geometry, strip = self.geometry, self.strip
        image, task = code.divmod(code.task, prod(self.tasks))
        depth, row, column, block = code.unravel(task, self.tasks)
        row = clipped(code, row, self.rows, geometry.outputs[1])
        column = clipped(code, column, self.columns, geometry.outputs[2])
        base = group_base(code, geometry, image, 0, stored=self.stored)
        packed = strip.room(code)
        channel = code.mul(block, strip.channels)
        outlet = Outlet.first(code, self.epilogue).moved(
            code, image=image, channel=channel, depth=depth, row=row, column=column
        )
        position = [code.mul(p, s) for p, s in zip((depth, row, column), geometry.stride, strict=True)]
        strip.pack(code, packed, StripPlace(base, channel, *position))
        vectors = tiled(geometry.C, self.lanes)
        there = (
            code.least(self.vectors, code.sub(vectors, code.mul(block, self.vectors))) if self.blocks > 1 else vectors
        )
        pitches = outlet.pitches(code)
        with (
            code.loop(0, there) as vector,
            code.loop(0, self.rows, self.tile[0]) as r,
            code.loop(0, self.columns, self.tile[1]) as q,
        ):
            r, q = code.least(r, self.rows - self.tile[0]), code.least(q, self.columns - self.tile[1])  # noqa: PLW2901
            lane = code.mul(vector, self.lanes)
            sums = code.variables(prod(self.tile))
            for place in sums:
                place.put(code.vector(code.argument(Argument.BIAS), channel, lane))
            self._sum(code, sums, code.at(packed, lane), code.add(channel, lane), (r, q))
            here = outlet.by(code, pitches.channel, lane).by(code, pitches.row, r).by(code, pitches.column, q)
            put = self._pixels if self.source == "channels_last" else self._rows
            put(code, sums, code.add(channel, lane), here, pitches)
        code.release()

    def _sum(
        self, code: Code, sums: list[Variable], packed: Value, channel: Value, corner: tuple[Value, Value]
    ) -> None:
        geometry, strip = self.geometry, self.strip
        _, sh, sw = geometry.stride
        _, dh, dw = geometry.dilation
        offsets = [
            r * sh * strip.pitch + q * sw * strip.pixel for r in range(self.tile[0]) for q in range(self.tile[1])
        ]
        weights = code.at(code.argument(Argument.WEIGHT), code.mul(channel, geometry.taps))
        kd, kh, kw = geometry.kernel
        with code.loop(0, kd) as z, code.loop(0, kh) as y, code.loop(0, kw) as x:
            row = strip.row(code, z, code.add(code.mul(corner[0], sh), code.mul(y, dh)))
            column = code.add(code.mul(corner[1], sw), code.mul(x, dw))
            start = code.at(packed, row, code.mul(column, strip.pixel))
            weight = code.vector(weights, code.mul(code.ravel((z, y, x), geometry.kernel), self.lanes))
            for place, offset in zip(sums, offsets, strict=True):
                place.put(code.fma(code.vector(start, offset), weight, place.get()))

    def _pixels(self, code: Code, sums: list[Variable], channel: Value, outlet: Outlet, pitches: Pitches) -> None:
        """Stores the tile channels last."""
        C = self.geometry.C
        mask = None if C % self.lanes == 0 else code.mask(code.sub(C, channel))
        for held, place in zip(sums, outlet.grid(code, *self.tile, pitches), strict=True):
            self.epilogue.put(code, held.get(), place, mask)

    def _rows(self, code: Code, sums: list[Variable], channel: Value, outlet: Outlet, pitches: Pitches) -> None:
        """Stores the tile channels first."""
        rows, columns = self.tile
        for r in range(rows):
            place = outlet.by(code, pitches.row, r)
            vectors = [held.get() for held in sums[r * columns : (r + 1) * columns]]
            for lane, line in enumerate(code.transposed(vectors + [code.constant(0)] * (self.lanes - columns))):
                with code.bound(code.add(channel, lane), self.geometry.C, self.lanes):
                    self.epilogue.put(code, line, place, code.mask(columns))
                place = place.by(code, pitches.channel)


@lru_cache(maxsize=4096)
def cut(geometry: Geometry, source: str, target: Target, dtype: str, epilogue: Epilogue, threads: int) -> OverChannels:  # noqa: ARG001
    """Each channel by itself, vectors of channels."""
    L = target.lanes(itemsize(dtype))
    side = replace(geometry, groups=1, C=geometry.groups, K=geometry.groups)
    _, H, W = geometry.outputs
    candidates = []
    widest = target.registers - 2 if source == "channels_last" else L
    vectors = tiled(side.C, L)
    for columns in {even(W, min(most, widest)) for most in (4, 6, 8, 14, widest)}:
        for lines in (1, 2, 3, 4, 7):
            rows = even(H, lines)
            if rows * columns > target.registers - 2:
                continue
            _, high, wide = reaches(geometry, (1, rows, W))
            room = FAR_STRIP // (high * wide * geometry.kernel[0] * L * itemsize(dtype))
            several = even(vectors, max(room, 1)) if source == "channels_last" else 1
            most = FAR_STRIP if several > 1 else 2 * NEAR_STRIP
            strip = strip_size(geometry, (rows, columns), most, several * L, dtype)
            candidates.append(OverChannels(side, source, *strip, (rows, columns), several, L, epilogue, dtype))
    return min(candidates, key=lambda routine: routine.cycles)
