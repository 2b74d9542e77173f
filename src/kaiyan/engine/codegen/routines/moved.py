"""Elements copied from one place to another, as they are: in lines, or in squares that are turned in registers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llvmlite import ir

from kaiyan.engine.codegen.parts.walk import StridedWalk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value

_TOGETHER = 4
"""Vectors that one step of a long line moves."""
_WIDEST = 64
"""Elements of the widest vector."""


def _lanes(code: Code, size: int) -> int:
    return min(code.target.lanes(size), _WIDEST)


def _walk(size: int) -> StridedWalk:
    """Through the target and the source, elements of so many bytes."""
    return StridedWalk((ir.IntType(8 * size),) * 2)


@dataclass(frozen=True, slots=True)
class MovedLines:
    """Elements of ``size`` bytes; the inner strides in the source and the target are 1.

    With ``repeated`` each element of the source is ``repeated`` elements of the target, and the target's inner stride
    is that; with 0, one element of the source is the whole line.
    """

    size: int
    repeated: int = 1
    dtype: str = "float32"

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        L = _lanes(code, self.size)
        with _walk(self.size).lines(code) as ((target, source), count):
            value = None if self.repeated else code.load(source)
            done: Value = 0
            for lanes, together in ((L, _TOGETHER), (L, 1)):
                after = code.mul(code.divmod(count, lanes * together)[0], lanes * together)
                with code.loop(done, after, lanes * together) as index:
                    self._move(code, target, source, value, index, lanes, together)
                done = after
            lanes = L // 2
            while lanes:
                with code.when(code.below(code.add(done, lanes - 1), count)):
                    self._move(code, target, source, value, done, lanes, 1)
                done = code.add(done, code.b.and_(code.b.sub(count, done), ir.IntType(64)(lanes)))
                lanes //= 2

    def _move(
        self, code: Code, target: Value, source: Value, value: Value, index: Value, lanes: int, together: int
    ) -> None:
        kind = ir.VectorType(ir.IntType(8 * self.size), lanes)
        for i in range(together):
            first = code.add(index, i * lanes)
            loaded = code.spread(value, kind) if value is not None else code.vector(source, first, lanes=lanes)
            if self.repeated <= 1:
                code.put(loaded, target, first)
                continue
            for part in range(self.repeated):
                spread = [(part * lanes + lane) // self.repeated for lane in range(lanes)]
                place = code.mul(first, self.repeated)
                code.put(code.shuffle(loaded, loaded, spread), target, place, part * lanes)


@dataclass(frozen=True, slots=True)
class MovedElements:
    """Elements of ``size`` bytes one by one, whatever the strides."""

    size: int
    dtype: str = "float32"

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        walk = _walk(self.size)
        steps = walk.inner_strides(code)
        with walk.lines(code) as ((target, source), count):
            full = code.mul(code.divmod(count, _TOGETHER)[0], _TOGETHER)
            with code.loop(0, full, _TOGETHER) as index:
                places = [code.add(index, i) for i in range(_TOGETHER)]
                found = [code.load(source, code.mul(place, steps[1])) for place in places]
                for place, element in zip(places, found, strict=True):
                    code.store(element, target, code.mul(place, steps[0]))
            with code.loop(full, count) as index:
                code.store(code.load(source, code.mul(index, steps[1])), target, code.mul(index, steps[0]))


@dataclass(frozen=True, slots=True)
class MovedSquares:
    """Squares of elements of ``size`` bytes: the inner stride is 1 in the target, the middle one in the source."""

    size: int
    dtype: str = "float32"

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        L = _lanes(code, self.size)
        walk = _walk(self.size)
        by_middle, by_inner = walk.middle_strides(code)[0], walk.inner_strides(code)[1]
        planes = walk.planes(code)
        with planes as ((target, source), middle, inner), code.loop(*middle, L) as m, code.loop(*inner, L) as i:
            wide, high = code.sub(inner[1], i), code.sub(middle[1], m)
            to = code.at(target, code.mul(m, by_middle), i)
            read = code.at(source, m, code.mul(i, by_inner))
            whole = code.b.and_(code.below(L - 1, wide), code.below(L - 1, high))
            with code.b.if_else(whole) as (full, partial):
                with full:
                    rows = [code.vector(read, code.mul(by_inner, row), lanes=L) for row in range(L)]
                    _put(code, code.transposed(rows), to, by_middle)
                with partial:
                    self._edge(code, to, read, (by_middle, by_inner), (wide, high), L)

    def _edge(
        self, code: Code, to: Value, read: Value, steps: tuple[Value, Value], sizes: tuple[Value, Value], L: int
    ) -> None:
        """A square of which a part is outside: rows outside are read again as the last one, and nothing is written."""
        wide, high = sizes
        inside = code.mask(high, L)
        last = code.sub(code.least(wide, L), 1)
        rows = [code.vector(read, code.mul(steps[1], code.least(row, last)), mask=inside, lanes=L) for row in range(L)]
        mask = code.mask(wide, L)
        for row, value in enumerate(code.transposed(rows)):
            with code.when(code.below(row, high)):
                code.put(value, to, code.mul(steps[0], row), mask=mask)


@dataclass(frozen=True, slots=True)
class MovedWoven:
    """``count`` lines side by side in one array and element by element in the other: colours of pixels, for few.

    The middle axis counts the lines, all of them in one task. ``apart`` takes the source's elements apart, whose inner
    stride is ``count`` and whose middle one 1; else it is so in the target. The other array's inner stride is 1.
    """

    size: int
    count: int
    apart: bool
    dtype: str = "float32"

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        L = _lanes(code, self.size)
        walk = _walk(self.size)
        steps = walk.middle_strides(code)
        with walk.planes(code) as ((target, source), _, (start, stop)):
            full = code.add(start, code.mul(code.divmod(code.sub(stop, start), L)[0], L))
            with code.loop(start, full, L) as i:
                woven = code.mul(i, self.count)
                if self.apart:
                    read = [code.vector(source, woven, part * L, lanes=L) for part in range(self.count)]
                    for line, value in enumerate(code.woven(read, apart=True)):
                        code.put(value, target, code.mul(steps[0], line), i)
                else:
                    read = [code.vector(source, code.mul(steps[1], line), i, lanes=L) for line in range(self.count)]
                    for part, value in enumerate(code.woven(read)):
                        code.put(value, target, woven, part * L)
            with code.loop(full, stop) as i, code.loop(0, self.count) as line:
                woven = code.add(code.mul(i, self.count), line)
                straight = code.add(code.mul(steps[0 if self.apart else 1], line), i)
                to, read = (straight, woven) if self.apart else (woven, straight)
                code.store(code.load(source, read), target, to)


def _put(code: Code, rows: Sequence[Value], to: Value, step: Value) -> None:
    for row, value in enumerate(rows):
        code.put(value, to, code.mul(step, row))
