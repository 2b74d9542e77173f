"""Convolutions and linear layers: the engine's routines on places."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.arrays.kind import is_contiguous, layout_of
from kaiyan.engine.codegen.parts.strip import MOST_WOVEN, Argument
from kaiyan.engine.codegen.running.launch import Located
from kaiyan.engine.generated import IN_SINGLE
from kaiyan.engine.problem import Problem
from kaiyan.program.operations.convolving import convolution_of
from kaiyan.program.place import KernelCall, Pointer, bytes_of, natural, pixels_last
from kaiyan.program.steps.step import NativeStep
from kaiyan.program.views import reshaped_strides
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.engine.codegen.running.launch import NativeCall
    from kaiyan.engine.compiled import Compiled
    from kaiyan.program.graph import Node
    from kaiyan.program.place import Buffer, Order, Place
    from kaiyan.program.room import PlanningRoom
    from kaiyan.reference.dtype import Numbers

    Instead = Callable[[], tuple[KernelCall, ...]]

_FLOATS = ("float32", "float64")


def _refuses(node: Node, inputs: Sequence[Place], output: Place) -> bool:
    weights = inputs[1:3] if node.settings.get("bias", False) else inputs[1:2]
    if not all(place.pointer.buffer.is_finite for place in weights):
        return True
    if output.dtype != "float32" and node.settings.get("activation") in IN_SINGLE:
        return True
    dtypes = {place.dtype for place in (*inputs, output)}
    return len(dtypes) > 1 or output.dtype not in _FLOATS or 0 in output.shape or 0 in inputs[0].shape


def _refuses_convolution(node: Node, inputs: Sequence[Place], output: Place) -> bool:
    return len(output.shape) > 5 or _refuses(node, inputs, output)


def _wants_alike(node: Node, inputs: Sequence[Place], output: Place) -> tuple[Order | None, ...]:
    """The input as the output lies, or where few channels are turned; a residual as the routine reads it."""
    x = inputs[0]
    last = _is_last(x, output)
    order = pixels_last(output) if last else natural(output)
    fits = layout_of(x.shape, x.strides) == ("channels_last" if last else "channels_first")
    weights = (None,) * (2 if node.settings.get("bias", False) else 1)
    residual = (order,) if node.settings.get("residual", False) else ()
    return (None if fits or is_turned(node, x, output) else order, *weights, *residual)


def _convolution(node: Node, inputs: Sequence[Place], output: Place, room: PlanningRoom) -> list[KernelCall]:
    x, weight = inputs[:2]
    spec = convolution_of(node, x.shape[1], weight.shape)
    turned = is_turned(node, x, output)
    if turned or not _is_last(x, output):
        return _calls(node, spec, "channels_first", inputs, output, room, turned=turned)
    pictures = [x, *(inputs[-1:] if node.settings.get("residual", False) else ()), output]
    rows = [row for row in map(_in_one_row, pictures) if row is not None]
    if not is_pointwise(spec) or len(rows) < len(pictures):
        return _calls(node, spec, "channels_last", inputs, output, room)
    x, *residual, output = rows
    bias = inputs[2:3] if spec.bias else ()
    weight = weight.viewed((*weight.shape[:2], 1), (*weight.strides[:2], 1))
    flat = Conv(*spec.channels, 1, bias=spec.bias, rank=1)
    return _calls(node, flat, "channels_last", [x, weight, *bias, *residual], output, room)


def is_pointwise(spec: Conv) -> bool:
    """Whether every output is a sum over the channels of the input that lies where it does."""
    plain = all((axis.kernel, axis.stride, axis.padding) == (1, 1, (0, 0)) for axis in spec.axes)
    return plain and spec.groups == 1 and not spec.transposed


def _in_one_row(place: Place) -> Place | None:
    """(N, C, *spatial) as (N, C, pixels) where they lie so: machine code then depends on no width."""
    shape = (*place.shape[:2], prod(place.shape[2:]))
    steps = reshaped_strides(place.shape[2:], place.strides[2:], shape[2:])
    return None if steps is None else place.viewed(shape, (*place.strides[:2], *steps))


def _is_last(x: Place, output: Place) -> bool:
    """Whether channels lie side by side: in the output; where it lies both ways, in the input; else they do."""
    sizes, steps = output.shape[2:], output.strides[2:]
    if output.shape[1] > 1 and prod(sizes) > 1:
        return output.strides[1] == 1
    if not is_contiguous(sizes, steps):
        return True
    if prod(x.shape[2:]) > 1:
        return x.shape[1] > 1 and x.strides[1] == 1
    return True


def is_turned(node: Node, x: Place, output: Place) -> bool:
    """Whether channels stand last in the output alone: few are turned as they are packed, without a copy."""
    settings = node.settings
    few = 1 < x.shape[1] <= MOST_WOVEN and settings.get("groups", 1) == 1 and not settings.get("transposed", False)
    apart = x.strides[1] != 1 and layout_of(x.shape, x.strides) in ("channels_first", "row_contiguous")
    return few and apart and _is_last(x, output)


def _wants_rows(node: Node, inputs: Sequence[Place], output: Place) -> tuple[Order | None, ...]:
    """Rows one after the other."""
    weights = (None,) * (2 if node.settings.get("bias", False) else 1)
    return (natural(inputs[0]), *weights, *([natural(output)] if node.settings.get("residual", False) else ()))


def _linear(node: Node, inputs: Sequence[Place], output: Place, room: PlanningRoom) -> list[KernelCall]:
    """A convolution of one tap over rows that stand for pixels, channels last."""
    K, C = inputs[1].shape
    spec = Conv(C, K, 1, bias=node.settings.get("bias", False), rank=1)
    weight = inputs[1].viewed((K, C, 1), (*inputs[1].strides, 1))
    bias = inputs[2:3] if node.settings.get("bias", False) else ()
    residual = inputs[-1:] if node.settings.get("residual", False) else ()
    rows = [_as_pixels(place) for place in (inputs[0], *residual, output)]
    return _calls(node, spec, "channels_last", [rows[0], weight, *bias, *rows[1:-1]], rows[-1], room)


def _as_pixels(place: Place) -> Place:
    """Rows (..., C) as (1, C, rows)."""
    C = place.shape[-1]
    rows = prod(place.shape[:-1])
    return place.viewed((1, C, rows), (C * rows, 1, C))


def _refuses_linear(node: Node, inputs: Sequence[Place], output: Place) -> bool:
    return not output.is_dense() or _refuses(node, inputs, output)


def _calls(
    node: Node, spec: Conv, layout: str, inputs: Sequence[Place], output: Place, room: PlanningRoom, *,
    turned: bool = False,
) -> list[KernelCall]:  # fmt: skip
    settings = node.settings
    x, weight, *rest = inputs
    bias = rest.pop(0) if settings.get("bias", False) else None
    residual = rest.pop(0) if settings.get("residual", False) else None
    dtype = output.dtype
    problem = Problem(
        spec, x.shape, dtype, dtype, dtype, layout=layout, residual=residual is not None,
        activation=settings.get("activation"), threads=room.threads, precision=room.precision,
        turned=turned,
    )  # fmt: skip
    compiled, cycles = room.convolution(node.output, problem)
    lies, goes = Located(0, x.strides), Located(0, output.strides)
    added = None if residual is None else Located(0, residual.strides)

    def native(routine: Compiled, room: PlanningRoom, instead: Instead) -> list[KernelCall]:
        packed = room.packed(
            routine, weight, bias, lambda: (_array(weight), None if bias is None else _array(bias))
        )  # fmt: skip
        calls = routine.calls(packed.held, lies, goes, added)
        each = cycles * x.shape[0] / len(calls)
        pairs = zip(calls, packed.places, strict=True)
        over = _over(x, output, residual) if routine.writes_once else None
        placed = (_placed(call, place, (x, output, residual), room, each) for call, place in pairs)
        flag = None if routine.is_sure else Argument.FLAG
        return [replace(call, flag=flag, instead=instead, over=over) for call in placed]

    @cache  # a weight is packed for what rarely happens when it happens
    def safely() -> tuple[KernelCall, ...]:
        safe = compiled.safely()
        return () if safe is None else tuple(native(safe, apart, tuple))

    apart = room.apart()
    return native(compiled, room, safely)


def _over(x: Place, output: Place, residual: Place | None) -> tuple[Buffer, Buffer] | None:
    """The output's buffer and the residual's, where both lie alike and whole, and the latter is no other input."""
    if residual is None or residual.strides != output.strides or residual.pointer.buffer is x.pointer.buffer:
        return None
    buffers = output.pointer.buffer, residual.pointer.buffer
    return buffers if {buffer.size for buffer in buffers} == {bytes_of(output.shape, output.dtype)} else None


def _placed(
    call: NativeCall, packed: tuple[Pointer, Pointer], places: tuple[Place, Place, Place | None], room: PlanningRoom,
    cycles: float,
) -> KernelCall:  # fmt: skip
    """A native call whose addresses are known when the program is placed in memory."""
    x, output, residual = places
    arguments: list[int | Pointer] = list(call.arguments)
    arguments[Argument.WEIGHT], arguments[Argument.BIAS] = packed
    for axis, table in enumerate(call.alive[1:]):
        arguments[Argument.MAP + axis] = room.constant(table)
    arguments[Argument.INPUT] = x.pointer
    arguments[Argument.OUTPUT] = _further(output.pointer, call.arguments[Argument.OUTPUT])
    if residual is not None:
        arguments[Argument.RESIDUAL] = _further(residual.pointer, call.arguments[Argument.RESIDUAL])
    return KernelCall(call.routine, tuple(arguments), call.tasks, cycles)


def _further(pointer: Pointer, offset: int) -> Pointer:
    return Pointer(pointer.buffer, pointer.offset + offset)


def _array(place: Place) -> Numbers:
    """A constant's numbers, as the place sees them."""
    array = place.pointer.buffer.array
    assert array is not None, "weights are constants"
    start = array.reshape(-1)[place.pointer.offset // array.itemsize :]
    return np.lib.stride_tricks.as_strided(start, place.shape, [stride * array.itemsize for stride in place.strides])


ROWS = (
    NativeStep("convolution", _refuses_convolution, _convolution, _wants_alike),
    NativeStep("linear", _refuses_linear, _linear, _wants_rows),
)
