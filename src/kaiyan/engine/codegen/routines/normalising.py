"""Numbers seen against those they stand with: less their mean and over their deviation, or as shares of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llvmlite import ir

from kaiyan.engine.codegen.parts.running import Extreme, WideSum, like, narrowed
from kaiyan.engine.codegen.parts.series import exp
from kaiyan.engine.codegen.routines.reducing import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value
    from kaiyan.engine.codegen.parts.nest import Nest, Unit, Vector


@dataclass(frozen=True, slots=True)
class Normalising:
    """The arrays of the nest are the input, the output, then a weight and a bias where there are such.

    The mean comes first and then that of the squares of what is left: a difference of two large numbers says nothing.
    """

    nest: Nest
    weight: bool
    bias: bool
    eps: float
    dtype: str

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        self.nest.emit(code, lambda unit: self._unit(code, unit))

    def _unit(self, code: Code, unit: Unit) -> None:
        means = _means(code, unit, None)
        middles = [_vector(code, narrowed(code, mean)) for mean in means]
        squares = _means(code, unit, middles)
        scales = [_vector(code, narrowed(code, _inverse(code, mean, self.eps))) for mean in squares]

        def give(slot: int, vectors: list[Vector]) -> None:
            for vector in vectors:
                y = code.b.fmul(code.b.fsub(vector.read(0), middles[slot]), scales[slot])
                if self.weight:
                    y = code.b.fmul(y, vector.read(2))
                if self.bias:
                    y = code.b.fadd(y, vector.read(2 + self.weight))
                vector.write(1, y)

        unit.visit(give)


@dataclass(frozen=True, slots=True)
class Moments:
    """The arrays of the nest are the input, the means, and the means of the squares of what is left beside these."""

    nest: Nest
    dtype: str

    def emit(self, code: Code) -> None:
        """Writes the routine; vectors run across what is gathered."""
        self.nest.emit(code, lambda unit: self._unit(code, unit))

    def _unit(self, code: Code, unit: Unit) -> None:
        middles = [narrowed(code, mean) for mean in _means(code, unit, None)]
        for slot, square in enumerate(_means(code, unit, middles)):
            unit.result(slot).write(1, middles[slot])
            unit.result(slot).write(2, narrowed(code, square))


@dataclass(frozen=True, slots=True)
class Joining:
    """Moments of parts of one size made into those of all, and written for every part's place.

    The arrays of the nest are the parts' means, all their mean, the parts' mean squares, 1 over all their deviation.
    """

    nest: Nest
    eps: float
    dtype: str

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        self.nest.emit(code, lambda unit: self._unit(code, unit))

    def _unit(self, code: Code, unit: Unit) -> None:
        middles = [_vector(code, narrowed(code, mean)) for mean in _means(code, unit, None)]

        def square(vector: Vector, slot: int) -> Value:
            apart = code.b.fsub(vector.read(0), middles[slot])
            return code.fma(apart, apart, vector.read(2))

        squares = _gathered(code, unit, square)
        scales = [_vector(code, narrowed(code, _inverse(code, mean, self.eps))) for mean in squares]

        def give(slot: int, vectors: list[Vector]) -> None:
            for vector in vectors:
                vector.write(1, middles[slot])
                vector.write(3, scales[slot])

        unit.visit(give)


@dataclass(frozen=True, slots=True)
class Scaling:
    """The arrays of the nest are x, the output, a middle, a scale, then a weight and a bias where there are such."""

    nest: Nest
    weight: bool
    bias: bool
    dtype: str

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        self.nest.emit(code, lambda unit: unit.visit(lambda _, vectors: self._give(code, vectors)))

    def _give(self, code: Code, vectors: list[Vector]) -> None:
        for vector in vectors:
            y = code.b.fmul(code.b.fsub(vector.read(0), vector.read(2)), vector.read(3))
            if self.weight:
                y = code.b.fmul(y, vector.read(4))
            if self.bias:
                y = code.b.fadd(y, vector.read(4 + self.weight))
            vector.write(1, y)


@dataclass(frozen=True, slots=True)
class Sharing:
    """Softmax; the arrays of the nest are the input and the output, which holds the powers in between."""

    nest: Nest
    dtype: str

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        self.nest.emit(code, lambda unit: self._unit(code, unit))

    def _unit(self, code: Code, unit: Unit) -> None:
        greatest = Extreme(code, unit.slots, "max", careful=False)

        def compare(slot: int, vectors: list[Vector]) -> None:
            greatest.add(slot, [vector.inside(vector.read(0), greatest.nothing) for vector in vectors])

        unit.visit(compare)
        tops = [code.splat(greatest.merged())] if unit.along else greatest.lanes()
        total, nothing = WideSum(code, unit.slots), code.constant(0)

        def power(slot: int, vectors: list[Vector]) -> None:
            for vector in vectors:
                raised = _power(code, code.b.fsub(vector.read(0), tops[slot]))
                vector.write(1, raised)
                total.add(slot, [vector.inside(raised, nothing)])

        unit.visit(power)
        sums = [total.merged()] if unit.along else total.lanes()
        shares = [_vector(code, narrowed(code, code.b.fdiv(like(value, 1.0), value))) for value in sums]

        def scale(slot: int, vectors: list[Vector]) -> None:
            for vector in vectors:
                vector.write(1, code.b.fmul(vector.read(1), shares[slot]))

        unit.visit(scale)


def _means(code: Code, unit: Unit, middles: list[Value] | None) -> list[Value]:
    """The means in double; where there are ``middles``, of the squares of what is left beside them."""

    def term(vector: Vector, slot: int) -> Value:
        value = vector.read(0)
        apart = value if middles is None else code.b.fsub(value, middles[slot])
        return value if middles is None else code.b.fmul(apart, apart)

    return _gathered(code, unit, term)


def _gathered(code: Code, unit: Unit, term: Callable[[Vector, int], Value]) -> list[Value]:
    """The means in double of what ``term`` gives of each vector and its slot."""
    total, nothing = WideSum(code, unit.slots), code.constant(0)

    def take(slot: int, vectors: list[Vector]) -> None:
        total.add(slot, [vector.inside(term(vector, slot), nothing) for vector in vectors])

    unit.visit(take)
    sums = [total.merged()] if unit.along else total.lanes()
    return [code.b.fdiv(value, counted(code, unit, value)) for value in sums]


def _power(code: Code, x: Value) -> Value:
    """E to the x, and 0 where that is nothing: the series alone would leave the least double."""
    least = like(x, -104.0 if code.itemsize == 4 else -745.14)
    return code.b.select(code.b.fcmp_ordered("<", x, least), like(x, 0.0), exp(code, x))


def _vector(code: Code, value: Value) -> Value:
    return value if isinstance(value.type, ir.VectorType) else code.splat(value)


def _inverse(code: Code, square: Value, eps: float) -> Value:
    """1 over the root of a mean square in double."""
    total = code.b.fadd(square, like(square, eps))
    kind = total.type
    name = f"llvm.sqrt.v{kind.count}f64" if isinstance(kind, ir.VectorType) else "llvm.sqrt.f64"
    return code.b.fdiv(like(total, 1.0), code.call(name, kind, [kind], total))
