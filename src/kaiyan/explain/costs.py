"""Multiply-adds of every call, counted from the shapes it really had, batch included; biases are not counted."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.explain.record import Call, Record


def macs(record: Record) -> dict[int, int]:
    """By the call's number: a function's own, a module's the sum of what it calls."""
    found = {call.number: 0 if call.is_module or call.failed else _own(call) for call in record.calls}
    for call in reversed(record.calls):
        if call.parent >= 0 and record.calls[call.parent].is_module:
            found[call.parent] += found[call.number]
    return found


def uncounted(record: Record) -> tuple[str, ...]:
    """Functions that multiply matrices in a way that is not counted here: then the count is a lower bound."""
    return tuple(
        sorted({call.kind for call in record.calls if not call.is_module and call.kind.startswith(_UNCOUNTED)})
    )


_UNCOUNTED = (
    "lstm",
    "gru",
    "rnn_",
    "multi_head_attention",
    "_transformer",
    "_native_multi_head",
    "einsum",
    "tensordot",
)


def _own(call: Call) -> int:
    """The multiply-adds of one function; those that multiply no matrix have none."""
    rule = next((rule for word, rule in _RULES if call.kind.startswith(word)), None)
    return rule(call) if rule and call.outputs and len(call.inputs) > 1 else 0


def _attention(call: Call) -> int:
    query, key, value = (tensor.shape for tensor in call.inputs[:3])
    return prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


_RULES: tuple[tuple[str, Callable[[Call], int]], ...] = (
    ("conv_transpose", lambda call: prod(call.inputs[0].shape) * prod(call.inputs[1].shape[1:])),
    ("conv", lambda call: prod(call.outputs[0].shape) * prod(call.inputs[1].shape[1:])),
    ("scaled_dot_product_attention", _attention),
    ("addmm", lambda call: prod(call.outputs[0].shape) * call.inputs[1].shape[-1]),
    ("baddbmm", lambda call: prod(call.outputs[0].shape) * call.inputs[1].shape[-1]),
    *((word, lambda call: prod(call.outputs[0].shape) * call.inputs[0].shape[-1])
      for word in ("linear", "matmul", "mm", "bmm")),
)  # fmt: skip
"""How many a function has, by the word its name begins with; the first that fits."""
