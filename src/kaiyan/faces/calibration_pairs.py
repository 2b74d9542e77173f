"""Photographs in folders as pairs of one person and of two, split by person; the same photograph twice is found."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.faces.gallery_photographs import only_face
from kaiyan.faces.gallery_refusals import GalleryError
from kaiyan.show.error import KaiyanError
from kaiyan.show.shown import Data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from kaiyan.faces.gallery_photographs import Recognises
    from kaiyan.show.sentence import Sentence

    Distances = NDArray[np.float64]

_BLOCK = 512
"""Photographs that are compared with all others at one time."""


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """One described photograph: whose, of which session, where, the SHA-256 of its pixels, its numbers (D,)."""

    person: str
    session: str
    place: str
    digest: str
    numbers: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Skipped(Data):
    """A file that is not used, and why."""

    place: str
    reason: Sentence


@dataclass(frozen=True, slots=True)
class Duplicate(Data):
    """Two photographs of two people, or of one person's two sessions, that look like one; whether the second is left
    out.
    """

    first: str
    second: str
    distance: float
    is_left_out: bool


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Distances of pairs of one person in two sessions, and of pairs of two people."""

    same: Distances
    different: Distances


def read(
    folder: Path, recogniser: Recognises, step: Callable[[int, int], None] | None = None
) -> tuple[tuple[Portrait, ...], tuple[Skipped, ...]]:
    """Every photograph of person/session/photo or person/photo with one face on it, and what is skipped.

    A photograph that lies in no session is a session of its own. ``step`` is told how many are done, of how many.
    """
    places = [*_places(folder)]
    photographs, skipped = [], []
    for done, (person, session, path) in enumerate(places):
        if step is not None:
            step(done, len(places))
        try:
            face = only_face(recogniser, path)
        except KaiyanError as error:
            skipped.append(Skipped(str(path), error.sentence))
        else:
            photographs.append(Portrait(person, session, str(path), face.digest, face.numbers))
    return tuple(photographs), tuple(skipped)


def _places(folder: Path) -> Iterator[tuple[str, str, Path]]:
    try:
        for person in _inside(folder):
            for inner in _inside(person) if person.is_dir() else ():
                files = _inside(inner) if inner.is_dir() else [inner]
                yield from ((person.name, inner.name, file) for file in files if file.is_file())
    except OSError as error:
        raise GalleryError(
            "calibration-no-folder", "{folder} cannot be read as a folder: {reason}",
            "a folder of people, each a folder of sessions with photographs",
            folder=str(error.filename or folder), reason=error.strerror or str(error),
        ) from None  # fmt: skip


def _inside(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def duplicates(photographs: Sequence[Portrait], near: float) -> tuple[Duplicate, ...]:
    """Pairs across people or sessions with the same pixels, or no farther apart than ``near``.

    The second is left out where both are one person's, or where the pixels are the same; two people who only look
    alike are told and stay, for they are what a threshold has to bear.
    """
    found = []
    for i, j, distance in _near_pairs(photographs, near):
        first, second = photographs[i], photographs[j]
        if (first.person, first.session) != (second.person, second.session):
            is_same = first.digest == second.digest or first.person == second.person
            found.append(Duplicate(first.place, second.place, distance, is_same))
    return tuple(found)


def _near_pairs(photographs: Sequence[Portrait], near: float) -> Iterator[tuple[int, int, float]]:
    vectors = _vectors(photographs)
    for start in range(0, len(vectors), _BLOCK):
        apart = between(vectors[start : start + _BLOCK], vectors)
        rows, columns = np.nonzero(apart <= max(near, _ROUNDING))
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True):
            if start + i < j:
                yield start + i, j, float(apart[i, j])


_ROUNDING = 1e-6
"""What equal descriptions may seem to be apart."""


def halves(photographs: Sequence[Portrait]) -> tuple[tuple[Portrait, ...], tuple[Portrait, ...]]:
    """Two sets without a person in common: every other person in the order of the SHA-256 of their names."""
    people = sorted({one.person for one in photographs}, key=lambda name: sha256(os.fsencode(name)).digest())
    first = {*people[::2]}
    return (
        tuple(one for one in photographs if one.person in first),
        tuple(one for one in photographs if one.person not in first),
    )


def pairs(photographs: Sequence[Portrait]) -> Pairs:
    """Every pair once: of one person where the sessions differ, and of two people."""
    vectors = _vectors(photographs)
    people = np.array([one.person for one in photographs])
    sessions = np.array([one.session for one in photographs])
    same, different = [np.empty(0)], [np.empty(0)]
    for i in range(len(photographs) - 1):
        apart = between(vectors[i : i + 1], vectors[i + 1 :])[0]
        is_same = people[i + 1 :] == people[i]
        same.append(apart[is_same & (sessions[i + 1 :] != sessions[i])])
        different.append(apart[~is_same])
    return Pairs(np.concatenate(same), np.concatenate(different))


def between(some: Distances, others: Distances) -> Distances:
    """Euclidean distances (N, M) of descriptions (N, D) and (M, D)."""
    squares = (some**2).sum(1)[:, None] + (others**2).sum(1) - 2 * some @ others.T
    apart: Distances = np.sqrt(np.maximum(squares, 0))
    return apart


def _vectors(photographs: Sequence[Portrait]) -> Distances:
    return np.array([one.numbers for one in photographs], np.float64).reshape(len(photographs), -1)
