"""Sequences whose features are not those that a Linear takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from kaiyan.explain.diagnosis.causes.finding import Finding
from kaiyan.explain.diagnosis.fixes import Fix, fed, preceded, replaced
from kaiyan.explain.diagnosis.titles import call_title, path_title
from kaiyan.show.sentence import sentence
from kaiyan.trace.rebuild import Permute, rebuilt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.spec.conv import Shape


def wide_sequences(facts: Facts, shape: Shape, got: int, expected: int) -> Finding:
    """The features of each token stand on the last axis: another width than the Linear has."""
    maker = facts.maker()
    said = (
        sentence("K012", "{layer} has in_features={expected}, but the last axis of {shape}, which {source} made, has "
                 "{got}", layer=facts.named("Linear"), expected=expected, shape=shape,
                 source=call_title(maker), got=got)
        if maker
        else sentence("K012", "{layer} has in_features={expected}, but the last axis of {shape} has {got}",
                      layer=facts.named("Linear"), expected=expected, shape=shape, got=got)
    )  # fmt: skip
    return Finding(said, tuple(_fixes(facts, shape, got, expected)))


def _fixes(facts: Facts, shape: Shape, got: int, expected: int) -> Iterator[Fix]:
    layer, path = facts.layer, facts.path or ""
    if len(shape) == 3 and shape[1] == expected:
        yield from _turned(facts, shape)
    made = rebuilt(layer, in_features=got) if layer else None
    if layer and made:
        yield replaced(sentence("K012", "in_features={got}", got=got), layer, path, made)
    yield from _narrowed(facts, got, expected)
    yield from _other_width(facts, got, expected)


def _turned(facts: Facts, shape: Shape) -> Iterator[Fix]:
    """Axes 1 and 2 changed, at the input or before the layer."""
    line = "x = x.transpose(1, 2)"
    said = sentence("K012", "the features are on axis 1 of {shape}: {line}", shape=shape, line=line)
    if any(isinstance(x, Tensor) and tuple(x.shape) == shape for x in facts.inputs):
        yield fed(said, line, lambda x: x.transpose(1, 2))
    elif facts.layer is not None:
        fix = preceded(said, facts.layer, facts.path or "", Permute(0, 2, 1))
        yield replace(fix, before=None, after=line)


def _narrowed(facts: Facts, got: int, expected: int) -> Iterator[Fix]:
    """The layer that made the width, made to give what is expected."""
    for step in reversed(facts.done):
        old: Any = facts.model.get_submodule(step.path) if facts.model and step.is_module else None
        if step.output_shape is None or step.output_shape[-1] != got or not isinstance(old, (nn.Linear, nn.Embedding)):
            continue
        if isinstance(old, nn.Linear):
            made: nn.Module = nn.Linear(old.in_features, expected, bias=old.bias is not None)
            said = sentence("K012", "out_features={n} in {path}", n=expected, path=path_title(step.path))
        else:
            made = nn.Embedding(old.num_embeddings, expected, old.padding_idx)
            said = sentence("K012", "embedding_dim={n} in {path}", n=expected, path=path_title(step.path))
        yield replaced(said, old, step.path, made)
        return


def _other_width(facts: Facts, got: int, expected: int) -> Iterator[Fix]:
    """The input whose width it is, in words: it has to come from what gives another width."""
    for place, x in enumerate(facts.inputs):
        if isinstance(x, Tensor) and x.ndim > 1 and x.shape[-1] == got:
            wanted = (*x.shape[:-1], expected)
            said = sentence("K012", "give input {place} {expected} features: {wanted}",
                            place=place, expected=expected, wanted=wanted)  # fmt: skip
            yield fed(said, f"# {wanted}", lambda x: nn.functional.pad(x, (0, expected - got)), place)
