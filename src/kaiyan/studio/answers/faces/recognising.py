"""The recogniser of the page: where it found faces it knows for a while; the photograph is not kept."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kaiyan.faces import recogniser
from kaiyan.faces.gallery_photographs import digest_of
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from kaiyan.faces import Face
    from kaiyan.faces.gallery_photographs import Recognises
    from kaiyan.studio.desk import Desk

    Pixels = NDArray[np.uint8]

PHOTOGRAPHS_REMEMBERED = 16


@dataclass(slots=True, eq=False)
class Through:
    """A recogniser that is another one where it does not say otherwise."""

    inner: Recognises

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def fingerprint(self) -> str:
        return self.inner.fingerprint

    @property
    def distance(self) -> float:
        return self.inner.distance

    def chips(self, pixels: Pixels, faces: Sequence[Face]) -> Pixels:
        return self.inner.chips(pixels, faces)

    def describe(self, chips: Pixels) -> NDArray[np.float32]:
        return self.inner.describe(chips)


@dataclass(slots=True, eq=False)
class RememberingRecogniser(Through):
    """A photograph that was searched lately is not searched again."""

    _found: OrderedDict[str, tuple[Face, ...]] = field(default_factory=OrderedDict)

    def find(self, pixels: Pixels) -> tuple[Face, ...]:
        """The faces of a photograph (H, W, 3), the surest first."""
        digest = digest_of(pixels)
        if digest not in self._found:
            self._found[digest] = tuple(self.inner.find(pixels))
            while len(self._found) > PHOTOGRAPHS_REMEMBERED:
                self._found.popitem(last=False)
        return self._found[digest]


@dataclass(slots=True, eq=False)
class OneOfSeveral(Through):
    """Finds the one face which was chosen of several on a photograph."""

    face: Face
    chip: Pixels

    def find(self, _: Pixels) -> tuple[Face]:
        return (self.face,)

    def chips(self, _: Pixels, __: Sequence[Face]) -> Pixels:
        return self.chip[None]


def recognising(desk: Desk) -> RememberingRecogniser:
    """The recogniser that lies on a desk; its weights are read with the first question."""
    if "faces" not in desk.open:
        desk.open["faces"] = RememberingRecogniser(recogniser())
    found: RememberingRecogniser = desk.open["faces"]
    return found


def chosen(faces: Sequence[Face], number: object) -> Face:
    """The face of a number, from 0; raises ``KaiyanError`` where there is none."""
    if type(number) is not int or not 0 <= number < len(faces):
        raise KaiyanError("face-out-of-range", "there is no face {number}: there are {count}, numbered from 0",
                          number=number, count=len(faces))  # fmt: skip
    return faces[number]
