"""Why no face is found: the photograph is looked at again, enlarged and turned, and what is found then is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.faces.gallery_photographs import box_of, colours, label, no_face, only_face
from kaiyan.faces.gallery_refusals import GalleryError
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.faces.gallery_photographs import Described, Pixels, Recognises
    from kaiyan.show.sentence import Sentence

ENLARGED = 4
"""Times as large: a face of 20 pixels then has 80."""
_LARGEST = 1600
"""Rows or columns of an enlarged photograph at the most: it takes a second."""


def why_missed(recogniser: Recognises, pixels: Pixels) -> tuple[Sentence, ...]:
    """What is found on a photograph (H, W, 3) without faces when it is turned, or else when it is enlarged."""
    turn = _turn(recogniser, pixels)
    if turn is not None:
        return (
            sentence(
                "face-turned", "a face is found when the photograph is turned by {degrees}° clockwise", degrees=turn
            ),
        )
    height = _tiny(recogniser, pixels)
    if height is not None:
        return (
            sentence(
                "face-tiny",
                "a face {height} pixels high is found when the photograph is enlarged: it is too small for the network",
                height=height,
            ),
        )
    return (
        sentence(
            "faces-none", "no face is found, not even with the photograph turned by 90°, 180° or 270° or enlarged"
        ),
    )


def face_of(recogniser: Recognises, photograph: Any) -> Described:
    """As ``only_face``; where none is found, the refusal says whether the face is too small, or lies on its side."""
    try:
        return only_face(recogniser, photograph)
    except GalleryError as error:
        if error.code != "gallery-no-face":
            raise
    raise refused(recogniser, photograph)


def refused(recogniser: Recognises, photograph: Any) -> GalleryError:
    """The refusal of a photograph on which no face is found."""
    pixels, name = colours(photograph), label(photograph)
    turn = _turn(recogniser, pixels)
    if turn is not None:
        return GalleryError(
            "gallery-face-turned",
            "the face on {photograph} is not upright: it is found when the photograph is turned by {degrees}° "
            "clockwise",
            "the photograph turned by {degrees}° clockwise",
            photograph=name, degrees=turn,
        )  # fmt: skip
    height = _tiny(recogniser, pixels)
    if height is None:
        return no_face(name)
    return GalleryError(
        "gallery-face-tiny",
        "the face on {photograph} is {height} pixels high, too small for the network",
        "a photograph on which the face is larger",
        photograph=name, height=height,
    )  # fmt: skip


def _turn(recogniser: Recognises, pixels: Pixels) -> int | None:
    """Degrees clockwise by which the photograph is to be turned so that a face is found best; None: none is found."""
    found = ((90 * turns, recogniser.find(_turned(pixels, turns))) for turns in (1, 2, 3))
    scores = {degrees: float(faces[0].score) for degrees, faces in found if faces}
    return max(scores, key=lambda degrees: scores[degrees]) if scores else None


def _turned(pixels: Pixels, quarters: int) -> Pixels:
    return np.ascontiguousarray(np.rot90(pixels, -quarters))


def _tiny(recogniser: Recognises, pixels: Pixels) -> int | None:
    """Pixels from top to bottom of the surest face that is found on the enlarged photograph; None where none is."""
    from PIL import Image

    times: int = min(ENLARGED, _LARGEST // max(pixels.shape[:2]))
    if times < 2:
        return None
    image = Image.fromarray(pixels)
    large = image.resize((image.width * times, image.height * times), Image.Resampling.BICUBIC)
    faces = recogniser.find(np.asarray(large))
    if not faces:
        return None
    top, _, bottom, _ = box_of(faces[0])
    return max(1, round((bottom - top + 1) / times))
