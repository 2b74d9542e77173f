"""What can still be read of a damaged gallery, copied into a new one; the damaged file is only read."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from kaiyan.faces import gallery_records as records
from kaiyan.faces.gallery_file import writing
from kaiyan.faces.gallery_refusals import GalleryError, refusing
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Row, Table, headings

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

_LAST = 1 << 32
"""A row's number that no gallery reaches."""
_TRIES = 50_000
"""Readings of a table that may fail; 32 find the first row that cannot be read, two more every further one."""


@dataclass(frozen=True)
class Recovery(Shown):
    """What was copied from a damaged gallery into ``path``, and who of whom the consent could be read is lost."""

    KIND = "face-recovery"
    JSON = ("path", "people", "descriptions", "lost", "notes")

    path: str
    people: int
    descriptions: int
    lost: tuple[str, ...]

    def table(self) -> Table:
        """One row."""
        cells = self.path, str(self.people), str(self.descriptions)
        return Table(headings("written to", "people", "descriptions"), (Row(cells),), notes=self.notes)

    @property
    def notes(self) -> tuple[Sentence, ...]:
        """What to do next."""
        kept = sentence("face-recovered", "the damaged file is as it was; what could not be read is not in the new one")
        if not self.lost:
            return (kept,)
        return kept, sentence("face-lost", "add these again, their descriptions cannot be read: {names}",
                              names=", ".join(self.lost))  # fmt: skip


def recover(damaged: str | os.PathLike[str], new: str | os.PathLike[str]) -> Recovery:
    """Copies every person and every description that can still be read, and is as it was written, into a new gallery.

    Raises ``GalleryError`` where ``new`` exists, or nothing can be read.
    """
    source, target = Path(damaged).expanduser(), Path(new).expanduser()
    if target.exists():
        raise GalleryError("gallery-recovery-taken", "{path} exists; people are recovered into a new file: "
                           "give another name", path=str(target))  # fmt: skip
    with refusing(source), TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.sqlite"
        copyfile(source, copy)
        with suppress(FileNotFoundError):
            copyfile(f"{source}-wal", f"{copy}-wal")
        with closing(sqlite3.connect(copy, isolation_level=None)) as file:
            found = _Readable(file)
    if not found.descriptions or found.network is None:
        raise GalleryError("gallery-nothing-recovered", "nothing can be read from {path}",
                           "a backup or an export of it", path=str(source))  # fmt: skip
    return _written(found, source, target)


class _Readable:
    """Rows by their numbers, as far as they can be read."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self.people = {int(row[0]): str(row[1]) for row in _rows(file, "person", "name")}
        self.consents = [row[1:] for row in _rows(file, "consent", "person, note, time")]
        self.descriptions = [row[1:] for row in _rows(file, "description", "person, numbers, checksum, picture, time")]
        states = [row[1:] for row in _rows(file, "state", "network, fingerprint")]
        self.network = records.Origin(*states[0]) if states and all(states[0]) else None


def _written(found: _Readable, source: Path, target: Path) -> Recovery:
    assert found.network is not None
    count, whole = 0, dict.fromkeys(found.people, False)
    consented = {row[0] for row in found.consents}
    with writing(target) as file:
        numbers = {person: records.add_person(file, name) for person, name in found.people.items()
                   if person in consented}  # fmt: skip
        for person, note, time in found.consents:
            if person in numbers:
                records.add_consent(file, numbers[person], note, time)
        for person, blob, checksum, picture, time in found.descriptions:
            with suppress(GalleryError):
                if person in numbers:
                    read = records.sound(source, found.people[person], blob, checksum)
                    records.add_description(file, numbers[person], read, picture, time)
                    count, whole[person] = count + 1, True
        records.set_network(file, found.network)
    lost = tuple(sorted(found.people[person] for person, is_whole in whole.items() if not is_whole))
    return Recovery(str(target), len(numbers), count, lost)


def _rows(file: sqlite3.Connection, table: str, columns: str) -> Iterator[Sequence[Any]]:
    """Row after row by number; where a page cannot be read, the rows behind it are looked for by halves."""
    spans = [(1, _LAST)]
    patience = _TRIES
    while spans and patience:
        first, last = spans.pop()
        try:
            rows = file.execute(
                f"SELECT id, {columns} FROM {table} NOT INDEXED WHERE id BETWEEN ? AND ? ORDER BY id", (first, last)
            ).fetchall()
        except sqlite3.DatabaseError:
            patience -= 1
            if first < last:
                middle = (first + last) // 2
                spans += [(middle + 1, last), (first, middle)]
            continue
        yield from rows
