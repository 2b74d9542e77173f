"""Convolutions.

``convolution``: x (N, C, *spatial), weight as torch's, then the bias where ``bias``, then the residual where
``residual``. Settings: ``kernel``, ``stride``, ``dilation`` (one an axis), ``padding`` ((before, after) an axis; of a
transposed one, what is cropped), ``padding_mode``, ``groups``, ``transposed``, ``output_padding``, ``bias``,
``residual``, ``activation`` (a name of ``ACTIVATIONS`` or None). What is computed is activation(sum + bias + residual).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from kaiyan.program.graph import ValueKind
from kaiyan.program.operations.operation import Operation
from kaiyan.reference.activation import ACTIVATIONS
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.graph import Node
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape


def convolution_of(node: Node, channels: int, weight: Shape) -> Conv:
    """The description of a node's convolution of an input of so many channels with a weight of this shape."""
    settings = node.settings
    groups, transposed = settings.get("groups", 1), settings.get("transposed", False)
    bias, mode = settings.get("bias", False), settings.get("padding_mode", "zeros")
    K = weight[1] * groups if transposed else weight[0]
    return _conv(
        channels, K, tuple(weight[2:]), settings["stride"], settings["padding"], settings["dilation"], groups,
        bias, mode, settings.get("output_padding", 0), transposed,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _conv(*settings: Any) -> Conv:
    return Conv(*settings)


def _kind(node: Node, kinds: Sequence[ValueKind]) -> ValueKind:
    x, weight = kinds[:2]
    return ValueKind(convolution_of(node, x.shape[1], weight.shape).output_shape(x.shape), x.dtype)


def _compute(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    from kaiyan.reference.forward import forward

    x, weight, *rest = arrays
    bias = rest.pop(0) if node.settings.get("bias", False) else None
    y = forward(x, weight, bias, convolution_of(node, x.shape[1], weight.shape))
    y = y + rest.pop(0) if rest else y
    activation = node.settings.get("activation")
    activated: Numbers = y if activation is None else ACTIVATIONS[activation](y).astype(y.dtype)
    return activated


ROWS = (Operation("convolution", _kind, _compute),)
