"""``kaiyan.faces.Gallery``: people known by their faces, in one file on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.faces import gallery_records as records
from kaiyan.faces.gallery_answers import Limits, Recognition
from kaiyan.faces.gallery_export import export
from kaiyan.faces.gallery_file import cleared, reading, usual_path, writing
from kaiyan.faces.gallery_import import imported
from kaiyan.faces.gallery_names import stored_name, writable
from kaiyan.faces.gallery_photographs import described, label, named
from kaiyan.faces.gallery_refusals import LONGEST_WAIT, GalleryError, without_consent
from kaiyan.faces.gallery_results import Added, Exported, Imported, People, Person, Recognised, Removed
from kaiyan.faces.missed import face_of
from kaiyan.faces.search import SEARCHES, distances

if TYPE_CHECKING:
    import os
    import sqlite3
    from collections.abc import Callable, Sequence

    from kaiyan.faces.calibration import Calibration
    from kaiyan.faces.gallery_photographs import Box, Described, Recognises, Vectors
    from kaiyan.faces.search import NameSearch


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was read of the file when it bore this mark."""

    mark: str
    search: NameSearch
    people: int
    limits: Limits


_KEPT_OF_CALIBRATION = {"threshold", "asked", "chosen_on", "held_out", "published", "people", "photographs"}
"""Numbers alone: places of photographs have names in them, which are to be gone when a person is removed."""
_NOBODY = SEARCHES["exact"].of((), np.empty((0, 1), np.float32))


class Gallery:
    """People known by their faces: descriptions of 128 numbers a photograph, and never the photograph.

    ``path`` is an SQLite file, by default faces.sqlite under KAIYAN_HOME or in the user's data folder; it is made by
    the first ``add``, and readable by its owner alone. Several processes may use it at once. ``network`` is "dlib" or
    "sface", or a recogniser; one network's numbers are never compared with another's. ``search`` is "exact", or
    "usearch" for a process that asks very often of more than 100,000 descriptions.

    Every method raises ``GalleryError`` where the file is not a gallery, is damaged, of a newer format, held by
    another process, or the disk refuses; the file is then as it was.
    """

    def __init__(
        self, path: str | os.PathLike[str] | None = None, *, network: str | Recognises = "dlib", search: str = "exact"
    ) -> None:
        if search not in SEARCHES:
            raise GalleryError(
                "gallery-no-such-search",
                "there is no search {search!r}",
                "one of {known}",
                search=search,
                known=", ".join(map(repr, SEARCHES)),
            )
        self.path = usual_path() if path is None else Path(path).expanduser()
        self._network = network
        self._search = SEARCHES[search]
        self._seen: _Seen | None = None

    @property
    def recogniser(self) -> Recognises:
        """The network, read when it is first needed."""
        self._network = named(self._network)
        return self._network

    @property
    def limits(self) -> Limits:
        """How near is near: the calibrated threshold, or the published one."""
        if not self.path.exists():
            return self._limits(None)
        with reading(self.path) as file:
            return self._limits(records.calibration(file, self.recogniser.fingerprint))

    def add(self, name: str, *photographs: Any, consent: str | None = None) -> Added:
        """Adds photographs of a person, one face on each: all of them or none.

        ``consent`` says how the person agreed, and is kept with its time; a new person needs one.
        Raises ``GalleryError`` where a photograph shows no face or several, or is another person's already, and
        ``PictureError`` where it cannot be read.
        """
        name, note = stored_name(name), writable(consent or "").strip()
        if not photographs:
            raise GalleryError(
                "gallery-no-photographs",
                "no photograph of {name} is given",
                "one or more of them, with one face on each",
                name=name,
            )
        if not note and name not in self._names():
            raise without_consent(name)
        faces = [face_of(self.recogniser, photograph) for photograph in photographs]
        with writing(self.path) as file:
            records.check_network(self.path, file, self._ours)
            new = _insert(file, name, note, faces)
            records.set_network(file, self._ours)
            entries = records.entries(self.path, file)
            limits = self._limits(records.calibration(file, self._ours.fingerprint))
        return _account(name, new, len(faces) - new, entries=entries, limits=limits)

    def who(self, photograph: Any) -> Recognised:
        """Who is on a photograph: for every face a name, "unsure" or "unknown", with the distances.

        Raises ``PictureError`` where it cannot be read; a photograph without faces gives none.
        """
        known = self._known()
        faces = tuple(_matched(known, face.box, face.numbers) for face in described(self.recogniser, photograph))
        return Recognised(label(photograph), faces, known.people, known.limits)

    def match(self, box: Box, numbers: Vectors) -> Recognition:
        """Who a face in ``box`` is that this gallery's network has described (D,)."""
        return _matched(self._known(), box, numbers)

    def described(self, name: str) -> Vectors:
        """The descriptions (N, D) of a person, from the first added; none of somebody who is not known.

        Raises ``GalleryError`` where another network made them.
        """
        name = stored_name(name)
        if not self.path.exists():
            return np.empty((0, 0), np.float32)
        with reading(self.path) as file:
            records.check_network(self.path, file, self._ours)
            return np.array([entry.numbers for entry in records.entries(self.path, file) if entry.name == name])

    def people(self) -> People:
        """Everybody who is known, by name; no network is needed."""
        if not self.path.exists():
            return People(str(self.path), None, ())
        with reading(self.path) as file:
            found = records.network(file)
            known = tuple(Person(*row) for row in records.people(file))
        return People(str(self.path), found.name if found else None, known)

    def remove(self, name: str) -> Removed:
        """Removes a person so that name, consent and numbers are no longer in the file or in its log.

        What the disk keeps of earlier states, such as snapshots, is not in the hands of a program.
        Raises ``GalleryError`` where there is no such person.
        """
        name = stored_name(name)
        if name not in self._names():
            raise self._no_such_person(name)
        with writing(self.path) as file:
            number = records.person(file, name)
            count = file.execute("SELECT count(*) FROM description WHERE person = ?", (number,)).fetchone()[0]
            file.execute("DELETE FROM person WHERE id = ?", (number,))
        self._seen = None
        is_empty, is_rebuilt = cleared(self.path)
        if not is_empty:
            raise GalleryError(
                "gallery-log-not-emptied",
                "{name} is removed, but for {seconds:g} s another process has "
                "been reading {path}, whose log holds the numbers until it ends",
                "open the gallery once more when that process has ended: its log is then emptied",
                name=name,
                seconds=LONGEST_WAIT,
                path=str(self.path),
            )
        return Removed(name, count, is_rebuilt)

    def export(self, path: str | os.PathLike[str]) -> Exported:
        """Writes names, consents, times and descriptions, no photographs, as .json or .npz: whole or not at all."""
        return export(self.path, Path(path).expanduser())

    def import_from(self, path: str | os.PathLike[str]) -> Imported:
        """Adds the people of an export, .json or .npz: all of them or none; what is known already stays as it is.

        Raises ``GalleryError`` where the file is no export, is damaged, or holds another network's descriptions.
        """
        return imported(self.path, Path(path).expanduser())

    def calibrate(
        self, folder: str | os.PathLike[str], far: float = 1e-3, *, step: Callable[[int, int], None] | None = None
    ) -> Calibration:
        """Chooses the threshold for a false-accept rate as ``kaiyan.faces.calibrate`` does, and keeps it here.

        With it are kept the rates and how many there were, and nobody's name or path.
        """
        from kaiyan.faces.calibrate import calibrate

        chosen = calibrate(folder, far, network=self.recogniser, step=step)
        with writing(self.path) as file:
            records.check_network(self.path, file, self._ours)
            facts = {name: value for name, value in chosen.to_dict().items() if name in _KEPT_OF_CALIBRATION}
            records.set_calibration(file, self._ours.fingerprint, {**facts, "time": records.now()})
        return chosen

    @property
    def _ours(self) -> records.Origin:
        return records.Origin(self.recogniser.name, self.recogniser.fingerprint)

    def _names(self) -> Sequence[str]:
        if not self.path.exists():
            return ()
        with reading(self.path) as file:
            return [name for name, *_ in records.people(file)]

    def _limits(self, calibration: dict[str, Any] | None) -> Limits:
        published = self.recogniser.distance
        if calibration is None:
            return Limits(published, published)
        threshold = calibration["threshold"]
        return Limits(threshold, max(threshold, published), calibration["asked"])

    def _known(self) -> _Seen:
        """Everybody's descriptions and the threshold, read again where the gallery has changed."""
        if not self.path.exists():
            return _Seen("", _NOBODY, 0, self._limits(None))
        with reading(self.path) as file:
            mark = records.mark(file)
            if self._seen is None or self._seen.mark != mark:
                records.check_network(self.path, file, self._ours)
                entries = records.entries(self.path, file)
                names = [entry.name for entry in entries]
                vectors = np.array([entry.numbers for entry in entries], np.float32)
                limits = self._limits(records.calibration(file, self._ours.fingerprint))
                self._seen = _Seen(mark, self._search.of(names, vectors) if names else _NOBODY, len(set(names)), limits)
        return self._seen

    def _no_such_person(self, name: str) -> GalleryError:
        near = get_close_matches(name, self._names(), n=1)
        return GalleryError(
            "gallery-no-such-person",
            "nobody is called {name!r} in {path}",
            "{near}" if near else "kaiyan face list --gallery {asked} shows who is known",
            name=name,
            path=str(self.path),
            near="".join(near),
            asked=quote(str(self.path)),
        )


