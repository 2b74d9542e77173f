"""Results of common functions on meta tensors without torch's own meta kernels, whose first call loads its compiler.

Those kernels are written in Python: the first convolution, ReLU or BatchNorm in a process imports sympy and
torch._dynamo, more than a second of waiting. What is certain is made here, the same tensor; all else is left to torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kaiyan.trace.functions import TORCH_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


def result(func: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Tensor | None:
    """What ``func`` gives for meta tensors; None where that is not certain, or where it may fail."""
    function = TORCH_FUNCTIONS.get(getattr(func, "__name__", "").strip("_"))
    rule = None if function is None else function.meta.get(func)
    if function is None or rule is None:
        return None
    arguments = function.bound(args, named)
    return None if arguments is None else rule(**arguments)
