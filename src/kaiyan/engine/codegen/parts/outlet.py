"""Where results go, and where the residual added to them lies: two arrays, each with strides of its own."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from kaiyan.engine.codegen.parts import stored as kinds
from kaiyan.engine.codegen.parts.strip import Argument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value
    from kaiyan.engine.codegen.parts.epilogue import Epilogue


class Direction(IntEnum):
    """The axes of an output, in the order of its strides among the arguments."""

    BATCH = 0
    CHANNEL = 1
    DEPTH = 2
    ROW = 3
    COLUMN = 4


Step = tuple["Value", "Value"]
"""Elements from one place to the next, in the output and in the residual."""
BESIDE: Step = (1, 1)
"""From one element to the next in memory."""


class Pitches(NamedTuple):
    """From one output to the next of each kind."""

    channel: Step
    row: Step
    column: Step


class Outlet(NamedTuple):
    """One place of the output and the same of the residual, as pointers; 0 for the residual where there is none."""

    output: Value
    residual: Value

    @classmethod
    def first(cls, code: Code, epilogue: Epilogue) -> Outlet:
        """The first element of the first image."""
        residual = kinds.pointer(code, Argument.RESIDUAL, epilogue.given) if epilogue.residual else 0
        return cls(kinds.pointer(code, Argument.OUTPUT, epilogue.given), residual)

    def moved(
        self, code: Code, *, image: Value = 0, channel: Value = 0, depth: Value = 0, row: Value = 0, column: Value = 0
    ) -> Outlet:
        """So many further, counted in outputs of the routine."""
        outlet = self
        for axis, count in zip(Direction, (image, channel, depth, row, column), strict=True):
            if not (isinstance(count, int) and count == 0):
                outlet = outlet.by(code, outlet.step(code, axis), count)
        return outlet

    def step(self, code: Code, axis: int) -> Step:
        """From an output to the next on an axis."""
        residual = 0 if isinstance(self.residual, int) else code.number(Argument.RESIDUAL_STRIDE + axis)
        return code.number(Argument.OUTPUT_STRIDE + axis), residual

    def pitches(self, code: Code) -> Pitches:
        """Those of the arguments: taken once before a loop, they cost it nothing."""
        return Pitches(*(self.step(code, axis) for axis in (Direction.CHANNEL, Direction.ROW, Direction.COLUMN)))

    def by(self, code: Code, step: Step, count: Value = 1) -> Outlet:
        """So many steps further."""
        output = code.at(self.output, code.mul(step[0], count))
        return Outlet(output, 0 if isinstance(self.residual, int) else code.at(self.residual, code.mul(step[1], count)))

    def ask(self, code: Code) -> None:
        """Asks for the lines of cache that will be read and written here."""
        code.prefetch(self.output, writes=True)
        if not isinstance(self.residual, int):
            code.prefetch(self.residual)

    def grid(self, code: Code, rows: int, columns: int, pitches: Pitches | None = None) -> Iterator[Outlet]:
        """Row by row, the places of so many rows and columns of outputs from here on."""
        apart = pitches or self.pitches(code)
        line = self
        for r in range(rows):
            line = line.by(code, apart.row) if r else line
            place = line
            for q in range(columns):
                place = place.by(code, apart.column) if q else place
                yield place

    def columns(self, code: Code, tile: tuple[int, int], count: Value) -> Iterator[list[Outlet]]:
        """The places of the rows of a tile from here on, column by column, as many columns of it as there are."""
        apart = self.pitches(code)
        places = [self.by(code, apart.row, r) if r else self for r in range(tile[0])]
        for q in code.unrolled(count, tile[1]):
            places = [place.by(code, apart.column) for place in places] if q else places
            yield places
