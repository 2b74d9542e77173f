"""Many numbers gathered into one: their sum, mean, greatest or least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llvmlite import ir

from kaiyan.engine.codegen.parts.running import Extreme, WideSum, narrowed

if TYPE_CHECKING:
    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value
    from kaiyan.engine.codegen.parts.nest import Nest, Unit, Vector


@dataclass(frozen=True, slots=True)
class Reducing:
    """``kind`` is sum, mean, max or min; the arrays of the nest are the input and the output."""

    nest: Nest
    kind: str
    dtype: str

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        self.nest.emit(code, lambda unit: self._unit(code, unit))

    def _unit(self, code: Code, unit: Unit) -> None:
        summed = self.kind in ("sum", "mean")
        gathered = WideSum(code, unit.slots) if summed else Extreme(code, unit.slots, self.kind)
        nothing = code.constant(0) if isinstance(gathered, WideSum) else gathered.nothing

        def take(slot: int, vectors: list[Vector]) -> None:
            gathered.add(slot, [vector.inside(vector.read(0), nothing) for vector in vectors])

        unit.visit(take)
        if unit.along:
            code.store(self._finished(code, unit, gathered.merged()), unit.starts[1])
            return
        for slot, value in enumerate(gathered.lanes()):
            unit.result(slot).write(1, self._finished(code, unit, value))

    def _finished(self, code: Code, unit: Unit, value: Value) -> Value:
        if self.kind in ("max", "min"):
            return value
        if self.kind == "mean":
            value = code.b.fdiv(value, counted(code, unit, value))
        return narrowed(code, value)


def counted(code: Code, unit: Unit, value: Value) -> Value:
    """How many numbers a unit gathers, in the type of a value in double."""
    kind = value.type
    if not isinstance(kind, ir.VectorType):
        return code.b.sitofp(unit.size(), kind)
    return code.spread(code.b.sitofp(unit.size(), kind.element), kind)
