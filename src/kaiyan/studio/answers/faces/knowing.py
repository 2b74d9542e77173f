"""The user's own gallery, as the page reads and changes it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.faces import Gallery
from kaiyan.show.error import KaiyanError
from kaiyan.studio.answers.faces.recognising import OneOfSeveral, RememberingRecogniser, chosen
from kaiyan.studio.desk import words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kaiyan.faces.gallery_answers import Recognition

    Pixels = NDArray[np.uint8]


def recognised(known: RememberingRecogniser, pixels: Pixels) -> dict[str, Any]:
    """Who is on a photograph, face by face, and how near is near."""
    found = Gallery(network=known).who(pixels)
    return {
        "faces": [_told(face) for face in found.faces],
        "people": found.people,
        "accepted": found.limits.accepted,
        "doubted": found.limits.doubted,
        "notes": [words(note) for note in found.notes],
    }


def _told(face: Recognition) -> dict[str, Any]:
    return {
        "answer": face.answer, "name": face.name, "reason": words(face.reason),
        "nearest": face.nearest, "distance": face.distance,
        "runner_up": face.runner_up, "runner_up_distance": face.runner_up_distance,
    }  # fmt: skip


def added(known: RememberingRecogniser, pixels: Pixels, facts: dict[str, Any]) -> dict[str, Any]:
    """Adds the face of a number to a person, as ``Gallery.add`` does, with the note of consent."""
    faces = known.find(pixels)
    face = chosen(faces, facts.get("face"))
    network: RememberingRecogniser | OneOfSeveral = known
    if len(faces) > 1:
        network, pixels = OneOfSeveral(known, face, known.chips(pixels, [face])[0]), _around(pixels, face.box)
    done = Gallery(network=network).add(text(facts, "name"), pixels, consent=text(facts, "consent"))
    return {"name": done.name, "new": done.new, "notes": [words(note) for note in done.notes]}


def _around(pixels: Pixels, box: tuple[int, int, int, int]) -> Pixels:
    """The part of a photograph that is one face's: it is known by this when it is added again."""
    top, left, bottom, right = (max(0, edge) for edge in box)
    return np.ascontiguousarray(pixels[top : bottom + 1, left : right + 1])


def text(facts: dict[str, Any], name: str) -> str:
    """A text of a question's facts, empty where there is none."""
    value = facts.get(name)
    return value if isinstance(value, str) else ""


def people() -> dict[str, Any]:
    """Everybody who is kept, and where."""
    found = Gallery().people()
    told = [
        {"name": one.name, "photographs": one.photographs, "consent": one.consent, "time": one.time}
        for one in found.people
    ]
    return {"path": found.path, "people": told}


def descriptions(known: RememberingRecogniser, name: str) -> NDArray[np.float32]:
    """What is kept of a person, (N, 128); raises ``KaiyanError`` where there is nobody of this name."""
    rows = Gallery(network=known).described(name)
    if not len(rows):
        raise KaiyanError("face-person-gone", "{name!r} is not kept any more", name=name)
    return rows.astype("<f4")


def removed(name: str) -> dict[str, Any]:
    """Removes a person for good."""
    done = Gallery().remove(name)
    return {"name": done.name, "photographs": done.photographs, "notes": [words(note) for note in done.notes]}


def exported() -> tuple[dict[str, Any], bytes]:
    """The gallery as JSON, to be saved by the browser."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "faces.json"
        done = Gallery().export(path)
        return {"people": done.people, "notes": [words(note) for note in done.notes]}, path.read_bytes()
