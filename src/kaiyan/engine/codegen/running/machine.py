"""What this machine can do, measured once and kept: products a second in registers, bytes a second from memory."""

from __future__ import annotations

import ctypes
import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.engine.codegen.language.compile import address, cache_folder, keep
from kaiyan.engine.codegen.language.ir import Variable
from kaiyan.engine.codegen.language.target import host
from kaiyan.engine.stopwatch import seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.codegen.language.code import Code

_SUMS, _ROUNDS = 12, 20_000
_BYTES = 32 * 2**20
_TWICE = 1.5
"""How much faster half vectors must be to be half of the work; what is measured is 1 or 2."""


@dataclass(frozen=True, slots=True)
class Machine:
    """``frequency`` is in cycles a second, two products of vectors being one cycle; ``bandwidth`` in bytes a second.

    ``halves`` says that a product of half vectors takes half of the time, as on Zen 4.
    """

    frequency: float
    bandwidth: float
    halves: bool


@dataclass(frozen=True, slots=True)
class Products:
    """A routine that only multiplies and adds, in as many registers as it takes to hide the time of one product."""

    is_half: bool = False
    dtype: str = "float32"

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        lanes = code.lanes // 2 if self.is_half else code.lanes
        sums = [Variable(code, code.vector_type(lanes)) for _ in range(_SUMS)]
        factor = code.splat(code.load(code.argument(0)), lanes)
        for place in sums:
            place.put(factor)
        with code.loop(0, _ROUNDS):
            for place in sums:
                place.put(code.fma(place.get(), factor, factor))
        for i, place in enumerate(sums):
            code.put(place.get(), code.argument(0), i * code.lanes)


@lru_cache(maxsize=1)
def machine() -> Machine:
    """This machine, from the cache on disk or measured in about 30 milliseconds."""
    path = cache_folder() / f"machine-{host().name}-{host().cpu or 'generic'}.json"
    try:
        return Machine(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        frequency = _frequency(Products())
        halves = _frequency(Products(is_half=True)) > _TWICE * frequency
        measured = Machine(frequency, _bandwidth(), halves)
        keep(path, json.dumps(asdict(measured)).encode())
        return measured


def _frequency(products: Products) -> float:
    memory = np.zeros(64 * _SUMS, np.float32)
    arguments = (ctypes.c_int64 * 1)(memory.ctypes.data)
    function = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(address(products))
    return _SUMS * _ROUNDS / 2 / _shortest(lambda: function(ctypes.addressof(arguments), 0))


def _bandwidth() -> float:
    source, target = np.ones(_BYTES, np.uint8), np.zeros(_BYTES, np.uint8)
    return 2 * _BYTES / _shortest(lambda: np.copyto(target, source), 5)


def _shortest(call: Callable[[], object], times: int = 9) -> float:
    return min(seconds_of(call) for _ in range(times))
