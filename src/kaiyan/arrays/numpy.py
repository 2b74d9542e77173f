"""NumPy's row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.arrays.kind import Kind, is_dense, layout_of
from kaiyan.arrays.memory import aligned
from kaiyan.reference.dtype import name_of

if TYPE_CHECKING:
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape


def _steps(array: Numbers) -> tuple[int, ...]:
    return tuple(step // array.itemsize for step in array.strides)


def _layout(shape: Shape, strides: tuple[int, ...], dtype: Any) -> str:
    if not dtype.isnative or any(step % dtype.itemsize for step in strides):
        return "unaligned"
    return layout_of(shape, tuple(step // dtype.itemsize for step in strides))


ROW = Kind(
    name="numpy",
    dtype_name=name_of,
    dtype=np.dtype,
    strides=lambda array: array.strides,
    steps=_steps,
    layout=_layout,
    dense=lambda array: array.flags.writeable and is_dense(array.shape, _steps(array)),
    overlap=np.may_share_memory,
    address=lambda array: array.__array_interface__["data"][0],
    empty=lambda _, shape, dtype: aligned(shape, dtype),
    made=lambda array: array,
    numbers=np.asarray,
    bits=np.asarray,
    fill=lambda array, numbers: np.copyto(array, numbers, casting="unsafe"),
    turned=lambda array, order: array.transpose(order),
    flipped=np.flip,
    identity=lambda n, like: np.eye(n, dtype=like.dtype),
)
