"""Products of matrices of any strides: one's rows are broadcast over vectors of the other's columns.

The second matrix is first laid into panels, (columns of ``vectors`` registers, terms, lanes), unless few rows use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from llvmlite import ir

from kaiyan.engine.codegen.language.ir import Variable
from kaiyan.engine.codegen.parts.lanes import Lanes
from kaiyan.engine.codegen.parts.rows import broadcast, named
from kaiyan.engine.codegen.parts.running import joined
from kaiyan.engine.codegen.routines.panels import batch_sizes, begun

if TYPE_CHECKING:
    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value
    from kaiyan.engine.codegen.parts.tile import Tile

_CHAIN = 256
"""Terms that are summed in registers before what they give is added to the others."""


class _Product(IntEnum):
    """Addresses, sizes and strides; then the sizes of the batch, and its strides in each array."""

    LEFT = 0
    RIGHT = 1
    OUTPUT = 2
    ROWS = 3
    TERMS = 4
    COLUMNS = 5
    TILES_SHARE = 6
    PANELS_SHARE = 7
    LEFT_ROW = 8
    LEFT_TERM = 9
    RIGHT_TERM = 10
    RIGHT_PANEL = 11
    OUTPUT_ROW = 12
    OUTPUT_COLUMN = 13
    BATCH_SIZES = 14
    LEFT_STEPS = 17
    RIGHT_STEPS = 20
    OUTPUT_STEPS = 23


@dataclass(frozen=True, slots=True)
class Multiplying:
    """Tiles of ``rows`` by ``vectors`` of columns; a task is a stretch of tiles times a stretch of panels.

    ``direct``: the second matrix is read where it lies, its columns side by side. ``writes``: how the output's lie.
    """

    rows: int
    vectors: int
    direct: bool
    writes: str
    dtype: str

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        wide, lanes = self.vectors * code.lanes, Lanes(code)
        sizes = [code.number(_Product.ROWS), code.number(_Product.COLUMNS)]
        shares = [code.number(_Product.TILES_SHARE), code.number(_Product.PANELS_SHARE)]
        counts = [_covered(code, size, block) for size, block in zip(sizes, (self.rows, wide), strict=True)]
        blocks = [_covered(code, count, share) for count, share in zip(counts, shares, strict=True)]
        *places, tiles, panels = code.unravel(code.task, [*batch_sizes(code, _Product.BATCH_SIZES), *blocks])
        left = begun(code, _Product.LEFT, places, _Product.LEFT_STEPS)
        right = begun(code, _Product.RIGHT, places, _Product.RIGHT_STEPS)
        output = begun(code, _Product.OUTPUT, places, _Product.OUTPUT_STEPS)
        ends = [
            (code.mul(block, share), code.least(code.mul(code.add(block, 1), share), count))
            for block, share, count in zip((tiles, panels), shares, counts, strict=True)
        ]
        with code.loop(*ends[0]) as tile, code.loop(*ends[1]) as panel:
            row, column = code.least(code.mul(tile, self.rows), code.sub(sizes[0], self.rows)), code.mul(panel, wide)
            here = code.at(left, code.mul(row, code.number(_Product.LEFT_ROW)))
            weights = code.at(right, code.mul(panel, code.number(_Product.RIGHT_PANEL)))
            step, apart = code.number(_Product.OUTPUT_ROW), code.number(_Product.OUTPUT_COLUMN)
            to = code.at(output, code.mul(row, step), code.mul(column, apart))
            self._place(code, lanes, here, weights, to, code.sub(sizes[1], column))

    def _place(self, code: Code, lanes: Lanes, left: Value, weights: Value, to: Value, columns: Value) -> None:
        """One tile, of whose columns so many are inside, or more."""
        full = code.below(self.vectors * code.lanes - 1, columns)
        with code.when(full):
            self._tile(code, lanes, left, weights, to, [code.lanes] * self.vectors)
        for before in range(self.vectors):
            rest = code.sub(columns, before * code.lanes)
            some = code.b.and_(code.below(0, rest), code.below(rest, code.lanes + (before < self.vectors - 1)))
            with code.when(some):
                self._tile(code, lanes, left, weights, to, [code.lanes] * before + [rest])

    def _tile(
        self, code: Code, lanes: Lanes, left: Value, weights: Value, to: Value, counts: list[Value]
    ) -> None:  # fmt: skip
        tile: Tile = [code.zeros(len(counts)) for _ in range(self.rows)]
        self._sum(code, tile, left, weights, counts)
        step, apart = code.number(_Product.OUTPUT_ROW), code.number(_Product.OUTPUT_COLUMN)
        for r, sums in enumerate(tile):
            for v, place in enumerate(sums):
                there = code.at(to, code.mul(step, r), code.mul(apart, v * code.lanes))
                lanes.write(place.get(), there, apart, counts[v], self.writes)

    def _sum(self, code: Code, tile: Tile, left: Value, weights: Value, counts: list[Value]) -> None:
        """All terms, so many in a row: what came before waits in memory, so that no sum is one long chain."""
        terms = code.number(_Product.TERMS)
        kind = ir.ArrayType(code.scalar, self.rows * self.vectors * code.lanes)
        waiting = code.entry.bitcast(code.entry.alloca(kind), code.scalar.as_pointer())
        sums = [place for row in tile for place in row]
        long = code.below(_CHAIN, terms)
        with code.when(long):
            for i in range(len(sums)):
                code.put(code.constant(0), waiting, i * code.lanes)
        names = named(self.rows)
        bases = {base: Variable(code, left.type) for base, _ in names}
        for base, place in bases.items():
            place.put(code.at(left, code.mul(code.number(_Product.LEFT_ROW), base)))
        right = Variable(code, weights.type)
        right.put(weights)
        with code.loop(0, terms, _CHAIN) as start:
            stop = code.least(code.add(start, _CHAIN), terms)
            with code.loop(start, stop):
                self._term(code, tile, names, bases, right, counts)
            with code.when(long):
                for i, place in enumerate(sums):
                    before = code.vector(waiting, i * code.lanes)
                    code.put(code.b.fadd(before, place.get()), waiting, i * code.lanes)
                    place.put(code.constant(0))
        with code.when(long):
            for i, place in enumerate(sums):
                place.put(code.vector(waiting, i * code.lanes))

    def _term(
        self, code: Code, tile: Tile, names: list[tuple[int, int]], bases: dict[int, Variable], right: Variable,
        counts: list[Value],
    ) -> None:  # fmt: skip
        """One term of every sum. Rows are named by few registers: so many steps of 0, 1, 2, 4 or 8 rows from each."""
        here, step = right.get(), code.number(_Product.LEFT_ROW)
        vectors = [
            code.vector(here, v * code.lanes, mask=code.mask(count) if self.direct else None)
            for v, count in enumerate(counts)
        ]
        pointers = {base: variable.get() for base, variable in bases.items()}
        for (base, factor), sums in zip(names, tile, strict=True):
            value = broadcast(code, pointers[base], step, factor)
            for vector, place in zip(vectors, sums, strict=True):
                place.put(code.fma(value, vector, place.get()))
        right.put(code.at(here, code.number(_Product.RIGHT_TERM)))
        for base, variable in bases.items():
            variable.put(code.at(pointers[base], code.number(_Product.LEFT_TERM)))


def _covered(code: Code, size: Value, block: Value) -> Value:
    """Blocks that cover a size."""
    return code.divmod(code.add(size, block, -1), block)[0]


@dataclass(frozen=True, slots=True)
class Dotting:
    """Few rows times columns whose terms lie side by side; a task is a stretch of vectors of columns.

    Every lane's column has a register of its own; these are turned and summed into one vector of results.
    """

    writes: str
    dtype: str

    def emit(self, code: Code) -> None:
        """Writes the routine; its arguments are those of a product, a panel's step being a column's."""
        L, columns, share = code.lanes, code.number(_Product.COLUMNS), code.number(_Product.PANELS_SHARE)
        groups = _covered(code, columns, L)
        blocks = _covered(code, groups, share)
        *places, block = code.unravel(code.task, [*batch_sizes(code, _Product.BATCH_SIZES), blocks])
        left = begun(code, _Product.LEFT, places, _Product.LEFT_STEPS)
        right = begun(code, _Product.RIGHT, places, _Product.RIGHT_STEPS)
        output = begun(code, _Product.OUTPUT, places, _Product.OUTPUT_STEPS)
        lanes, step = Lanes(code), code.number(_Product.OUTPUT_COLUMN)
        first = code.mul(block, share)
        with code.loop(first, code.least(code.add(first, share), groups)) as group:
            column = code.mul(group, L)
            lines = self._lines(code, right, column)
            with code.loop(0, code.number(_Product.ROWS)) as row:
                sums = self._sums(code, code.at(left, code.mul(row, code.number(_Product.LEFT_ROW))), lines)
                to = code.at(output, code.mul(row, code.number(_Product.OUTPUT_ROW)), code.mul(column, step))
                lanes.write(sums, to, step, code.least(code.sub(columns, column), L), self.writes)

    def _lines(self, code: Code, right: Value, column: Value) -> list[Value]:
        """Where the columns of a vector begin; behind the last one it is taken again, and nobody looks at that."""
        last, step = code.sub(code.number(_Product.COLUMNS), 1), code.number(_Product.RIGHT_PANEL)
        return [code.at(right, code.mul(code.least(code.add(column, lane), last), step)) for lane in range(code.lanes)]

    def _sums(self, code: Code, left: Value, lines: list[Value]) -> Value:
        sums = code.zeros(code.lanes)

        def take(term: Value, count: Value) -> None:
            mask = code.mask(count)
            elements = code.vector(left, term, mask=mask)
            for line, place in zip(lines, sums, strict=True):
                place.put(code.fma(elements, code.vector(line, term, mask=mask), place.get()))

        code.vectors(0, code.number(_Product.TERMS), take)
        return joined(code.transposed([place.get() for place in sums]), code.b.fadd)
