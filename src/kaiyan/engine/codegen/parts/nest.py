"""Loops over arrays of any strides: over what is kept, and inside over what is gathered, a vector at a time.

Vectors run along the innermost gathered axis, or across the innermost kept one. All sizes and strides are arguments, so
that one machine code serves all.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.language.ir import I64, Variable, whole
from kaiyan.engine.codegen.parts.lanes import SINGLE, UNIT, Lanes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value

_TOGETHER = 4
"""Vectors of one slot at a time."""
KEPT, GATHERED = 4, 3
"""Axes of either kind; where there are fewer, the first have the size 1."""


@dataclass(frozen=True, slots=True)
class Nest:
    """``ways`` is how each array's elements lie under a vector; across, ``slots`` vectors are held at a time.

    Arguments: the arrays' addresses; how many units there are and how many a task does; the kept sizes and the gathered
    ones; for every array its strides on the kept axes and on the gathered ones. A unit is one place of the kept axes,
    or, across, a block of ``slots`` vectors of the last.
    """

    along: bool
    ways: tuple[str, ...]
    slots: int

    def emit(self, code: Code, work: Callable[[Unit], None]) -> None:
        """Writes the loops over a task's units; ``work`` writes what is done with one."""
        arrays = len(self.ways)
        total, share = code.number(arrays), code.number(arrays + 1)
        first = arrays + 2 + KEPT + GATHERED
        sizes = [code.number(i) for i in range(arrays + 2, first)]
        steps = [
            [code.number(first + array * (KEPT + GATHERED) + i) for i in range(KEPT + GATHERED)]
            for array in range(arrays)
        ]
        blocks = [*sizes[:KEPT]]
        if not self.along:
            wide = self.slots * code.lanes
            blocks[-1] = code.divmod(code.add(blocks[-1], wide - 1), wide)[0]
        lanes, start = Lanes(code), code.mul(code.task, share)
        with _counted(code, start, code.least(code.add(start, share), total), blocks) as places:
            if self.along:
                work(Unit(code, self, lanes, self._begun(code, places, steps), sizes[KEPT:], steps, None))
            else:
                self._across(code, lanes, places, sizes, steps, work)

    def _begun(self, code: Code, places: Sequence[Value], steps: list[list[Value]]) -> list[Value]:
        """Where each array begins at a place of the kept axes."""
        offsets = [
            code.add(*(code.mul(place, step) for place, step in zip(places, row[:KEPT], strict=True))) for row in steps
        ]
        return [code.at(code.argument(array), offset) for array, offset in enumerate(offsets)]

    def _across(
        self, code: Code, lanes: Lanes, places: list[Value], sizes: list[Value], steps: list[list[Value]],
        work: Callable[[Unit], None],
    ) -> None:  # fmt: skip
        wide, size = self.slots * code.lanes, sizes[KEPT - 1]
        *places, block = places
        begin = code.mul(block, wide)
        fits = code.below(code.add(begin, wide - 1), size)
        with code.when(fits):
            starts = self._begun(code, [*places, begin], steps)
            work(Unit(code, self, lanes, starts, sizes[KEPT:], steps, code.lanes))
        with (
            code.when(code.b.not_(fits)),
            code.loop(begin, size, code.lanes) as lane,
        ):
            starts = self._begun(code, [*places, lane], steps)
            count = code.least(code.lanes, code.sub(size, lane))
            work(Unit(code, self, lanes, starts, sizes[KEPT:], steps, count))


