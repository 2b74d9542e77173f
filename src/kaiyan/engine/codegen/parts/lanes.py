"""A vector of elements of an array whose strides are known when it runs: side by side, all one, or apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.engine.codegen.language.ir import whole

if TYPE_CHECKING:
    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value

UNIT, SINGLE, APART = "unit", "single", "apart"
"""How the elements under the lanes of a vector lie: side by side, one for all lanes, or so many elements apart."""


def way(stride: int) -> str:
    """How elements lie that are so many elements apart."""
    return {0: SINGLE, 1: UNIT}.get(stride, APART)


class Lanes:
    """Reads and writes vectors of which ``count`` lanes are inside: a number that fills them, or a size."""

    def __init__(self, code: Code) -> None:
        self._code = code
        place = code.entry.alloca(code.vector_type())
        self._row = code.entry.bitcast(place, code.scalar.as_pointer())

    def mask(self, count: Value) -> Value:
        """The lanes inside; None where all are."""
        return self._code.mask(count)

    def read(self, pointer: Value, stride: Value, count: Value, lying: str) -> Value:
        """The elements from ``pointer`` on; no element outside is read, and what stands in its lane is not said."""
        code = self._code
        if lying == SINGLE:
            return code.splat(code.load(pointer))
        if lying == UNIT:
            return code.vector(pointer, mask=self.mask(count))
        with code.loop(0, whole(count)) as lane:
            code.store(code.load(pointer, code.mul(lane, stride)), self._row, lane)
        return code.vector(self._row)

    def write(self, value: Value, pointer: Value, stride: Value, count: Value, lying: str) -> None:
        """Stores the lanes inside, from ``pointer`` on."""
        code = self._code
        if lying == UNIT:
            code.put(value, pointer, mask=self.mask(count))
            return
        code.put(value, self._row)
        with code.loop(0, whole(count)) as lane:
            code.store(code.load(self._row, lane), pointer, code.mul(lane, stride))

    def inside(self, value: Value, count: Value, outside: Value) -> Value:
        """The value in the lanes that are inside, and another in those outside, which may be anything."""
        mask = self.mask(count)
        return value if mask is None else self._code.b.select(mask, value, outside)
