"""One table of what is known of torch's functions: a new one is one row, in the file of its family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.trace.functions.convolutions import CONVOLUTION_ROWS
from kaiyan.trace.functions.elementwise import ELEMENTWISE_ROWS
from kaiyan.trace.functions.function import Bound, TorchFunction
from kaiyan.trace.functions.pools import POOL_ROWS
from kaiyan.trace.functions.products import PRODUCT_ROWS
from kaiyan.trace.functions.recurrent import RECURRENT_ROWS
from kaiyan.trace.functions.views import VIEW_ROWS

if TYPE_CHECKING:
    from kaiyan.trace.call import Call

__all__ = ["TORCH_FUNCTIONS", "bound"]

_ROWS = (*CONVOLUTION_ROWS, *POOL_ROWS, *PRODUCT_ROWS, *RECURRENT_ROWS, *ELEMENTWISE_ROWS, *VIEW_ROWS)
TORCH_FUNCTIONS: dict[str, TorchFunction] = {row.name: row for row in _ROWS}
"""Every function of which something is known, by its bare name."""


def bound(call: Call) -> Bound | None:
    """A call with what is known of its function; None for a module, and for a function that is no row."""
    function = None if call.is_module else TORCH_FUNCTIONS.get(call.kind)
    return None if function is None else Bound(call, function)
