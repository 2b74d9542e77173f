"""An export read back into a gallery, by JSON or NumPy's .npz: checked whole before the first line is written."""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.faces import gallery_records as records
from kaiyan.faces.gallery_export import EXPORTS
from kaiyan.faces.gallery_file import writing
from kaiyan.faces.gallery_names import stored_name
from kaiyan.faces.gallery_refusals import GalleryError, system_refuses
from kaiyan.faces.gallery_results import Imported

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class _Export:
    """What stands in an export: consents as (name, note, time)."""

    origin: records.Origin
    consents: tuple[tuple[str, str, str], ...]
    entries: tuple[records.Entry, ...]


def imported(gallery: Path, path: Path) -> Imported:
    """Adds what the export at ``path`` has and the gallery has not; raises ``GalleryError`` where it cannot be read."""
    export = _read(path)
    with writing(gallery) as file:
        if export.entries:
            records.check_network(gallery, file, export.origin)
            _check_length(path, export.entries[0].numbers.size, records.length(file))
        before = {name for name, *_ in records.people(file)}
        numbers = {name: _person(file, name) for name in dict.fromkeys(name for name, *_ in export.consents)}
        notes = records.consents(file)
        for name, note, time in export.consents:
            if {"note": note, "time": time} not in notes.get(name, []):
                records.add_consent(file, numbers[name], note, time)
        new = sum(_add(file, numbers[entry.name], entry) for entry in export.entries)
        if export.entries:
            records.set_network(file, export.origin)
    return Imported(str(path), len({*numbers} - before), new, len(export.entries) - new)


def _person(file: Any, name: str) -> int:
    number = records.person(file, name)
    return records.add_person(file, name) if number is None else number


def _add(file: Any, person: int, entry: records.Entry) -> bool:
    """Whether the description is new; one photograph is one person's."""
    owner = records.owner(file, entry.picture)
    if owner is None:
        records.add_description(file, person, entry.numbers, entry.picture, entry.time)
    elif owner != entry.name:
        raise GalleryError(
            "gallery-import-of-another",
            "a photograph of {name} in the export is stored already, as one of {owner}; nothing is imported",
            "remove {owner} first, if that was the mistake",
            name=entry.name, owner=owner,
        )  # fmt: skip
    return owner is None


def _read(path: Path) -> _Export:
    suffix = path.suffix.lower()
    if suffix not in _READERS:
        raise GalleryError(
            "gallery-import-suffix", "{path}: an export is read from {known}",
            "kaiyan face export people.json makes one",
            path=str(path), known=" or ".join(EXPORTS),
        )  # fmt: skip
    try:
        export = _READERS[suffix](path)
        _check(export)
    except OSError as error:
        raise system_refuses(path, error) from None
    except _NO_EXPORT as error:
        raise _damaged(path, f"{type(error).__name__}: {error}".partition("\n")[0]) from None
    return export


_NO_EXPORT = (
    KeyError, TypeError, ValueError, AttributeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error
)  # fmt: skip
"""What readers raise of bytes that are no export; a ``RuntimeError`` of brackets within brackets without end."""


def _damaged(path: Path, reason: str) -> GalleryError:
    return GalleryError(
        "gallery-import-damaged", "{path} is no export of a gallery, or is damaged: {reason}", "another copy of it",
        path=str(path), reason=reason,
    )  # fmt: skip


def _check_length(path: Path, ours: int, theirs: int | None) -> None:
    if theirs not in (None, ours):
        raise _damaged(path, f"its descriptions are of {ours} numbers, those of the gallery of {theirs}")


def _check(export: _Export) -> None:
    """Raises ``ValueError`` where a description is not what a gallery holds."""
    agreed = {name for name, *_ in export.consents}
    lengths = {entry.numbers.size for entry in export.entries}
    words: list[Any] = [export.origin.name, export.origin.fingerprint] if export.entries else []
    words += [word for row in export.consents for word in row]
    words += [word for entry in export.entries for word in (entry.name, entry.picture, entry.time)]
    if not all(isinstance(word, str) and word for word in words):
        msg = "a name, a time or a fingerprint is missing"
        raise ValueError(msg)
    "".join(words).encode()  # what UTF-8 cannot write, no gallery can hold
    if len(lengths) > 1 or not all(
        entry.numbers.ndim == 1 and np.isfinite(entry.numbers).all() for entry in export.entries
    ):
        msg = "the descriptions are not finite numbers of one length"
        raise ValueError(msg)
    if not agreed >= {entry.name for entry in export.entries}:
        msg = "a person stands in it without a note of consent"
        raise ValueError(msg)


def _json(path: Path) -> _Export:
    whole = json.loads(path.read_text("utf-8"))
    if whole["kind"] != "face-gallery":
        msg = f"its kind is {whole['kind']!r}"
        raise ValueError(msg)
    people = whole["people"]
    consents = tuple(
        (stored_name(one["name"]), note["note"], note["time"]) for one in people for note in one["consents"]
    )
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and refused for it
        entries = tuple(
            records.Entry(stored_name(one["name"]), np.array(row["numbers"], np.float32), row["picture"], row["time"])
            for one in people
            for row in one["descriptions"]
        )
    return _Export(records.Origin(whole["network"], whole["fingerprint"]), consents, entries)


def _npz(path: Path) -> _Export:
    with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as whole:
        columns = [whole[name].tolist() for name in ("names", "pictures", "times")]
        numbers = np.asarray(whole["descriptions"], np.float32)
        entries = tuple(records.Entry(stored_name(name), row, picture, time)
                        for row, name, picture, time in zip(numbers, *columns, strict=True))  # fmt: skip
        consents = tuple((stored_name(name), note, time) for name, note, time in whole["consents"].tolist())
        return _Export(records.Origin(str(whole["network"]), str(whole["fingerprint"])), consents, entries)


_READERS: dict[str, Callable[[Path], _Export]] = {".json": _json, ".npz": _npz}
"""How each kind of export is read, by the suffix."""
