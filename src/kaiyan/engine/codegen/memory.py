"""Where arrays keep their elements: the little that kernels have to know of each library, which is not imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

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


MEMORY: dict[str, Memory] = {
    "numpy": Memory(
        address=lambda array: array.__array_interface__["data"][0],
        strides=lambda array: tuple(step // array.itemsize for step in array.strides),
        empty=lambda like, shape: np.empty(shape, like.dtype),
        turned=lambda array, order: array.transpose(order),
        numbers=np.asarray,
    ),
    "torch": Memory(
        address=lambda tensor: tensor.data_ptr(),
        strides=lambda tensor: tensor.stride(),
        empty=lambda like, shape: like.new_empty(shape),
        turned=lambda tensor, order: tensor.permute(order),
        numbers=lambda tensor: tensor.detach().numpy(),
    ),
}
"""By the name of the library."""