def _account(name: str, new: int, known: int, *, entries: Sequence[records.Entry], limits: Limits) -> Added:
    # entries are those of the transaction that added: another process may remove the person right after it
    own = np.array([entry.numbers for entry in entries if entry.name == name])
    spread = max((float(distances(own, one).max()) for one in own), default=0.0) if len(own) > 1 else None
    others = [entry for entry in entries if entry.name != name]
    nearest = None
    if others:
        search = SEARCHES["exact"].of([entry.name for entry in others], np.array([e.numbers for e in others]))
        match = min((search.nearest(one, 1)[0] for one in own), key=lambda match: match.distance)
        nearest = match.name, match.distance
    return Added(name, new, known, len(own), spread, nearest, limits)


def _matched(known: _Seen, box: Box, numbers: Vectors) -> Recognition:
    near = [(match.name, match.distance) for match in known.search.nearest(numbers)]
    first, second = (*near, (None, None), (None, None))[:2]
    return Recognition(box, known.limits, *first, *second)


def _insert(file: sqlite3.Connection, name: str, note: str, faces: Sequence[Described]) -> int:
    """How many of the photographs are new."""
    time, new = records.now(), 0
    number = records.person(file, name)
    if number is None:
        if not note:
            raise without_consent(name)
        number = records.add_person(file, name)
    if note:
        records.add_consent(file, number, note, time)
    for face in faces:
        owner = records.owner(file, face.digest)
        if owner not in (None, name):
            raise GalleryError(
                "gallery-photograph-of-another",
                "{photograph} is stored already, as a photograph of {owner}",
                "another photograph of {name}",
                "remove {owner} first, if that was the mistake",
                photograph=face.photograph,
                owner=owner,
                name=name,
            )
        if owner is None:
            records.add_description(file, number, face.numbers, face.digest, time)
            new += 1
    return new
