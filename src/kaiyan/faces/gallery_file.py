"""The gallery's one SQLite file: made whole or not at all, used only where it is ours and sound."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from kaiyan.faces.gallery_refusals import LONGEST_WAIT, damaged, newer, not_ours, refusing

if TYPE_CHECKING:
    from collections.abc import Iterator

    Stamp = tuple[tuple[int, int, int], ...]

HOME = "KAIYAN_HOME"
APPLICATION = 0x4B414659
"""SQLite's application_id of our files: "KAFY" in ASCII."""
SCHEMA_VERSION = 1
"""SQLite's user_version: counts up when the tables change."""
_MAGIC = b"SQLite format 3\0"
_HEADER = 100
_TABLES = (
    "CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), mark TEXT NOT NULL, network TEXT, fingerprint TEXT)",
    "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """CREATE TABLE consent (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
       note TEXT NOT NULL, time TEXT NOT NULL)""",
    """CREATE TABLE description (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
       numbers BLOB NOT NULL, checksum INTEGER NOT NULL, picture TEXT NOT NULL UNIQUE, time TEXT NOT NULL)""",
    "CREATE TABLE calibration (id INTEGER PRIMARY KEY CHECK (id = 1), fingerprint TEXT NOT NULL, facts TEXT NOT NULL)",
    "CREATE INDEX consent_of ON consent (person)",
    "CREATE INDEX description_of ON description (person)",
    "INSERT INTO state (id, mark) VALUES (1, 'new')",
)


def usual_path() -> Path:
    """faces.sqlite under ``KAIYAN_HOME``, or in kaiyan's folder of the user's data."""
    from platformdirs import user_data_path

    asked = os.environ.get(HOME)
    return (Path(asked) if asked else user_data_path("kaiyan", appauthor=False)) / "faces.sqlite"


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """The gallery as it is at one moment, whatever others write meanwhile.

    Raises ``GalleryError`` where the file is not ours, is damaged, or another process holds it.
    """
    with refusing(path):
        _check(path)
        with closing(_opened(path, "rw" if os.access(path, os.W_OK) and _folder_is_ours(path) else "ro")) as file:
            file.execute("BEGIN")
            yield file


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """The gallery, made where there is none, to be changed: all that is done in the block, or nothing.

    Raises ``GalleryError`` as ``reading`` does, and where the disk is full or the folder read-only.
    """
    with refusing(path):
        if not path.exists():
            _make(path)
        _check(path)
        with closing(_opened(path, "rw")) as file:
            file.execute("BEGIN IMMEDIATE")
            try:
                yield file
                file.execute("UPDATE state SET mark = hex(randomblob(16))")
                file.execute("COMMIT")
            except BaseException:
                if file.in_transaction:
                    file.execute("ROLLBACK")
                raise


def cleared(path: Path) -> tuple[bool, bool]:
    """Writes the log into the file and empties it, then rebuilds the file without the pages that were let go.

    First: whether the log is empty, which another process that still reads can delay. Second: whether the file was
    rebuilt, which needs as much room again on the disk; what was deleted is zeros before that.
    """
    with refusing(path), closing(_opened(path, "rw")) as file:
        emptied = _empty_log(file)
        try:
            file.execute("PRAGMA temp_store = MEMORY")
            file.execute("VACUUM")
        except sqlite3.OperationalError:
            return emptied, False
        return _empty_log(file), True


def _empty_log(file: sqlite3.Connection) -> bool:
    is_busy: int = file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return not is_busy


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    is_still = mode == "ro" and not _folder_is_ours(path) and not _size(_log(path))
    address = f"{path.resolve().as_uri()}?mode={mode}{'&immutable=1' if is_still else ''}"
    file = sqlite3.connect(address, uri=True, timeout=LONGEST_WAIT, isolation_level=None)
    file.execute("PRAGMA foreign_keys = ON")
    file.execute("PRAGMA secure_delete = ON")
    return file


def _make(path: Path) -> None:
    """A gallery without people, made beside and put in place whole; where another process was faster, its file stays.

    Only the user may read it. Source: https://www.sqlite.org/wal.html, "Persistence of WAL mode".
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as empty:
        beside = Path(empty.name)
    try:
        with closing(sqlite3.connect(beside, isolation_level=None)) as file:
            file.execute("PRAGMA journal_mode = WAL")
            file.execute("BEGIN")
            for table in _TABLES:
                file.execute(table)
            file.execute(f"PRAGMA application_id = {APPLICATION}")
            file.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            file.execute("COMMIT")
        _put(beside, path)
    finally:
        for left in (beside, _log(beside), beside.with_name(f"{beside.name}-shm")):
            with suppress(FileNotFoundError):
                left.unlink()


def _put(beside: Path, path: Path) -> None:
    try:
        path.hardlink_to(beside)
    except FileExistsError:
        return
    except OSError:  # a disk without hard links
        if not path.exists():
            beside.replace(path)


def _check(path: Path) -> None:
    _check_header(path)
    _check_body(path, (_stamp(path), _stamp(_log(path))))


def _check_header(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(_HEADER)
    if not head:
        raise damaged(path, "it is empty")
    if head[:16] != _MAGIC or int.from_bytes(head[68:72], "big") != APPLICATION:
        raise not_ours(path)
    found = int.from_bytes(head[60:64], "big")
    if found > SCHEMA_VERSION:
        raise newer(path, found, SCHEMA_VERSION)


@lru_cache(maxsize=8)
def _check_body(path: Path, stamp: Stamp) -> None:
    """SQLite's own check of its pages; made again where the file is another. It writes nothing into the file."""
    del stamp
    with closing(_opened(path, "ro")) as file:
        found = file.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise damaged(path, str(found).replace("\n", " "))


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        state = path.stat()
    except FileNotFoundError:
        return 0, 0, 0
    return (state.st_ino, state.st_size, state.st_mtime_ns) if state.st_size else (0, 0, 0)


def _folder_is_ours(path: Path) -> bool:
    return os.access(path.parent, os.W_OK)


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
