"""A strip of the extended input in cache, packed by the routine that reads it: past it there are no borders."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.language.ir import whole
from kaiyan.engine.codegen.parts import stored as kinds
from kaiyan.engine.codegen.parts.blocks import tiled

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value
    from kaiyan.engine.codegen.parts.geometry import Geometry


class Argument(IntEnum):
    """The places of a routine's arguments: addresses, then strides in elements of what is read and what is written.

    The strides of the output and of the residual are those between neighbouring outputs of the routine: of images, of
    channels, and of each axis. IMAGES is how many there are. A routine sets FLAG where its result is not to be used.
    """

    INPUT = 0
    WEIGHT = 1
    BIAS = 2
    OUTPUT = 3
    RESIDUAL = 4
    FLAG = 5
    MAP = 6  # and 7, 8: one an axis
    BATCH_STRIDE = 9
    CHANNEL_STRIDE = 10
    STRIDE = 11  # and 12, 13: one an axis
    IMAGES = 14
    OUTPUT_STRIDE = 15  # and 16: of channels; 17, 18, 19: one an axis
    RESIDUAL_STRIDE = 20  # and 21 to 24 likewise
    SIZES = 25  # and on: of routines whose machine code serves every size, see ``Extent``
    SECOND = 50  # what the same places hold of another array, so many further


Span = tuple["Value", "Value", "Value"]
"""Columns from and up to, and what is added to one for the input's."""
MOST_WOVEN = 4
"""Channels first that are packed side by side in registers: colours."""
_SLACK = 4
"""Vectors that may be read past the last column, into lanes that are not stored."""


@dataclass(frozen=True, slots=True)
class StripPlace:
    """Where a strip begins: the group's first channel in the image, a channel after it, a position on each axis."""

    base: Value
    channel: Value
    depth: Value
    row: Value
    column: Value


