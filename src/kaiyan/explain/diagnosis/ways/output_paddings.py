"""Transposed convolutions whose ``output_padding`` gives the size that is wanted: a decoder that ends at 25 for 28."""

from __future__ import annotations

from itertools import islice, product
from typing import TYPE_CHECKING, Any

from kaiyan.explain.diagnosis.fixes import Fix, replaced, together
from kaiyan.show.sentence import sentence
from kaiyan.spec.conv import Conv
from kaiyan.trace.rebuild import is_convolution, rebuilt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.spec.conv import Shape
    from kaiyan.trace.record import Call

_MOST = 256
"""Combinations that are computed."""


def output_paddings(facts: Facts, size: Shape) -> Iterator[Fix]:
    """The transposed convolutions rebuilt, where sizes that their strides skip lead to ``size``, in elements."""
    steps = [step for step in facts.done if step.is_module and _is_transposed(facts, step)]
    if not steps or facts.model is None or not _follow(steps):
        return
    layers: list[Any] = [facts.model.get_submodule(step.path) for step in steps]
    for extras in islice(product(*(range(min(layer.stride)) for layer in layers)), _MOST):
        changed = [rebuilt(layer, output_padding=n) if n else layer for layer, n in zip(layers, extras, strict=True)]
        if any(extras) and _size(steps[0].input_shapes[0], changed) == size:
            settings = ", ".join(f"{s.path}.output_padding = {n}" for s, n in zip(steps, extras, strict=True) if n)
            said = sentence("K051", "{settings}: the output is then as large as the target", settings=settings)
            parts = zip(steps, layers, changed, strict=True)
            yield together(
                said, *(replaced(said, old, s.path, new) for s, old, new in parts if new is not None and new is not old)
            )


def _is_transposed(facts: Facts, step: Call) -> bool:
    layer: Any = facts.model.get_submodule(step.path) if facts.model else None
    return is_convolution(layer) and layer.transposed and bool(step.input_shapes)


def _follow(steps: list[Call]) -> bool:
    """Whether nothing between them changes the sizes."""
    outputs = [step.output_shape or () for step in steps[:-1]]
    return all(a[2:] == step.input_shapes[0][2:] for a, step in zip(outputs, steps[1:], strict=True))


def _size(shape: Shape, layers: list[nn.Module | None]) -> Shape:
    """The sizes behind transposed convolutions that follow one another, with nothing between that changes them."""
    for layer in layers:
        if layer is None:
            return ()
        shape = Conv.from_module(layer).output_shape(shape)
    return shape[2:]
