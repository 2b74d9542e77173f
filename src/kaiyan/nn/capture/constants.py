"""The tensors that a program's constants are: watched until they are written to, replaced or gone."""

from __future__ import annotations

import weakref
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kaiyan.nn.capture.programs import Stamp


class FrozenTensors:
    """Tensors as they were when they became constants, by the numbers of the arguments that they are.

    They are not kept alive: torch keeps what it compiled for a class, models that are gone among it. ``plans`` are what
    was made of them; they go with the first tensor that goes.
    """

    def __init__(self, tensors: Mapping[int, torch.Tensor]) -> None:
        kept = list(tensors.values())
        self.places = list(tensors)
        self.plans: dict[tuple[int, ...], Any] = {}
        forget = partial(_forget_plans, weakref.ref(self))
        self._gone: list[Any] = []
        self._references = [weakref.ref(tensor, self._gone.append) for tensor in kept]
        self._watched = [weakref.ref(tensor, forget) for tensor in kept]
        counted = not any(tensor.is_inference() for tensor in kept)
        self._version: Callable[[torch.Tensor], int] = attrgetter("_version") if counted else _version
        self._marks = self._marked(kept)

    def _marked(self, tensors: list[torch.Tensor]) -> tuple[list[int], list[int], list[int]]:
        """What says, of tensors that live, which they are, how often they were written to and where they lie."""
        return list(map(id, tensors)), list(map(self._version, tensors)), list(map(torch.Tensor.data_ptr, tensors))

    def holds(self, arguments: list[Any]) -> bool:
        """Whether what comes is still those tensors, never written to since, as torch counts it."""
        return self._marked(list(map(arguments.__getitem__, self.places))) == self._marks and not self._gone

    def moved(self, arguments: list[Any]) -> list[int]:
        """The arguments that are not any more what they were."""
        given = list(map(arguments.__getitem__, self.places))
        now, before = (zip(*marks, strict=True) for marks in (self._marked(given), self._marks))
        watched = zip(self.places, self._references, now, before, strict=True)
        return [i for i, reference, mark, kept in watched if reference() is None or mark != kept]

    @property
    def is_gone(self) -> bool:
        """Whether one of them is no more."""
        return bool(self._gone)

    @property
    def stamp(self) -> Stamp:
        """What tells these tensors, as they are, from all others."""
        _, versions, addresses = self._marks
        return frozenset(zip(addresses, versions, strict=True))


def _version(tensor: torch.Tensor) -> int:
    return 0 if tensor.is_inference() else tensor._version  # noqa: SLF001 (torch's count of writes)


def _forget_plans(owner: weakref.ref[FrozenTensors], _: object) -> None:
    frozen = owner()
    if frozen is not None:
        frozen.plans.clear()