@dataclass(frozen=True, slots=True)
class Strip:
    """``channels`` x depth x ``rows`` x ``columns`` of the extended input, packed in that order.

    ``source`` is the layout of the input: "row_contiguous", "channels_last" or "strided".
    ``last`` packs the channels of a pixel side by side too. ``phases`` sorts the columns by their remainder, so that
    windows with a stride read neighbours. ``behind`` is added to the index of every argument of the input.
    ``stored`` is the input's type where it is not the one that is summed in. Behind each packed pixel a ``gap`` of so
    many elements is left. ``abreast`` packs a row of all channels before the next row.
    """

    geometry: Geometry
    source: str
    channels: int
    rows: int
    columns: int
    last: bool = False
    phases: int = 1
    behind: int = 0
    stored: str = ""
    gap: int = 0
    abreast: bool = False

    @property
    def depth(self) -> int:
        """Planes under one output: as many as the kernel has."""
        return self.geometry.kernel[0]

    @property
    def phase_pitch(self) -> int:
        """Elements of one phase of a row."""
        return tiled(self.columns, self.phases)

    @property
    def pitch(self) -> int:
        """Elements between two packed rows."""
        return self.columns * self.pixel if self.last else self.line * (self.channels if self.abreast else 1)

    @property
    def line(self) -> int:
        """Elements of a packed row of one channel."""
        return self.phases * self.phase_pitch

    @property
    def pixel(self) -> int:
        """Elements between two packed pixels, where their channels lie side by side."""
        return self.channels + self.gap

    @property
    def size(self) -> int:
        """Elements of it all."""
        return self.depth * self.rows * self.pitch * (1 if self.last or self.abreast else self.channels)

    @property
    def _is_alone(self) -> bool:
        """Whether its channels are all that a pixel of the input has, and nothing lies between two pixels of it."""
        return self.geometry.groups == 1 and self.channels == self.geometry.C and not self.gap

    @property
    def is_woven(self) -> bool:
        """Whether it packs few rows of channels side by side."""
        return self.last and self.source == "row_contiguous" and self._is_alone and self.channels <= MOST_WOVEN

    @property
    def _is_turned(self) -> bool:
        """Whether pixels of channels become rows of columns, all channels of a row at once."""
        return self.source == "channels_last" and self.abreast and self.geometry.framed

    @property
    def channel_step(self) -> int:
        """Elements between two channels."""
        return 1 if self.last else self.line if self.abreast else self.depth * self.rows * self.pitch

    def row(self, code: Code, depth: Value, row: Value) -> Value:
        """Offset of a row's first column, in channel 0."""
        return code.mul(code.add(code.mul(depth, self.rows), row), self.pitch)

    def column(self, column: int) -> int:
        """Offset of a column within its row."""
        if self.last:
            return column * self.pixel
        if self.phases == 1:
            return column
        return column % self.phases * self.phase_pitch + column // self.phases

    def cycles(self, lanes: int) -> float:
        """Of packing it all: a load and a store a vector, and the shuffles or single elements it takes."""
        turned = 3.0 if self.is_woven else 6.0
        usual = {("row_contiguous", False): 1.5, ("row_contiguous", True): turned, ("channels_last", True): 1.5}.get(
            (self.source, self.last), 6.0 if self._is_turned else 2.0 * lanes
        )
        slow = 2.0 * lanes if self.phases > 2 else 2.5 if self.phases == 2 else usual
        run = self.geometry.runs[2]
        beside = 0 if self.geometry.framed else max(self.columns - (run.stop - run.start), 0)
        rows = self.rows / 2 if self.geometry.is_spread else self.rows
        edges = self.depth * rows * (beside + (2 if self.phases > 1 else 0))
        single = edges * self.channels * (0.3 if self.source == "channels_last" else 2.0)
        return self.size / lanes * slow + single

    def room(self, code: Code) -> Value:
        """Scratch for the strip, with its frame in it: what lies beside the input is the same in all that is packed."""
        packed = code.scratch(code.add(self.size, code.lanes * _SLACK))
        if self.geometry.framed:
            # Lanes that are not stored read what malloc left, part of it denormal: 64 channels of 4x4, each by itself,
            # took ten times as long.
            slack = code.lanes * _SLACK if self.abreast else 0
            fill(code, packed, self.geometry.constant, code.add(self.size, slack))
        return packed

    def pack(self, code: Code, into: Value, place: StripPlace) -> None:
        """Fills a strip that ``room`` made; the maps reach as far as any strip does."""
        geometry, span = self.geometry, self.middle(code, place.column)
        with (
            code.loop(0, self.depth) as depth,
            code.loop(0, self.rows) as row,
            code.loop(0, 1 if self.last or self._is_turned else self.channels) as channel,
        ):
            plane = self._mapped(code, 0, code.add(place.depth, code.mul(depth, geometry.dilation[0])))
            line = self._mapped(code, 1, code.add(place.row, row))
            source = code.at(
                place.base,
                code.mul(code.add(place.channel, channel), self.channel_stride(code)),
                code.mul(plane, self.stride(code, 0)),
                code.mul(line, self.stride(code, 1)),
            )
            target = code.at(into, self.row(code, depth, row), code.mul(channel, self.channel_step))
            inside = code.b.and_(code.below(-1, plane), code.below(-1, line))
            with code.when(code.b.not_(inside)):
                fill(code, target, geometry.constant, self.line if self.abreast and not self._is_turned else self.pitch)
            with code.when(inside):
                self._line(code, target, source, place, span)

    def _line(self, code: Code, target: Value, source: Value, place: StripPlace, span: Span) -> None:
        """One packed row: the middle, which is the input itself, fast; what is left of it one by one."""
        low, high = span[:2] if self.geometry.framed else (0, self.columns)
        start = stop = low
        middle = self._fast()
        if middle is not None:
            start, stop = middle(self, code, target, source, place, span)
        for edge in ((low, start), (stop, high)):
            with code.loop(*edge) as q:
                self._pixel(code, target, source, place, q)

    def _fast(self) -> Callable[[Strip, Code, Value, Value, StripPlace, Span], tuple[Value, Value]] | None:
        """How the middle of a row is packed, if there is a way that is faster than one by one."""
        if self.is_woven:
            return _weave
        if self._is_turned:
            return _turn_pixels
        if self.source == "row_contiguous":
            return _turn if self.last else {1: _copy, 2: _halve}.get(self.phases)
        return _copy_pixels if self._is_alone and self.source == "channels_last" else None

    def _pixel(self, code: Code, target: Value, source: Value, place: StripPlace, q: Value) -> None:
        index = self._mapped(code, 2, code.add(place.column, q))
        step = 1 if self.source == "row_contiguous" else self.stride(code, 2)
        pixel = code.at(source, code.mul(index, step))
        position, phase = code.divmod(q, self.phases)
        to = code.at(target, code.mul(phase, self.phase_pitch), position)
        to = code.at(target, code.mul(q, self.pixel)) if self.last else to
        inside = code.below(-1, index)
        count = self.count(code, place) if self.last else 1
        with code.when(code.b.not_(inside)):
            fill(code, to, self.geometry.constant, self.channels if self.last else 1)
        with code.when(inside):
            if self.source == "channels_last":
                copy(code, to, pixel, count, self.stored)
            else:
                step = self.channel_stride(code)
                with code.loop(0, count) as c:
                    code.store(kinds.element(code, pixel, code.mul(c, step), stored=self.stored), to, c)
            if self.last and self.geometry.C % self.channels:
                fill(code, code.at(to, count), 0.0, code.sub(self.channels, count))

    def count(self, code: Code, place: StripPlace) -> Value:
        """Channels that there are from the place's on."""
        if self.geometry.C % self.channels == 0:
            return self.channels
        return code.least(code.sub(self.geometry.C, place.channel), self.channels)

    def middle(self, code: Code, column: Value) -> Span:
        """The packed columns that are the input itself, from and up to, and the input's column at 0."""
        run = self.geometry.runs[2]
        start = code.least(code.most(code.sub(run.start, column), 0), self.columns)
        stop = code.most(code.least(code.sub(run.stop, column), self.columns), start)
        return start, stop, code.add(column, code.sub(run.first, run.start))

    def stride(self, code: Code, axis: int) -> Value:
        """Elements between two neighbours of the input on an axis."""
        return code.number(self.behind + Argument.STRIDE + axis)

    def channel_stride(self, code: Code) -> Value:
        """Elements between two channels of the input."""
        return code.number(self.behind + Argument.CHANNEL_STRIDE)

    def _mapped(self, code: Code, axis: int, position: Value) -> Value:
        return code.whole_at(code.argument(self.behind + Argument.MAP + axis), position)

    def always(self, count: Value) -> int:
        """Channels that are surely there."""
        return count if isinstance(count, int) else 0


