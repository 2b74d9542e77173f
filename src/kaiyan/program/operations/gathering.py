"""One number of many: ``reduce`` over ``axes`` by ``kind`` (sum, mean, max, min), the axes kept as 1 where ``keep``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.program.graph import ValueKind
from kaiyan.program.operations.operation import Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.program.graph import Node
    from kaiyan.reference.dtype import Numbers

REDUCTIONS: dict[str, Callable[..., Any]] = {"sum": np.sum, "mean": np.mean, "max": np.max, "min": np.min}
"""By the word of ``kind``."""


def _reduce_kind(node: Node, kinds: Sequence[ValueKind]) -> ValueKind:
    axes, keep = node.settings["axes"], node.settings["keep"]
    shape = tuple(1 if axis in axes else size for axis, size in enumerate(kinds[0].shape) if keep or axis not in axes)
    return ValueKind(shape, kinds[0].dtype)


def _reduce(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    reduce = REDUCTIONS[node.settings["kind"]]
    total = reduce(arrays[0].astype(np.float64), axis=node.settings["axes"], keepdims=node.settings["keep"])
    reduced: Numbers = np.asarray(total).astype(arrays[0].dtype)
    return reduced


ROWS = (Operation("reduce", _reduce_kind, _reduce),)
