"""Maps that read maps are one map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kaiyan.program.rewrites.draft import JOINED_TYPES
from kaiyan.program.rewrites.kinds import broadcast
from kaiyan.program.rewrites.terms import closed, opened, renumbered

if TYPE_CHECKING:
    from kaiyan.program.graph import Node
    from kaiyan.program.rewrites.draft import Redraft

_MOST_INPUTS = 8
_MOST_TERMS = 32


def joined_maps(draft: Redraft) -> None:
    """A map that one other map alone reads is part of it, where both have one shape: nothing is computed more often."""
    for listed in draft.listed("map"):
        node = draft.nodes[listed.output]
        for name in node.inputs:
            inner = draft.nodes.get(name)
            if inner is not None and inner.operation == "map" and draft.only_reader(name) is not None:
                node = _joined(draft, inner, node) or node


def _joined(draft: Redraft, inner: Node, node: Node) -> Node | None:
    types = draft.dtypes(*inner.inputs, *node.inputs)
    if not draft.alike(inner.output, node.output) or len(types) != 1:
        return None
    first = opened(inner)
    then = opened(node)
    numbers = {number: number + len(first) for number in range(len(then))} | {inner.output: len(first) - 1}
    whole = closed([*first, *(renumbered(term, numbers) for term in then)], node.output)
    if len(whole.inputs) > _MOST_INPUTS or len(whole.settings["terms"]) > _MOST_TERMS or not fills(draft, whole):
        return None
    draft.put(whole)
    draft.take(inner.output)
    return whole


def fills(draft: Redraft, node: Node) -> bool:
    """Whether a map's inputs give together the shape and the type that it had."""
    kind, kinds = draft.kinds[node.output], [draft.kinds[name] for name in node.inputs]
    shapes = [input_kind.shape for input_kind in kinds if input_kind is not None]
    if kind is None or kind.dtype not in JOINED_TYPES or len(shapes) != len(kinds):
        return False
    return draft.dtypes(*node.inputs) == {kind.dtype} and broadcast(shapes, node.output) == kind.shape


def numbers_in_maps(draft: Redraft) -> None:
    """A constant of one number becomes a number of the map's terms."""
    for node in draft.listed("map"):
        single = {name: draft.constants[name] for name in node.inputs if _is_single(draft, name)}
        numbers = {name: float(array.reshape(())) for name, array in single.items() if np.isfinite(array).all()}
        terms = [
            (word, *(numbers.get(operand, operand) if isinstance(operand, str) else operand for operand in operands))
            for word, *operands in opened(node)
        ]
        if not numbers or not any(isinstance(operand, str) for _, *operands in terms for operand in operands):
            continue
        simpler = closed(terms, node.output)
        if simpler.inputs and fills(draft, simpler):
            draft.put(simpler)


def _is_single(draft: Redraft, name: str) -> bool:
    return name in draft.constants and draft.constants[name].size == 1
