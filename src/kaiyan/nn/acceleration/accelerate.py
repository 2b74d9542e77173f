"""An inference copy of a model whose convolutions run on prepared routines, and the report of what it gained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from kaiyan.engine.problem import precision as checked
from kaiyan.nn.acceleration.by_module import by_module
from kaiyan.nn.acceleration.case import answer_of, examine
from kaiyan.nn.acceleration.checking import compare
from kaiyan.nn.acceleration.clock import layer_times, on_one_thread
from kaiyan.nn.acceleration.foreign import foreign, is_foreign
from kaiyan.nn.acceleration.fuse import is_convolution
from kaiyan.nn.acceleration.graph import NotAGraphError, by_graph
from kaiyan.nn.acceleration.judging import check_rounding, is_steady, judge_layers, judge_replacements
from kaiyan.nn.acceleration.replacement import computed_by
from kaiyan.nn.acceleration.report import LayerReport, Report, was_training
from kaiyan.nn.acceleration.settling import (
    NotEqualError,
    Settled,
    as_it_comes,
    check_answers,
    settle,
    times_beside_original,
    untouched_copy,
)
from kaiyan.nn.acceleration.slower import refuse_slower
from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.trace.copied import copied
from kaiyan.trace.undisturbed import undisturbing

if TYPE_CHECKING:
    from kaiyan.nn.acceleration.accelerated import Accelerated
    from kaiyan.nn.acceleration.as_program import Programmed
    from kaiyan.nn.acceleration.case import Case
    from kaiyan.nn.acceleration.fuse import Reasons


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A model settled by one way, the layer that each new one computes, what was left, and what should be known."""

    settled: Settled
    notes: tuple[Sentence, ...]
    sources: dict[str, str]
    left: Reasons
    traced: bool
    program: Programmed | None = None


@undisturbing
def accelerate(model: nn.Module, example_input: Any, precision: str = "default") -> Accelerated:
    """An inference copy of ``model``: a program of native steps, or where that is not faster, its layers replaced.

    ``example_input`` is an input as the model takes it, such as (N, C, H, W), or a tuple of them: times are measured on
    it, other sizes work as well. The original, the input and the random state are not touched. A BatchNorm after a
    convolution is folded into it, a sum and an activation are fused; a model that torch.fx cannot trace is taken module
    by module. The copy's answers, and their memory layout, are checked against the model's on the example and on a
    second input; a layer, or the model, that would differ is left unchanged. ``precision`` bounds the error, see
    ``kaiyan.conv``; what was done and gained is in ``report``.
    What is in training mode runs in eval mode, and a note of the report says so.
    Weights that are written to are packed again at the next call, unless torch does not count the write: past it,
    through ``.data`` or a NumPy view. ``state_dict`` has the model's names, and ``load_state_dict`` takes the model's
    state; where layers were folded for good, as in a graph, it refuses that: load it into the model, accelerate again.
    On inputs that the model does not take a program raises what the model raises.
    Making it runs the model, copies and all, some 150 times; one that takes more than a second at most 14 times.

    Raises ``KaiyanError`` when the model fails on the input, or cannot be copied.

    >>> model, x = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()).eval(), torch.ones(1, 3, 12, 12)
    >>> accelerate(model, x)(x).shape
    torch.Size([1, 8, 10, 10])
    """
    checked(precision)
    if not isinstance(model, nn.Module):
        raise _not_a_module(model)
    if type(model).__name__ == "OptimizedModule":
        model = getattr(model, "_orig_mod", model)  # what torch.compile was given
    inputs = example_input if isinstance(example_input, tuple) else (example_input,)
    with torch.inference_mode(mode=False), torch.no_grad():  # in inference mode torch does not count writes
        case = examine(model, inputs)
        outcome = _outcome(case, precision)
        layers = _layer_reports(case, outcome)
    quick, left = outcome.settled.quick, _unchanged(case, outcome, {name for row in layers for name in row.names})
    settled = outcome.settled
    layout = quick.layout if outcome.program is None else outcome.program.layout
    quick.report = Report(
        settled.before, settled.after, layout, outcome.traced, settled.difference, layers, left,
        (*was_training(case.training), *outcome.notes),
    )  # fmt: skip
    if outcome.program is not None:
        outcome.program.keep_to_itself()
    else:
        quick.is_folded = _names(case.model) != _names(quick.model)
    return quick


