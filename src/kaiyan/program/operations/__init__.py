"""Every operation of a graph, one table: what it gives, and its definition; a new one is a row of its family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.program.operations import arranging, convolving, elementwise, foreign, gathering, norms, pooling, products

if TYPE_CHECKING:
    from kaiyan.program.operations.operation import Operation

OPERATIONS: dict[str, Operation] = {
    row.name: row
    for family in (convolving, products, pooling, elementwise, gathering, norms, arranging, foreign)
    for row in family.ROWS
}
"""By the name that a node calls it."""
