"""Multiply-adds of every call, counted from the shapes it really had, batch included; biases are not counted.

Every product of tensors is: convolutions, matrices, einsum, attention, recurrent layers. Where torch's FlopCounterMode
counts one (two FLOPs each), the numbers are equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.trace.functions import bound
from kaiyan.trace.functions.function import UnreadableError

if TYPE_CHECKING:
    from kaiyan.trace.record import Call, Record


def macs(record: Record) -> dict[int, int]:
    """By the call's number: a function's own, a module's the sum of what it calls."""
    count = {call.number: 0 if call.is_module or call.failed else _own(call) or 0 for call in record.calls}
    for call in reversed(record.calls):
        if call.parent >= 0 and record.calls[call.parent].is_module:
            count[call.parent] += count[call.number]
    return count


def uncounted(record: Record) -> tuple[str, ...]:
    """Functions that multiply matrices in a way that is not counted here: then the count is a lower bound."""
    calls = (call for call in record.calls if not call.is_module and not call.failed)
    return tuple(sorted({call.kind for call in calls if call.kind.startswith(_UNCOUNTED) or _own(call) is None}))


_UNCOUNTED = ("flex_attention", "cdist", "linear_dynamic", "conv_tbc_backward")
"""Beginnings of functions that multiply, and that have no rule."""


def _own(call: Call) -> int | None:
    """The multiply-adds of one function; 0 where it multiplies no tensors, None where they cannot be read."""
    known = bound(call)
    if known is None or known.function.macs is None:
        return 0
    try:
        return known.function.macs(known)
    except UnreadableError:
        return None