def _names(model: nn.Module) -> set[str]:
    """Of its parameters and buffers."""
    return {name for name, _ in (*model.named_parameters(), *model.named_buffers())}


def _not_a_module(thing: Any) -> KaiyanError:
    return KaiyanError(
        "not-a-model",
        "{kind} is not a torch.nn.Module",
        *(["its module() is one"] if isinstance(thing, torch.export.ExportedProgram) else []),
        kind=type(thing).__name__,
    )


def _outcome(case: Case, precision: str) -> _Outcome:
    """The model by the first way that gives its answers: as a graph, module by module, or as it is."""
    if is_foreign(case.model):
        return _as_it_is(case, {})
    notes: list[Sentence] = []
    for way in (_as_program, _as_graph, _by_module):
        try:
            outcome = way(case, precision)
            refuse_slower(case, outcome.settled)
        except (NotAGraphError, NotEqualError) as refusal:
            notes.append(refusal.sentence)
        else:
            return replace(outcome, notes=(*notes, *outcome.notes, *outcome.settled.notes))
    return replace(_as_it_is(case, {}, notes[-1]), notes=tuple(notes[:-1]))


def _as_program(case: Case, precision: str) -> _Outcome:
    from kaiyan.nn.acceleration import as_program as programs  # it loads torch's compiler

    settled, sources, notes = programs.as_program(case, precision)
    return _Outcome(settled, notes, sources, {}, True, settled.quick.model)


def _as_graph(case: Case, precision: str) -> _Outcome:
    if case.changed:
        paths = ", ".join(case.changed[:3])
        raise NotAGraphError(sentence("graph-state", "a call changes {paths}, but a graph would not", paths=paths))
    if case.reads == "data_ptr":  # a symbol in the place of an address would be read by the user's C code
        raise NotAGraphError(sentence("graph-addresses", "it reads memory addresses, which a graph does not have"))
    model, sources, left = _graph(case, precision)
    if not sources:
        return _as_it_is(case, left)
    try:
        outcome = _Outcome(settle(case, model), (), sources, left, True)
    except NotEqualError as refusal:
        check_rounding(case, refusal, sources.values())
    else:
        return outcome
    largest, wrong = judge_layers(case, precision)
    if wrong:
        model, sources, left = _graph(case, precision, wrong)
        left |= {name: _differs(difference) for name, difference in wrong.items()}
    return _Outcome(*_rounded(case, model, largest), sources, left, True)


def _graph(case: Case, precision: str, without: dict[str, float] | None = None) -> Any:
    try:
        return by_graph(copied(case.model), copied(case.questions[0].inputs), precision, without or {})
    except NotAGraphError:
        raise
    except Exception as error:
        text = str(error).partition("\n")[0] or type(error).__name__
        raise NotAGraphError(
            sentence("graph-does-not-run", "the model does not run as a graph: {error}", error=text)
        ) from error


def _differs(difference: float) -> Sentence:
    return sentence(
        "left-own-output-differs",
        "its own output differs by {difference:.1e} of its largest value",
        difference=difference,
    )


