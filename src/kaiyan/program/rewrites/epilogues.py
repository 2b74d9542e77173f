"""What follows a convolution or a linear layer, done as it writes: channels scaled, a residual, an activation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kaiyan.engine.generated import IN_SINGLE
from kaiyan.program.rewrites.joining import fills
from kaiyan.program.rewrites.scaling import scale_and_shift
from kaiyan.program.rewrites.terms import Term, closed, opened, without
from kaiyan.program.rewrites.weighted import OPERATIONS_WITH_WEIGHTS, scaled, weighted, written
from kaiyan.reference.activation import ACTIVATIONS

if TYPE_CHECKING:
    from kaiyan.program.graph import Node
    from kaiyan.program.rewrites.draft import Redraft


def epilogues(draft: Redraft) -> None:
    """Takes the terms of a map that work on such a layer's value, which nothing else reads, into the layer."""
    for listed in draft.listed("map"):
        node: Node | None = draft.nodes[listed.output]
        while node is not None and node.operation == "map":
            node = _with_one_term_less(draft, node)


def _with_one_term_less(draft: Redraft, node: Node) -> Node | None:
    terms = opened(node)
    if not fills(draft, node):
        return None
    for number, term in enumerate(terms):
        for place, name in enumerate(term[1:]):
            if isinstance(name, str) and _is_free(draft, node, terms, name) and _fits(draft, node, terms, number, name):
                layer = _taken(draft, node, terms, number, place)
                if layer is not None:
                    _put(draft, node, terms, number, layer)
                    return draft.nodes[node.output]
    return None


def _is_free(draft: Redraft, node: Node, terms: list[Term], name: str) -> bool:
    """Whether a name is a layer's value, read once, here, by a term that may still be taken in."""
    layer = draft.nodes.get(name)
    if layer is None or layer.operation not in OPERATIONS_WITH_WEIGHTS or layer.settings.get("activation") is not None:
        return False
    once = sum(operand == name for term in terms for operand in term[1:]) == 1
    return once and draft.only_reader(name) is node


def _fits(draft: Redraft, node: Node, terms: list[Term], number: int, name: str) -> bool:
    """Whether what is left of the map without a term still gives what it gave."""
    if number == len(terms) - 1:
        return draft.alike(name, node.output)
    return fills(draft, closed(without(terms, number, name), node.output))


def _taken(draft: Redraft, node: Node, terms: list[Term], number: int, place: int) -> Node | None:
    term = terms[number]
    layer = draft.nodes[term[1 + place]]
    if term[0] in ACTIVATIONS and (term[0] not in IN_SINGLE or _is_single(draft, layer)):
        return replace(layer, settings=dict(layer.settings) | {"activation": term[0]})
    return _scaled(draft, layer, term, place) or _with_residual(draft, node, terms, number, place)


def _is_single(draft: Redraft, layer: Node) -> bool:
    kind = draft.kinds[layer.output]
    return kind is not None and kind.dtype == "float32"


def _scaled(draft: Redraft, layer: Node, term: Term, place: int) -> Node | None:
    old = weighted(draft, layer)
    step = None if old is None else scale_and_shift(draft, term, place, old.rank, old.axis, old.channels[1])
    if old is None or step is None or (layer.settings.get("residual", False) and (step[0] != 1).any()):
        return None
    new = scaled(old, *step, before=False)
    return None if new is None else written(draft, old, new)


def _with_residual(draft: Redraft, node: Node, terms: list[Term], number: int, place: int) -> Node | None:
    """The layer with the other summand; of two layers the one that is computed later takes the other's value."""
    term = terms[number]
    name, other = term[1 + place], term[2 - place] if len(term) == 3 else None
    layer = draft.nodes[name]
    if term[0] != "add" or not isinstance(other, str) or layer.settings.get("residual", False):
        return None
    if not draft.alike(name, other):
        return None
    rival = draft.nodes.get(other)
    free = rival is not None and _is_free(draft, node, terms, other) and not rival.settings.get("residual", False)
    if free and _is_later(draft, other, name):
        return None
    return replace(layer, inputs=(*layer.inputs, other), settings=dict(layer.settings) | {"residual": True})


def _is_later(draft: Redraft, name: str, than: str) -> bool:
    return name in draft.nodes and list(draft.nodes).index(name) > list(draft.nodes).index(than)


def _put(draft: Redraft, node: Node, terms: list[Term], number: int, layer: Node) -> None:
    if number == len(terms) - 1:
        draft.put(replace(layer, output=node.output))
        draft.take(layer.output)
        return
    draft.put(closed(without(terms, number, layer.output), node.output))
    late = any(_is_later(draft, name, layer.output) for name in layer.inputs)
    draft.put(layer, before=node.output if late else None)
