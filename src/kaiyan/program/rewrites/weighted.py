"""Convolutions and linear layers with constant weights, whose numbers take in what is multiplied and added."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.program.rewrites.draft import JOINED_TYPES

if TYPE_CHECKING:
    from kaiyan.program.graph import Node
    from kaiyan.program.rewrites.draft import Redraft
    from kaiyan.reference.dtype import Numbers

OPERATIONS_WITH_WEIGHTS = ("convolution", "linear")


@dataclass(frozen=True, slots=True, eq=False)
class LayerNumbers:
    """A node with its weight, seen as (G, K/G, C/G, taps), and its bias (K,) in float64, zeros where it has none.

    ``rank`` is the number of axes of its input and output; ``axis`` the one of the channels.
    """

    node: Node
    rank: int
    weight: Numbers
    bias: Numbers
    dtype: str

    @property
    def axis(self) -> int:
        """The axis of the channels."""
        return 1 if self.node.operation == "convolution" else self.rank - 1

    @property
    def channels(self) -> tuple[int, int]:
        """Channels of the input and of the output."""
        G, K, C = self.weight.shape[:3]
        return G * C, G * K


def weighted(draft: Redraft, node: Node) -> LayerNumbers | None:
    """The numbers of a convolution or linear layer; None where they are not constants of one type."""
    kind = draft.kinds[node.output]
    names = node.inputs[1 : 2 + _has(node, "bias")]
    arrays = [draft.constants[name] for name in names if name in draft.constants]
    if len(arrays) != len(names) or kind is None or kind.dtype not in JOINED_TYPES or not arrays[0].size:
        return None
    if any(array.dtype.name != kind.dtype for array in arrays):
        return None
    weight = _grouped(node, arrays[0])
    bias = arrays[1].astype(np.float64) if len(arrays) == 2 else np.zeros(weight.shape[0] * weight.shape[1])
    return LayerNumbers(node, len(kind.shape), weight, bias, kind.dtype)


def _has(node: Node, word: str) -> bool:
    return bool(node.settings.get(word, False))


def _grouped(node: Node, weight: Numbers) -> Numbers:
    groups = node.settings.get("groups", 1)
    apart = weight.reshape(groups, weight.shape[0] // groups, weight.shape[1], -1)
    return apart.swapaxes(1, 2) if node.settings.get("transposed", False) else apart


def scaled(old: LayerNumbers, scale: Any, shift: Any, *, before: bool) -> LayerNumbers | None:
    """Multiplied by ``scale`` and then ``shift`` added, a number a channel: to the input, or to the output.

    None where a number would leave its type's range. What is not nought stays so: infinity times nought is NaN.
    """
    G, K, C = old.weight.shape[:3]
    factors = scale.reshape(G, 1, C, 1) if before else scale.reshape(G, K, 1, 1)
    with np.errstate(all="ignore"):
        weight = _multiplied(old.weight, factors) if (scale != 1).any() else old.weight
        if before and shift.any():
            of_input = old.weight.sum(3, np.float64) * shift.reshape(G, 1, C)
            bias = old.bias + of_input.sum(2).reshape(-1)
        else:
            bias = old.bias if before else old.bias * scale + shift
        fits = np.isfinite(bias.astype(old.dtype)).all()
    return replace(old, weight=weight, bias=bias) if fits and weight is not None else None


def _multiplied(weight: Numbers, factors: Numbers) -> Numbers | None:
    """Rounded once to the weight's type; None where one is not finite."""
    product = np.empty(weight.shape, weight.dtype)
    np.multiply(weight, factors, out=product, dtype=np.float64, casting="unsafe")
    if not np.isfinite(product).all():
        return None
    lost = (product == 0) & (weight != 0) & (factors != 0)
    if lost.any():
        least = np.finfo(weight.dtype).smallest_subnormal
        product[lost] = np.copysign(least, (np.sign(weight) * np.sign(factors))[lost])
    return product


def written(draft: Redraft, old: LayerNumbers, new: LayerNumbers) -> Node:
    """The node with its new numbers, which are kept as constants; a bias is added where it is not nought."""
    node, place = old.node, old.node.settings
    weight, with_bias = node.inputs[1], _has(node, "bias")
    if new.weight is not old.weight:
        apart = new.weight.swapaxes(1, 2) if place.get("transposed", False) else new.weight
        shape = draft.constants[weight].shape
        weight = draft.keep(f"{weight}'", apart.reshape(shape))
    bias = (draft.keep(f"{node.output}.bias", new.bias.astype(old.dtype)),) if with_bias or new.bias.any() else ()
    inputs = (node.inputs[0], weight, *bias, *node.inputs[2 + with_bias :])
    return replace(node, inputs=inputs, settings=dict(place) | {"bias": bool(bias)})


def per_channel(array: Any, rank: int, axis: int, channels: int) -> Numbers | None:
    """A constant as one number a channel, in float64; None where it is anything else, or not finite.

    The array is broadcast against values of ``rank`` axes, of which ``axis`` is the channels'.
    """
    array = np.asarray(array)
    shape = (*[1] * (rank - array.ndim), *array.shape)
    if len(shape) > rank or array.size not in (1, channels) or array.size != shape[axis]:
        return None
    numbers = array.astype(np.float64)
    return np.broadcast_to(numbers.reshape(-1), (channels,)) if np.isfinite(numbers).all() else None
