"""Every native step, one table: an operation on places in memory as native calls; a new one is a row of its family."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kaiyan.program.steps.step import NativeStep

STEP_FAMILIES = {
    "concatenate": "arranging", "pad": "arranging", "upsample": "arranging",
    "convolution": "convolving", "linear": "convolving",
    "map": "elementwise", "cast": "elementwise",
    "reduce": "gathering",
    "layer_norm": "norms", "group_norm": "norms", "softmax": "norms",
    "pool": "pooling",
    "matmul": "products",
}  # fmt: skip
"""The file of each operation that has a native step; a network loads those of its own operations alone."""


@cache
def native_step(operation: str) -> NativeStep | None:
    """How an operation runs natively; where there is none, its definition is computed."""
    family = STEP_FAMILIES.get(operation)
    if family is None:
        return None
    rows: tuple[NativeStep, ...] = import_module(f"kaiyan.program.steps.{family}").ROWS
    return next(row for row in rows if row.operation == operation)
