"""A matrix of any strides laid into panels: so many vectors of its columns, term by term."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.parts.lanes import APART, UNIT, Lanes

if TYPE_CHECKING:
    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value

BATCH = 3
"""Axes of matrices side by side."""


class _Packing(IntEnum):
    """Addresses, sizes and strides; then the sizes of the batch, and its strides in the matrix and in the panels."""

    MATRIX = 0
    PANELS = 1
    TERMS = 2
    COLUMNS = 3
    TERM_STEP = 4
    COLUMN_STEP = 5
    PANEL_SIZE = 6
    BATCH_SIZES = 7
    MATRIX_STEPS = 10
    PANEL_STEPS = 13


def batch_sizes(code: Code, first: int) -> list[Value]:
    """The numbers of the batch's axes, from an argument on."""
    return [code.number(first + axis) for axis in range(BATCH)]


def begun(code: Code, array: int, places: list[Value], first: int) -> Value:
    """Where a matrix of the batch begins."""
    steps = batch_sizes(code, first)
    return code.at(code.argument(array), *(code.mul(place, step) for place, step in zip(places, steps, strict=True)))


@dataclass(frozen=True, slots=True)
class PanelPacking:
    """A task is one panel; ``along`` says that terms lie side by side, ``across`` that columns do."""

    vectors: int
    along: bool
    across: bool
    dtype: str

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        wide = self.vectors * code.lanes
        terms, columns = code.number(_Packing.TERMS), code.number(_Packing.COLUMNS)
        panels = code.divmod(code.add(columns, wide - 1), wide)[0]
        *places, panel = code.unravel(code.task, [*batch_sizes(code, _Packing.BATCH_SIZES), panels])
        matrix = begun(code, _Packing.MATRIX, places, _Packing.MATRIX_STEPS)
        packed = begun(code, _Packing.PANELS, places, _Packing.PANEL_STEPS)
        packed = code.at(packed, code.mul(panel, code.number(_Packing.PANEL_SIZE)))
        for vector in range(self.vectors):
            column = code.add(code.mul(panel, wide), vector * code.lanes)
            to = code.at(packed, vector * code.lanes)
            if self.along:
                self._turned(code, matrix, to, column)
                continue
            left = code.sub(columns, column)
            full = code.below(code.lanes - 1, left)
            with code.when(full):
                self._copied(code, matrix, to, column, terms, code.lanes)
            with code.when(code.b.not_(full)):
                self._copied(code, matrix, to, column, terms, code.most(left, 0))

    def _copied(self, code: Code, matrix: Value, to: Value, column: Value, terms: Value, count: Value) -> None:
        lanes, wide = Lanes(code), self.vectors * code.lanes
        term_step, step = code.number(_Packing.TERM_STEP), code.number(_Packing.COLUMN_STEP)
        with code.loop(0, terms) as term:
            here = code.at(matrix, code.mul(term, term_step), code.mul(column, step))
            code.put(lanes.read(here, step, count, UNIT if self.across else APART), to, code.mul(term, wide))

    def _turned(self, code: Code, matrix: Value, to: Value, column: Value) -> None:
        """Squares of terms by columns turned; behind the last column its like is taken, which nobody looks at."""
        step, wide = code.number(_Packing.COLUMN_STEP), self.vectors * code.lanes
        last = code.sub(code.number(_Packing.COLUMNS), 1)
        lines = [
            code.at(matrix, code.mul(code.least(code.add(column, lane), last), step)) for lane in range(code.lanes)
        ]

        def square(term: Value, count: Value) -> None:
            mask = code.mask(count)
            turned = code.transposed([code.vector(line, term, mask=mask) for line in lines])
            for i, vector in enumerate(turned):
                code.put(vector, to, code.mul(code.add(term, i), wide))

        code.vectors(0, code.number(_Packing.TERMS), square)
