"""Every channel by itself, with vectors of neighbouring columns, read where they lie: small kernels, channels first.

A row of a strip costs a hundred cycles to pack beside its copying: 3x3 with stride 2 on 96x112x112 took 0.24 ms so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from kaiyan.engine.codegen.language.target import AVX2
from kaiyan.engine.codegen.parts import stored as kinds
from kaiyan.engine.codegen.parts.blocking import TASKS, itemsize
from kaiyan.engine.codegen.parts.blocks import TASK, clipped, even, reaches, tiled
from kaiyan.engine.codegen.parts.epilogue import BARE, Epilogue
from kaiyan.engine.codegen.parts.inside import is_unpadded, on, shift, when_inside, zeros_around
from kaiyan.engine.codegen.parts.outlet import BESIDE, Direction, Outlet
from kaiyan.engine.codegen.parts.strip import Argument, Strip, group_base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value, Variable
    from kaiyan.engine.codegen.language.target import Target
    from kaiyan.engine.codegen.parts.geometry import Geometry
    from kaiyan.reference.dtype import Numbers

_HELD = 12
"""Taps of the largest kernel, whose weights all stay in registers."""
_SUMS = 8
"""Sums of the largest tile: 16 are as fast, and take twice as long to compile."""
_NEAR = 20_000
"""Cycles of a task of many channels."""

Lanes = tuple[bool, ...]
"""The lanes of a vector that lie inside the picture."""


class Stretch(NamedTuple):
    """``tiles`` of columns, the first at ``first``, that see the same taps: ``reads`` are the elements inside.

    ``reads`` are by vector and tap: the lanes of one vector, or of the two whose every other element is taken.
    """

    first: int
    tiles: int
    reads: tuple[tuple[Lanes, ...], ...]


@dataclass(frozen=True, slots=True)
class OverColumnsInside:
    """``lines`` x ``vectors`` sums in registers: rows, vectors of columns.

    A task is ``rows`` of one plane, of ``bundle`` channels one after the other. The last tile of a row ends with it.
    """

    geometry: Geometry
    source: str
    rows: int
    bundle: int
    lines: int
    vectors: int
    lanes: int
    epilogue: Epilogue = BARE
    dtype: str = "float32"
    stored: str = ""

    @property
    def weights(self) -> int:
        """Elements of the packed weight."""
        return self.geometry.groups * self.geometry.taps

    @property
    def tasks(self) -> tuple[int, ...]:
        """Tasks of one image: bundles of channels, planes, strips of rows."""
        depth, height, _ = self.geometry.outputs
        return tiled(self.geometry.groups, self.bundle), depth, tiled(height, self.rows)

    @property
    def strip(self) -> Strip:
        """What a task reads; nothing is packed."""
        return Strip(self.geometry, self.source, 1, 1, 1)

    @property
    def read_rows(self) -> int:
        """Rows of the input under the lines of a tile."""
        return reaches(self.geometry, (1, self.lines, 1))[1]

    @property
    def cycles(self) -> float:
        """Of one image, by count: two products or two loads a cycle, a vector across two lines of cache being two."""
        taps, stride, _ = on(self.geometry, 2)
        sums = self.lines * self.vectors
        products = sums * self.geometry.taps
        loads = self.read_rows * self.vectors * taps * (1.9 if stride == 1 else 2.4)
        widened = self.read_rows * self.vectors * taps * kinds.widening(self.epilogue.given)
        tile = max(products, loads) / 2 + widened + 0.7 * (sums + self.read_rows) + 3
        depth, height, width = self.geometry.outputs
        tiles = tiled(height, self.lines) * tiled(width, self.vectors * self.lanes)
        return self.geometry.groups * depth * (tiles * tile + 10) + prod(self.tasks) * TASK

    @property
    def packing(self) -> tuple[object, ...]:
        """What ``packed`` depends on: routines that agree in it pack alike by the same function."""
        return self.geometry.weight, self.dtype

    def packed(self, weight: Numbers, bias: Numbers) -> tuple[Numbers, Numbers]:
        """(channels, taps) as they are."""
        return weight.reshape(self.geometry.groups, self.geometry.taps).copy(), bias.copy()

    @property
    def stretches(self) -> list[Stretch]:
        """A row of outputs in tiles."""
        size, width = self.geometry.outputs[2], self.vectors * self.lanes
        starts = [min(i * width, max(size - width, 0)) for i in range(tiled(size, width))]
        tiles = [(start, start % width, self._reads(start)) for start in starts]
        alike = [list(same) for _, same in groupby(tiles, key=lambda tile: tile[1:])]
        return [Stretch(same[0][0], len(same), same[0][2]) for same in alike]

    def _reads(self, start: int) -> tuple[tuple[Lanes, ...], ...]:
        """By vector and tap, which elements of a tile that starts at an output are inside."""
        kernel, stride, dilation = on(self.geometry, 2)
        run, size = self.geometry.runs[2], min(self.vectors * self.lanes, self.geometry.outputs[2])
        after = min(run.stop, (start + size - 1) * stride + (kernel - 1) * dilation + 1)
        return tuple(
            tuple(
                tuple(
                    run.start <= (start + v * self.lanes) * stride + x * dilation + e < after
                    for e in range(self.lanes * stride)
                )
                for x in range(kernel)
            )
            for v in range(self.vectors)
        )

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        geometry = self.geometry
        image, task = code.divmod(code.task, prod(self.tasks))
        bundle, depth, row = code.unravel(task, self.tasks)
        row = clipped(code, row, self.rows, geometry.outputs[1])
        first = code.mul(bundle, self.bundle)
        plane = code.add(code.mul(depth, geometry.stride[0]), shift(geometry, 0))
        with code.loop(first, code.least(code.add(first, self.bundle), geometry.groups)) as channel:
            base = group_base(code, geometry, image, channel, stored=self.stored)
            base = code.at(base, code.mul(plane, code.number(Argument.STRIDE)), shift(geometry, 2))
            outlet = Outlet.first(code, self.epilogue).moved(code, image=image, channel=channel, depth=depth)
            weights = self._weights(code, channel)
            with code.loop(0, self.rows, self.lines) as r:
                line = code.add(row, code.least(r, self.rows - self.lines))
                for stretch in self.stretches:
                    with code.loop(0, stretch.tiles) as tile:
                        column = code.add(stretch.first, code.mul(tile, self.vectors * self.lanes))
                        sums = self._sums(code, channel)
                        self._tile(code, stretch, sums, weights, (base, line, column))
                        self._put(code, sums, outlet.moved(code, row=line, column=column))

    def _weights(self, code: Code, channel: Value) -> list[Value]:
        kernel = code.at(code.argument(Argument.WEIGHT), code.mul(channel, self.geometry.taps))
        return [code.splat(code.load(kernel, tap)) for tap in range(self.geometry.taps)]

    def _sums(self, code: Code, channel: Value) -> list[list[Variable]]:
        sums = [code.variables(self.vectors) for _ in range(self.lines)]
        bias = code.splat(code.load(code.argument(Argument.BIAS), channel))
        for line in sums:
            for total in line:
                total.put(bias)
        return sums

    def _tile(
        self,
        code: Code,
        stretch: Stretch,
        sums: list[list[Variable]],
        weights: list[Value],
        corner: tuple[Value, Value, Value],
    ) -> None:
        """Row by row of the input, each read once for all the lines that it lies under."""
        base, line, column = corner
        geometry = self.geometry
        kernel, stride, dilation = on(geometry, 1)
        top = code.mul(line, stride)
        for i in range(self.read_rows):
            below = [i - r * stride for r in range(self.lines)]
            uses = [
                (r, at // dilation) for r, at in enumerate(below) if at % dilation == 0 and 0 <= at // dilation < kernel
            ]
            if not uses:
                continue
            position = code.add(top, i)
            with when_inside(code, geometry, 1, position):
                index = code.add(position, shift(geometry, 1))
                across = code.mul(column, geometry.stride[2])
                start = code.at(base, code.mul(index, code.number(Argument.STRIDE + 1)), across)
                for v, reads in enumerate(stretch.reads):
                    for x, value in enumerate(self._values(code, start, reads, v)):
                        for r, y in uses if value is not None else ():
                            weight = weights[y * geometry.kernel[2] + x]
                            sums[r][v].put(code.fma(value, weight, sums[r][v].get()))

    def _values(self, code: Code, start: Value, reads: tuple[Lanes, ...], v: int) -> Iterator[Value]:
        """What each tap of a row sees of a vector of outputs; None where that is all outside."""
        _, stride, dilation = on(self.geometry, 2)
        first = v * self.lanes * stride
        halves: dict[int, tuple[Value, Value]] = {}
        for x, inside in enumerate(reads):
            at = first + x * dilation
            if not any(inside):
                yield None
            elif stride == 1:
                yield self._read(code, start, at, inside)
            else:
                odd = int(at - 1 in halves)
                if not odd:
                    halves[at] = tuple(
                        self._read(code, start, at + half, inside[half : half + self.lanes]) for half in (0, self.lanes)
                    )
                yield code.shuffle(*halves[at - odd], range(odd, 2 * self.lanes, 2))

    def _read(self, code: Code, start: Value, at: int, inside: Lanes) -> Value:
        if not any(inside):
            return code.constant(0)
        return kinds.vector(code, start, at, stored=self.stored, mask=code.lanes_of(inside))

    def _put(self, code: Code, sums: list[list[Variable]], outlet: Outlet) -> None:
        width, down = self.geometry.outputs[2], outlet.step(code, Direction.ROW)
        for r, line in enumerate(sums):
            start = outlet.by(code, down, r)
            for v, total in enumerate(line):
                here = start.by(code, BESIDE, v * self.lanes)
                self.epilogue.put(code, total.get(), here, code.mask(width - v * self.lanes))


@lru_cache(maxsize=4096)
def cut(
    geometry: Geometry, source: str, target: Target, dtype: str, epilogue: Epilogue, threads: int
) -> OverColumnsInside | None:
    """Each channel by itself, vectors of columns; None where that is not for this kernel, layout or machine."""
    stride = geometry.stride[2]
    small = geometry.kernel[0] == 1 and geometry.taps <= _HELD and stride <= 2
    able = source == "row_contiguous" and target.bits >= AVX2.bits and zeros_around(geometry)
    if not (small and able and is_unpadded(geometry, 0) and (geometry.C, geometry.K) == (1, 1)):
        return None
    L = target.lanes(itemsize(dtype))
    _, H, W = geometry.outputs
    made = [
        OverColumnsInside(geometry, source, H, 1, lines, vectors, L, epilogue, dtype)
        for lines in {even(H, most) for most in (1, 2, 4, 7, 8)}
        for vectors in {min(V, tiled(W, L)) for V in (1, 2, 3, 4)}
        if lines * vectors <= _SUMS
    ]
    best = min(made, key=lambda routine: routine.cycles)
    return _parted(best, threads)


def _parted(routine: OverColumnsInside, threads: int) -> OverColumnsInside:
    """For so many threads: tasks that are neither too short nor too few."""
    groups, height = routine.geometry.groups, routine.geometry.outputs[1]
    wanted = threads * TASKS if threads > 1 else 1
    bundle = max(min(int(_NEAR * groups / routine.cycles), tiled(groups, wanted)), 1)
    strips = min(tiled(wanted, tiled(groups, bundle)), tiled(height, routine.lines))
    rows = min(tiled(tiled(height, strips), routine.lines) * routine.lines, height)
    return replace(routine, bundle=bundle, rows=rows)
