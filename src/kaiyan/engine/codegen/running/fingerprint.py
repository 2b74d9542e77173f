"""What tells one weight from another: 64 bits that depend on every bit of it, at the speed of reading it."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.engine.codegen.language.compile import load, machine_code_of, text_of
from kaiyan.engine.codegen.language.target import host

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.reference.dtype import Numbers

_STEP = 128
"""Bytes that are read at a time; what is left of them is hashed by Python."""


def fingerprint(array: Numbers) -> tuple[int, int]:
    """Of the elements in their order; type and shape are not in it.

    >>> fingerprint(np.zeros(3)) == fingerprint(np.zeros(3)), fingerprint(np.zeros(3)) == fingerprint(-np.zeros(3))
    (True, False)
    """
    laid = array if array.flags.c_contiguous else np.ascontiguousarray(array)
    rest = laid.nbytes % _STEP
    tail = hash(laid.reshape(-1).view(np.uint8)[laid.nbytes - rest :].tobytes()) if rest else 0
    return _function()(laid.ctypes.data, (laid.nbytes - rest) // 8), tail


@lru_cache(maxsize=1)
def _function() -> Callable[[int, int], int]:
    address = load(machine_code_of(text_of("fingerprint"), host()), "fingerprint")["fingerprint"]
    return ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64)(address)
