"""Products with a matrix that stays the same are linear layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.program.graph import Node

if TYPE_CHECKING:
    from kaiyan.program.rewrites.draft import Redraft


def linear_products(draft: Redraft) -> None:
    """``matmul`` by a constant matrix becomes ``linear``."""
    for node in draft.listed("matmul"):
        name, matrix = node.inputs
        kind, weight = draft.kinds[name], draft.constants.get(matrix)
        if weight is None or kind is None or weight.ndim != 2 or len(kind.shape) < 2 or kind.dtype != weight.dtype.name:
            continue
        inputs = name, draft.keep(f"{matrix}.turned", weight.T)
        draft.put(Node("linear", inputs, node.output, {"bias": False, "residual": False, "activation": None}))
