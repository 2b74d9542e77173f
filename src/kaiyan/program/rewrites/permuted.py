"""Maps behind a permute of a linear layer's value, put before the permute, where the layer can take them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kaiyan.program.graph import Node
from kaiyan.program.rewrites.joining import fills
from kaiyan.program.rewrites.terms import closed, opened, renumbered

if TYPE_CHECKING:
    from kaiyan.program.rewrites.draft import Redraft


def maps_before_permutes(draft: Redraft) -> None:
    """ConvNeXt's scale and sum behind its last linear layer: the other summand is permuted instead, which is a view."""
    for node in draft.listed("map"):
        name = next((name for name in node.inputs if _may_wait(draft, node, name)), None)
        if name is not None:
            _swap(draft, node, draft.nodes[name])


def _may_wait(draft: Redraft, node: Node, name: str) -> bool:
    """Whether an input is such a permute, read here once and alone, and all others can be turned back."""
    turned = draft.nodes.get(name)
    if turned is None or turned.operation != "permute" or draft.only_reader(name) is not node:
        return False
    layer = draft.nodes.get(turned.inputs[0])
    if layer is None or layer.operation != "linear" or layer.settings.get("activation") is not None:
        return False
    once = sum(operand == name for term in opened(node) for operand in term[1:]) == 1
    return (
        once
        and draft.only_reader(layer.output) is turned
        and fills(draft, node)
        and draft.alike(name, node.output)
        and all(other in draft.constants or draft.alike(other, name) for other in node.inputs)
    )


def _swap(draft: Redraft, node: Node, turned: Node) -> None:
    axes = turned.settings["axes"]
    back = tuple(int(axis) for axis in np.argsort(axes))
    names = {turned.output: turned.inputs[0]}
    for other in node.inputs:
        if other in draft.constants:
            array = draft.constants[other]
            wide = array.reshape((1,) * (len(axes) - array.ndim) + array.shape)
            names[other] = draft.keep(f"{other}.turned", wide.transpose(back))
        elif other != turned.output:
            names[other] = draft.fresh(f"{other}.turned")
            draft.put(Node("permute", (other,), names[other], {"axes": back}), before=node.output)
    before = draft.fresh(f"{node.output}.turned")
    draft.put(closed([renumbered(term, names) for term in opened(node)], before), before=node.output)
    draft.put(Node("permute", (before,), node.output, {"axes": axes}))
    draft.take(turned.output)
