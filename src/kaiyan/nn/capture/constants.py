"""The tensors that a program's constants are: watched until they are written to, replaced or gone."""

from __future__ import annotations

import weakref
from functools import partial
from operator import attrgetter, is_
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
        self._references = [weakref.ref(tensor, forget) for tensor in kept]
        counted = not any(tensor.is_inference() for tensor in kept)
        self._version: Callable[[torch.Tensor], int] = attrgetter("_version") if counted else _version
        self._versions = list(map(self._version, kept))
        self._addresses = list(map(torch.Tensor.data_ptr, kept))

    def holds(self, arguments: list[Any]) -> bool:
        """Whether what comes is still those tensors, never written to since, as torch counts it."""
        given = list(map(arguments.__getitem__, self.places))
        return (
            all(map(is_, given, [reference() for reference in self._references]))
            and list(map(self._version, given)) == self._versions
            and list(map(torch.Tensor.data_ptr, given)) == self._addresses
        )

    def moved(self, arguments: list[Any]) -> list[int]:
        """The arguments that are not any more what they were."""
        now = [
            arguments[i] is tensor() and self._version(arguments[i]) == version and arguments[i].data_ptr() == address
            for i, tensor, version, address in zip(
                self.places, self._references, self._versions, self._addresses, strict=True
            )
        ]
        return [i for i, holds in zip(self.places, now, strict=True) if not holds]

    @property
    def is_gone(self) -> bool:
        """Whether one of them is no more."""
        return any(reference() is None for reference in self._references)

    @property
    def stamp(self) -> Stamp:
        """What tells these tensors, as they are, from all others."""
        return frozenset(zip(self._addresses, self._versions, strict=True))


def _version(tensor: torch.Tensor) -> int:
    return 0 if tensor.is_inference() else tensor._version  # noqa: SLF001 (torch's count of writes)


def _forget_plans(owner: weakref.ref[FrozenTensors], _: object) -> None:
    frozen = owner()
    if frozen is not None:
        frozen.plans.clear()