def _copy(strip: Strip, code: Code, target: Value, source: Value, _: StripPlace, span: Span) -> tuple[Value, Value]:
    start, stop, shift = span
    copy(code, code.at(target, start), code.at(source, shift, start), code.sub(stop, start), strip.stored)
    return start, stop


def _copy_pixels(
    strip: Strip, code: Code, target: Value, source: Value, _: StripPlace, span: Span
) -> tuple[Value, Value]:
    """All channels of all pixels at once, where no other channels lie between them."""
    start, stop, shift = span
    dense = code.equal(strip.stride(code, 2), strip.channels)
    stop = code.b.select(dense, whole(stop), whole(start))
    first = code.mul(code.add(shift, start), strip.channels)
    count = code.mul(code.sub(stop, start), strip.channels)
    copy(code, code.at(target, code.mul(start, strip.channels)), code.at(source, first), count, strip.stored)
    return start, stop


def _halve(strip: Strip, code: Code, target: Value, source: Value, _: StripPlace, span: Span) -> tuple[Value, Value]:
    """Even and odd columns apart, two vectors at a time."""
    L = code.lanes
    start, stop, shift = span
    start = code.least(code.add(start, code.divmod(start, 2)[1]), stop)
    pairs = code.divmod(code.sub(stop, start), 2)[0]
    half = code.divmod(start, 2)[0]

    def halve(pair: Value, count: Value) -> None:
        first = code.add(shift, start, code.mul(pair, 2))
        low, high = code.mask(code.mul(count, 2)), code.mask(code.sub(code.mul(count, 2), L))
        a = kinds.vector(code, source, first, stored=strip.stored, mask=low)
        b = kinds.vector(code, source, first, L, stored=strip.stored, mask=high)
        to, mask = code.add(half, pair), code.mask(count)
        code.put(code.shuffle(a, b, range(0, 2 * L, 2)), target, to, mask=mask)
        code.put(code.shuffle(a, b, range(1, 2 * L, 2)), target, to, strip.phase_pitch, mask=mask)

    code.vectors(0, pairs, halve)
    return start, code.add(start, code.mul(pairs, 2))


