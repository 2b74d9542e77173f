"""Transposed convolution of few output channels: vectors of columns of all phases of a row, interleaved as stored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from kaiyan.engine.codegen.language.ir import Variable
from kaiyan.engine.codegen.parts.blocking import FAR_STRIP, itemsize, shared, strip_size
from kaiyan.engine.codegen.parts.blocks import TASK, clipped, even, padded, reaches, tiled
from kaiyan.engine.codegen.parts.epilogue import BARE, Epilogue
from kaiyan.engine.codegen.parts.outlet import BESIDE, Direction, Outlet
from kaiyan.engine.codegen.parts.strip import Argument, Strip, StripPlace, group_base
from kaiyan.engine.codegen.running.workspace import room

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value
    from kaiyan.engine.codegen.language.target import Target
    from kaiyan.engine.codegen.parts.geometry import Geometry
    from kaiyan.reference.dtype import Numbers

_LATENCY = 4
"""Cycles from a product to the next of the same sum."""
_MORE = 1.3
"""What a tile's products take more than is counted: 64 to 3 channels on 32x32, 4x4 at stride 2, take 135,000 cycles."""
_COPIED = 8
"""Cycles more than ``Strip`` counts for a packed vector: that layer's strip takes 47,000 in all."""

Sums = list[list[list[list["Variable"]]]]
"""Registers by output channel, phase of the columns, line and vector."""


class LinePhase(NamedTuple):
    """One phase of planes and of rows: where it is among its axis' phases, and its weights' first term of a channel."""

    plane: int
    row: int
    first: int


class Task(NamedTuple):
    """A packed strip, the row and column of its first output, and room for a row of a tile's pixels."""

    packed: Value
    row: Value
    column: Value
    pixels: Value


