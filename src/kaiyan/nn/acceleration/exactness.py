"""Whether an answer that is not torch's in float32 is as near to the model's answer in float64 as torch's own is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from kaiyan.nn.acceleration.case import answer_of
from kaiyan.nn.acceleration.checking import ROUNDED, compare
from kaiyan.show.sentence import sentence
from kaiyan.trace.copied import copied
from kaiyan.trace.structure import changed

if TYPE_CHECKING:
    from kaiyan.nn.acceleration.case import Case, Question
    from kaiyan.nn.acceleration.checking import Comparison
    from kaiyan.show.sentence import Sentence

_AS_NEAR = 2.0
"""How many times torch's own distance is as near: two ways to round the same sums are seldom equally lucky."""
_LOST = 0.1
"""From this distance on torch's answer is no answer, as a share of the largest value, and nothing is measured by it."""


def as_near(case: Case, question: Question, answer: Any, beside: Comparison) -> Sentence | None:
    """What to say of an answer that is right though it is not torch's; None where it is not, or cannot be known.

    ``beside`` compares it with the model's own answer. A model that draws numbers or changes is not asked.
    """
    exact = None if case.draws or case.changed or beside.fault is not None else _exact_answer(case, question)
    if exact is None:
        return None
    theirs, ours = compare(exact, question.answer), compare(exact, answer)
    if theirs.fault is not None or ours.fault is not None or not ours.numbers:
        return None
    for place, (difference, allowed) in ours.apart.items():
        own = theirs.apart[place][0]
        is_rounded = allowed >= ROUNDED and own < _LOST  # whole numbers are right or wrong
        bound = max(allowed, _AS_NEAR * own) if is_rounded else allowed
        if difference > bound and beside.apart[place][0] > allowed:
            return None
    return sentence(
        "accelerate-as-exact",
        "the outputs differ by {difference:.1e} at {place}, as the model is badly conditioned: beside its answers in "
            "float64 torch's own differ by {theirs:.1e} and these by {ours:.1e}",
        difference=beside.difference, place=beside.place,
        theirs=theirs.apart[beside.place][0], ours=ours.apart[beside.place][0],
    )  # fmt: skip


def _exact_answer(case: Case, question: Question) -> Any:
    """The model's answer in float64, rounded to float32 once; None where it does not compute in it."""
    try:
        model = copied(case.model).double()
        answer = answer_of(model, changed(copied(question.inputs), _widened))
    except Exception:  # noqa: BLE001 (a model may ask for float32 in so many words)
        return None
    return changed(answer, _rounded)


def _widened(tensor: Tensor) -> Tensor:
    return tensor.double() if tensor.dtype == torch.float32 else tensor


def _rounded(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype == torch.float64 else tensor
