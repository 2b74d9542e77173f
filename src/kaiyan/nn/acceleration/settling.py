"""A rewritten model held against the original's answers in each layout, and the faster one that gives them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from kaiyan.nn.acceleration.accelerated import Accelerated
from kaiyan.nn.acceleration.case import answer_of
from kaiyan.nn.acceleration.checking import Comparison, compare, severity
from kaiyan.nn.acceleration.clock import least_times, times_in_turns
from kaiyan.nn.acceleration.exactness import as_near
from kaiyan.nn.acceleration.layout import laid_anew, layout_key, layout_of
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.trace.copied import copied, parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.nn.acceleration.case import Case, Inputs, Question


class NotEqualError(Exception):
    """Why a rewritten model does not stand for the original, as a ``sentence``."""

    def __init__(self, reason: Sentence, comparison: Comparison | None = None) -> None:
        super().__init__(str(reason))
        self.sentence, self.comparison = reason, comparison


@dataclass(frozen=True, slots=True)
class Settled:
    """A model that gives the original's answers, how far they are apart, and seconds of the original's and its own.

    ``notes`` are what should be known of the answers; ``turns`` are the seconds of both in turn, where they were taken
    when every question had been answered.
    """

    quick: Accelerated
    difference: float
    before: float
    after: float
    notes: tuple[Sentence, ...] = ()
    turns: tuple[tuple[float, ...], ...] = ()


def settle_as_it_comes(case: Case, model: nn.Module) -> Settled:
    """The rewritten model given its inputs as they come: timed last, for another size may have changed its programs.

    Raises ``NotEqualError`` where it does not give the original's answers.
    """
    quick = as_it_comes(case, model)
    trial = _tried(case, quick)
    worst = check_answers(case, quick)
    notes = () if worst.excuse is None else (worst.excuse,)
    if case.is_slow:
        before, (after,) = times_beside_original(case, [trial])
        return Settled(quick, worst.difference, before, after, notes)
    turns = tuple(times_in_turns([case.spent, trial], case.questions[0].inputs, case.turns))
    before, after = (min(taken) for taken in zip(*turns, strict=True))
    return Settled(quick, worst.difference, before, after, notes, turns)


def settle(case: Case, model: nn.Module) -> Settled:
    """The rewritten model in the faster of the layouts in which it gives the original's answers.

    Raises ``NotEqualError`` where it gives them in none.
    """
    trials: list[tuple[Accelerated, Accelerated]] = []
    refusals: list[NotEqualError] = []
    for quick in _candidates(case, model):
        try:
            trials.append((quick, _tried(case, quick)))
        except NotEqualError as refusal:
            refusals.append(refusal)
    before, times = times_beside_original(case, [trial for _, trial in trials])
    for seconds, (quick, _) in sorted(zip(times, trials, strict=True), key=lambda entry: entry[0]):
        try:
            worst = check_answers(case, quick)
        except NotEqualError as refusal:
            refusals.append(refusal)
        else:
            notes = () if worst.excuse is None else (worst.excuse,)
            return Settled(quick, worst.difference, before, seconds, notes)
    raise refusals[0]


def times_beside_original(case: Case, models: list[Accelerated]) -> tuple[float, list[float]]:
    """Seconds of the original and of each model, which was called before; a slow original is not called again."""
    inputs = case.questions[0].inputs
    if case.is_slow or not models:
        return case.seconds, least_times(models, inputs, case.turns)
    before, *times = least_times([case.spent, *models], inputs, case.turns)
    return before, times


def check_answers(case: Case, quick: Accelerated, *, alike: bool = True) -> Comparison:
    """The model's answers to every question beside the original's, laid out as those; raises ``NotEqualError``.

    Where they need not be ``alike``, only their structure counts.
    """
    own = copied(quick) if case.changed else quick
    worst = Comparison()
    for question in case.questions:
        answer = _answer(own, question.inputs)
        comparison = _compared(case, question, answer) if alike else compare(question.answer, answer)
        if not comparison.is_close and (alike or comparison.fault or not comparison.numbers):
            raise NotEqualError(comparison.reason, comparison)
        _lay_out(own, question, answer)
        worst = max(worst, comparison, key=severity)
    if case.end is not None and alike:
        _compare_states(case, own)
    _lay_out_otherwise(case, own)
    quick.lay_out_like(own)
    return worst


def as_it_comes(case: Case, model: nn.Module) -> Accelerated:
    """The model given its inputs as they come."""
    return Accelerated(model, _first_layout(case), is_laying=False)


def untouched_copy(case: Case) -> Accelerated:
    """A copy in which nothing is replaced, called as the original is."""
    return Accelerated(copied(case.model), _first_layout(case), is_laying=False, is_replaced=False)


def _lay_out(quick: Accelerated, question: Question, answer: Any) -> None:
    if not quick.lay_out_as(question.answer, answer, question.inputs) and quick.is_laying:
        raise NotEqualError(
            sentence("left-memory-layout", "its output would have a different memory layout than the model's")
        )


def _tried(case: Case, quick: Accelerated) -> Accelerated:
    """A model that answered the example rightly: to be timed."""
    trial = copied(quick) if case.changed else quick
    question = case.questions[0]
    answer = _answer(trial, question.inputs)
    comparison = _compared(case, question, answer)
    if not comparison.is_close:
        raise NotEqualError(comparison.reason, comparison)
    _lay_out(trial, question, answer)
    return trial


def _compared(case: Case, question: Question, answer: Any) -> Comparison:
    """An answer beside the original's; one that is as near to the exact answer is as close as can be."""
    comparison = compare(question.answer, answer)
    if not comparison.is_close:
        comparison.excuse = as_near(case, question, answer, comparison)
    return comparison


