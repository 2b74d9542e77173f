"""A walk through arrays of the same shape, side by side: an inner axis for vectors, a middle one, and all the others.

Sizes and strides are arguments, so that one machine code serves every shape and every layout of it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from kaiyan.engine.codegen.language.ir import I64, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value


Stretch = tuple["Value", "Value"]


class WalkArgument(IntEnum):
    """Sizes, how much of each a task does, how many tasks share an axis; then the arrays' own, see ``StridedWalk``."""

    OUTER = 0
    OUTER_STEP = 1
    MIDDLE = 2
    MIDDLE_STEP = 3
    MIDDLE_PARTS = 4
    INNER = 5
    INNER_STEP = 6
    INNER_PARTS = 7
    AXES = 8
    OWN = 9


@dataclass(frozen=True, slots=True)
class StridedWalk:
    """Through arrays whose elements are of these ``kinds`` in the code; the first array is written to.

    After the sizes come an address, the stride of the inner axis and that of the middle one for each array, then for
    each of the other axes its size and a stride for each array. Strides are in elements.
    """

    kinds: tuple[Any, ...]

    @property
    def first_axis(self) -> int:
        """The argument at which the axes outside the middle one begin."""
        return WalkArgument.OWN + 3 * len(self.kinds)

    def inner_strides(self, code: Code) -> list[Value]:
        """Elements from one place of the inner axis to the next, in each array."""
        return [code.number(WalkArgument.OWN + len(self.kinds) + i) for i in range(len(self.kinds))]

    def middle_strides(self, code: Code) -> list[Value]:
        """Elements from one place of the middle axis to the next, in each array."""
        return [code.number(WalkArgument.OWN + 2 * len(self.kinds) + i) for i in range(len(self.kinds))]

    @contextmanager
    def lines(self, code: Code) -> Iterator[tuple[list[Value], Value]]:
        """Every stretch of the inner axis that belongs to the task: where it begins in each array, and its elements."""
        steps = self.middle_strides(code)
        with self.planes(code) as (heads, (first, after), (start, stop)), code.loop(first, after) as m:
            starts = zip(heads, steps, self.inner_strides(code), strict=True)
            places = [code.at(head, code.mul(m, step), code.mul(start, inner)) for head, step, inner in starts]
            yield places, code.sub(stop, start)

    @contextmanager
    def planes(self, code: Code) -> Iterator[tuple[list[Value], Stretch, Stretch]]:
        """Every place of the outer axes that belongs to the task, in each array; from where to where the others go."""
        bases = [code.argument(WalkArgument.OWN + i, kind) for i, kind in enumerate(self.kinds)]
        task, part = code.divmod(code.task, code.number(WalkArgument.INNER_PARTS))
        task, middle_part = code.divmod(task, code.number(WalkArgument.MIDDLE_PARTS))
        inner, middle = _stretch(code, part, WalkArgument.INNER), _stretch(code, middle_part, WalkArgument.MIDDLE)
        with code.loop(*_stretch(code, task, WalkArgument.OUTER)) as place:
            offsets = self._offsets(code, place)
            yield [code.at(base, offset) for base, offset in zip(bases, offsets, strict=True)], middle, inner

    def _offsets(self, code: Code, place: Value) -> list[Value]:
        """Of a place of the outer axes in each array, the last axis running fastest."""
        rest, offsets = Variable(code, I64), [Variable(code, I64) for _ in self.kinds]
        rest.put(place)
        for offset in offsets:
            offset.put(I64(0))
        axes = code.number(WalkArgument.AXES)
        with code.loop(0, axes) as i:
            row = code.add(code.mul(i, len(self.kinds) + 1), self.first_axis)
            above, index = code.divmod(rest.get(), code.number(row))
            rest.put(above)
            for array, offset in enumerate(offsets):
                stride = code.number(code.add(row, 1 + array))
                offset.put(code.add(offset.get(), code.mul(index, stride)))
        return [offset.get() for offset in offsets]


def _stretch(code: Code, part: Value, size: WalkArgument) -> Stretch:
    """From where to where one part of an axis goes."""
    step = code.number(size + 1)
    start = code.mul(part, step)
    return start, code.least(code.add(start, step), code.number(size))
