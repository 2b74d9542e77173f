"""The stages of a network that describes faces: what every one makes of a face, and how much of it a number sees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Data
from kaiyan.trace.fields import receptive_fields
from kaiyan.trace.record import record
from kaiyan.trace.watch import watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from kaiyan.faces.gallery_photographs import Pixels, Recognises, Vectors
    from kaiyan.trace.watch import Visit


@dataclass(frozen=True, slots=True, eq=False)
class PassageStage(Data):
    """Maps (C, H, W) of one size, as the last of the ``layers`` that make this size leaves them.

    ``convolutions`` are those passed from the beginning, ``field`` the rows of the face that one number sees, None
    where they are not known.
    """

    JSON = ("layers", "shape", "convolutions", "field", "alive", "share")

    layers: tuple[str, ...]
    maps: NDArray[Any]
    convolutions: int
    field: int | None

    @property
    def shape(self) -> tuple[int, ...]:
        """Maps, rows, columns."""
        return self.maps.shape

    @property
    def alive(self) -> int:
        """Maps that are above 0 somewhere: the others tell the next layer nothing of this face."""
        return int((self.maps > 0).any((1, 2)).sum())

    @property
    def share(self) -> float:
        """The part of all numbers in the maps that are above 0."""
        return float((self.maps > 0).mean())

    def extent(self, side: int) -> Sentence:
        """What a number sees of a face of ``side`` rows, in words."""
        if self.field is None:
            return sentence("face-sees-unknown", "not known")
        for share, words in _EXTENTS:
            if self.field <= share * side:
                return words
        return sentence("face-sees-all", "the whole face")


_EXTENTS = (
    (0.1, sentence("face-sees-edge", "a piece of an edge")),
    (0.5, sentence("face-sees-part", "an eye, a mouth")),
    (0.99, sentence("face-sees-most", "most of the face")),
)
"""The share of a face and what is about so large in it: with dlib's chips the eyes' outer corners are half a side
apart."""


def passed(recogniser: Recognises, chip: Pixels) -> tuple[tuple[PassageStage, ...], Vectors]:
    """The stages that a face (1, S, S, 3) passes, and its description (D,).

    Layers that stand one behind the other and give maps of one size are one stage.
    """
    network: nn.Module = recogniser.describer  # type: ignore[attr-defined]
    reader = _Reader({*_units("", network)})
    with watch(network, after=reader.read):
        numbers = recogniser.describe(chip)[0]
    return tuple(reader.stages(network)), numbers


def _units(path: str, module: nn.Module) -> Iterator[str]:
    """Paths of what the network consists of: the modules that it names, lists of them opened."""
    for name, child in module.named_children():
        inner = f"{path}.{name}" if path else name
        if isinstance(child, (nn.Sequential, nn.ModuleList)):
            yield from _units(inner, child)
        else:
            yield inner


class _Reader:
    """Reads the maps of each unit while the network runs."""

    def __init__(self, units: set[str]) -> None:
        self._units = units
        self._convolutions = 0
        self._input: tuple[int, ...] = ()
        self._made: list[tuple[str, NDArray[Any], int]] = []

    def read(self, visit: Visit) -> None:
        """Told when the call of a module ends."""
        self._convolutions += isinstance(visit.module, nn.Conv2d)
        if not visit.path:
            self._input = tuple(visit.args[0].shape)
        if visit.path in self._units and getattr(visit.output, "ndim", 0) == 4:
            self._made.append((visit.path, visit.output[0].numpy().copy(), self._convolutions))

    def stages(self, network: nn.Module) -> Iterator[PassageStage]:
        """What was read, units of one size together."""
        fields = _fields(network, self._input) if self._made else {}
        for _, group in groupby(self._made, key=lambda made: made[1].shape):
            units = tuple(group)
            path, maps, convolutions = units[-1]
            yield PassageStage(tuple(unit for unit, *_ in units), maps, convolutions, fields.get(path))


@lru_cache(maxsize=2)
def _fields(network: nn.Module, shape: tuple[int, ...]) -> dict[str, int]:
    """Rows of the input that an element of each module's output sees: the same for every face."""
    found = record(network, torch.zeros(shape))
    seen = receptive_fields(found)
    sizes = {call.path: seen[call.number].sizes for call in found.calls if call.is_module and call.number in seen}
    return {path: size[0] for path, size in sizes.items() if size}
