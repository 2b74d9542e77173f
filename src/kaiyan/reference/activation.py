"""The activations that may follow a convolution, as torch defines them; NaN stays NaN."""

import math
from collections.abc import Callable

import numpy as np

from kaiyan.reference.dtype import Numbers


def _relu(y: Numbers) -> Numbers:
    values: Numbers = np.maximum(y, 0)
    return values


def _relu6(y: Numbers) -> Numbers:
    values: Numbers = np.clip(y, 0, 6)
    return values


def _silu(y: Numbers) -> Numbers:
    with np.errstate(over="ignore"):
        values: Numbers = y / (1 + np.exp(-y))
    return values


def _hardswish(y: Numbers) -> Numbers:
    return y * _relu6(y + 3) / 6


def _sigmoid(y: Numbers) -> Numbers:
    with np.errstate(over="ignore"):
        values: Numbers = 1 / (1 + np.exp(-y))
    return values


def _tanh(y: Numbers) -> Numbers:
    values: Numbers = np.tanh(y)
    return values


def _gelu(y: Numbers) -> Numbers:
    erf = np.asarray(np.frompyfunc(math.erf, 1, 1)(y / math.sqrt(2)), y.dtype)
    values: Numbers = y * (1 + erf) / 2
    return values


ACTIVATIONS: dict[str, Callable[[Numbers], Numbers]] = {
    "relu": _relu,
    "relu6": _relu6,
    "silu": _silu,
    "hardswish": _hardswish,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "gelu": _gelu,
}
"""By torch's names."""
