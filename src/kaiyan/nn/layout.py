"""How tensors lie in memory: which of a model's operations would see it, and answers laid out as the model's own."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from kaiyan.nn.structure import mapped

LAYOUTS = {"planes": torch.contiguous_format, "pixels": torch.channels_last}
"""How pictures lie in memory: channel by channel, or channels last."""
Order = tuple[int, ...]
"""A tensor's axes from the widest stride to the narrowest."""
Strides = tuple[int, ...]

_READS = (
    "as_strided", "as_strided_", "set_", "data_ptr", "numpy", "__array__", "storage", "untyped_storage",
    "_typed_storage", "storage_offset", "stride", "is_contiguous", "resize_", "resize_as_", "__dlpack__",
    "__array_interface__", "share_memory_", "to_dlpack",
)  # fmt: skip
"""What a tensor answers by its order in memory, or by the memory itself."""


class OrderWatch(TorchFunctionMode):
    """Notes the first operation of a model that reads the order in which a tensor of two or more axes lies."""

    def __init__(self) -> None:
        super().__init__()
        self.read: str | None = None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        name = getattr(getattr(func, "__self__", None), "__name__", name) if name == "__get__" else name
        if self.read is None and name in _READS and args and isinstance(args[0], Tensor) and args[0].ndim > 1:
            self.read = name
        return func(*args, **(kwargs or {}))


def laid(x: Any, layout: str) -> Any:
    """A picture in a layout; anything else as it is."""
    if not isinstance(x, Tensor) or x.ndim != 4:
        return x
    return x.contiguous(memory_format=LAYOUTS[layout])


def layout_of(inputs: tuple[Any, ...]) -> str:
    """How the pictures among inputs come: "pixels" where one lies channels last and not also channel by channel."""
    for x in inputs:
        if isinstance(x, Tensor) and x.ndim == 4 and not x.is_contiguous():
            return "pixels" if x.is_contiguous(memory_format=torch.channels_last) else "planes"
    return "planes"


def orders(answer: Any) -> list[Order]:
    """The order of each tensor of an answer."""
    kept: list[Order] = []

    def note(tensor: Tensor) -> Tensor:
        strides = tensor.stride() if tensor.layout is torch.strided else tuple(range(tensor.ndim, 0, -1))
        kept.append(tuple(sorted(range(tensor.ndim), key=lambda axis: -strides[axis])))
        return tensor

    mapped(answer, note)
    return kept


def strides(answer: Any) -> list[Strides]:
    """The strides of each tensor of an answer."""
    kept: list[Strides] = []

    def note(tensor: Tensor) -> Tensor:
        kept.append(tensor.stride() if tensor.layout is torch.strided else ())
        return tensor

    mapped(answer, note)
    return kept


def ordered(answer: Any, wanted: list[Order]) -> Any:
    """The answer with each tensor dense in memory, in its order."""
    left = iter(wanted)
    return mapped(answer, lambda tensor: _dense(tensor, next(left, None)))


def _dense(tensor: Tensor, order: Order | None) -> Tensor:
    if order is None or len(order) != tensor.ndim or tensor.layout is not torch.strided:
        return tensor
    wanted, step = [0] * tensor.ndim, 1
    for axis in reversed(order):
        wanted[axis] = step
        step *= max(tensor.shape[axis], 1)
    if tensor.stride() == tuple(wanted):
        return tensor
    return torch.empty_strided(tensor.shape, wanted, dtype=tensor.dtype, device=tensor.device).copy_(tensor)
