"""The tensors that a program's constants are: watched until they are written to, replaced or gone."""

from __future__ import annotations

import weakref
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import torch

from kaiyan.engine.codegen.running.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kaiyan.nn.capture.programs import Stamp


class FrozenTensors:
    """Tensors as they were when they became constants, by the numbers of the arguments that they are.

    They are not kept alive: torch keeps what it compiled for a class, models that are gone among it. ``plans`` are what
    was made of them; they go with the first tensor that goes, whichever thread it is in: they are replaced, never
    changed. What torch counts no writes to, tensors of inference mode, is read through each time.
    """

    def __init__(self, tensors: Mapping[int, torch.Tensor]) -> None:
        kept = list(tensors.values())
        self.places = list(tensors)
        self.plans: Mapping[tuple[int, ...], Any] = {}
        self._memory = [tensor.untyped_storage() for tensor in kept]  # other numbers shall not lie at its address
        forget = partial(_forget, weakref.ref(self))
        self._gone: list[Any] = []
        self._references = [weakref.ref(tensor, self._gone.append) for tensor in kept]
        self._watched = [weakref.ref(tensor, forget) for tensor in kept]
        counted = not any(tensor.is_inference() for tensor in kept)
        self._version: Callable[[torch.Tensor], Any] = attrgetter("_version") if counted else _version
        self._marks = _marked(kept, self._version)

    def holds(self, arguments: list[Any]) -> bool:
        """Whether what comes is still those tensors, never written to since, as torch counts it."""
        try:
            return _marked([arguments[i] for i in self.places], self._version) == self._marks and not self._gone
        except RuntimeError:  # one is of inference mode, and has no count
            return False

    def moved(self, arguments: list[Any]) -> list[int]:
        """The arguments that are not any more what they were."""
        given = [arguments[i] for i in self.places]
        now, before = (zip(*marks, strict=True) for marks in (_marked(given, _version), self._marks))
        watched = zip(self.places, self._references, now, before, strict=True)
        return [i for i, reference, mark, kept in watched if reference() is None or mark != kept]

    def forget(self) -> None:
        """What was made of them is nobody's any more."""
        self.plans, self._memory = {}, []

    @property
    def is_gone(self) -> bool:
        """Whether one of them is no more."""
        return bool(self._gone)

    @property
    def stamp(self) -> Stamp:
        """What tells these tensors, as they are, from all others."""
        _, versions, addresses = self._marks
        return frozenset(zip(addresses, versions, strict=True))


Marks = tuple[list[int], list[Any], list[int]]
"""Of tensors, their ids, their versions and their addresses."""


def _marked(tensors: list[torch.Tensor], version: Callable[[torch.Tensor], Any]) -> Marks:
    """What says, of tensors that live, which they are, how often they were written to and where they lie."""
    return list(map(id, tensors)), list(map(version, tensors)), list(map(torch.Tensor.data_ptr, tensors))


def _version(tensor: torch.Tensor) -> Any:
    """Torch's count of writes; of a tensor that has none, what changes with each of its numbers."""
    if not tensor.is_inference():
        return tensor._version  # noqa: SLF001
    return fingerprint(tensor.detach().resolve_conj().contiguous().reshape(-1).view(torch.uint8).numpy())


def _forget(owner: weakref.ref[FrozenTensors], _: object) -> None:
    frozen = owner()
    if frozen is not None:
        frozen.forget()