class Unit:
    """What one unit reads and writes; ``count`` lanes are inside across, and None stands for along."""

    def __init__(
        self, code: Code, nest: Nest, lanes: Lanes, starts: list[Value], sizes: list[Value], steps: list[list[Value]],
        count: Value | None,
    ) -> None:  # fmt: skip
        self.code, self.starts, self._nest, self._lanes = code, starts, nest, lanes
        self._sizes, self._steps, self._count = sizes, steps, count
        self.slots = nest.slots if isinstance(count, int) else 1

    @property
    def along(self) -> bool:
        """Whether vectors run along what is gathered, so that their lanes are gathered too."""
        return self._count is None

    def size(self) -> Value:
        """How many numbers are gathered into one."""
        first, *rest = self._sizes
        for size in rest:
            first = self.code.mul(first, size)
        return first

    def visit(self, body: Callable[[int, list[Vector]], None]) -> None:
        """Writes ``body(slot, vectors)`` for all vectors of the unit, in an order that its sizes fix."""
        code, outer = self.code, GATHERED - 1
        steps = [row[KEPT : KEPT + outer] for row in self._steps]
        with _walked(code, self._sizes[:outer], steps) as offsets:
            here = [code.at(start, offset) for start, offset in zip(self.starts, offsets, strict=True)]
            if self.along:
                self._stretch(here, body)
            else:
                self._lines(here, body)

    def _stretch(self, here: list[Value], body: Callable[[int, list[Vector]], None]) -> None:
        code, size = self.code, self._sizes[-1]
        wide = _TOGETHER * code.lanes
        full = code.mul(code.divmod(size, wide)[0], wide)
        with code.loop(0, full, wide) as index:
            places = [code.add(index, i * code.lanes) for i in range(_TOGETHER)]
            body(0, [self._vector(here, place, code.lanes) for place in places])
        code.vectors(full, size, lambda index, count: body(0, [self._vector(here, index, count)]))

    def _lines(self, here: list[Value], body: Callable[[int, list[Vector]], None]) -> None:
        code, size = self.code, self._sizes[-1]
        full = code.mul(code.divmod(size, _TOGETHER)[0], _TOGETHER)
        for start, stop, together in ((0, full, _TOGETHER), (full, size, 1)):
            with code.loop(start, stop, together) as index:
                lines = [
                    [
                        code.at(pointer, code.mul(code.add(index, i), row[-1]))
                        for pointer, row in zip(here, self._steps, strict=True)
                    ]
                    for i in range(together)
                ]
                for slot in range(self.slots):
                    body(slot, [self._vector(line, slot * code.lanes, self._count) for line in lines])

    def _vector(self, here: list[Value], index: Value, count: Value) -> Vector:
        code, axis = self.code, KEPT + GATHERED - 1 if self.along else KEPT - 1
        steps = [row[axis] for row in self._steps]
        pointers = []
        for pointer, step, lying in zip(here, steps, self._nest.ways, strict=True):
            offset = {UNIT: index, SINGLE: 0}.get(lying)
            pointers.append(code.at(pointer, code.mul(index, step) if offset is None else offset))
        return Vector(self._lanes, pointers, steps, self._nest, count)

    def result(self, slot: int) -> Vector:
        """Where a slot's result stands, across."""
        return self._vector(self.starts, slot * self.code.lanes, self._count)


class Vector:
    """A vector's place in every array."""

    def __init__(self, lanes: Lanes, pointers: list[Value], steps: list[Value], nest: Nest, count: Value) -> None:
        self._lanes, self._pointers, self._steps, self._count = lanes, pointers, steps, count
        self._ways, self._along = nest.ways, nest.along

    def read(self, array: int) -> Value:
        """The elements of an array."""
        return self._lanes.read(self._pointers[array], self._steps[array], self._count, self._ways[array])

    def write(self, array: int, value: Value) -> None:
        """Stores the lanes inside."""
        self._lanes.write(value, self._pointers[array], self._steps[array], self._count, self._ways[array])

    def inside(self, value: Value, outside: Value) -> Value:
        """The value, and along another in the lanes outside; across nobody looks at those."""
        return self._lanes.inside(value, self._count, outside) if self._along else value


@contextmanager
def _counted(code: Code, start: Value, stop: Value, sizes: list[Value]) -> Iterator[list[Value]]:
    """Counts through the places of some axes; only where the last axis ends is a number taken apart by divisions."""
    places = [Variable(code, I64) for _ in sizes]

    def set_to(index: Value) -> None:
        for place, value in zip(places, code.unravel(index, sizes), strict=True):
            place.put(whole(value))

    set_to(start)
    with code.loop(start, stop) as index:
        yield [place.get() for place in places]
        after = code.add(places[-1].get(), 1)
        places[-1].put(after)
        with code.when(code.equal(after, sizes[-1])):
            set_to(code.add(index, 1))


@contextmanager
def _walked(code: Code, sizes: Sequence[Value], steps: Sequence[Sequence[Value]]) -> Iterator[list[Value]]:
    """Loops over axes: where every array stands, in elements."""
    with ExitStack() as stack:
        offsets: list[Value] = [0] * len(steps)
        for axis, size in enumerate(sizes):
            index = stack.enter_context(code.loop(0, size))
            offsets = [code.add(offset, code.mul(index, row[axis])) for offset, row in zip(offsets, steps, strict=True)]
        yield offsets
