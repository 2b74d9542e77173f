"""Every native step, one table: an operation on places in memory as native calls; a new one is a row of its family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.program.steps import arranging, convolving, elementwise, gathering, norms, pooling, products

if TYPE_CHECKING:
    from kaiyan.program.steps.step import NativeStep

NATIVE_STEPS: dict[str, NativeStep] = {
    row.operation: row
    for family in (arranging, convolving, elementwise, gathering, norms, pooling, products)
    for row in family.ROWS
}
"""By the operation that each computes; where there is none, the operation's definition is computed."""
