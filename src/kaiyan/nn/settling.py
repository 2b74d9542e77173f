"""A rewritten model held against the original's answers in each layout, and the faster one that gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from kaiyan.nn.accelerated import Accelerated
from kaiyan.nn.case import called
from kaiyan.nn.checking import Comparison, compare
from kaiyan.nn.clock import raced
from kaiyan.nn.copied import copied, parts
from kaiyan.nn.layout import Strides, laid, layout_of, strides
from kaiyan.spec.sentence import Sentence, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.nn.case import Case, Inputs


class NotEqualError(Exception):
    """Why a rewritten model does not stand for the original, as a ``sentence``."""

    def __init__(self, reason: Sentence, comparison: Comparison | None = None) -> None:
        super().__init__(str(reason))
        self.sentence, self.comparison = reason, comparison


@dataclass(frozen=True, slots=True)
class Settled:
    """A model that gives the original's answers, how far they are apart, and seconds of the original's and its own."""

    quick: Accelerated
    difference: float
    before: float
    after: float


def settled(case: Case, model: nn.Module) -> Settled:
    """The rewritten model in the faster of the layouts in which it gives the original's answers.

    Raises ``NotEqualError`` where it gives them in none.
    """
    trials: list[tuple[Accelerated, Accelerated]] = []
    refusals: list[NotEqualError] = []
    for layout in _layouts(case):
        quick = Accelerated(model, layout)
        try:
            trials.append((quick, _tried(case, quick)))
        except NotEqualError as refusal:
            refusals.append(refusal)
    before, times = timed(case, [trial for _, trial in trials])
    for seconds, (quick, _) in sorted(zip(times, trials, strict=True), key=lambda entry: entry[0]):
        try:
            return Settled(quick, answered(case, quick).difference, before, seconds)
        except NotEqualError as refusal:
            refusals.append(refusal)
    raise refusals[0]


def timed(case: Case, models: list[Accelerated]) -> tuple[float, list[float]]:
    """Seconds of the original and of each model, which was called before; a slow original is not called again."""
    inputs = case.questions[0].inputs
    if case.is_slow or not models:
        return case.seconds, raced(models, inputs, case.turns)
    before, *times = raced([case.spent, *models], inputs, case.turns)
    return before, times


def answered(case: Case, quick: Accelerated, *, alike: bool = True) -> Comparison:
    """The model's answers to every question beside the original's, laid out as those; raises ``NotEqualError``.

    Where they need not be ``alike``, only their structure counts.
    """
    own = copied(quick) if case.changed else quick
    worst, lie = Comparison(), None
    for question in case.questions:
        answer = _answer(own, question.inputs)
        comparison = compare(question.answer, answer)
        if not comparison.is_close and (alike or comparison.fault or not comparison.numbers):
            raise NotEqualError(comparison.reason, comparison)
        lie = lie or strides(answer)
        quick.lay_out_as(question.answer, strides(answer), question.inputs)
        worst = max(worst, comparison, key=lambda seen: seen.difference)
    if case.end is not None and alike:
        _compare_states(case, own)
    _lay_out_otherwise(case, quick, lie or [])
    return worst


def _tried(case: Case, quick: Accelerated) -> Accelerated:
    """A model that answered the example rightly: to be timed."""
    trial = copied(quick) if case.changed else quick
    question = case.questions[0]
    answer = _answer(trial, question.inputs)
    comparison = compare(question.answer, answer)
    if not comparison.is_close:
        raise NotEqualError(comparison.reason, comparison)
    trial.lay_out_as(question.answer, strides(answer), question.inputs)
    return trial


def _answer(quick: Accelerated, inputs: Inputs) -> Any:
    try:
        return called(quick, inputs)
    except Exception as error:
        text = str(error).partition("\n")[0] or type(error).__name__
        raise NotEqualError(
            sentence("left", "the model does not run where it is replaced: {error}", error=text)
        ) from error


def _layouts(case: Case) -> Iterator[str]:
    """Channels last only for pictures, and where no operation of the model would see it."""
    yield "planes"
    if case.reads is None and any(isinstance(x, Tensor) and x.ndim == 4 for x in case.questions[0].inputs):
        yield "pixels"


def _lay_out_otherwise(case: Case, quick: Accelerated, lie: list[Strides]) -> None:
    """Notes how answers lie where pictures come in the other layout than the example's."""
    inputs = case.questions[0].inputs
    other = "planes" if layout_of(inputs) == "pixels" else "pixels"
    turned = tuple(laid(x, other) for x in inputs)
    if case.changed or case.is_slow or layout_of(turned) == layout_of(inputs):
        return
    try:
        right = called(case.spent, turned)
    except Exception:  # noqa: BLE001 (a model may view what only lies so in one layout)
        return
    quick.lay_out_as(right, lie, turned)


def _compare_states(case: Case, quick: Accelerated) -> None:
    """What the calls changed must have changed alike."""
    for path in case.changed:
        comparison = compare(_at(case.end, path), _at(quick.model, path))
        if comparison.fault is not None or comparison.difference > comparison.allowed:
            raise NotEqualError(
                sentence("left", "a call changes {path}, and not alike where it is replaced", path=path), comparison
            )


def _at(thing: Any, path: str) -> Any:
    """What stands at a path as ``changes`` gives it."""
    waiting = [("", thing)]
    seen: set[int] = set()
    while waiting:
        here, part = waiting.pop()
        if here == path:
            return part
        if id(part) in seen:
            continue
        seen.add(id(part))
        waiting += [(f"{here}.{name}" if here else name, its) for name, its in parts(part)]
    return None
