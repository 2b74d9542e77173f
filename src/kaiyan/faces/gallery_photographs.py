"""From a photograph to the one face on it, described: what a gallery asks of a network that recognises faces."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

from kaiyan.faces.gallery_refusals import GalleryError
from kaiyan.pictures.picture import picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Vectors = NDArray[np.float32]

Box = tuple[int, int, int, int]
"""Top, left, bottom, right, in pixels."""


class FoundFace(Protocol):
    """A face on a photograph."""

    @property
    def box(self) -> Box:
        """Where it is."""
        ...


class Recognises(Protocol):
    """A network that finds faces and describes them, so that near numbers mean one person."""

    @property
    def name(self) -> str:
        """The word that asks for it."""
        ...

    @property
    def fingerprint(self) -> str:
        """Differs where its numbers do."""
        ...

    @property
    def distance(self) -> float:
        """The published threshold: two descriptions no farther apart are taken for one person."""
        ...

    def find(self, pixels: Pixels, /) -> Sequence[Any]:
        """The faces, each a ``FoundFace``, on pixels (H, W, 3)."""
        ...

    def chips(self, pixels: Pixels, faces: Sequence[Any], /) -> Pixels:
        """The faces upright and of one size (N, S, S, 3)."""
        ...

    def describe(self, chips: Pixels, /) -> Vectors:
        """Their descriptions (N, D)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """The face of one photograph: its name for eyes, the SHA-256 of its pixels, the box and the description (D,)."""

    photograph: str
    digest: str
    box: Box
    numbers: Vectors


def named(network: str | Recognises) -> Recognises:
    """The recogniser of a name, such as "dlib"; one that is given is given back."""
    if not isinstance(network, str):
        return network
    from kaiyan.faces.recogniser import recogniser

    known: Recognises = recogniser(network)
    return known


def described(recogniser: Recognises, photograph: Any) -> tuple[Described, ...]:
    """Every face of a photograph, as ``kaiyan.see`` takes pictures: path, array or Pillow image.

    Raises ``PictureError`` where there is no picture to be had.
    """
    pixels = colours(photograph)
    digest, name = digest_of(pixels), label(photograph)
    faces = tuple(recogniser.find(pixels))
    if not faces:
        return ()
    numbers = recogniser.describe(recogniser.chips(pixels, faces))
    return tuple(Described(name, digest, box_of(face), row) for face, row in zip(faces, numbers, strict=True))


def only_face(recogniser: Recognises, photograph: Any) -> Described:
    """The face of a photograph of one person; raises ``GalleryError`` where it shows none or several."""
    faces = described(recogniser, photograph)
    if len(faces) == 1:
        return faces[0]
    if not faces:
        raise no_face(label(photograph))
    raise GalleryError(
        "gallery-several-faces", "{photograph} shows {count} faces, at {boxes}, where one is needed",
        "cut out the one who is meant",
        photograph=label(photograph), count=len(faces), boxes=", ".join(str(face.box) for face in faces),
    )  # fmt: skip


def no_face(photograph: str) -> GalleryError:
    """The refusal of a photograph, by its name, on which there is none."""
    return GalleryError(
        "gallery-no-face", "no face is found on {photograph}",
        "a photograph on which the face is larger, upright and seen from the front",
        photograph=photograph,
    )  # fmt: skip


def colours(photograph: Any) -> Pixels:
    """The pixels (H, W, 3) of a photograph, from 0 to 255."""
    pixels: Pixels = picture(photograph).rgb
    return pixels


def digest_of(pixels: Pixels) -> str:
    """SHA-256 of the size and the pixels: the same photograph has the same in whatever file."""
    return sha256(str(pixels.shape).encode() + pixels.tobytes()).hexdigest()


def label(photograph: Any) -> str:
    """What a photograph is called in a sentence: its path, or what it is."""
    is_path = isinstance(photograph, (str, os.PathLike))
    return os.fspath(photograph) if is_path else f"the {type(photograph).__name__}"


def box_of(face: FoundFace) -> Box:
    """Where a face is, in plain numbers."""
    top, left, bottom, right = face.box
    return int(top), int(left), int(bottom), int(right)