def _rounded(case: Case, model: nn.Module, largest: float) -> tuple[Settled, tuple[Sentence, ...]]:
    """A model whose layers are right by themselves, and whose answers differ by what rounding makes of them."""
    quick = as_it_comes(case, model)
    comparison = check_answers(case, quick, alike=False)
    before, (after,) = times_beside_original(case, [quick])
    note = sentence(
        "accelerate-rounding-decides",
        "the outputs differ by {difference:.1e} at {place}: a sort or a comparison in the model "
            "depends on rounding; no single layer's output differs by more than {largest:.1e}",
        difference=comparison.difference, place=comparison.place, largest=largest,
    )  # fmt: skip
    return Settled(quick, comparison.difference, before, after), () if comparison.is_close else (note,)


def _by_module(case: Case, precision: str) -> _Outcome:
    try:
        model, sources, left = by_module(copied(case.model), copied(case.questions[0].inputs), precision)
    except Exception as error:
        text = str(error).partition("\n")[0] or type(error).__name__
        raise NotEqualError(
            sentence("left-model-fails", "the model does not run with it replaced: {error}", error=text)
        ) from error
    if not sources:
        return _as_it_is(case, left)
    try:
        outcome = _Outcome(settle(case, model), (), sources, left, False)
    except NotEqualError as refusal:
        if refusal.comparison is not None and not is_steady(case):
            judge_replacements(case, model, sources)
            outcome = _Outcome(_rounded(case, model, 0.0)[0], (_UNSTEADY,), sources, left, False)
        else:
            check_rounding(case, refusal, sources.values())
            outcome = _Outcome(*_rounded(case, model, judge_replacements(case, model, sources)), sources, left, False)
    return outcome


_UNSTEADY = sentence(
    "accelerate-random",
    "the model gives different outputs for the same input, so its layers were compared one by one",
)


def _as_it_is(case: Case, left: Reasons, reason: Sentence | None = None) -> _Outcome:
    """The model untouched: for the ``reason``, of each convolution that has none of its own in ``left``."""
    quick, question = untouched_copy(case), case.questions[0]
    trial = copied(quick) if case.changed else quick
    comparison = compare(question.answer, answer_of(trial, question.inputs))
    before, (after,) = times_beside_original(case, [trial])
    names = [name for name, layer in case.model.named_modules() if is_convolution(layer) and name not in left]
    notes: tuple[Sentence, ...] = ()
    if not comparison.is_close and comparison.numbers:
        reason = _INCOMPARABLE
        notes = () if names else (reason,)
    left = (dict.fromkeys(names, reason) if reason is not None else {}) | left
    return _Outcome(Settled(quick, comparison.difference, before, after), notes, {}, left, False)


_INCOMPARABLE = sentence(
    "left-random", "the model gives different outputs for the same input, so they cannot be compared"
)


def _unchanged(case: Case, outcome: _Outcome, rows: set[str]) -> Reasons:
    """Every convolution that is not in a row of the report, with its reason."""
    left = foreign(case.model) | outcome.left
    for path, layer in case.model.named_modules():
        name = path or type(layer).__name__
        if is_convolution(layer) and name not in rows:
            left.setdefault(name, sentence("left-not-called", "it is not called with this input"))
    return left


def _layer_reports(case: Case, outcome: _Outcome) -> tuple[LayerReport, ...]:
    if not outcome.sources:
        return ()
    if outcome.program is not None:
        from kaiyan.nn.acceleration.as_program import program_layers

        return program_layers(case, outcome.program)
    quick = outcome.settled.quick
    inputs = case.questions[0].inputs
    model = copied(quick.model) if case.changed else quick.model
    before = layer_times(case.spent, inputs, set(outcome.sources.values()), case.turns)
    with on_one_thread():
        after = layer_times(model, quick.inputs_in_layout(inputs), set(outcome.sources), case.turns)
    rows = []
    for name, source in outcome.sources.items():
        layer = computed_by(model.get_submodule(name))
        if layer is not None and name in after:
            rows.append(
                LayerReport(
                    source or type(case.model).__name__,
                    layer.extra_repr(),
                    before.get(source),
                    after[name],
                    layer.algorithm,
                )
            )
    return tuple(rows)