def _answer(quick: Accelerated, inputs: Inputs) -> Any:
    try:
        return answer_of(quick, inputs)
    except Exception as error:
        text = str(error).partition("\n")[0] or type(error).__name__
        raise NotEqualError(
            sentence("left-model-fails", "the model does not run with it replaced: {error}", error=text)
        ) from error


def _candidates(case: Case, model: nn.Module) -> Iterator[Accelerated]:
    """Inputs as they come; pictures in the other layout as well where no operation of the model would see it."""
    yield as_it_comes(case, model)
    if case.reads is None and any(isinstance(x, Tensor) and x.ndim == 4 for x in case.questions[0].inputs):
        yield Accelerated(
            model, "channels_first" if _first_layout(case) == "channels_last" else "channels_last", is_laying=True
        )


def _first_layout(case: Case) -> str:
    return "channels_last" if layout_of(case.questions[0].inputs) == "channels_last" else "channels_first"


def _lay_out_otherwise(case: Case, quick: Accelerated) -> None:
    """Notes how answers lie where inputs come otherwise than the example: in another layout, of one sample or two."""
    if case.changed or case.is_slow or quick.lies_as_traced:
        return
    known = {layout_key(question.inputs) for question in case.questions}
    for inputs in _other_layouts(case.questions[0].inputs):
        if layout_key(inputs) not in known:
            known.add(layout_key(inputs))
            with suppress(Exception):  # a model may view what only lies so in one layout
                quick.lay_out_as(answer_of(case.spent, inputs), answer_of(quick, inputs), inputs)


def _other_layouts(inputs: Inputs) -> Iterator[Inputs]:
    for layout in ("channels_first", "channels_last"):
        yield tuple(laid_anew(x, layout) for x in inputs)
    one = tuple(x[:1] if isinstance(x, Tensor) and x.ndim > 2 else x for x in inputs)
    yield one
    yield tuple(laid_anew(x, "channels_last") for x in one)


def _compare_states(case: Case, quick: Accelerated) -> None:
    """What the calls changed must have changed alike."""
    for path in case.changed:
        comparison = compare(_at(case.end, path), _at(quick.model, path))
        if comparison.fault is not None or comparison.excess > 1:
            raise NotEqualError(
                sentence(
                    "left-state-differs",
                    "a call changes {path}, and does so differently once it is replaced",
                    path=path,
                ),
                comparison,
            )


def _at(thing: Any, path: str) -> Any:
    """What stands at a path as ``changes`` gives it."""
    waiting = [("", thing)]
    seen: dict[int, Any] = {}  # kept, so that nothing else is given their ids
    while waiting:
        here, part = waiting.pop()
        if here == path:
            return part
        if id(part) in seen:
            continue
        seen[id(part)] = part
        waiting += [(f"{here}.{name}" if here else name, its) for name, its in parts(part)]
    return None
