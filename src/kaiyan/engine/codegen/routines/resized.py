"""Arrays (N, C, *spatial) made larger or smaller: each output from the inputs that it lies between, by tables."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING, Any

from llvmlite import ir

from kaiyan.engine.codegen.language.ir import I32, I64, Variable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value


_AXES = ("depth", "rows", "columns")


class ResizedArgument(IntEnum):
    """Addresses, sizes of the output, what a task does; strides of N, C and the spatial axes; tables of those axes.

    ``PLANES`` counts (N, depth) where vectors run over channels, else (N, C, depth); ``DEPTH`` is 1 where there is
    none. A table is the first input of each output, the second one, and the second one's share. The last axis's are in
    elements, filled up to whole vectors; those of the others count inputs.
    """

    TARGET = 0
    SOURCE = 1
    PLANES = 2
    PLANE_STEP = 3
    CHANNELS = 4
    DEPTH = 5
    ROWS = 6
    ROW_STEP = 7
    ROW_PARTS = 8
    COLUMNS = 9
    TARGET_STRIDE = 10  # of N, C, depth, rows, columns
    SOURCE_STRIDE = 15
    TABLE = 20  # three for the depth, the rows, the columns


@dataclass(frozen=True, slots=True)
class Resized:
    """``linear`` mixes the two inputs by their shares; else the first is taken. ``axes`` of them are resized.

    ``over_channels`` has vectors of channels, which lie side by side in both arrays. Else a row of the input becomes a
    row as wide as the output in cache, once, and rows of the output are mixed of those; ``dense`` says that the
    output's columns lie side by side.
    """

    linear: bool
    axes: int
    over_channels: bool
    dense: bool
    dtype: str = "float32"

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        task, part = code.divmod(code.task, code.number(ResizedArgument.ROW_PARTS))
        step = code.number(ResizedArgument.ROW_STEP)
        first = code.mul(part, step)
        after = code.least(code.add(first, step), code.number(ResizedArgument.ROWS))
        planes = code.number(ResizedArgument.PLANE_STEP)
        start = code.mul(task, planes)
        stop = code.least(code.add(start, planes), code.number(ResizedArgument.PLANES))
        scratch = None if self.over_channels else code.scratch(code.mul(_filled(code), 2))
        with code.loop(start, stop) as plane:
            rest, z = code.divmod(plane, code.number(ResizedArgument.DEPTH))
            n, c = (rest, 0) if self.over_channels else code.divmod(rest, code.number(ResizedArgument.CHANNELS))
            target = code.at(code.argument(ResizedArgument.TARGET), self._offset(code, (n, c, z), target=True))
            source = code.at(code.argument(ResizedArgument.SOURCE), self._offset(code, (n, c), target=False))
            if self.over_channels:
                self._by_channels(code, target, source, z, (first, after))
            else:
                self._by_columns(code, target, source, z, (first, after), scratch)
        if scratch is not None:
            code.release()

    def _offset(self, code: Code, indices: tuple[Value, ...], *, target: bool) -> Value:
        base = ResizedArgument.TARGET_STRIDE if target else ResizedArgument.SOURCE_STRIDE
        return code.add(*(code.mul(index, code.number(base + axis)) for axis, index in enumerate(indices)))

    def _between(self, code: Code, axis: int, index: Value) -> tuple[Value, Value, Value]:
        """Of an output of the depth (0), the rows or the columns: its two inputs and the share of the second."""
        low, high = (
            code.whole_at(code.argument(ResizedArgument.TABLE + 3 * axis + which), index) for which in range(2)
        )
        return low, high, code.load(code.argument(ResizedArgument.TABLE + 3 * axis + 2), index)

    def _weighted(self, code: Code, axis: int, index: Value) -> list[tuple[Value, Value]]:
        """The inputs of an output of one axis, as offsets, each with its weight; one where it is not resized."""
        if axis < len(_AXES) - self.axes:
            return [(0, None)]
        low, high, share = self._between(code, axis, index)
        stride = 1 if _AXES[axis] == "columns" else code.number(ResizedArgument.SOURCE_STRIDE + 2 + axis)
        if not self.linear:
            return [(code.mul(low, stride), None)]
        rest = code.b.fsub(ir.Constant(code.scalar, 1.0), share)
        return [(code.mul(low, stride), rest), (code.mul(high, stride), share)]

    def _by_channels(self, code: Code, target: Value, source: Value, z: Value, rows: tuple[Value, Value]) -> None:
        by_row, by_column = (code.number(ResizedArgument.TARGET_STRIDE + 3 + axis) for axis in range(2))
        channels = code.number(ResizedArgument.CHANNELS)
        depth = self._weighted(code, 0, z)
        with code.loop(*rows) as y:
            lines = self._weighted(code, 1, y)
            with code.loop(0, code.number(ResizedArgument.COLUMNS)) as x:
                corners = _corners(code, source, [depth, lines, self._weighted(code, 2, x)])
                to = code.at(target, code.mul(y, by_row), code.mul(x, by_column))
                code.vectors(I64(0), channels, partial(_put_channels, code, to, corners))

    def _by_columns(
        self, code: Code, target: Value, source: Value, z: Value, rows: tuple[Value, Value], scratch: Value
    ) -> None:
        planes = [(code.at(source, offset), weight) for offset, weight in self._weighted(code, 0, z)]
        width = _filled(code)
        done = Variable(code, I64)
        done.put(I64(-1))
        with code.loop(*rows) as y:
            low, high, share = self._rows(code, y)
            with code.loop(code.most(code.add(done.get(), 1), low), code.add(high, 1)) as row:
                line = code.at(scratch, code.mul(code.b.and_(row, I64(1)), width))
                self._line(code, planes, row, line)
            done.put(high)
            to = code.at(target, code.mul(y, code.number(ResizedArgument.TARGET_STRIDE + 3)))
            lines = [code.at(scratch, code.mul(code.b.and_(row, I64(1)), width)) for row in (low, high)]
            self._mix(code, to, lines, share)

    def _rows(self, code: Code, y: Value) -> tuple[Value, Value, Value]:
        if self.axes == 1:
            return I64(0), I64(0), None
        low, high, share = self._between(code, 1, y)
        return (low, high, share) if self.linear else (low, low, None)

    def _line(self, code: Code, planes: list[tuple[Value, Value]], row: Value, line: Value) -> None:
        """A row of the input, as wide as the output."""
        by_row = code.number(ResizedArgument.SOURCE_STRIDE + 3)
        starts = [(code.at(plane, code.mul(row, by_row)), weight) for plane, weight in planes]
        low, high, shares = (code.argument(ResizedArgument.TABLE + 6 + which) for which in range(3))
        with code.loop(0, _filled(code), code.lanes) as x:
            first = _mixed(code, [(_picked(code, place, low, x), weight) for place, weight in starts])
            if self.linear:
                second = _mixed(code, [(_picked(code, place, high, x), weight) for place, weight in starts])
                share = code.vector(shares, x)
                first = code.fma(second, share, code.b.fmul(first, code.b.fsub(code.constant(1), share)))
            code.put(first, line, x)

    def _mix(self, code: Code, to: Value, lines: list[Value], share: Value) -> None:
        """A row of the output from the two lines in cache."""
        columns = code.number(ResizedArgument.COLUMNS)
        step = code.number(ResizedArgument.TARGET_STRIDE + 4)
        weights = (None, None)
        if share is not None:
            weights = (code.b.fsub(ir.Constant(code.scalar, 1.0), share), share)
        given = list(zip(lines, weights, strict=True))[: 1 if share is None else 2]

        def body(index: Value, count: Value) -> None:
            value = _mixed(code, [(code.vector(line, index), weight) for line, weight in given])
            if self.dense:
                code.put(value, to, index, mask=code.mask(count))
                return
            for lane in range(code.lanes):
                with code.when(code.below(lane, count)):
                    code.store(code.lane(value, lane), to, code.mul(code.add(index, lane), step))

        code.vectors(I64(0), columns, body)


def _corners(code: Code, origin: Value, axes: Sequence[list[tuple[Value, Value]]]) -> Any:
    """Addresses with their weights, in lists within lists for the axes."""
    if not axes:
        return origin
    return [(_corners(code, code.at(origin, offset), axes[1:]), weight) for offset, weight in axes[0]]


def _sum(corners: Any, code: Code, index: Value, mask: Value) -> Value:
    """The vectors at the corners, weighted one axis after the other."""
    if not isinstance(corners, list):
        return code.vector(corners, index, mask=mask)
    return _mixed(code, [(_sum(part, code, index, mask), weight) for part, weight in corners])


def _put_channels(code: Code, to: Value, corners: Any, index: Value, count: Value) -> None:
    mask = code.mask(count)
    code.put(_sum(corners, code, index, mask), to, index, mask=mask)


def _mixed(code: Code, values: list[tuple[Value, Value]]) -> Value:
    """The weighted sum of one vector or two."""
    if len(values) == 1:
        return values[0][0]
    (first, rest), (second, share) = values
    return code.fma(second, code.splat(share), code.b.fmul(first, code.splat(rest)))


def _picked(code: Code, place: Value, table: Value, x: Value) -> Value:
    """The elements of a row that a table names, one for each lane."""
    found = code.constant(0)
    for lane in range(code.lanes):
        element = code.load(place, code.whole_at(table, code.add(x, lane)))
        found = code.b.insert_element(found, element, I32(lane))
    return found


def _filled(code: Code) -> Value:
    """The output's columns, rounded up to whole vectors."""
    columns = code.add(code.number(ResizedArgument.COLUMNS), code.lanes - 1)
    return code.mul(code.divmod(columns, code.lanes)[0], code.lanes)
