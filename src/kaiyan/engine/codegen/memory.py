"""Where arrays keep their elements: the little that kernels have to know of each library, which is not imported."""

from __future__ import annotations

from dataclasses import dataclass
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

    ``turned`` gives its axes another order, ``numbers`` looks at it through NumPy; neither copies.
    """

    address: Callable[[Any], int]
    strides: Callable[[Any], tuple[int, ...]]
    empty: Callable[[Any, Shape], Any]
    turned: Callable[[Any, tuple[int, ...]], Any]
    numbers: Callable[[Any], Numbers]


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


MEMORY: dict[str, Memory] = {
    "numpy": Memory(
        address=lambda array: array.__array_interface__["data"][0],
        strides=lambda array: tuple(step // array.itemsize for step in array.strides),
        empty=lambda like, shape: aligned(shape, like.dtype),
        turned=lambda array, order: array.transpose(order),
        numbers=np.asarray,
    ),
    "torch": Memory(
        address=lambda tensor: tensor.data_ptr(),
        strides=lambda tensor: tensor.stride(),
        empty=lambda like, shape: like.new_empty(shape),
        turned=lambda tensor, order: tensor.permute(order),
        numbers=lambda tensor: tensor.detach().resolve_neg().numpy(),
    ),
}
"""By the name of the library."""