@dataclass(frozen=True, slots=True)
class Interleaving:
    """``channels`` x phases of the columns x ``lines`` x ``vectors`` sums in registers, for one phase of the rows.

    A task is a strip of ``rows`` x ``columns`` places of one plane, packed once for all phases; each place has as many
    outputs as there are phases.
    """

    geometry: Geometry
    source: str
    rows: int
    columns: int
    channels: int
    lines: int
    vectors: int
    lanes: int
    epilogue: Epilogue = BARE
    dtype: str = "float32"
    stored: str = ""

    @property
    def last(self) -> bool:
        """Whether channels stand last."""
        return self.source == "channels_last"

    @property
    def strides(self) -> tuple[int, ...]:
        """Phases of each axis."""
        return tuple(map(len, self.geometry.phases))

    @property
    def blocks(self) -> int:
        """Blocks of output channels in one group."""
        return tiled(self.geometry.K, self.channels)

    @property
    def tasks(self) -> tuple[int, ...]:
        """Tasks of one image: groups, planes, strips of rows, strips of columns."""
        depth, height, width = self.geometry.outputs
        return self.geometry.groups, depth, tiled(height, self.rows), tiled(width, self.columns)

    @property
    def strip(self) -> Strip:
        """What a task reads."""
        _, rows, columns = reaches(self.geometry, (1, self.rows, self.columns))
        return Strip(self.geometry, self.source, self.geometry.C, rows, columns, stored=self.stored, abreast=True)

    @property
    def across(self) -> list[tuple[int, list[tuple[int, int]]]]:
        """Each column of the window that is seen, with the phases that see it and by which tap."""
        seen = [(place, phase, tap) for phase, taps in enumerate(self.geometry.phases[2]) for place, tap in taps]
        return [
            (place, [(phase, tap) for at, phase, tap in seen if at == place]) for place in sorted({s[0] for s in seen})
        ]

    @property
    def taps(self) -> list[int]:
        """Taps of a row of the kernel, in the order of the sum."""
        return [tap for _, uses in self.across for _, tap in uses]

    @property
    def line_phases(self) -> Iterator[LinePhase]:
        """Those of planes and rows; terms of one have neighbouring weights."""
        planes, rows, _ = self.geometry.phases
        first = 0
        for z, y in product(range(len(planes)), range(len(rows))):
            yield LinePhase(z, y, first)
            first += len(planes[z]) * len(rows[y])

    @property
    def terms(self) -> int:
        """Rows of the kernel, of all phases."""
        return prod(sum(map(len, axis)) for axis in self.geometry.phases[:2])

    @property
    def weights(self) -> int:
        """Elements of the packed weight."""
        each = max(self.terms * self.geometry.C * len(self.taps), 1)
        return self.geometry.groups * self.blocks * self.channels * each

    @property
    def cycles(self) -> float:
        """Of one image, by count: two products or two loads a cycle, a vector across two lines of cache being two."""
        tile, sums = self.lines * self.vectors, self.channels * self.lines * self.vectors
        products = len(self.taps) * sums
        loads = len(self.across) * tile * 1.9 + len(self.taps) * self.channels
        term = max(products * _MORE, loads, 2 * _LATENCY * max(map(len, self.geometry.phases[2]))) / 2
        woven = self.strides[2] * (self.geometry.K if self.last else 1)
        stored = sums * self.strides[2] * (woven + 2) + 20
        inside = self.terms * self.geometry.C * term + prod(self.strides[:2]) * stored
        tiles = tiled(self.rows, self.lines) * tiled(self.columns, self.vectors * self.lanes) * self.blocks
        packing = self.strip.cycles(self.lanes) + self.strip.size / self.lanes * _COPIED
        return prod(self.tasks) * (tiles * inside + packing + TASK)

    @property
    def packing(self) -> tuple[object, ...]:
        """What ``packed`` depends on: routines that agree in it pack alike by the same function."""
        return self.geometry.groups, self.geometry.K, self.geometry.C, self.geometry.phases, self.channels, self.dtype

    def packed(self, weight: Numbers, bias: Numbers) -> tuple[Numbers, Numbers]:
        """(K, C, *kernel) in the order of the sum: (groups, blocks, terms, C, taps, channels)."""
        geometry = self.geometry
        G, K, C, B = geometry.groups, geometry.K, geometry.C, self.channels
        kernel = (1,) * (5 - weight.ndim) + weight.shape[2:]
        rows = weight.reshape(G, K, C, *kernel)[..., self.taps]
        made = room((self.weights,), self.dtype, filled=False)
        packed = made[: G * self.blocks * self.terms * C * len(self.taps) * B]
        packed = packed.reshape(G, self.blocks, self.terms, C, len(self.taps), B)
        planes, lines, _ = geometry.phases
        for phase in self.line_phases:
            pairs = product(planes[phase.plane], lines[phase.row])
            for term, ((_, z), (_, y)) in enumerate(pairs, start=phase.first):
                for block in range(self.blocks):
                    part = rows[:, block * B : (block + 1) * B, :, z, y]
                    packed[:, block, term, :, :, : part.shape[1]] = part.transpose(0, 2, 3, 1)
        return made, padded(bias.reshape(G, K), self.blocks * B)

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        geometry, strip = self.geometry, self.strip
        image, group, *indices = code.unravel(code.task, (0, *self.tasks))
        sizes = zip(indices, (1, self.rows, self.columns), geometry.outputs, strict=True)
        place = [clipped(code, index, step, size) for index, step, size in sizes]
        packed = strip.room(code)
        base = group_base(code, geometry, image, group, stored=self.stored)
        strip.pack(code, packed, StripPlace(base, 0, *place))
        depth, row, column = (code.mul(at, stride) for at, stride in zip(place, self.strides, strict=True))
        outlet = Outlet.first(code, self.epilogue).moved(
            code, image=image, channel=code.mul(group, geometry.K), depth=depth, row=row, column=column
        )
        task = Task(packed, row, column, code.aside(self._width * self.channels + self.lanes) if self.last else None)
        with code.loop(0, self.blocks) as block, code.loop(0, self.rows, self.lines) as r:
            line = code.least(r, self.rows - self.lines)
            number = code.add(code.mul(group, self.blocks), block)
            for phase in self.line_phases:
                with code.bound(code.add(depth, phase.plane), geometry.whole[0], self.strides[0]):
                    here = outlet.moved(
                        code, channel=code.mul(block, self.channels), depth=phase.plane,
                        row=code.add(code.mul(line, self.strides[1]), phase.row),
                    )  # fmt: skip
                    self._line(code, task, (number, block), phase, line, here)
        code.release()

    def _line(
        self,
        code: Code,
        task: Task,
        which: tuple[Value, Value],
        phase: LinePhase,
        line: Value,
        outlet: Outlet,
    ) -> None:
        """Lines of one phase, tile after tile."""
        number, block = which
        width = self.vectors * self.lanes
        under = code.at(task.packed, self.strip.row(code, 0, line))
        term = code.add(code.mul(number, self.terms), phase.first)
        weights = code.at(code.argument(Argument.WEIGHT), code.mul(term, self._term))
        bias = code.at(code.argument(Argument.BIAS), code.mul(number, self.channels))
        top = code.add(task.row, code.mul(line, self.strides[1]), phase.row)
        with code.loop(0, self.columns, width) as q:
            place = code.least(q, max(self.columns - width, 0))
            sums = self._begun(code, bias)
            self._sum(code, sums, weights, code.at(under, place), phase)
            across = code.mul(place, self.strides[2])
            here = task._replace(row=top, column=code.add(task.column, across))
            self._put(code, sums, code.mul(block, self.channels), outlet.moved(code, column=across), here)

    @property
    def _term(self) -> int:
        """Packed weights of one term of a block."""
        return self.geometry.C * len(self.taps) * self.channels

    def _begun(self, code: Code, bias: Value) -> Sums:
        sums = [
            [[code.variables(self.vectors) for _ in range(self.lines)] for _ in range(self.strides[2])]
            for _ in range(self.channels)
        ]
        for k, phases in enumerate(sums):
            start = code.splat(code.load(bias, k))
            for held in (held for lines in phases for line in lines for held in line):
                held.put(start)
        return sums

    def _sum(self, code: Code, sums: Sums, weights: Value, start: Value, phase: LinePhase) -> None:
        """Adds the products of all rows that a phase sees; weights are read one after the other."""
        strip = self.strip
        planes, rows = self.geometry.phases[0][phase.plane], self.geometry.phases[1][phase.row]
        if not (planes and rows and self.taps):
            return
        walk = Variable(code, weights.type)
        walk.put(weights)
        with (
            code.loop(0, len(planes)) as z,
            code.loop(0, len(rows)) as y,
            code.loop(0, self.geometry.C) as c,
        ):
            line = strip.row(code, _place(code, planes, z), _place(code, rows, y))
            here = code.at(start, code.mul(c, strip.channel_step), line)
            kernel = walk.get()
            walk.put(code.at(kernel, len(self.taps) * self.channels))
            self._multiply(code, sums, kernel, here)

    def _multiply(self, code: Code, sums: Sums, kernel: Value, here: Value) -> None:
        """One row under each line: every column of the window is read once for all phases that see it."""
        number = 0
        for place, uses in self.across:
            elements = [
                [code.vector(here, line * self.strip.pitch + place + v * self.lanes) for v in range(self.vectors)]
                for line in range(self.lines)
            ]
            for (phase, _), k in product(uses, range(self.channels)):
                weight = code.broadcast(kernel, number)
                number += 1
                for line, held in zip(elements, sums[k][phase], strict=True):
                    for element, total in zip(line, held, strict=True):
                        total.put(code.fma(weight, element, total.get()))

    def _put(self, code: Code, sums: Sums, first: Value, outlet: Outlet, task: Task) -> None:
        """Stores a tile, whose first output is the task's."""
        _, height, width = self.geometry.whole
        left = self._width if self._is_full else code.least(code.sub(width, task.column), self._width)
        pitches = outlet.pitches(code)
        for line in range(self.lines):
            down = line * self.strides[1]
            with code.bound(code.add(task.row, down), height, self.strides[1]):
                here = outlet.by(code, pitches.row, down)
                if self.last:
                    order = [sums[k][phase][line] for phase in range(self.strides[2]) for k in range(self.channels)]
                    self._put_pixels(code, order, here, left, task.pixels)
                    continue
                for k, phases in enumerate(sums):
                    with code.bound(code.add(first, k), self.geometry.K, self.channels):
                        self._put_row(code, [lines[line] for lines in phases], here.by(code, pitches.channel, k), left)

    @property
    def _width(self) -> int:
        """Outputs in a row of a tile."""
        return self.vectors * self.lanes * self.strides[2]

    @property
    def _is_full(self) -> bool:
        """Whether no tile reaches past the last output of a row."""
        return self.columns >= self.vectors * self.lanes and self.geometry.whole[2] % self.strides[2] == 0

    def _put_row(self, code: Code, order: list[list[Variable]], outlet: Outlet, left: Value) -> None:
        """The outputs of one channel, of which so many are ``left``."""
        for at, value in self._woven(code, order):
            count = code.sub(left, at)
            if not isinstance(count, int) or count > 0:
                self.epilogue.put(code, value, outlet.by(code, BESIDE, at), code.mask(count))

    def _put_pixels(self, code: Code, order: list[list[Variable]], outlet: Outlet, left: Value, row: Value) -> None:
        """The outputs of all channels: at once where no other channels lie between two pixels, else one by one."""
        K, step = self.channels, outlet.step(code, Direction.COLUMN)
        for at, value in self._woven(code, order):
            code.put(value, row, at)
        dense = code.equal(step[0], K)
        if self.epilogue.residual:
            dense = code.b.and_(dense, code.equal(step[1], K))

        def put(at: Value, count: Value) -> None:
            self.epilogue.put(code, code.vector(row, at), outlet.by(code, BESIDE, at), code.mask(count))

        with code.when(dense):
            code.vectors(0, code.mul(left, K), put)
        with code.when(code.b.not_(dense)), code.loop(0, left) as pixel, code.loop(0, K, self.lanes) as k:
            here = outlet.by(code, step, pixel).by(code, BESIDE, k)
            value = code.vector(row, code.mul(pixel, K), k)
            self.epilogue.put(code, value, here, code.mask(code.sub(K, k)))

    def _woven(self, code: Code, order: list[list[Variable]]) -> Iterator[tuple[int, Value]]:
        """Vectors whose elements take turns, of each register one; each with the place of its first element."""
        for v in range(self.vectors):
            for part, value in enumerate(code.woven([held[v].get() for held in order])):
                yield (v * len(order) + part) * self.lanes, value


