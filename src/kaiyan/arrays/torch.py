"""torch's row; imported when there is a tensor, so torch is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.autograd import forward_ad

from kaiyan.arrays.kind import Kind, is_dense, layout_of
from kaiyan.arrays.memory import ask_for_large_pages
from kaiyan.reference.dtype import name_of

if TYPE_CHECKING:
    from torch import Tensor

    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape

_PLAIN = (torch.Tensor, torch.nn.Parameter)
_transform = torch._C._functorch.maybe_current_level  # noqa: SLF001 (vmap, grad, jvp and their like)
_jit = torch._C._get_tracing_state  # noqa: SLF001
_modes = torch._C._len_torch_dispatch_stack  # noqa: SLF001


def _dtype_name(dtype: Any) -> str:
    name = str(dtype).removeprefix("torch.")
    return name if name == "bfloat16" else name_of(name)


def _numbers(tensor: Tensor) -> Numbers:
    known = tensor.detach().resolve_neg()
    array: Numbers = (known.float() if known.dtype == torch.bfloat16 else known).numpy()
    return array


def _bits(tensor: Tensor) -> Numbers:
    known = tensor.detach().resolve_neg()
    array: Numbers = (known.view(torch.int16) if known.dtype == torch.bfloat16 else known).numpy()
    return array


def is_followed() -> bool:
    """Whether torch follows what is done to any tensor now, so that a kernel must not hide it.

    It does while it compiles, in a transform of functorch, between the dual numbers of forward-mode derivatives, under
    ``torch.jit.trace``, and under a mode such as ``make_fx`` or a counter of operations.
    """
    return (
        torch.compiler.is_compiling()
        or _transform() is not None
        or forward_ad._current_level >= 0  # noqa: SLF001
        or _jit() is not None
        or _modes() > 0
    )


def _empty(like: Tensor, shape: Shape, dtype: torch.dtype) -> Tensor:
    room = like.new_empty(shape, dtype=dtype)
    if room.is_cpu:
        ask_for_large_pages(room.data_ptr(), room.nbytes)
    return room


def _traced(tensors: tuple[Any, ...]) -> bool:
    """Whether torch has to see what is done: for gradients, transforms, compilation, or a tensor of another class."""
    return _followed(tensors) or _watched(tensors)


def _followed(tensors: tuple[Any, ...]) -> bool:
    for t in tensors:  # a loop: a generator costs a microsecond at every call
        if type(t) not in _PLAIN or t.is_sparse or t.is_conj() or t.is_neg():
            return True
    return is_followed()


def _watched(tensors: tuple[Any, ...]) -> bool:
    return torch.is_grad_enabled() and any(t.requires_grad for t in tensors)


def _sizes(tensor: Tensor) -> Shape:
    """Of a tensor; ``torch.jit.trace`` shows them as tensors."""
    return tensor.shape if _jit() is None else tuple(map(int, tensor.shape))


ROW = Kind(
    name="torch",
    dtype_name=_dtype_name,
    dtype=lambda name: getattr(torch, name),
    strides=lambda tensor: tensor.stride(),
    steps=lambda tensor: tensor.stride(),
    layout=lambda shape, strides, _: layout_of(shape, strides),
    dense=lambda tensor: is_dense(tensor.shape, tensor.stride()),
    overlap=lambda a, b: np.may_share_memory(a.detach().numpy(), b.detach().numpy()),
    address=lambda tensor: tensor.data_ptr(),
    empty=_empty,
    made=torch.from_numpy,
    numbers=_numbers,
    bits=_bits,
    fill=lambda tensor, numbers: tensor.copy_(tensor.new_tensor(numbers)),
    turned=lambda tensor, order: tensor.permute(order),
    flipped=lambda tensor, axes: tensor.flip(axes),
    identity=lambda n, like: like.new_zeros((n, n)).fill_diagonal_(1),
    sizes=_sizes,
    traced=_traced,
    followed=_followed,
    watched=_watched,
)
