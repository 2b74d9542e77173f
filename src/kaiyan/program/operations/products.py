"""Products of matrices.

``linear``: x (..., C), weight (K, C), then the bias (K,) where ``bias``, then the residual (..., K) where ``residual``;
``activation`` as for a convolution. ``matmul``: a (..., M, C) and b (..., C, K), their leading axes broadcast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kaiyan.program.graph import ValueKind
from kaiyan.program.operations.operation import Operation
from kaiyan.reference.activation import ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.graph import Node
    from kaiyan.reference.dtype import Numbers


def _linear_kind(node: Node, kinds: Sequence[ValueKind]) -> ValueKind:
    del node
    x, weight = kinds[:2]
    return ValueKind((*x.shape[:-1], weight.shape[0]), x.dtype)


def _linear(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    x, weight, *rest = arrays
    y = x.astype(np.float64) @ weight.astype(np.float64).T
    for summand in rest:
        y = y + summand
    activation = node.settings.get("activation")
    activated: Numbers = (y if activation is None else ACTIVATIONS[activation](y)).astype(x.dtype)
    return activated


def _matmul_kind(node: Node, kinds: Sequence[ValueKind]) -> ValueKind:
    del node
    a, b = kinds
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return ValueKind((*lead, a.shape[-2], b.shape[-1]), a.dtype)


def _matmul(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    del node
    a, b = arrays
    product: Numbers = (a.astype(np.float64) @ b.astype(np.float64)).astype(a.dtype)
    return product


ROWS = (Operation("linear", _linear_kind, _linear), Operation("matmul", _matmul_kind, _matmul))
