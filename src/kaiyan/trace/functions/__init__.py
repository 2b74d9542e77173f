"""One table of what is known of torch's functions: a new one is one row, in the file of its family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.trace.functions.convolutions import CONVOLUTIONS
from kaiyan.trace.functions.elementwise import ELEMENTWISE
from kaiyan.trace.functions.function import Bound, Function
from kaiyan.trace.functions.pools import POOLS
from kaiyan.trace.functions.products import PRODUCTS
from kaiyan.trace.functions.recurrent import RECURRENT
from kaiyan.trace.functions.views import VIEWS

if TYPE_CHECKING:
    from kaiyan.trace.call import Call

__all__ = ["ROWS", "TORCH_FUNCTIONS", "bound"]

ROWS = (*CONVOLUTIONS, *POOLS, *PRODUCTS, *RECURRENT, *ELEMENTWISE, *VIEWS)
TORCH_FUNCTIONS: dict[str, Function] = {row.name: row for row in ROWS}
"""Every function of which something is known, by its bare name."""


def bound(call: Call) -> Bound | None:
    """A call with what is known of its function; None for a module, and for a function that is no row."""
    function = None if call.is_module else TORCH_FUNCTIONS.get(call.kind)
    return None if function is None else Bound(call, function)
