"""How tensors lie in memory: which of a model's operations would see it, and answers laid out as the model's own."""

from __future__ import annotations

from itertools import pairwise
from sys import _getframe
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from kaiyan.nn.acceleration.tensors import is_channels_last, is_plain
from kaiyan.trace.structure import changed, tensors

if TYPE_CHECKING:
    from types import FrameType

CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}
"""torch's name for "channels_last", in which the channels lie last, by rank; in "channels_first" all is contiguous."""
Strides = tuple[int, ...]


class MemoryOrder(NamedTuple):
    """A tensor's axes from the widest stride to the narrowest, and the stride of the last."""

    axes: tuple[int, ...]
    step: int


_READS = (
    "as_strided", "as_strided_", "set_", "data_ptr", "numpy", "__array__", "storage", "untyped_storage",
    "_typed_storage", "storage_offset", "stride", "is_contiguous", "resize_", "resize_as_", "__dlpack__",
    "__array_interface__", "share_memory_", "to_dlpack",
)  # fmt: skip
"""What a tensor answers by its order in memory, or by the memory itself."""


class OrderWatch(TorchFunctionMode):
    """Notes an operation of a model that reads the order in which a tensor of two or more axes lies.

    The first, or one that reads an address.
    """

    def __init__(self) -> None:
        super().__init__()
        self.read: str | None = None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        name = getattr(getattr(func, "__self__", None), "__name__", name) if name == "__get__" else name
        if name in _READS and args and isinstance(args[0], Tensor) and args[0].ndim > 1 and not _is_ours(_getframe(1)):
            self.read = name if self.read is None or name == "data_ptr" else self.read
        return func(*args, **(kwargs or {}))


def _is_ours(frame: FrameType) -> bool:
    """Whether one of our own layers asks, which computes the same however a tensor lies."""
    name: str = frame.f_globals.get("__name__", "")
    return name.startswith("kaiyan.")


def in_layout(x: Any, layout: str) -> Any:
    """A picture or a volume in a layout; what torch follows stays as it is, and so all else: vmap has no layouts."""
    if not is_plain(x) or x.ndim not in CHANNELS_LAST:
        return x
    return x.contiguous(memory_format=CHANNELS_LAST[x.ndim] if layout == "channels_last" else torch.contiguous_format)


def laid_anew(x: Any, layout: str) -> Any:
    """A copy of a series, a picture or a volume in a layout, which also the strides of axes of one tell."""
    if not is_plain(x) or x.ndim not in (3, *CHANNELS_LAST):
        return x
    rows = x.movedim(1, -1) if layout == "channels_last" else x
    rows = rows.clone(memory_format=torch.contiguous_format)
    return rows.movedim(-1, 1) if layout == "channels_last" else rows


def layout_key(inputs: tuple[Any, ...]) -> tuple[str, bool]:
    """What torch chooses the layout of its answers by: how inputs lie, and whether they are of one sample."""
    layout = layout_of(inputs)
    return layout, layout != "channels_first" and any(
        isinstance(x, Tensor) and x.ndim > 2 and len(x) == 1 for x in inputs
    )


def layout_of(inputs: tuple[Any, ...]) -> str:
    """The layout of the first tensor that is not "channels_first"; "channels_first" where all are.

    A series is convolved by torch as a picture of one row, and is taken as that.
    """
    for x in inputs:
        if isinstance(x, Tensor) and x.layout is torch.strided:
            picture = x.unsqueeze(2) if x.ndim == 3 else x
            if picture.ndim in CHANNELS_LAST and picture.stride(1) == 1 and is_channels_last(picture):
                return "channels_last"
            if not x.is_contiguous():
                return "others"
    return "channels_first"


def orders(answer: Any) -> list[MemoryOrder]:
    """The order of each tensor of an answer."""
    return [_order(tensor) for tensor in tensors(answer)]


def _order(tensor: Tensor) -> MemoryOrder:
    strides = tensor.stride() if tensor.layout is torch.strided else tuple(range(tensor.ndim, 0, -1))
    axes = tuple(sorted(range(tensor.ndim), key=lambda axis: (-strides[axis], tensor.shape[axis] == 1)))
    return MemoryOrder(axes, strides[axes[-1]] if axes else 1)


def strides(answer: Any) -> list[Strides]:
    """The strides of each tensor of an answer."""
    return [tensor.stride() if tensor.layout is torch.strided else () for tensor in tensors(answer)]


def reorder(answer: Any, wanted: list[MemoryOrder], same: dict[int, Tensor]) -> Any:
    """The answer with each tensor dense in memory, in its order; one whose id is in ``same`` is that tensor."""
    left = iter(wanted)

    def change(tensor: Tensor) -> Tensor:
        order = next(left, None)
        return same[id(tensor)] if id(tensor) in same else _dense(tensor, order)

    return changed(answer, change)


def _dense(tensor: Tensor, order: MemoryOrder | None) -> Tensor:
    """A tensor in an order, with the gaps that it has: those of a slice of a larger one."""
    if order is None or len(order.axes) != tensor.ndim or not is_plain(tensor):
        return tensor
    extents, wanted, step = _extents(tensor, order), [0] * tensor.ndim, 1
    for axis in reversed(order.axes):
        apart, extent = extents[axis]
        wanted[axis] = step * apart
        step *= apart * extent
    if tensor.stride() == tuple(wanted):
        return tensor
    return torch.empty_strided(tensor.shape, wanted, dtype=tensor.dtype, device=tensor.device).copy_(tensor)


def _extents(tensor: Tensor, order: MemoryOrder) -> dict[int, tuple[int, int]]:
    """How far apart the elements of each axis lie, and how many the memory has of which the tensor is a part.

    A gap between two axes is of the inner one, unless the outer one is stepped through in the order that is wanted.
    """
    stepped = order.axes[-1] if order.axes and order.step > 1 else None
    axes = [axis for axis in range(tensor.ndim) if tensor.shape[axis] > 1 or axis == stepped]
    axes.sort(key=lambda axis: (tensor.stride(axis), tensor.shape[axis] > 1))
    extents = {axis: (1, max(tensor.shape[axis], 1)) for axis in range(tensor.ndim)}
    for inner, outer in pairwise(axes):
        whole, rest = divmod(tensor.stride(outer), max(tensor.stride(inner), 1))
        if rest or whole < tensor.shape[inner]:
            continue
        apart, _ = extents[inner]
        fits = outer == stepped and not whole % order.step and whole // order.step >= tensor.shape[inner]
        extents[inner] = apart, whole // order.step if fits else whole
        if fits:
            extents[outer] = order.step, extents[outer][1]
    if axes and tensor.stride(axes[0]) > 1:
        extents[axes[0]] = tensor.stride(axes[0]), extents[axes[0]][1]
    return extents
