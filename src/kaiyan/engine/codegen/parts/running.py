"""Numbers gathered into one as they come, a vector at a time: sums in double, the greatest, the least."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llvmlite import ir

from kaiyan.engine.codegen.language.ir import Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value

_WIDE = ir.DoubleType()


def like(value: Value, number: float) -> Value:
    """The number in the type of a value, in every lane of a vector."""
    kind = value.type
    return ir.Constant(kind, [number] * kind.count if isinstance(kind, ir.VectorType) else number)


def widened(code: Code, value: Value) -> Value:
    """The value in double."""
    if code.itemsize == 8:
        return value
    kind = ir.VectorType(_WIDE, value.type.count) if isinstance(value.type, ir.VectorType) else _WIDE
    return code.b.fpext(value, kind)


def narrowed(code: Code, value: Value) -> Value:
    """A value in double rounded to the type that is computed in."""
    if code.itemsize == 8:
        return value
    vector = isinstance(value.type, ir.VectorType)
    return code.b.fptrunc(value, code.vector_type(value.type.count) if vector else code.scalar)


class WideSum:
    """Sums in double, one a slot. Those of doubles carry along what rounding loses.

    The few terms of float32 that come together are summed by halves before: widening each would cost twice the time of
    reading it, and a long sum is still as right as float32 can say it.
    """

    def __init__(self, code: Code, slots: int) -> None:
        self._code = code
        kind = ir.VectorType(_WIDE, code.lanes)
        self._sums = [Variable(code, kind) for _ in range(slots)]
        self._lost = [Variable(code, kind) for _ in range(slots)] if code.itemsize == 8 else []
        for place in (*self._sums, *self._lost):
            place.put(ir.Constant(kind, [0.0] * code.lanes))

    def add(self, slot: int, values: Sequence[Value]) -> None:
        """Some terms for every lane of a slot."""
        b, place = self._code.b, self._sums[slot]
        if not self._lost:
            place.put(b.fadd(place.get(), widened(self._code, joined(values, b.fadd))))
            return
        for value in values:
            self._carried(slot, value)

    def _carried(self, slot: int, value: Value) -> None:
        """Kahan's sum; an infinity leaves nothing to carry."""
        b, place, lost = self._code.b, self._sums[slot], self._lost[slot]
        term, before = b.fsub(value, lost.get()), place.get()
        after = b.fadd(before, term)
        error = b.fsub(b.fsub(after, before), term)
        lost.put(b.select(b.fcmp_ordered("ord", error, error), error, like(error, 0.0)))
        place.put(after)

    def lanes(self) -> list[Value]:
        """The sums, a vector a slot."""
        return [place.get() for place in self._sums]

    def merged(self) -> Value:
        """One sum of all lanes."""
        return self._code.total(self._sums[0].get())


class Extreme:
    """The greatest or the least, one a slot; ``careful`` where one NaN makes the result NaN."""

    def __init__(self, code: Code, slots: int, kind: str, *, careful: bool = True) -> None:
        self._code, self._sign = code, ">" if kind == "max" else "<"
        self._best = code.variables(slots)
        bits = ir.VectorType(ir.IntType(8 * code.itemsize), code.lanes)
        self._strange = [Variable(code, bits) for _ in range(slots)] if careful else []
        for place in self._best:
            place.put(self.nothing)
        for place in self._strange:
            place.put(ir.Constant(bits, [0] * code.lanes))

    @property
    def nothing(self) -> Value:
        """What every number replaces."""
        return self._code.constant(float("-inf") if self._sign == ">" else float("inf"))

    def add(self, slot: int, values: Sequence[Value]) -> None:
        """Some terms for every lane of a slot."""
        b, best = self._code.b, self._best[slot]
        best.put(self._plain(joined(values, self._plain), best.get()))
        if self._strange:
            place = self._strange[slot]
            odd = _strange(self._code, values)
            place.put(b.or_(place.get(), b.sext(odd, place.get().type)))

    def _plain(self, x: Value, y: Value) -> Value:
        return self._code.b.select(self._code.b.fcmp_ordered(self._sign, x, y), x, y)

    def lanes(self) -> list[Value]:
        """The results, a vector a slot."""
        b, best = self._code.b, [place.get() for place in self._best]
        for slot, place in enumerate(self._strange):
            odd = place.get()
            some = b.icmp_signed("!=", odd, ir.Constant(odd.type, [0] * odd.type.count))
            best[slot] = b.select(some, like(best[slot], float("nan")), best[slot])
        return best

    def merged(self) -> Value:
        """One result of all lanes."""
        first, count = self.lanes()[0], self._code.lanes
        while count > 1:
            count //= 2
            first = self._either(*(self._code.shuffle(first, first, range(i, i + count)) for i in (0, count)))
        return self._code.lane(first, 0)

    def _either(self, x: Value, y: Value) -> Value:
        b = self._code.b
        return b.select(b.fcmp_unordered("uno", x, y), b.fadd(x, y), self._plain(x, y))


def joined(values: Sequence[Value], join: Callable[[Value, Value], Value]) -> Value:
    """One value of some, by halves."""
    half = len(values) // 2
    return join(joined(values[:half], join), joined(values[half:], join)) if half else values[0]


def _strange(code: Code, values: Sequence[Value]) -> Value:
    """The lanes in which one of the values is not a number: one comparison looks at two."""
    odd = None
    for first, second in zip(values[::2], (*values[1::2], values[-1]), strict=False):
        here = code.b.fcmp_unordered("uno", first, second)
        odd = here if odd is None else code.b.or_(odd, here)
    return odd
