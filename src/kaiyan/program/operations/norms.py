"""Norms by what an example itself holds, and softmax.

``layer_norm``: x, then weight and bias of the last ``axes`` axes where ``weight`` and ``bias``; ``eps``.
``group_norm``: x (N, C, *spatial), then weight and bias (C,) where ``weight`` and ``bias``; ``groups``, ``eps``.
``softmax``: over ``axis``. ``local_response_norm`` and others are foreign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.program.operations.operation import Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.graph import Node, ValueKind
    from kaiyan.reference.dtype import Numbers


def _as_the_input(node: Node, kinds: Sequence[ValueKind]) -> ValueKind:
    del node
    return kinds[0]


def _normalised(x: Any, axes: tuple[int, ...], eps: float) -> Any:
    apart = x - x.mean(axes, keepdims=True)
    return apart / np.sqrt((apart**2).mean(axes, keepdims=True) + eps)


def _scaled(node: Node, y: Any, numbers: Sequence[Numbers], shape: tuple[int, ...]) -> Any:
    waiting = list(numbers)
    y = y * waiting.pop(0).astype(np.float64).reshape(shape) if node.settings["weight"] else y
    return y + waiting.pop(0).astype(np.float64).reshape(shape) if node.settings["bias"] else y


def _layer_norm(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    x, count = arrays[0], node.settings["axes"]
    y = _normalised(x.astype(np.float64), tuple(range(x.ndim - count, x.ndim)), node.settings["eps"])
    normed: Numbers = _scaled(node, y, arrays[1:], x.shape[x.ndim - count :]).astype(x.dtype)
    return normed


def _group_norm(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    x, groups = arrays[0], node.settings["groups"]
    apart = x.astype(np.float64).reshape(x.shape[0], groups, -1)
    y = _normalised(apart, (2,), node.settings["eps"]).reshape(x.shape)
    normed: Numbers = _scaled(node, y, arrays[1:], (-1, *[1] * (x.ndim - 2))).astype(x.dtype)
    return normed


def _softmax(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    x, axis = arrays[0].astype(np.float64), node.settings["axis"]
    powers = np.exp(x - x.max(axis, keepdims=True))
    shares: Numbers = (powers / powers.sum(axis, keepdims=True)).astype(arrays[0].dtype)
    return shares


ROWS = (
    Operation("layer_norm", _as_the_input, _layer_norm),
    Operation("group_norm", _as_the_input, _group_norm),
    Operation("softmax", _as_the_input, _softmax),
)
