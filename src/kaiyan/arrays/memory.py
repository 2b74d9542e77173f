"""Where arrays keep their elements: the little that kernels have to know of each library, which is not imported."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import DTypeLike

    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape


@dataclass(frozen=True, slots=True)
class Memory:
    """``address`` of the first element and ``strides`` in elements; ``empty`` makes an array of a shape like another.

    ``dtype`` is the library's type by NumPy's name. ``turned`` gives axes another order, ``numbers`` looks at an array
    through NumPy: a copy only where NumPy has no such type; ``bits`` never copies. ``fill`` sets all numbers.
    """

    address: Callable[[Any], int]
    strides: Callable[[Any], tuple[int, ...]]
    dtype: Callable[[str], Any]
    empty: Callable[[Any, Shape, Any], Any]
    turned: Callable[[Any, tuple[int, ...]], Any]
    numbers: Callable[[Any], Numbers]
    bits: Callable[[Any], Numbers]
    fill: Callable[[Any, Numbers], object]


LINE = 64
"""Bytes of a line of cache: a vector that lies across two of them is two loads."""
_SMALL = 2**16


def aligned(shape: Shape, dtype: DTypeLike) -> Numbers:
    """An array that is not filled, whose memory begins where a line of cache does; a small one anywhere."""
    kind = np.dtype(dtype)
    size = prod(shape) * kind.itemsize
    if size < _SMALL:
        return np.empty(shape, kind)
    memory = np.empty(size + LINE, np.uint8)
    start = -memory.ctypes.data % LINE
    return memory[start : start + size].view(kind).reshape(shape)


def _torch_dtype(name: str) -> Any:
    return getattr(import_module("torch"), name)


def _torch_numbers(tensor: Any) -> Numbers:
    known = tensor.detach().resolve_neg()
    found: Numbers = (known.float() if _is_brain(known) else known).numpy()
    return found


def _torch_bits(tensor: Any) -> Numbers:
    known = tensor.detach().resolve_neg()
    found: Numbers = (known.view(_torch_dtype("int16")) if _is_brain(known) else known).numpy()
    return found


def _is_brain(tensor: Any) -> bool:
    return tensor.dtype.itemsize == 2 and str(tensor.dtype) == "torch.bfloat16"


MEMORY: dict[str, Memory] = {
    "numpy": Memory(
        address=lambda array: array.__array_interface__["data"][0],
        strides=lambda array: tuple(step // array.itemsize for step in array.strides),
        dtype=np.dtype,
        empty=lambda _, shape, dtype: aligned(shape, dtype),
        turned=lambda array, order: array.transpose(order),
        numbers=np.asarray,
        bits=np.asarray,
        fill=lambda array, numbers: np.copyto(array, numbers, casting="unsafe"),
    ),
    "torch": Memory(
        address=lambda tensor: tensor.data_ptr(),
        strides=lambda tensor: tensor.stride(),
        dtype=_torch_dtype,
        empty=lambda like, shape, dtype: like.new_empty(shape, dtype=dtype),
        turned=lambda tensor, order: tensor.permute(order),
        numbers=_torch_numbers,
        bits=_torch_bits,
        fill=lambda tensor, numbers: tensor.copy_(tensor.new_tensor(numbers)),
    ),
}
"""By the name of the library."""
