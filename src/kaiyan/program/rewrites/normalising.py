"""What is multiplied and added right before a convolution or a linear layer, done by its weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kaiyan.program.rewrites.joining import fills
from kaiyan.program.rewrites.scaling import scale_and_shift
from kaiyan.program.rewrites.terms import closed, opened, shapes
from kaiyan.program.rewrites.weighted import OPERATIONS_WITH_WEIGHTS, LayerNumbers, scaled, weighted, written

if TYPE_CHECKING:
    from kaiyan.program.graph import Node
    from kaiyan.program.rewrites.draft import Redraft


def normalised_weights(draft: Redraft) -> None:
    """Takes the last terms of a map into the layer that alone reads it, such as the mean and deviation of pictures."""
    for listed in draft.listed(*OPERATIONS_WITH_WEIGHTS):
        node: Node | None = draft.nodes[listed.output]
        while node is not None:
            node = _with_one_term_more(draft, node)


def _with_one_term_more(draft: Redraft, node: Node) -> Node | None:
    before = draft.nodes.get(node.inputs[0])
    if before is None or before.operation != "map" or draft.only_reader(before.output) is not node:
        return None
    old = weighted(draft, node) if node.inputs.count(before.output) == 1 and fills(draft, before) else None
    terms = opened(before)
    for place, operand in enumerate(terms[-1][1:]):
        if old is None or isinstance(operand, float) or not _is_whole(draft, before, operand):
            continue
        step = scale_and_shift(draft, terms[-1], place, old.rank, old.axis, old.channels[0])
        if step is None or (step[1].any() and not _may_shift(old)):
            continue
        new = scaled(old, *step, before=True)
        if new is not None:
            return _put(draft, before, operand, written(draft, old, new))
    return None


def _is_whole(draft: Redraft, before: Node, operand: Any) -> bool:
    """Whether an operand of the last term has the map's shape, and is made of what fills it."""
    terms = opened(before)
    if isinstance(operand, str):
        return draft.alike(operand, before.output) and operand not in draft.constants
    shorter = closed(terms[: operand + 1], before.output)
    return shapes(draft, terms)[operand] == draft.shape(before.output) and fills(draft, shorter)


def _may_shift(old: LayerNumbers) -> bool:
    """Whether every window is filled by inputs, none by padding that stays nought."""
    settings = old.node.settings
    if old.node.operation == "linear":
        return True
    if settings.get("transposed", False):
        return False
    mode = settings.get("padding_mode", "zeros")
    return mode in ("reflect", "replicate", "circular") or all(pair == (0, 0) for pair in settings["padding"])


def _put(draft: Redraft, before: Node, operand: Any, layer: Node) -> Node:
    if isinstance(operand, str):
        layer = replace(layer, inputs=(operand, *layer.inputs[1:]))
        draft.put(layer)
        draft.take(before.output)
    else:
        draft.put(closed(opened(before)[: operand + 1], before.output))
        draft.put(layer)
    return layer
