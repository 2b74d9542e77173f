"""A routine on the flipped weight: turned round once for each weight, so that what is packed of it is packed once."""

from __future__ import annotations

import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.engine.generated import unusable

if TYPE_CHECKING:
    from kaiyan.arrays.kind import Kind
    from kaiyan.engine.algorithm import Routine
    from kaiyan.reference.dtype import Numbers


class Flipped:
    """(x, weight, bias) to the convolution in the mathematician's sense; a weight that changed is turned again.

    Where torch follows the weight, or it is not in this memory, it is turned at each call: the turning is followed too.
    """

    def __init__(self, kind: Kind, routine: Routine, *, traced: bool) -> None:
        self._kind, self._routine, self._traced = kind, routine, traced
        self._kept: dict[int, tuple[Any, Any, Any]] = {}

    def __call__(self, x: Any, weight: Any, bias: Any) -> Any:
        return self._routine(x, self._turned(weight), bias)

    def _turned(self, weight: Any) -> Any:
        if self._traced or str(weight.device) != "cpu" or unusable() is not None:
            return self._flipped(weight)
        from kaiyan.engine.codegen.running.fingerprint import fingerprint

        mark = fingerprint(_dense(self._kind.bits(weight)))
        kept = self._kept.get(id(weight))
        if kept is not None and kept[1] == mark:
            return kept[2]
        turned = self._flipped(weight)
        alive = weakref.ref(weight, partial(_forget, weakref.ref(self), id(weight)))
        self._kept[id(weight)] = alive, mark, turned
        return turned

    def _flipped(self, weight: Any) -> Any:
        turned = self._kind.flipped(weight, tuple(range(2, weight.ndim)))
        return turned.copy() if isinstance(turned, np.ndarray) else turned


def _dense(numbers: Numbers) -> Numbers:
    return np.ascontiguousarray(numbers)


def _forget(routine: weakref.ref[Flipped], key: int, _: Any) -> None:
    owner = routine()
    if owner is not None:
        owner._kept.pop(key, None)  # noqa: SLF001
