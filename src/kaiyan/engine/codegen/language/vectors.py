"""Vectors in registers: constants, masks of lanes, products and sums, lanes moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir

from kaiyan.engine.codegen.language.ir import I1, I32, I64, Variable
from kaiyan.engine.codegen.language.sizes import Sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.engine.codegen.language.ir import Value


class Vectors(Sizes):
    """A vector has as many elements as a register, where nothing else is said."""

    def vector_type(self, lanes: int | None = None) -> Any:
        """A vector of so many elements; a register of them by default."""
        return ir.VectorType(self.scalar, lanes or self.lanes)

    def constant(self, number: float, lanes: int | None = None) -> Value:
        """A vector whose every element is ``number``."""
        return ir.Constant(self.vector_type(lanes), [float(number)] * (lanes or self.lanes))

    def mask(self, count: Value, lanes: int | None = None) -> Value:
        """The first ``count`` lanes; None where a constant count fills the register."""
        L = lanes or self.lanes
        if isinstance(count, int):
            return None if count >= L else ir.Constant(ir.VectorType(I1, L), [i < count for i in range(L)])
        kind = ir.VectorType(I64, L)
        steps = ir.Constant(kind, list(range(L)))
        return self.b.icmp_signed("<", steps, self.spread(count, kind))

    def lanes_of(self, inside: Sequence[bool]) -> Value:
        """These lanes; None where it is all of them."""
        return None if all(inside) else ir.Constant(ir.VectorType(I1, len(inside)), list(inside))

    def both(self, a: Value, b: Value) -> Value:
        """The lanes that are in two masks; None is all."""
        return b if a is None else a if b is None else self.b.and_(a, b)

    def flag(self, condition: Value, lanes: int | None = None) -> Value:
        """All lanes or none."""
        return self.spread(condition, ir.VectorType(I1, lanes or self.lanes))

    def splat(self, value: Value, lanes: int | None = None) -> Value:
        """One element in every lane."""
        return self.spread(value, self.vector_type(lanes))

    def spread(self, value: Value, kind: Any) -> Value:
        """One value in every lane of a vector of this kind."""
        undefined = ir.Constant(kind, ir.Undefined)
        first = self.b.insert_element(undefined, value, I32(0))
        return self.b.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(I32, kind.count), [0] * kind.count))

    def fma(self, a: Value, b: Value, c: Value) -> Value:
        """A * b + c, rounded once."""
        kind = c.type
        bits = self.itemsize * 8
        name = f"llvm.fma.v{kind.count}f{bits}" if isinstance(kind, ir.VectorType) else f"llvm.fma.f{bits}"
        return self.call(name, kind, [kind] * 3, a, b, c)

    def lane(self, vector: Value, index: int) -> Value:
        """One element of a vector."""
        return self.b.extract_element(vector, I32(index))

    def first(self, vector: Value, count: int) -> Value:
        """The first lanes of a vector."""
        return vector if vector.type.count == count else self.shuffle(vector, vector, range(count))

    def total(self, vector: Value) -> Value:
        """The sum of all lanes, by halves."""
        count = vector.type.count
        while count > 1:
            count //= 2
            halves = [self.shuffle(vector, vector, range(i, i + count)) for i in (0, count)]
            vector = self.b.fadd(*halves)
        return self.lane(vector, 0)

    def any_nan(self, vector: Value) -> Value:
        """Whether a lane is not a number."""
        lanes = self.b.fcmp_unordered("uno", vector, vector)
        bits = self.b.bitcast(lanes, ir.IntType(vector.type.count))
        return self.b.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))

    def shuffle(self, a: Value, b: Value, lanes: Sequence[int]) -> Value:
        """The lanes named, of both vectors one after the other."""
        return self.b.shuffle_vector(a, b, ir.Constant(ir.VectorType(I32, len(lanes)), list(lanes)))

    def transposed(self, rows: Sequence[Value]) -> list[Value]:
        """A square of vectors turned: lane i of row j becomes lane j of row i. The lanes are a power of two."""
        L, rows = len(rows), list(rows)
        half = L // 2
        while half:
            low = [i if not i & half else i - half + L for i in range(L)]
            high = [i + half if not i & half else i + L for i in range(L)]
            for i in range(L):
                if not i & half:
                    a, b = rows[i], rows[i + half]
                    rows[i], rows[i + half] = self.shuffle(a, b, low), self.shuffle(a, b, high)
            half //= 2
        return rows

    def woven(self, read: Sequence[Value], *, apart: bool = False) -> list[Value]:
        """Lines of few vectors side by side as elements that take turns; ``apart`` takes such elements apart."""
        count, L, found = len(read), read[0].type.count, []
        for part in range(count):
            places = [
                divmod(lane * count + part, L) if apart else divmod(part * L + lane, count)[::-1] for lane in range(L)
            ]
            value = read[0]
            for number, vector in enumerate(read[1:], 1):
                held = [at if owner == 0 and number == 1 else lane for lane, (owner, at) in enumerate(places)]
                lanes = [L + at if owner == number else own for own, (owner, at) in zip(held, places, strict=True)]
                value = self.shuffle(value, vector, lanes)
            found.append(value)
        return found

    def variables(self, count: int) -> list[Variable]:
        """Registers for ``count`` vectors."""
        return [Variable(self, self.vector_type()) for _ in range(count)]

    def zeros(self, count: int) -> list[Variable]:
        """Registers for ``count`` vectors, all 0."""
        registers = self.variables(count)
        for place in registers:
            place.put(self.constant(0))
        return registers
