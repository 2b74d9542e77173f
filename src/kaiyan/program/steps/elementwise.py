"""Arithmetic on elements as native calls: ``map`` and ``cast`` on arrays of any strides."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.parts.elements import EMITTED_WORDS
from kaiyan.engine.codegen.routines.mapped import Mapped
from kaiyan.engine.types import BYTES
from kaiyan.program.place import KernelCall
from kaiyan.program.steps.narrow import joined
from kaiyan.program.steps.step import NativeStep
from kaiyan.program.steps.walking import walked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.engine.codegen.routines.mapped import Terms
    from kaiyan.program.graph import Node
    from kaiyan.program.place import Order, Place
    from kaiyan.program.room import PlanningRoom
    from kaiyan.spec.conv import Shape

MOST_INPUTS = 8
"""Arrays that one expression reads; the addresses of more do not fit the registers."""
_TASK = 16_384
"""Elements of a task where memory is what takes the time: 64 KB of each array, about five microseconds."""
_DEAR = frozenset({
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tanh", "erf", "gelu", "gelu_tanh", "silu",
    "sigmoid", "elu", "selu", "celu", "softplus", "logsigmoid", "mish", "pow",
})  # fmt: skip
"""Words that take several cycles an element."""


def _map_refused(node: Node, inputs: Sequence[Place], output: Place) -> bool:
    known = all(word in EMITTED_WORDS for word, *_ in node.settings["terms"])
    return not known or len(inputs) > MOST_INPUTS or _types_refused(inputs, output)


def _types_refused(inputs: Sequence[Place], output: Place) -> bool:
    return output.dtype not in ("float32", "float64") or any(place.dtype not in BYTES for place in inputs)


def _map_calls(node: Node, inputs: Sequence[Place], output: Place, room: PlanningRoom) -> list[KernelCall]:
    return mapped(node.settings["terms"], inputs, output, room)


def _cast_refused(node: Node, inputs: Sequence[Place], output: Place) -> bool:
    del node
    return _types_refused(inputs, output)


def _cast_calls(node: Node, inputs: Sequence[Place], output: Place, room: PlanningRoom) -> list[KernelCall]:
    del node
    return mapped((), inputs, output, room)


def _wants(node: Node, inputs: Sequence[Place], output: Place) -> list[Order | None]:
    """Arrays as large as the output lie in its order, so that vectors run along one axis of all."""
    del node
    shape, order = output.shape, output.order
    return [order if place.shape == shape and _is_across(place, output) else None for place in inputs]


def _is_across(place: Place, output: Place) -> bool:
    """Whether the output's elements lie side by side along an axis and those of the place, of as many, do not."""
    walk = walked(output.shape, [output.strides, place.strides])
    return len(walk.sizes) > 1 and 0 not in walk.strides[1] and walk.steps[1] != 1 and 1 in walk.strides[1]


def mapped(terms: Terms, inputs: Sequence[Place], output: Place, room: PlanningRoom) -> list[KernelCall]:
    """The calls that fill a place with the value of an expression; without a term, with the first input."""
    if not prod(output.shape):
        return []
    strides = [output.strides, *(broadcast(place, output.shape) for place in inputs)]
    lines = joined(walked(output.shape, strides), [output, *inputs], room)
    before = [call for source, target in lines.copies for call in mapped((), [source], target, room)]
    step, *steps = (step if step in (0, 1) else None for step in lines.walk.steps)
    routine = Mapped(terms, tuple(place.dtype for place in inputs), tuple(steps), step or None, output.dtype)
    dear = sum(word in _DEAR for word, *_ in terms)
    arguments, tasks = lines.walk.arguments(lines.pointers, _TASK // (1 + 4 * dear))
    cycles = prod(output.shape) * (0.5 + 0.25 * len(inputs) + 0.1 * len(terms) + 2.0 * dear)
    return [*before, KernelCall(routine, arguments, tasks, cycles)]


def broadcast(place: Place, shape: Shape) -> Shape:
    """The strides of a place seen in a larger shape: 0 on the axes along which its elements are repeated."""
    missing = len(shape) - len(place.shape)
    axes = zip(place.shape, shape[missing:], place.strides, strict=True)
    return (*[0] * missing, *(0 if held != size else stride for held, size, stride in axes))


ROWS = (NativeStep("map", _map_refused, _map_calls, _wants), NativeStep("cast", _cast_refused, _cast_calls, _wants))