def _weave(strip: Strip, code: Code, target: Value, source: Value, _: StripPlace, span: Span) -> tuple[Value, Value]:
    """Rows of few channels to pixels of channels, a vector of each at a time."""
    start, stop, shift = span
    C, L, step = strip.channels, code.lanes, strip.channel_stride(code)

    def weave(q: Value, count: Value) -> None:
        here = code.mask(count)
        first = code.at(source, shift, q)
        rows = [kinds.vector(code, first, code.mul(step, c), stored=strip.stored, mask=here) for c in range(C)]
        for part, value in enumerate(code.woven(rows)):
            mask = code.mask(code.sub(code.mul(count, C), part * L))
            code.put(value, target, code.mul(q, C), part * L, mask=mask)

    code.vectors(start, stop, weave)
    return start, stop


def _turn(strip: Strip, code: Code, target: Value, source: Value, place: StripPlace, span: Span) -> tuple[Value, Value]:
    """Rows of channels to pixels of channels, a square of lanes at a time."""
    start, stop, shift = span
    channels = strip.count(code, place)
    step = strip.channel_stride(code)

    def turn(q: Value, count: Value) -> None:
        here = code.mask(count)
        first = code.at(source, shift, q)
        rows = []
        for c in range(strip.channels):
            there = None if c < strip.always(channels) else code.flag(code.below(c, channels))
            mask = code.both(here, there)
            rows.append(kinds.vector(code, first, code.mul(step, c), stored=strip.stored, mask=mask))
        for i, pixel in enumerate(code.transposed(rows)):
            with code.when(code.below(i, count)):
                code.put(pixel, target, code.mul(code.add(q, i), strip.pixel))

    code.vectors(start, stop, turn)
    return start, stop


def _turn_pixels(
    strip: Strip, code: Code, target: Value, source: Value, _: StripPlace, span: Span
) -> tuple[Value, Value]:
    """Pixels of channels to rows of columns, a square of lanes at a time; no pixel past the last is read."""
    start, stop, shift = span
    C, L, step = strip.channels, code.lanes, strip.stride(code, 2)

    def turn(q: Value, count: Value) -> None:
        first, last = code.add(shift, q), code.sub(count, 1)
        pixels = [code.at(source, code.mul(code.add(first, code.least(i, last)), step)) for i in range(L)]
        with code.loop(0, C, L) as c:
            at = code.least(c, max(C - L, 0))
            rows = [kinds.vector(code, pixel, at, stored=strip.stored, mask=code.mask(C)) for pixel in pixels]
            for i, row in enumerate(code.transposed(rows)[:C]):
                code.put(row, target, q, code.mul(code.add(at, i), strip.channel_step), mask=code.mask(count))

    code.vectors(start, stop, turn)
    return start, stop


def group_base(code: Code, geometry: Geometry, image: Value, group: Value, behind: int = 0, stored: str = "") -> Value:
    """Where a group's channels begin in an image of the input."""
    channel = code.mul(code.mul(group, geometry.C), code.number(behind + Argument.CHANNEL_STRIDE))
    step = code.mul(image, code.number(behind + Argument.BATCH_STRIDE))
    return code.at(kinds.pointer(code, behind + Argument.INPUT, stored), step, channel)


def copy(code: Code, target: Value, source: Value, count: Value, stored: str = "") -> None:
    """``count`` elements, a vector at a time."""

    def move(i: Value, inside: Value) -> None:
        mask = code.mask(inside)
        code.put(kinds.vector(code, source, i, stored=stored, mask=mask), target, i, mask=mask)

    code.vectors(0, count, move)


def fill(code: Code, target: Value, number: float, count: Value) -> None:
    """``count`` elements of one value."""
    code.vectors(0, count, lambda i, inside: code.put(code.constant(number), target, i, mask=code.mask(inside)))
