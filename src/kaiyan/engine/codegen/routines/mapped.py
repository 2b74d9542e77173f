"""An expression of arrays that are broadcast against one another, element by element, on vectors of the inner axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llvmlite import ir

from kaiyan.engine.codegen.language.ir import I32
from kaiyan.engine.codegen.parts import stored
from kaiyan.engine.codegen.parts.elements import EMITTED_WORDS
from kaiyan.engine.codegen.parts.walk import StridedWalk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value

Terms = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """``terms`` as for a node "map": operands count ``inputs`` first; without a term the first input is the output.

    ``steps`` and ``step`` say of the inner axis in each input and in the output whether its stride is 1, 0 or, as None,
    an argument. ``inputs`` are the types in memory; the output's is ``dtype``, in which everything is computed.
    """

    terms: Terms
    inputs: tuple[str, ...]
    steps: tuple[int | None, ...]
    step: int | None = 1
    dtype: str = "float32"

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        walk = StridedWalk(tuple(stored.memory_type(code, name) for name in (self.dtype, *self.inputs)))
        strides = walk.inner_strides(code)
        with walk.lines(code) as (places, count):
            constant = [
                stored.element(code, place, stored=name) if step == 0 else None
                for place, name, step in zip(places[1:], self.inputs, self.steps, strict=True)
            ]
            full = code.mul(code.divmod(count, code.lanes)[0], code.lanes)
            with code.loop(0, full, code.lanes) as index:
                self._vector(code, places, strides, constant, index, code.lanes)
            if None in (*self.steps, self.step):
                with code.loop(full, count) as index:
                    self._vector(code, places, strides, constant, index, 1)
            else:
                rest = code.sub(count, full)
                with code.when(code.below(0, rest)):
                    self._vector(code, places, strides, constant, full, code.lanes, code.mask(rest))

    def _vector(
        self,
        code: Code,
        places: Sequence[Value],
        strides: Sequence[Value],
        constant: Sequence[Value],
        index: Value,
        lanes: int,
        mask: Value = None,
    ) -> None:
        """Computes the next elements of the line."""
        values = []
        for i, (name, step) in enumerate(zip(self.inputs, self.steps, strict=True)):
            if step == 0:
                values.append(code.splat(constant[i], lanes))
            elif step == 1:
                loaded = code.vector(places[1 + i], index, mask=mask, lanes=lanes)
                values.append(stored.widened(code, loaded, name))
            else:
                first = code.at(places[1 + i], code.mul(index, strides[1 + i]))
                values.append(stored.widened(code, _spaced(code, first, strides[1 + i], lanes), name))
        for word, *operands in self.terms:
            given = [values[o] if isinstance(o, int) else number(code, o, lanes) for o in operands]
            values.append(EMITTED_WORDS[word](code, *given))
        result = values[-1] if self.terms else values[0]
        if self.step == 1:
            code.put(result, places[0], index, mask=mask)
            return
        for lane in range(lanes):
            place = code.mul(code.add(index, lane), strides[0])
            code.store(code.lane(result, lane), places[0], place)


def _spaced(code: Code, first: Value, stride: Value, lanes: int) -> Value:
    """Elements a stride apart, one for each lane."""
    found = ir.Constant(ir.VectorType(first.type.pointee, lanes), ir.Undefined)
    for lane in range(lanes):
        found = code.b.insert_element(found, code.load(first, code.mul(stride, lane)), I32(lane))
    return found


def number(code: Code, value: float, lanes: int) -> Value:
    """A number in every lane, rounded to the type that is computed in."""
    import numpy as np

    rounded = float(np.float32(value)) if code.itemsize == 4 else value
    return code.constant(rounded, lanes)
