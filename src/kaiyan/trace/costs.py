"""Multiply-adds of every call, counted from the shapes it really had, batch included; biases are not counted.

Every product of tensors is: convolutions, matrices, einsum, attention, recurrent layers. Where torch's FlopCounterMode
counts one (two FLOPs each), the numbers are equal.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from kaiyan.trace.einsum import einsum
from kaiyan.trace.windows import argument

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.trace.record import Call, Record, Seen


def macs(record: Record) -> dict[int, int]:
    """By the call's number: a function's own, a module's the sum of what it calls."""
    found = {call.number: 0 if call.is_module or call.failed else _own(call) or 0 for call in record.calls}
    for call in reversed(record.calls):
        if call.parent >= 0 and record.calls[call.parent].is_module:
            found[call.parent] += found[call.number]
    return found


def uncounted(record: Record) -> tuple[str, ...]:
    """Functions that multiply matrices in a way that is not counted here: then the count is a lower bound."""
    calls = (call for call in record.calls if not call.is_module and not call.failed)
    return tuple(sorted({call.kind for call in calls if call.kind.startswith(_UNKNOWN) or _own(call) is None}))


_UNKNOWN = ("flex_attention", "cdist", "linear_dynamic", "conv_tbc_backward")
"""Beginnings of functions that multiply, and that have no rule."""


def _own(call: Call) -> int | None:
    """The multiply-adds of one function; 0 where it multiplies no tensors, None where they cannot be read."""
    rule = _RULES.get(call.kind)
    if rule is None:
        return 0
    try:
        return rule(call)
    except (IndexError, TypeError, ValueError, AttributeError):  # packed weights, arguments of other kinds
        return None


def _convolved(call: Call) -> int:
    return prod(call.outputs[0].shape) * prod(call.inputs[1].shape[1:])


def _spread(call: Call) -> int:
    return prod(call.inputs[0].shape) * prod(call.inputs[1].shape[1:])


def _product(place: int) -> Callable[[Call], int]:
    """Of matrices whose first factor stands at a place among the tensors: its last axis is summed over."""
    return lambda call: prod(call.outputs[0].shape) * call.inputs[place].shape[-1] * bool(call.inputs[place + 1])


def _reversed_product(call: Call) -> int:
    return prod(call.outputs[0].shape) * call.inputs[1].shape[-1]


def _summed_product(call: Call) -> int:
    """addbmm: of every matrix of the batch."""
    batch, rows, inner = call.inputs[1].shape
    return batch * rows * inner * call.inputs[2].shape[-1]


def _contracted(call: Call) -> int:
    """tensordot: what the output has, times what is summed over."""
    dims: Any = argument(call, 2, "dims", 2)
    own = call.inputs[0].shape
    summed = own[len(own) - dims :] if isinstance(dims, int) else [own[axis] for axis in dims[0]]
    return prod(call.outputs[0].shape) * prod(summed)


def _bilinear(call: Call) -> int:
    """x1 · W, then · x2."""
    outputs, one, two = call.inputs[2].shape
    return prod(call.inputs[0].shape[:-1]) * outputs * (one * two + two)


def _chained(call: Call) -> int:
    """The cheapest order of a chain of matrices. Source: Cormen et al., Introduction to Algorithms, 15.2."""
    shapes = [tensor.shape for tensor in call.inputs]
    sizes = [shapes[0][0] if len(shapes[0]) > 1 else 1, *(shape[0] for shape in shapes[1:])]
    sizes.append(shapes[-1][1] if len(shapes[-1]) > 1 else 1)
    if len(shapes[0]) == 1:
        sizes[1] = shapes[0][0]
    count = len(shapes)
    least: dict[tuple[int, int], int] = {(i, i): 0 for i in range(count)}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            splits = (least[i, k] + least[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j))
            least[i, j] = min(splits)
    return least[0, count - 1]


def _attention(call: Call) -> int:
    query, key = (tensor.shape for tensor in call.inputs[:2])
    output = call.outputs[0].shape
    return prod(output[:-1]) * key[-2] * (query[-1] + output[-1])


def _many_headed(call: Call) -> int:
    """F.multi_head_attention_forward: three projections, scores, their sums, the projection of the answer."""
    query, key, value = (tensor.shape for tensor in call.inputs[:3])
    width, extra = query[-1], sum(argument(call, place, name, None) is not None for place, name in _ADDED_KEYS)
    batch = query[1] if len(query) == 3 else 1
    keys = key[0] + extra // 2 + bool(argument(call, 9, "add_zero_attn", False))
    projected = prod(query) * width + prod(key) * width + prod(value) * width
    return projected + 2 * batch * query[0] * keys * width + prod(query) * width


_ADDED_KEYS = ((7, "bias_k"), (8, "bias_v"))


def _recurrent(call: Call) -> int:
    """Every matrix of weights, at every step of every sequence."""
    weights: Any = next(entry for entry in call.arguments if _is_weights(entry))
    return prod(call.inputs[0].shape[:-1]) * sum(int(prod(w.shape)) for w in weights if len(w.shape) == 2)


def _is_weights(entry: Any) -> bool:
    return isinstance(entry, (list, tuple)) and any(len(getattr(part, "shape", ())) == 2 for part in entry)


def _recurrent_cell(call: Call) -> int:
    weights: tuple[Seen, ...] = call.arguments[2:4]
    return prod(call.inputs[0].shape[:-1]) * sum(prod(w.shape) for w in weights)


_RULES: dict[str, Callable[[Call], int]] = {
    **{f"conv{rank}d": _convolved for rank in (1, 2, 3)},
    **{f"conv_transpose{rank}d": _spread for rank in (1, 2, 3)},
    **dict.fromkeys(("linear", "matmul", "imatmul", "mm", "bmm", "mv", "dot", "vdot", "inner"), _product(0)),
    **dict.fromkeys(("addmm", "baddbmm", "addmv"), _product(1)),
    "rmatmul": _reversed_product,
    "addbmm": _summed_product,
    "tensordot": _contracted,
    "bilinear": _bilinear,
    **dict.fromkeys(("chain_matmul", "multi_dot", "linalg_multi_dot"), _chained),
    "einsum": einsum,
    "scaled_dot_product_attention": _attention,
    "multi_head_attention_forward": _many_headed,
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"), _recurrent),
    **dict.fromkeys(("lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"), _recurrent_cell),
}
"""How many a function has; what is not here multiplies no tensors."""
