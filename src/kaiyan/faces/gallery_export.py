"""A gallery written for other programs, as JSON or NumPy's .npz: names, consents, times, descriptions."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from kaiyan.faces import gallery_records as records
from kaiyan.faces.gallery_file import reading
from kaiyan.faces.gallery_refusals import GalleryError, none_yet, system_refuses
from kaiyan.faces.gallery_results import Exported
from kaiyan.pictures.whole import whole
from kaiyan.show.json import document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def export(gallery: Path, path: Path) -> Exported:
    """Writes beside ``path`` and renames; readable by its owner alone. Raises ``GalleryError`` where it cannot."""
    if path.suffix.lower() not in EXPORTS:
        raise GalleryError("gallery-export-suffix", "{path}: a gallery is written as {known}", "{stem}.json",
                           path=str(path), known=" or ".join(EXPORTS), stem=path.stem)  # fmt: skip
    if not gallery.exists():
        raise none_yet(gallery)
    with reading(gallery) as file:
        network, consents = records.network(file), records.consents(file)
        entries = records.entries(gallery, file)
    facts = {"network": network.name if network else None, "fingerprint": network.fingerprint if network else None}
    _write(path, lambda out: EXPORTS[path.suffix.lower()](out, facts, consents, entries))
    return Exported(str(path), len(consents), len(entries))


Consents = dict[str, list[dict[str, str]]]
Entries = tuple[records.Entry, ...]


def _json(out: BinaryIO, facts: dict[str, Any], consents: Consents, entries: Entries) -> None:
    people = {name: {"name": name, "consents": notes, "descriptions": []} for name, notes in consents.items()}
    for entry in entries:
        row = {"picture": entry.picture, "time": entry.time, "numbers": entry.numbers.tolist()}
        people[entry.name]["descriptions"].append(row)  # type: ignore[attr-defined]
    whole = document("face-gallery", {**facts, "people": [*people.values()]})
    out.write(json.dumps(whole, ensure_ascii=False, allow_nan=False).encode())


def _npz(out: BinaryIO, facts: dict[str, Any], consents: Consents, entries: Entries) -> None:
    notes = [(name, note["note"], note["time"]) for name, own in consents.items() for note in own]
    np.savez(
        out,
        descriptions=np.array([entry.numbers for entry in entries], np.float32),
        names=_text(entry.name for entry in entries),
        pictures=_text(entry.picture for entry in entries),
        times=_text(entry.time for entry in entries),
        consents=np.array(notes, np.str_).reshape(-1, 3),
        network=np.str_(facts["network"] or ""),
        fingerprint=np.str_(facts["fingerprint"] or ""),
    )


def _text(words: Any) -> Any:
    return np.array([*words], np.str_)


EXPORTS: dict[str, Callable[[BinaryIO, dict[str, Any], Consents, Entries], None]] = {".json": _json, ".npz": _npz}
"""Every way to write, by the suffix."""


def _write(path: Path, fill: Callable[[BinaryIO], None]) -> None:
    try:
        with (
            whole(path) as beside,
            os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out,
        ):
            fill(out)
    except OSError as error:
        raise _refused(path, error) from None


def _refused(path: Path, error: OSError) -> GalleryError:
    if not path.parent.is_dir():
        return GalleryError("gallery-no-folder", "there is no folder {folder}", "mkdir -p {folder}",
                            folder=str(path.parent))  # fmt: skip
    return system_refuses(path, error)
