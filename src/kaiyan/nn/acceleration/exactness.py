"""Whether an answer that is not torch's in float32 is as near to the model's answer in float64 as torch's own is."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from kaiyan.nn.acceleration.case import answer_of
from kaiyan.nn.acceleration.checking import ROUNDED, compare
from kaiyan.nn.acceleration.function_call import CONVOLVING, FunctionCall
from kaiyan.show.sentence import sentence
from kaiyan.trace.copied import copied
from kaiyan.trace.structure import changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.nn.acceleration.case import Case, Question
    from kaiyan.nn.acceleration.checking import Comparison
    from kaiyan.show.sentence import Sentence

_AS_NEAR = 2.0
"""How many times torch's own distance is as near: two ways to round the same sums are seldom equally lucky."""
_ORDERS = 2
"""Other orders of channels: by its own torch is seven times nearer than by most in menet108_8x1_g3."""
_LOST = 0.1
"""From this distance on torch's answer is no answer, as a share of the largest value, and nothing is measured by it."""


def as_near(case: Case, question: Question, answer: Any, beside: Comparison) -> Sentence | None:
    """What to say of an answer that is right though it is not torch's; None where it is not, or cannot be known.

    ``beside`` compares it with the model's own answer. A model that draws numbers or changes is not asked.
    """
    exact = None if case.draws or case.changed or beside.fault is not None else _exact_answer(case, question)
    if exact is None:
        return None
    ours = compare(exact, answer)
    theirs = compare(exact, question.answer)
    if not ours.numbers or ours.fault is not None or theirs.fault is not None:
        return None
    others = [compare(exact, own) for own in _renumbered(case, question)]
    farthest = {place: _farthest(place, theirs, others) for place in ours.apart}
    for place, (difference, allowed) in ours.apart.items():
        own = farthest[place]
        is_rounded = allowed >= ROUNDED and own < _LOST  # whole numbers are right or wrong
        bound = max(allowed, _AS_NEAR * own) if is_rounded else allowed
        if difference > bound and beside.apart[place][0] > allowed:
            return None
    return sentence(
        "accelerate-as-exact",
        "the outputs differ by {difference:.1e} at {place}, as the model is badly conditioned: beside its answers in "
            "float64 torch's own differ by {theirs:.1e} and these by {ours:.1e}",
        difference=beside.difference, place=beside.place,
        theirs=farthest[beside.place], ours=ours.apart[beside.place][0],
    )  # fmt: skip


def _farthest(place: str, own: Comparison, others: list[Comparison]) -> float:
    """Torch's own distance, or what it is in another order of channels where that is an answer."""
    distances = [other.apart[place][0] for other in others if other.fault is None and place in other.apart]
    return max([own.apart[place][0], *(distance for distance in distances if distance < _LOST)])


def _exact_answer(case: Case, question: Question) -> Any:
    """The model's answer in float64, rounded to float32 once; None where it does not compute in it."""
    try:
        model = copied(case.model).double()
        answer = answer_of(model, changed(copied(question.inputs), _widened))
    except Exception:  # noqa: BLE001 (a model may ask for float32 in so many words)
        return None
    return changed(answer, _rounded)


def _renumbered(case: Case, question: Question) -> Iterator[Any]:
    """Torch's answers where its layers sum over channels in other orders: by one order alone the distance is luck."""
    with suppress(Exception):  # a model may have layers of its own that take no such mode
        for seed in range(_ORDERS):
            with _Renumbering(seed):
                answer = answer_of(copied(case.model), question.inputs)
            yield answer


class _Renumbering(TorchFunctionMode):
    """While a model runs in this thread: its layers take their input's channels in an order of their own."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._generator = torch.Generator().manual_seed(seed)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        if func not in CONVOLVING and func is not functional.linear:
            return func(*args, **(kwargs or {}))
        call = FunctionCall.of(func, args, kwargs or {})
        is_transposed, groups = "transpose" in func.__name__, call.settings.get("groups", 1)
        channels = call.weight.shape[0] // groups if is_transposed else call.weight.shape[1]
        order = torch.randperm(channels, generator=self._generator)
        everywhere = torch.cat([order + group * channels for group in range(groups)])
        weight = call.weight.index_select(0, everywhere) if is_transposed else call.weight.index_select(1, order)
        return func(call.x.index_select(1 - weight.ndim, everywhere), weight, call.bias, **call.settings)


def _widened(tensor: Tensor) -> Tensor:
    return tensor.double() if tensor.dtype == torch.float32 else tensor


def _rounded(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype == torch.float64 else tensor
