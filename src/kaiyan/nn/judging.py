"""Layers judged one by one, on their own outputs, where the answers of the whole cannot be compared.

A detector that sorts its scores changes places where two are equal but for rounding; what is drawn at random follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.nn.case import called
from kaiyan.nn.checking import compare
from kaiyan.nn.copied import copied
from kaiyan.nn.fuse import SHADOW
from kaiyan.nn.graph import by_graph
from kaiyan.nn.settling import NotEqualError, as_it_comes
from kaiyan.nn.shadow import Shadow

if TYPE_CHECKING:
    from kaiyan.nn.case import Case


def judged(case: Case, precision: str) -> tuple[float, dict[str, float]]:
    """The largest difference of a layer that is right, and those that are not by name, with theirs.

    The graph is run as it is rewritten, but on the model's own layers: raises ``NotEqualError`` where that alone
    answers otherwise than the model.
    """
    model, made, _ = by_graph(copied(case.model), copied(case.questions[0].inputs), precision, shadowed=True)
    quick = as_it_comes(case, model)
    for question in case.questions:
        comparison = compare(question.answer, called(quick, question.inputs))
        if not comparison.is_close:
            raise NotEqualError(comparison.reason, comparison)
    shadows = {name: model.get_submodule(f"{target}{SHADOW}") for target, name in made.items()}
    seen = {name: shadow for name, shadow in shadows.items() if isinstance(shadow, Shadow)}
    wrong = {name: shadow.difference for name, shadow in seen.items() if shadow.difference > shadow.allowed}
    return max((s.difference for name, s in seen.items() if name not in wrong), default=0.0), wrong
