"""What stands in a gallery's file, read and written in SQL: people, consents, descriptions, a calibration."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from kaiyan.faces.gallery_refusals import GalleryError, damaged

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose descriptions a gallery holds."""

    name: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One description as it is stored; ``picture`` is the SHA-256 of the photograph's pixels, ``time`` is UTC."""

    name: str
    numbers: Vectors
    picture: str
    time: str


def now() -> str:
    """The time in UTC, to the second, as ISO 8601 writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def mark(file: sqlite3.Connection) -> str:
    """Differs after every change of the gallery."""
    found: str = file.execute("SELECT mark FROM state").fetchone()[0]
    return found


def network(file: sqlite3.Connection) -> Origin | None:
    """Whose descriptions these are; None while there are none."""
    if not file.execute("SELECT EXISTS (SELECT 1 FROM description)").fetchone()[0]:
        return None
    return Origin(*file.execute("SELECT network, fingerprint FROM state").fetchone())


def check_network(path: Path, file: sqlite3.Connection, ours: Origin) -> None:
    """Raises ``GalleryError`` where the descriptions are another network's: their numbers mean nothing to ours."""
    found = network(file)
    if found is None or found.fingerprint == ours.fingerprint:
        return
    raise GalleryError(
        "gallery-other-network",
        "the gallery {path} holds descriptions by {found} ({its:.12}); {ours} ({own:.12}) cannot be compared with them",
        "open it with the network that described its people: network={found!r}, or --network {found}",
        "give {ours} a gallery of its own: Gallery(path, network={ours!r}), or --gallery",
        path=str(path), found=found.name, its=found.fingerprint, ours=ours.name, own=ours.fingerprint,
    )  # fmt: skip


def set_network(file: sqlite3.Connection, ours: Origin) -> None:
    """The first description decides whose the gallery is."""
    file.execute("UPDATE state SET network = ?, fingerprint = ?", (ours.name, ours.fingerprint))


def person(file: sqlite3.Connection, name: str) -> int | None:
    """The person's number, or None."""
    row = file.execute("SELECT id FROM person WHERE name = ?", (name,)).fetchone()
    return None if row is None else int(row[0])


def add_person(file: sqlite3.Connection, name: str) -> int:
    """A new person's number."""
    number = file.execute("INSERT INTO person (name) VALUES (?)", (name,)).lastrowid
    assert number is not None
    return number


def add_consent(file: sqlite3.Connection, number: int, note: str, time: str) -> None:
    """A note of consent beside those that were there."""
    file.execute("INSERT INTO consent (person, note, time) VALUES (?, ?, ?)", (number, note, time))


def add_description(file: sqlite3.Connection, number: int, numbers: Vectors, picture: str, time: str) -> None:
    """One description (D,) with its checksum, so that a bit that falls is noticed."""
    blob = np.ascontiguousarray(numbers, "<f4").tobytes()
    file.execute(
        "INSERT INTO description (person, numbers, checksum, picture, time) VALUES (?, ?, ?, ?, ?)",
        (number, blob, crc32(blob), picture, time),
    )


def owner(file: sqlite3.Connection, picture: str) -> str | None:
    """Whose photograph this is already, or None."""
    row = file.execute(
        "SELECT name FROM description JOIN person ON person.id = description.person WHERE picture = ?", (picture,)
    ).fetchone()
    return None if row is None else str(row[0])


def people(file: sqlite3.Connection) -> Iterator[tuple[str, int, str, str]]:
    """Name, number of photographs, latest note of consent and its time, by name."""
    yield from file.execute(
        """SELECT name, (SELECT count(*) FROM description WHERE person = person.id), note, time
           FROM person JOIN consent ON consent.id = (SELECT max(id) FROM consent WHERE person = person.id)
           ORDER BY name"""
    )


def consents(file: sqlite3.Connection) -> dict[str, list[dict[str, str]]]:
    """Every note of consent by the name of the person, from the first to the last."""
    found: dict[str, list[dict[str, str]]] = {}
    rows = "SELECT name, note, time FROM consent JOIN person ON person.id = consent.person ORDER BY name, consent.id"
    for name, note, time in file.execute(rows):
        found.setdefault(name, []).append({"note": note, "time": time})
    return found


def entries(path: Path, file: sqlite3.Connection) -> tuple[Entry, ...]:
    """Every description, by the name of the person; raises ``GalleryError`` where one is not as it was written."""
    rows = file.execute(
        """SELECT name, numbers, checksum, picture, time FROM description JOIN person ON person.id = description.person
           ORDER BY name, description.id"""
    )
    return tuple(
        Entry(name, sound(path, name, blob, checksum), picture, time) for name, blob, checksum, picture, time in rows
    )


def length(file: sqlite3.Connection) -> int | None:
    """How many numbers a description has, None while there are none."""
    row = file.execute("SELECT length(numbers) / 4 FROM description LIMIT 1").fetchone()
    return None if row is None else int(row[0])


def sound(path: Path, name: str, blob: object, checksum: int) -> Vectors:
    """The numbers of a blob; raises ``GalleryError`` where they are not those that were written."""
    if not isinstance(blob, bytes) or crc32(blob) != checksum or len(blob) % 4:
        raise damaged(path, f"a description of {name} is not as it was written")
    return np.frombuffer(blob, "<f4")


def calibration(file: sqlite3.Connection, fingerprint: str) -> dict[str, Any] | None:
    """The facts of the calibration of this network, or None."""
    row = file.execute("SELECT facts FROM calibration WHERE fingerprint = ?", (fingerprint,)).fetchone()
    return None if row is None else json.loads(row[0])


def set_calibration(file: sqlite3.Connection, fingerprint: str, facts: dict[str, Any]) -> None:
    """In place of the one that was there."""
    text = json.dumps(facts, ensure_ascii=False)
    file.execute("INSERT OR REPLACE INTO calibration (id, fingerprint, facts) VALUES (1, ?, ?)", (fingerprint, text))
