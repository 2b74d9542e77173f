"""Memory for arrays, aligned to lines of cache."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape

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
