"""What was measured on this machine, kept on disk in SQLite: seconds by problem, with its threads, and algorithm.

What was chosen for a whole network is kept beside it, as text by the network's fingerprint.
"""

from __future__ import annotations

import warnings
from contextlib import closing
from functools import lru_cache
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.language.compile import cache_folder

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from kaiyan.engine.problem import Problem

    Wisdom = dict[str, dict[str, float]]
    Mark = tuple[int, int, int, bytes]

_TABLE = """
CREATE TABLE IF NOT EXISTS wisdom (problem TEXT, algorithm TEXT, seconds REAL, PRIMARY KEY (problem, algorithm))
"""
_LEARN = """
INSERT INTO wisdom VALUES (?, ?, ?) ON CONFLICT (problem, algorithm) DO UPDATE SET seconds = excluded.seconds
"""
_CHOICES = "CREATE TABLE IF NOT EXISTS choices (network TEXT PRIMARY KEY, chosen TEXT)"
_CHOOSE = "INSERT INTO choices VALUES (?, ?) ON CONFLICT (network) DO UPDATE SET chosen = excluded.chosen"
_PATIENCE = 30.0
"""Seconds to wait for another process that writes."""


def known(problem: Problem) -> dict[str, float]:
    """Seconds by the name of the algorithm, as far as they were measured."""
    path = _path()
    mark = _mark(path)
    return {} if mark is None else _read(path, mark).get(str(problem), {})


def learn(problem: Problem, seconds: dict[str, float]) -> None:
    """Keeps what was measured, all of it or nothing, beside what other processes keep meanwhile.

    Warns where the file cannot be written, or is none of ours.
    """
    _write(_LEARN, [(str(problem), name, time) for name, time in seconds.items()])


def choose(network: str, chosen: str) -> None:
    """Keeps what was chosen for a network; warns as ``learn`` does."""
    _write(_CHOOSE, [(network, chosen)])


def chosen(network: str) -> str | None:
    """What was chosen for a network; None where nothing was, or the file cannot be read."""
    path = _path()
    if _mark(path) is None:
        return None
    import sqlite3

    try:
        with closing(_opened(path)) as file:
            row = file.execute("SELECT chosen FROM choices WHERE network = ?", (network,)).fetchone()
    except (OSError, sqlite3.Error):
        return None  # a file from before there were choices, or one that ``known`` warns about
    return row[0] if row and isinstance(row[0], str) else None


def _write(statement: str, rows: list[tuple[object, ...]]) -> None:
    import sqlite3

    path = _path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as file:
            file.execute("BEGIN IMMEDIATE")
            for table in (_TABLE, _CHOICES):
                file.execute(table)
            file.executemany(statement, rows)
            file.execute("COMMIT")
    except (OSError, sqlite3.Error) as error:
        _warn(path, error)


def _opened(path: Path) -> sqlite3.Connection:
    """The file, to be read only."""
    import sqlite3

    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_PATIENCE)


@lru_cache(maxsize=1)
def _read(path: Path, mark: Mark) -> Wisdom:
    """All that is known; read again where the file is another."""
    import sqlite3

    del mark
    wisdom: Wisdom = {}
    try:
        with closing(_opened(path)) as file:
            for problem, algorithm, seconds in file.execute("SELECT problem, algorithm, seconds FROM wisdom"):
                wisdom.setdefault(problem, {})[algorithm] = float(seconds)
    except (OSError, sqlite3.Error, TypeError, ValueError) as error:
        _warn(path, error)
        return {}
    return wisdom


def _mark(path: Path) -> Mark | None:
    """What differs whenever the file does: bytes 24 to 28 are SQLite's own count of changes; None without a file."""
    try:
        with path.open("rb") as file:
            state = path.stat()
            return state.st_ino, state.st_size, state.st_mtime_ns, file.read(28)[24:]
    except OSError:
        return None


def machine_kind() -> str:
    """What tells kinds of processors apart: what was measured on one says little of another."""
    from kaiyan.engine.codegen.language.target import host

    try:
        return f"{host().name}-{host().cpu or 'generic'}"
    except ImportError:
        return "plain"


def _path() -> Path:
    return cache_folder() / f"wisdom-{machine_kind()}.sqlite"


def _warn(path: Path, error: Exception) -> None:
    message = f"what was measured is not kept: {path} cannot be used ({error}); delete it to start again"
    warnings.warn(message, RuntimeWarning, stacklevel=4)
