"""Arithmetic on sizes and offsets: Python ints are known while the code is written, and cost nothing when it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.engine.codegen.language.ir import I64, Function, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.engine.codegen.language.ir import Value


class Sizes(Function):
    """Sizes may be Python ints or values of the IR."""

    def add(self, *terms: Value) -> Value:
        """The sum of sizes."""
        known = sum(term for term in terms if isinstance(term, int))
        total: Value = None
        for term in terms:
            if not isinstance(term, int):
                total = term if total is None else self.b.add(total, term)
        if total is None:
            return known
        return self.b.add(total, I64(known)) if known else total

    def sub(self, a: Value, b: Value) -> Value:
        """A - b."""
        if isinstance(b, int):
            return self.add(a, -b)
        return self.b.sub(whole(a), b)

    def mul(self, a: Value, b: Value) -> Value:
        """A * b."""
        if isinstance(a, int):
            a, b = b, a
        if isinstance(a, int):
            return a * b
        if isinstance(b, int) and b in (0, 1):
            return a if b else 0
        return self.b.mul(a, whole(b))

    def divmod(self, a: Value, b: Value) -> tuple[Value, Value]:
        """Quotient and remainder of sizes, neither below 0."""
        if isinstance(a, int) and isinstance(b, int):
            return divmod(a, b)
        if isinstance(b, int) and b == 1:
            return a, 0
        quotient = self.b.udiv(whole(a), whole(b))
        return quotient, self.b.sub(whole(a), self.b.mul(quotient, whole(b)))

    def unravel(self, index: Value, sizes: Sequence[Value]) -> list[Value]:
        """The index of each axis, the last running fastest."""
        places = []
        for size in reversed(sizes[1:]):
            index, place = self.divmod(index, size)
            places.append(place)
        return [index, *reversed(places)]

    def ravel(self, indices: Sequence[Value], sizes: Sequence[Value]) -> Value:
        """The one index of an element of an array of these sizes, the last running fastest."""
        total: Value = 0
        for index, size in zip(indices, sizes, strict=True):
            total = self.add(self.mul(total, size), index)
        return total

    def least(self, a: Value, b: Value) -> Value:
        """The smaller of two sizes."""
        if isinstance(a, int) and isinstance(b, int):
            return min(a, b)
        a, b = whole(a), whole(b)
        return self.b.select(self.b.icmp_signed("<", a, b), a, b)

    def most(self, a: Value, b: Value) -> Value:
        """The larger of two sizes."""
        if isinstance(a, int) and isinstance(b, int):
            return max(a, b)
        a, b = whole(a), whole(b)
        return self.b.select(self.b.icmp_signed(">", a, b), a, b)

    def below(self, a: Value, b: Value) -> Value:
        """Whether a < b, signed."""
        return self.b.icmp_signed("<", whole(a), whole(b))

    def equal(self, a: Value, b: Value) -> Value:
        """Whether a == b."""
        return self.b.icmp_signed("==", whole(a), whole(b))
