"""Layers judged one by one, on their own outputs, where the answers of the whole cannot be compared.

A detector that sorts its scores changes places where two are equal but for rounding; what is drawn at random follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Generator, Tensor, nn, randn

from kaiyan.nn.acceleration.case import answer_of
from kaiyan.nn.acceleration.checking import Comparison, compare, severity
from kaiyan.nn.acceleration.deferred import read
from kaiyan.nn.acceleration.fuse import SHADOW
from kaiyan.nn.acceleration.graph import by_graph
from kaiyan.nn.acceleration.replacement import Replacement
from kaiyan.nn.acceleration.settling import NotEqualError, as_it_comes
from kaiyan.nn.acceleration.shadow import Shadow
from kaiyan.trace.copied import copied
from kaiyan.trace.structure import changed
from kaiyan.trace.watch import watch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kaiyan.nn.acceleration.case import Case
    from kaiyan.trace.watch import Visit

_ROUNDING = 1e-6
"""What the layers' outputs are moved by to see whether the model's answers turn on it, as a share of themselves."""


def judge_layers(case: Case, precision: str) -> tuple[float, dict[str, float]]:
    """The largest difference of a layer that is right, and those that are not by name, with theirs.

    The graph is run as it is rewritten, but on the model's own layers: raises ``NotEqualError`` where that alone
    answers otherwise than the model.
    """
    model, sources, _ = by_graph(copied(case.model), copied(case.questions[0].inputs), precision, shadowed=True)
    quick = as_it_comes(case, model)
    for question in case.questions:
        comparison = compare(question.answer, answer_of(quick, question.inputs))
        if not comparison.is_close:
            raise NotEqualError(comparison.reason, comparison)
    shadows = {name: model.get_submodule(f"{target}{SHADOW}") for target, name in sources.items()}
    seen = {name: shadow for name, shadow in shadows.items() if isinstance(shadow, Shadow)}
    wrong = {name: shadow.difference for name, shadow in seen.items() if shadow.excess > 1}
    return max((s.difference for name, s in seen.items() if name not in wrong), default=0.0), wrong


def judge_replacements(case: Case, model: nn.Module, names: Iterable[str]) -> float:
    """The largest difference of a layer that stands in its place, beside torch's on what it is given.

    From here on none waits for what follows it. Raises ``NotEqualError`` where a layer is not right by itself.
    """
    worst = Comparison()

    def compare_with_torch(visit: Visit) -> None:
        nonlocal worst
        if not visit.failed:
            right = type(visit.module).forward(visit.module, *read(visit.args), **visit.named)
            worst = max(worst, compare(right, read(visit.output)), key=severity)

    for layer in (model.get_submodule(name) for name in names):
        if isinstance(layer.forward, Replacement):
            layer.forward.until = ""
    with watch(model, names, after=compare_with_torch):
        for question in case.questions:
            answer_of(model, question.inputs)
    if not worst.is_close:
        raise NotEqualError(worst.reason, worst)
    return worst.difference


def is_steady(case: Case) -> bool:
    """Whether the original answers one input twice in one way, under one seed."""
    question = case.questions[0]
    return compare(question.answer, answer_of(copied(case.model), question.inputs)).is_close


def check_rounding(case: Case, refusal: NotEqualError, names: Iterable[str]) -> None:
    """Raises the refusal unless the original's own answers move as far where its layers' outputs move by rounding."""
    if refusal.comparison is None or refusal.comparison.fault is not None or case.changed or not is_steady(case):
        raise refusal
    probe, generator = copied(case.model), Generator().manual_seed(0)
    layers = set(names) & dict(probe.named_modules()).keys()

    def moved(output: Any) -> Any:
        return changed(output, lambda tensor: _moved(tensor, generator))

    question = case.questions[0]
    with watch(probe, layers, change=moved):
        answer = answer_of(probe, question.inputs)
    if compare(question.answer, answer).is_close:
        raise refusal


def _moved(tensor: Tensor, generator: Generator) -> Tensor:
    if not tensor.is_floating_point():
        return tensor
    noise = randn(tensor.shape, generator=generator, dtype=tensor.dtype)
    return tensor + _ROUNDING * tensor.abs().max() * noise
