"""Arithmetic on elements: one operation, ``map``, for any expression of arrays that are broadcast against one another.

``terms`` are the steps of the expression, such as (("mul", 0, 1), ("add", 2, 0.5), ("relu", 3)): the word of a function
and its operands. A whole number counts the inputs first and then the terms; a float is a number. The last term is the
output. ``cast`` gives the elements in another type, ``dtype``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.program.graph import Kind
from kaiyan.program.operations.operation import Operation
from kaiyan.reference.activation import ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.program.graph import Node
    from kaiyan.reference.dtype import Numbers


def _clip(x: Any, low: Any, high: Any) -> Any:
    return np.minimum(np.maximum(x, low), high)


def _erf(x: Any) -> Any:
    return np.frompyfunc(math.erf, 1, 1)(x).astype(np.float64)


FUNCTIONS: dict[str, Callable[..., Any]] = dict(ACTIVATIONS) | {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "pow": np.power,
    "neg": np.negative,
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "reciprocal": lambda x: 1 / x,
    "square": np.square,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.rint,
    "sin": np.sin,
    "cos": np.cos,
    "erf": _erf,
    "hardsigmoid": lambda x: _clip(x + 3, 0, 6) / 6,
    "gelu_tanh": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "leaky_relu": lambda x, slope: np.where(x > 0, x, x * slope),
    "elu": lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
    "clip": _clip,
    "softplus": lambda x: np.logaddexp(x, 0),
    "mish": lambda x: x * np.tanh(np.logaddexp(x, 0)),
}
"""What each word of a term stands for, in NumPy; NaN stays NaN. Operands that are parameters come last."""


def _map_kind(node: Node, kinds: Sequence[Kind]) -> Kind:
    del node
    return Kind(np.broadcast_shapes(*(kind.shape for kind in kinds)), kinds[0].dtype)


def _map(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    values: list[Any] = [array.astype(np.float64) for array in arrays]
    with np.errstate(all="ignore"):
        for word, *operands in node.settings["terms"]:
            values.append(FUNCTIONS[word](*(values[i] if isinstance(i, int) else i for i in operands)))
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    mapped: Numbers = np.broadcast_to(values[-1], shape).astype(arrays[0].dtype)
    return mapped


def _cast_kind(node: Node, kinds: Sequence[Kind]) -> Kind:
    return Kind(kinds[0].shape, node.settings["dtype"])


def _cast(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    return arrays[0].astype(node.settings["dtype"])


ROWS = (Operation("map", _map_kind, _map), Operation("cast", _cast_kind, _cast))
