"""Receptive fields through the data flow of a record: what an element of every tensor sees of the model's input.

Sizes are those of an input without ends, as papers count them: ResNet-18's last feature map sees 435. A field is
exact, a bound (never smaller than the truth) or unknown, and says which.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kaiyan.show.error import ConvError
from kaiyan.spec.field import Field
from kaiyan.trace.functions import TORCH_FUNCTIONS, bound
from kaiyan.trace.functions.function import UnreadableError
from kaiyan.trace.functions.receptive import NOT_KNOWN, ReceptiveField

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kaiyan.trace.record import Call, Record, TensorSpec

__all__ = ["NOT_KNOWN", "ReceptiveField", "receptive_fields"]


Fields = dict[int, ReceptiveField]
"""Receptive fields by the number of a tensor or of a call."""


def receptive_fields(record: Record) -> Fields:
    """What the output of every call sees, by the call's number; calls that failed or make no tensor are left out.

    A tensor that is written in place sees more later: a module gives what it saw when the module ended.
    """
    known: Fields = {tensor.name: _start(tensor) for tensor in record.inputs}
    fields: Fields = {}
    bases: dict[int, int] = {}
    ending = _ending(record)
    for call in record.calls:
        if not call.is_module and not call.failed:
            fields.update(_passed_on(call, known, bases))
        for module in ending.get(call.number, ()):
            fields.update((module.number, known[tensor.name]) for tensor in module.outputs if tensor.name in known)
    return fields


def _passed_on(
    call: Call, known: dict[int, ReceptiveField], bases: dict[int, int]
) -> Iterable[tuple[int, ReceptiveField]]:
    """Notes in ``known`` what a function's outputs see, and gives it with the call's number."""
    before = [known[tensor.name] for tensor in call.inputs if tensor.name in known]
    known.update(dict.fromkeys(written_over(call, bases), NOT_KNOWN))
    if before and call.outputs:
        field = _after(call, before)
        known.update((tensor.name, field) for tensor in call.outputs)
        yield call.number, field


def _ending(record: Record) -> dict[int, list[Call]]:
    """Modules by the number of the last call inside them."""
    last = {call.number: call.number for call in record.calls}
    for call in reversed(record.calls):
        if call.parent >= 0:
            last[call.parent] = max(last[call.parent], last[call.number])
    ending: dict[int, list[Call]] = {}
    for call in record.calls:
        if call.is_module:
            ending.setdefault(last[call.number], []).append(call)
    return ending


def written_over(call: Call, bases: dict[int, int]) -> Iterable[int]:
    """Tensors whose values change in part when this call writes in place; ``bases`` has what each view looks at."""
    first = call.inputs[0].name if call.inputs else -1
    if call.kind in TORCH_FUNCTIONS and TORCH_FUNCTIONS[call.kind].is_view:
        bases.update((tensor.name, first) for tensor in call.outputs if tensor.name != first)
    if call.kind == "setitem":
        yield first
    if call.kind == "setitem" or (call.code.endswith("_") and len(call.inputs) > 1):
        while first in bases:
            first = bases[first]
            yield first


def _start(tensor: TensorSpec) -> ReceptiveField:
    return ReceptiveField((Field(),) * max(len(tensor.shape) - 2, 0))


def _after(call: Call, before: list[ReceptiveField]) -> ReceptiveField:
    if any(field.status == "unknown" for field in before):
        return NOT_KNOWN
    known = bound(call)
    if known is None or known.function.field is None:
        return NOT_KNOWN
    try:
        field = known.function.field(known, before)
    except (UnreadableError, ConvError):  # a setting is a tensor; a window is larger than is described
        return NOT_KNOWN
    is_bound = field.status == "exact" and any(other.status == "bound" for other in before)
    return replace(field, status="bound") if is_bound else field