def _place(code: Code, taps: tuple[tuple[int, int], ...], number: Value) -> Value:
    """Where in the window the tap of a number is."""
    first, second = taps[0][0], taps[min(1, len(taps) - 1)][0]
    return code.add(code.mul(number, second - first), first)


def most_sums(target: Target) -> int:
    """Vectors of sums that registers hold beside an element and a weight."""
    return target.registers - 2


@lru_cache(maxsize=4096)
def cut(geometry: Geometry, source: str, target: Target, dtype: str, epilogue: Epilogue, threads: int) -> Interleaving:
    """All phases of a row, vectors of columns; with channels last all channels in one tile."""
    L = target.lanes(itemsize(dtype))
    _, H, W = geometry.outputs
    phases, all_ = len(geometry.phases[2]), {geometry.K}
    blocks = all_ if source == "channels_last" else {even(geometry.K, most) for most in (1, 2, 3, 4, 6, 8, 12, 14)}
    made = []
    for channels, lines, vectors in product(
        blocks, {even(H, most) for most in (1, 2, 3, 4)}, {min(V, tiled(W, L)) for V in (1, 2, 3, 4)}
    ):
        tile = lines * vectors
        if channels * phases * tile > most_sums(target) + 1 - tile:
            continue
        rows, columns = strip_size(geometry, (lines, min(vectors * L, W)), FAR_STRIP, geometry.C, dtype)
        rows = shared(H, lines, rows, threads, geometry.groups * geometry.outputs[0])
        made.append(Interleaving(geometry, source, rows, columns, channels, lines, vectors, L, epilogue, dtype))
    return min(made, key=lambda routine: routine.cycles)
