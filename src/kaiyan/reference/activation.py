"""The activations that may follow a convolution, as torch defines them; NaN stays NaN."""

import math
from collections.abc import Callable

import numpy as np

from kaiyan.reference.dtype import Numbers


def _relu(y: Numbers) -> Numbers:
    found: Numbers = np.maximum(y, 0)
    return found


def _relu6(y: Numbers) -> Numbers:
    found: Numbers = np.clip(y, 0, 6)
    return found


def _silu(y: Numbers) -> Numbers:
    with np.errstate(over="ignore"):
        found: Numbers = y / (1 + np.exp(-y))
    return found


def _hardswish(y: Numbers) -> Numbers:
    return y * _relu6(y + 3) / 6


def _sigmoid(y: Numbers) -> Numbers:
    with np.errstate(over="ignore"):
        found: Numbers = 1 / (1 + np.exp(-y))
    return found


def _tanh(y: Numbers) -> Numbers:
    found: Numbers = np.tanh(y)
    return found


def _gelu(y: Numbers) -> Numbers:
    erf = np.asarray(np.frompyfunc(math.erf, 1, 1)(y / math.sqrt(2)), y.dtype)
    found: Numbers = y * (1 + erf) / 2
    return found


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
