"""Gates taken into the weight of the pointwise layer behind them: that is less than the picture which they multiply.

Squeeze and excitation multiplies each channel of a picture by a number and sums the channels anew: sum of w (x g) is
sum of (w g) x. In EfficientNet-B0 the eight largest products took 0.34 ms of 9.7, those of the weights 0.02.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.parts.strip import Argument
from kaiyan.engine.codegen.routines.over_output_channels import OverOutputChannels
from kaiyan.program.operations.convolving import convolution_of
from kaiyan.program.place import Place, Pointer, dense_strides
from kaiyan.program.steps.convolving import is_pointwise
from kaiyan.program.steps.elementwise import mapped
from kaiyan.program.strips import chains, is_native

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from kaiyan.program.choices import Choices
    from kaiyan.program.graph import Graph, Node, ValueKind
    from kaiyan.program.place import KernelCall
    from kaiyan.program.room import PlanningRoom

_PRODUCT = (("mul", 0, 1),)
_BOUNDED = ("sigmoid", "hardsigmoid", "tanh")
"""Functions that gates are made by: of another factor (w g) x may overflow where w (x g) does not."""
_LESS = 2
"""Times as many products as in the weight there must be in the picture: with as many the two take the same (Zen 4)."""
_WIDTH = 16
"""Filters of which a packed weight has a multiple, about."""
_CHANNELS = 8
"""Channels from which on no algorithm of few channels computes the layer."""


def gates(
    graph: Graph, kinds: dict[str, ValueKind], choices: Choices, apart: Container[str]
) -> dict[str, tuple[str, str]]:
    """The picture and its gate, by the name of the product that one pointwise convolution alone reads.

    Its channels stand last. Layers that may run in strips are left out, so that bits do not depend on whether they do,
    and those whose outputs are written ``apart``, in a larger array.
    """
    bounded = _bounded(graph)
    products = {
        node.output: _factors(node, kinds, bounded) for node in graph.nodes if node.settings.get("terms") == _PRODUCT
    }
    found = {name: factors for name, factors in products.items() if factors is not None and name not in graph.outputs}
    if not found:
        return {}
    in_strips = {link.output for chain in chains(graph) for link in chain}
    alone = {name: read[0] for name, read in graph.readers().items() if name in found and len(read) == 1}
    return {
        name: found[name] for name, node in alone.items()
        if _takes_gate(node, name, graph, kinds) and choices.is_last(node.output)
        and node.output not in in_strips and node.output not in apart
    }  # fmt: skip


def _factors(node: Node, kinds: Mapping[str, ValueKind], bounded: Container[str]) -> tuple[str, str] | None:
    """The picture and a number for each of its channels, in whichever order they are multiplied; of one image."""
    if len(node.inputs) != 2:
        return None
    for x, gate in (node.inputs, node.inputs[::-1]):
        shape = kinds[node.output].shape
        alike = {kinds[name].dtype for name in (x, gate)} == {"float32"} and kinds[x].shape == shape
        is_gate = gate in bounded and kinds[gate].shape == (*shape[:2], *[1] * len(shape[2:]))
        if alike and len(shape) > 2 and shape[0] == 1 and is_gate:
            return x, gate
    return None


def _bounded(graph: Graph) -> set[str]:
    """What is never more than 1: a weight multiplied by that does not overflow."""
    last = {node.output: node.settings.get("activation") for node in graph.nodes}
    for node in graph.nodes:
        terms = node.settings.get("terms")
        if isinstance(terms, tuple) and terms:
            last[node.output] = terms[-1][0]
    return {name for name, function in last.items() if function in _BOUNDED}


def _takes_gate(node: Node, name: str, graph: Graph, kinds: dict[str, ValueKind]) -> bool:
    """Whether a layer is pointwise and this is its input, of more elements than it has weights."""
    if node.operation != "convolution" or node.inputs[0] != name or node.inputs.count(name) > 1:
        return False
    if node.output in graph.foreign or not is_native(node, graph, kinds):
        return False
    _, C, *sizes = kinds[name].shape
    shape = kinds[node.inputs[1]].shape
    is_less = -(-shape[0] // _WIDTH) * _WIDTH * _LESS <= prod(sizes)
    return C >= _CHANNELS and shape[0] > 1 and is_less and is_pointwise(convolution_of(node, C, shape))


def gated(calls: Sequence[KernelCall], gate: Place, room: PlanningRoom) -> list[KernelCall]:
    """The call of a pointwise layer with channels last, its packed weight multiplied by the gate before each time."""
    (call,) = calls
    packed = call.arguments[Argument.WEIGHT]
    assert isinstance(call.routine, OverOutputChannels), "such a layer is computed by vectors of output channels"
    assert isinstance(packed, Pointer), "a weight is a constant"
    assert packed.buffer.array is not None, "a weight is a constant"
    _, blocks, _, C, width = packed.buffer.array.shape
    shape = blocks, C, width
    weight = Place(packed, shape, dense_strides(shape), gate.dtype)
    target = Place(room.scratch(packed.buffer.size), shape, dense_strides(shape), gate.dtype)
    before = mapped(_PRODUCT, [weight, gate.viewed((1, C, 1), (0, gate.strides[1], 0))], target, room)
    arguments = (*call.arguments[: Argument.WEIGHT], target.pointer, *call.arguments[Argument.WEIGHT + 1 :])
    return [*before, replace(call, arguments=arguments)]
