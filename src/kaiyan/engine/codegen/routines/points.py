"""A weight to its points, for Winograd: G w Gᵀ for every kernel, in float64 whatever it comes and goes in.

By NumPy the 9.4 MB of a 3x3 layer of 512 channels take 16 ms for F(4,3), which a training step would pay each time.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir

from kaiyan.engine.codegen.language.compile import address
from kaiyan.engine.codegen.language.ir import I32, whole
from kaiyan.engine.codegen.parts.toom import toom
from kaiyan.engine.codegen.parts.transform import apply
from kaiyan.engine.codegen.running.threads import run

if TYPE_CHECKING:
    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value
    from kaiyan.engine.codegen.parts.toom import Toom
    from kaiyan.reference.dtype import Numbers


class _Argument(IntEnum):
    """Addresses, how many channels, then strides in elements: of K, C and two axes, of the packed blocks.

    PLACES is the address of a table: where in its block each point's first channel lies.
    """

    WEIGHT = 0
    PACKED = 1
    CHANNELS = 2
    STRIDE = 3  # and 4, 5, 6
    BLOCK_STRIDE = 7
    PLACES = 8


_Arguments = ctypes.c_int64 * 9


@dataclass(frozen=True, slots=True)
class Points:
    """The points of transforms of rows and of columns, for kernels of r taps that come and go in ``stored``.

    They are those of F(m, r), or of F(m, r + 1) where the axis is ``shorter`` than them; a task is one block of output
    channels.
    """

    m: tuple[int, int]
    r: tuple[int, int]
    stored: str
    width: int
    dtype: str = "float64"
    shorter: tuple[bool, bool] = (False, False)

    @property
    def transforms(self) -> tuple[Toom, Toom]:
        """Of rows and of columns."""
        axes = zip(self.m, self.r, self.shorter, strict=True)
        vertical, horizontal = (toom(m, r + 1).shorter if short else toom(m, r) for m, r, short in axes)
        return vertical, horizontal

    def transform(self, kernels: Numbers, packed: Numbers, places: Numbers) -> None:
        """Kernels (K, C, rows, columns) of any strides into (blocks, terms, width).

        ``places`` (points,) are the terms of a block at which the channels of each point begin.
        """
        K, C = kernels.shape[:2]
        blocks, offsets = K // self.width, np.ascontiguousarray(places, np.int64) * self.width
        self._run(kernels, packed, offsets, blocks, C)
        if K % self.width:
            filled = np.zeros((self.width, *kernels.shape[1:]), kernels.dtype)
            filled[: K % self.width] = kernels[blocks * self.width :]
            self._run(filled, packed[blocks:], offsets, 1, C)

    def _run(self, kernels: Numbers, packed: Numbers, offsets: Numbers, blocks: int, channels: int) -> None:
        steps = [step // kernels.itemsize for step in kernels.strides]
        block = packed.strides[0] // packed.itemsize
        arguments = _Arguments(kernels.ctypes.data, packed.ctypes.data, channels, *steps, block, offsets.ctypes.data)
        run(address(self), ctypes.addressof(arguments), blocks)

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        kind = ir.FloatType() if self.stored == "float32" else ir.DoubleType()
        weight, packed = (
            code.b.inttoptr(code.number(place), kind.as_pointer()) for place in (_Argument.WEIGHT, _Argument.PACKED)
        )
        by_k, by_c, *by_tap = (code.number(_Argument.STRIDE + axis) for axis in range(4))
        with code.loop(0, code.number(_Argument.CHANNELS)) as c, code.loop(0, self.width, code.lanes) as lane:
            k = code.add(code.mul(code.task, self.width), lane)
            first = code.add(code.mul(k, by_k), code.mul(c, by_c))
            taps = [
                [
                    _gathered(code, weight, code.add(first, code.mul(by_tap[0], y), code.mul(by_tap[1], x)), by_k)
                    for x in range(self.r[1])
                ]
                for y in range(self.r[0])
            ]
            block = code.mul(code.task, code.number(_Argument.BLOCK_STRIDE))
            self._put(code, taps, code.b.gep(packed, [code.add(block, code.mul(c, self.width), lane)]), kind)

    def _put(self, code: Code, taps: list[list[Value]], to: Value, kind: Any) -> None:
        vertical, horizontal = self.transforms
        columns = [apply(code, vertical.kernel, column) for column in zip(*taps, strict=True)]
        vector = ir.VectorType(kind, code.lanes)
        places = code.argument(_Argument.PLACES)
        for i, row in enumerate(zip(*columns, strict=True)):
            for j, point in enumerate(apply(code, horizontal.kernel, row)):
                place = code.whole_at(places, i * horizontal.n + j)
                target = code.b.bitcast(code.b.gep(to, [whole(place)]), vector.as_pointer())
                value = point if kind == code.scalar else code.b.fptrunc(point, vector)
                code.b.store(value, target, align=4)


def _gathered(code: Code, weight: Value, first: Value, step: Value) -> Value:
    """Elements a step apart, one for each lane, as doubles."""
    found = code.constant(0)
    for lane in range(code.lanes):
        element = code.b.load(code.b.gep(weight, [whole(code.add(first, code.mul(step, lane)))]))
        wide = element if element.type == code.scalar else code.b.fpext(element, code.scalar)
        found = code.b.insert_element(found, wide, I32(lane))
    return found
