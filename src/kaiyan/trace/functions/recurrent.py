"""Recurrent layers and their cells."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from kaiyan.trace.call import TensorSpec
from kaiyan.trace.functions.function import Bound, TorchFunction, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable


def _layers(call: Bound) -> int:
    """Every matrix of weights, at every step of every sequence; the data of a packed one come first too."""
    return _steps(call, next((entry for entry in call.call.arguments if _is_weights(entry)), ()))


def _cell(call: Bound) -> int:
    return _steps(call, (call["w_ih"], call["w_hh"]))


def _steps(call: Bound, weights: Iterable[Any]) -> int:
    matrices = [weight for weight in weights if _is_matrix(weight)]
    if not matrices:
        raise UnreadableError("no weights")
    return prod(call.shape(0)[:-1]) * sum(int(prod(matrix.shape)) for matrix in matrices)


def _is_weights(entry: Any) -> bool:
    return isinstance(entry, (list, tuple)) and any(_is_matrix(part) for part in entry)


def _is_matrix(part: Any) -> bool:
    return isinstance(part, TensorSpec) and len(part.shape) == 2


_CELL = "input hx w_ih w_hh b_ih=None b_hh=None"

RECURRENT_ROWS = (
    TorchFunction("lstm", macs=_layers),
    TorchFunction("gru", macs=_layers),
    *(TorchFunction(name, macs=_layers) for name in ("rnn_tanh", "rnn_relu")),
    TorchFunction("lstm_cell", _CELL, macs=_cell),
    TorchFunction("gru_cell", _CELL, macs=_cell),
    *(TorchFunction(name, _CELL, macs=_cell) for name in ("rnn_tanh_cell", "rnn_relu_cell")),
)
