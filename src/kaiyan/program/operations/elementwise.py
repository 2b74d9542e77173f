"""Arithmetic on elements: one operation, ``map``, for any expression of arrays that are broadcast against one another.

``terms`` are the steps of the expression, such as (("mul", 0, 1), ("add", 2, 0.5), ("relu", 3)): the word of a function
and its operands. A whole number counts the inputs first and then the terms; a float is a number. The last term is the
output. Its type is ``dtype``, or the first input's where that is not said; the inputs may be of other types, whole
numbers among them, and are converted as they are read: a picture as bytes with its normalisation is one ``map``, with
``dtype`` "float32". ``cast`` gives the elements in another type, ``dtype``.

The words are torch's. ``clip`` has both bounds; with one it is ``maximum`` or ``minimum`` with a number. ``leaky_relu``
with an input for its slope is PReLU. ``softplus`` may be given beta and threshold.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.program.graph import ValueKind
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


def _pow(x: Any, power: Any) -> Any:
    """As torch's, with roots where the power is a number that is one: -inf has none."""
    if isinstance(power, float) and abs(power) == 1 / 2:
        return np.sqrt(x) if power > 0 else 1 / np.sqrt(x)
    return np.power(x, power)


def _elu(x: Any, alpha: Any, stretch: Any = 1.0) -> Any:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / stretch))


def _selu(x: Any) -> Any:
    return 1.0507009873554804934193349852946 * _elu(x, 1.6732632423543772848170429916717)


def _softplus(x: Any, beta: Any = 1.0, threshold: Any = 20.0) -> Any:
    return np.where(x * beta > threshold, x, np.logaddexp(x * beta, 0) / beta)


def _softshrink(x: Any, limit: Any) -> Any:
    return np.where(x > limit, x - limit, np.where(x < -limit, x + limit, x * 0))


ELEMENT_FUNCTIONS: dict[str, Callable[..., Any]] = dict(ACTIVATIONS) | {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "pow": _pow,
    "neg": np.negative,
    "abs": np.abs,
    "sign": lambda x: np.nan_to_num(np.sign(x), nan=0.0),
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "reciprocal": lambda x: 1 / x,
    "square": np.square,
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "round": np.rint,
    "sin": np.sin,
    "cos": np.cos,
    "erf": _erf,
    "hardsigmoid": lambda x: _clip(x + 3, 0, 6) / 6,
    "gelu_tanh": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "leaky_relu": lambda x, slope: np.where(x > 0, x, x * slope),
    "elu": _elu,
    "selu": _selu,
    "celu": lambda x, alpha: _elu(x, alpha, alpha),
    "clip": _clip,
    "softplus": _softplus,
    "logsigmoid": lambda x: -np.logaddexp(-x, 0),
    "mish": lambda x: x * np.tanh(np.logaddexp(x, 0)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "hardshrink": lambda x, limit: np.where(np.abs(x) <= limit, 0, x),
    "softshrink": _softshrink,
    "threshold": lambda x, limit, other: np.where(x <= limit, other, x),
}
"""What each word of a term stands for, in NumPy; NaN stays NaN. Operands that are parameters come last."""


def _map_kind(node: Node, kinds: Sequence[ValueKind]) -> ValueKind:
    shape = np.broadcast_shapes(*(kind.shape for kind in kinds))
    return ValueKind(shape, node.settings.get("dtype", kinds[0].dtype))


def _map(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    values: list[Any] = [array.astype(np.float64) for array in arrays]
    with np.errstate(all="ignore"):
        for word, *operands in node.settings["terms"]:
            values.append(ELEMENT_FUNCTIONS[word](*(values[i] if isinstance(i, int) else i for i in operands)))
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    mapped: Numbers = np.broadcast_to(values[-1], shape).astype(node.settings.get("dtype", arrays[0].dtype))
    return mapped


def _cast_kind(node: Node, kinds: Sequence[ValueKind]) -> ValueKind:
    return ValueKind(kinds[0].shape, node.settings["dtype"])


def _cast(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    return arrays[0].astype(node.settings["dtype"])


ROWS = (Operation("map", _map_kind, _map), Operation("cast", _cast_kind, _cast))
