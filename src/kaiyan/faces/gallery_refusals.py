"""What a gallery of faces refuses, and SQLite's own refusals in our words."""

from __future__ import annotations

import os
from contextlib import contextmanager
from shlex import quote
from typing import TYPE_CHECKING

from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

LONGEST_WAIT = 10.0
"""Seconds to wait for another process that writes."""


class GalleryError(KaiyanError):
    """A gallery cannot do what it was asked; what it held before it holds still."""


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """What the system or SQLite raises on the gallery at ``path``, raised as a ``GalleryError``."""
    import sqlite3

    try:
        yield
    except sqlite3.Error as error:
        raise _of_sqlite(path, error) from None
    except OSError as error:
        raise system_refuses(path, error) from None


def none_yet(path: Path) -> GalleryError:
    """The refusal of a gallery that nobody has made."""
    return GalleryError(
        "gallery-none-yet",
        "there is no gallery at {path} yet",
        "kaiyan face add NAME PHOTOGRAPH --consent TEXT --gallery {asked} makes one",
        path=str(path),
        asked=quote(str(path)),
    )


def damaged(path: Path, reason: str) -> GalleryError:
    """The refusal of a file that is ours but not sound."""
    new = path.with_name(f"{path.stem}-recovered{path.suffix}")
    return GalleryError(
        "gallery-damaged", "the gallery {path} is damaged ({reason}); it is left as it is",
        "kaiyan.faces.recover({path!r}, {new!r}) copies the people that can still be read",
        "kaiyan face recover {asked} does it on the command line",
        path=str(path), reason=reason, new=str(new), asked=f"{quote(str(path))} {quote(str(new))}",
    )  # fmt: skip


def without_consent(name: str) -> GalleryError:
    """The refusal of a new person who has not been said to agree."""
    return GalleryError(
        "gallery-consent", "{name} is new, and nothing says that {name} agreed to be recognised",
        "consent='how and when {name} agreed'", "kaiyan face add {asked} --consent 'how and when'",
        name=name, asked=quote(name),
    )  # fmt: skip


def not_ours(path: Path) -> GalleryError:
    """The refusal of a file that does not begin as a gallery does."""
    return GalleryError(
        "gallery-not-ours", "{path} is no gallery of faces, or its beginning is damaged; it is left as it is",
        "move it away, and a new gallery is made in its place: mv {path} {moved}", "give the gallery another path",
        path=str(path), moved=f"{path}.old",
    )  # fmt: skip


def newer(path: Path, found: int, known: int) -> GalleryError:
    """The refusal of a format that this version does not know."""
    return GalleryError(
        "gallery-newer",
        "the gallery {path} is of format {found}, from a newer Kaiyan; this one knows formats up to {known}",
        "pip install --upgrade kaiyan", "give the gallery another path",
        path=str(path), found=found, known=known,
    )  # fmt: skip


def system_refuses(path: Path, error: OSError) -> GalleryError:
    """The system's refusal to make, read or write ``path``."""
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _full(path)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return _forbidden(path)
    reason = error.strerror or str(error)
    return GalleryError("gallery-system-refuses", "{path}: {reason}", path=str(path), reason=reason)


def _of_sqlite(path: Path, error: sqlite3.Error) -> GalleryError:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return _busy(path)
    if name in ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"):  # the second: not even room for the index of the log
        return _full(path)
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")) or _is_closed_to_us(path, name):
        return _forbidden(path)
    if name.startswith("SQLITE_NOTADB"):
        return not_ours(path)
    if name.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_NOMEM")):
        return GalleryError("gallery-system-refuses", "{path}: {reason}", path=str(path), reason=str(error))
    return damaged(path, str(error))


def _is_closed_to_us(path: Path, name: str) -> bool:
    return name.startswith("SQLITE_CANTOPEN") and not os.access(path.parent, os.W_OK)


def _busy(path: Path) -> GalleryError:
    return GalleryError(
        "gallery-busy", "another process has been holding the gallery {path} for {seconds:g} s; nothing was changed",
        "try again when it has ended",
        path=str(path), seconds=LONGEST_WAIT,
    )  # fmt: skip


def _full(path: Path) -> GalleryError:
    return GalleryError(
        "gallery-disk-full", "the disk is full: {path} is unchanged",
        "make room in {folder}", "a path on another disk",
        path=str(path), folder=str(path.parent),
    )  # fmt: skip


def _forbidden(path: Path) -> GalleryError:
    return GalleryError(
        "gallery-no-permission", "{path} cannot be written, or not be read: permission is denied",
        "give the gallery another path, or set KAIYAN_HOME to a folder of yours",
        path=str(path),
    )  # fmt: skip
