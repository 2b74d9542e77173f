"""Memory for arrays, aligned to lines of cache, and in large pages where there is much of it."""

from __future__ import annotations

import ctypes
import mmap
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import DTypeLike

    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape

LINE = 64
"""Bytes of a line of cache: a vector that lies across two of them is two loads."""
_SMALL = 2**16
_LARGE = 4 * 2**20
"""Bytes from which large pages are asked for, as NumPy does for its own arrays."""


def aligned(shape: Shape, dtype: DTypeLike) -> Numbers:
    """An array that is not filled, whose memory begins where a line of cache does; a small one anywhere."""
    kind = np.dtype(dtype)
    size = prod(shape) * kind.itemsize
    if size < _SMALL:
        return np.empty(shape, kind)
    memory = np.empty(size + LINE, np.uint8)
    start = -memory.ctypes.data % LINE
    return memory[start : start + size].view(kind).reshape(shape)


def ask_for_large_pages(address: int, size: int) -> None:
    """Tells the system that so many bytes will all be written; it may refuse, and nothing but time depends on it.

    The system clears a page when it is first touched: 38 MB of pages of 4 KB took 21 ms, of 2 MB 4 ms.
    """
    advise = _advise()
    if size < _LARGE or advise is None:
        return
    start = -(-address // mmap.PAGESIZE) * mmap.PAGESIZE
    advise(start, address + size - start, mmap.MADV_HUGEPAGE)


@lru_cache(maxsize=1)
def _advise() -> Callable[..., int] | None:
    """What asks, ``madvise`` of the C library; None where there is none, or it knows no large pages."""
    if not hasattr(mmap, "MADV_HUGEPAGE"):
        return None
    found: Any = ctypes.CDLL(None).madvise
    found.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    return found  # type: ignore[no-any-return]
