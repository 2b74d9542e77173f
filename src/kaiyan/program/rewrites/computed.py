"""What is made of constants alone is a constant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kaiyan.program.operations import OPERATIONS
from kaiyan.program.rewrites.kinds import is_closed

if TYPE_CHECKING:
    from kaiyan.program.rewrites.draft import Redraft

_SMALL = 4096
"""Bytes that a constant may always have; a larger one may be twice as large as what it is made of."""


def computed_constants(draft: Redraft) -> None:
    """Computes nodes that read constants alone, by their definition, where it does not take much more memory."""
    for node in draft.listed():
        arrays = [draft.constants[name] for name in node.inputs if name in draft.constants]
        if not arrays or len(arrays) != len(node.inputs) or node.operation == "foreign" or not is_closed(node):
            continue
        kind = draft.kinds[node.output]
        assert kind is not None
        size = int(np.prod(kind.shape)) * np.dtype(kind.dtype).itemsize
        if size <= max(_SMALL, 2 * sum(array.nbytes for array in arrays)):
            with np.errstate(all="ignore"):
                array = OPERATIONS[node.operation].compute(node, arrays)
            draft.rename(node.output, draft.keep(f"{node.output}.computed", array))
