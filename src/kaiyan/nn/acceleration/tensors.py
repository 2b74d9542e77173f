"""What is known of a tensor without reading its numbers: whether routines may have them, and whether they changed."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from kaiyan.arrays.torch import is_followed

PLAIN_TENSORS = (Tensor, nn.Parameter)
"""Tensors without a behaviour of their own."""


def is_plain(x: Any) -> bool:
    """Whether a routine may read a tensor's numbers: they are in this memory, and torch does not trace it."""
    if type(x) not in PLAIN_TENSORS or not x.is_cpu or x.layout is not _STRIDED:
        return False
    if is_followed():
        return False
    return not (x.requires_grad and torch.is_grad_enabled())


def written(tensor: Tensor) -> tuple[int, int]:
    """What changes when a tensor is written to, or given other numbers while the memory of the old ones is kept."""
    return version(tensor), tensor.data_ptr()


def is_same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether two states are alike: of a weight and a bias, the very ones, and of what else is known of them."""
    return one[0] is other[0] and one[1] is other[1] and one[2:] == other[2:]


def version(tensor: Tensor) -> int:
    """How often it was written to; torch does not count for tensors of inference mode."""
    return -1 if tensor.is_inference() else tensor._version  # noqa: SLF001


def is_channels_last(x: Tensor) -> bool:
    """Whether torch takes a tensor for channels last, also where an axis of one leaves it open.

    Source: is_channels_last_strides_2d and _3d in c10/core/MemoryFormat.h.
    """
    shape, strides = x.shape, x.stride()
    if len(shape) < 4 or not strides[1]:
        return False
    least = 0
    for axis in (1, *range(len(shape) - 1, 1, -1), 0):
        size, stride = shape[axis], strides[axis]
        if not size or stride < least or (axis == 0 and least == strides[1]):
            return False
        least = stride * size
    return True


_STRIDED = torch.strided
