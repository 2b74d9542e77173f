"""Calls of torch while a text is read: what would give too many tensors is not done, and time has an end."""

from __future__ import annotations

from functools import cache
from inspect import signature
from math import ceil
from typing import TYPE_CHECKING, Any

from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from kaiyan.explain.pasted.run import in_time
from kaiyan.explain.pasted.values import MOST_ENTRIES, too_many_entries

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_TOGETHER = 12
"""Tensors that a function puts into one of all their axes."""
_LOOKS = 16
"""Calls after which the clock is read."""
_SIZES = frozenset({"kernel_size", "stride", "padding", "output_size", "size", "scale_factor", "dilation"})


class Watched(TorchFunctionMode):
    """Sees every call of torch, also those that torch's own layers make, and what Python does to go over a tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """The call, where it is small."""
        self.calls += 1
        if self.calls % _LOOKS == 0:
            in_time()
        counted = _COUNTED.get(getattr(func, "__name__", ""))
        entries = _entries_as_sizes(func, args, kwargs or {})
        if counted is not None:
            entries = max(entries, _count(counted, args, kwargs or {}))
        if entries > MOST_ENTRIES:
            raise too_many_entries()
        return func(*args, **(kwargs or {}))


def _count(counted: Callable[..., int], args: Any, named: dict[str, Any]) -> int:
    """How many tensors a call gives; 0 where torch refuses it, in its own words."""
    try:
        return counted(*args, **named)
    except (TypeError, ValueError, IndexError, ZeroDivisionError, AttributeError, RuntimeError):
        return 0


def _entries_as_sizes(function: Any, args: Any, named: dict[str, Any]) -> int:
    """Rows of a tensor where a size belongs: functions written in Python go over it, unseen from here."""
    if getattr(function, "__module__", "") != functional.__name__:
        return 0
    given = [*zip(_names(function), args, strict=False), *named.items()]
    tensors = [one for name, one in given if name in _SIZES and isinstance(one, Tensor) and one.dim()]
    return max((int(one.shape[0]) for one in tensors), default=0)


@cache
def _names(function: Any) -> tuple[str, ...]:
    return tuple(signature(function).parameters)


def _rows(input: Tensor, dim: int = 0) -> int:
    return int(input.shape[dim])


def _split(tensor: Tensor, size: Any = None, dim: int = 0, **named: Any) -> int:
    size = next((named[name] for name in ("split_size_or_sections", "split_size") if name in named), size)
    return ceil(tensor.shape[dim] / size) if isinstance(size, int) else len(size)


def _chunk(input: Tensor, chunks: int, dim: int = 0) -> int:
    return min(int(input.shape[dim]), chunks)


def _together(*tensors: Any, **_: Any) -> int:
    """Axes of their own for each: more than a few are as good as endless."""
    flat = [one for part in tensors for one in (part if isinstance(part, (list, tuple)) else [part])]
    return sum(isinstance(one, Tensor) for one in flat) * (MOST_ENTRIES // MOST_TOGETHER)


_COUNTED: dict[str, Callable[..., int]] = {
    "unbind": _rows, "split": _split, "split_with_sizes": _split, "chunk": _chunk, "tensor_split": _chunk,
    "meshgrid": _together, "einsum": _together,
}  # fmt: skip
