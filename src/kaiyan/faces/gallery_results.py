"""What a gallery answers: who was added, who is who, who is known, who was removed, what was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kaiyan.faces.gallery_answers import UNSURE, Recognition
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Data, Shown
from kaiyan.show.table import Row, Table, headings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.faces.gallery_answers import Limits
    from kaiyan.faces.gallery_photographs import Box


@dataclass(frozen=True)
class Recognised(Shown):
    """Who is on a photograph, face by face from the best found; ``people`` is how many were compared."""

    KIND = "face-who"
    JSON = ("photograph", "faces", "people", "limits", "notes")

    photograph: str
    faces: tuple[Recognition, ...]
    people: int
    limits: Limits

    def table(self) -> Table:
        """A row a face."""
        names = headings("face", "answer", "face at (row, column)", "distance", "runner-up", "margin", "why")
        rows = tuple(
            Row(
                (
                    str(number),
                    _answered(face),
                    _place(face.box),
                    _number(face.distance),
                    _number(face.runner_up_distance),
                    _number(face.margin),
                    face.reason,
                )
            )
            for number, face in enumerate(self.faces, 1)
        )
        title = sentence(
            "faces-of",
            "{photograph}: faces {count}, people known {people}",
            photograph=self.photograph,
            count=len(self.faces),
            people=self.people,
        )
        return Table(names, rows, title=title, notes=self.notes, left=frozenset({1, 2}), prose=frozenset({6}))

    @property
    def notes(self) -> tuple[Sentence, ...]:
        """What is to be known of the answers, where there are any."""
        return tuple(self._notes()) if self.faces else ()

    def _notes(self) -> Iterator[Sentence]:
        if self.limits.far is None:
            yield sentence(
                "face-published-threshold",
                "the threshold {accepted:g} is the one that the network's authors "
                "publish; calibrate on photographs like yours to know its error rates",
                accepted=self.limits.accepted,
            )
        elif self.people:
            yield sentence(
                "face-strangers",
                "at a false-accept rate of {far:g} for one person, a share of up to {share:.2g} of "
                "strangers is taken for one of the {people}",
                far=self.limits.far,
                share=min(1.0, self.limits.far * self.people),
                people=self.people,
            )
        yield sentence("face-no-proof", "a match is no proof of identity, and whether the face is alive is not checked")


@dataclass(frozen=True)
class Added(Shown):
    """What ``add`` stored of a person: how many photographs are new, how many were there, how many there are now.

    ``spread`` is the greatest distance between two photographs of the person, None where there is one.
    """

    KIND = "face-added"
    JSON = ("name", "new", "known", "photographs", "spread", "notes")

    name: str
    new: int
    known: int
    photographs: int
    spread: float | None
    nearest: tuple[str, float] | None
    limits: Limits

    def table(self) -> Table:
        """One row."""
        names = headings("person", "photographs", "new", "known already", "farthest apart")
        cells = self.name, str(self.photographs), str(self.new), str(self.known), _number(self.spread)
        return Table(names, (Row(cells),), notes=self.notes)

    @property
    def notes(self) -> tuple[Sentence, ...]:
        """What was stored, and what may be wrong with it."""
        return tuple(self._notes())

    def _notes(self) -> Iterator[Sentence]:
        yield sentence("face-kept", "descriptions are kept, photographs are not")
        if self.spread is not None and self.spread > self.limits.doubted:
            yield sentence(
                "face-spread",
                "two photographs of {name} are {spread:.3f} apart, beyond {doubted:.3f}: are they one person?",
                name=self.name,
                spread=self.spread,
                doubted=self.limits.doubted,
            )
        if self.nearest is not None and self.nearest[1] <= self.limits.accepted:
            yield sentence(
                "face-close-to-another",
                "{name} is {distance:.3f} from {other}, within {accepted:.3f}: they will be hard to tell apart",
                name=self.name,
                distance=self.nearest[1],
                other=self.nearest[0],
                accepted=self.limits.accepted,
            )


@dataclass(frozen=True, slots=True)
class Person(Data):
    """A person who is known: the latest note of consent and its time in UTC."""

    JSON = ("name", "photographs", "consent", "time")

    name: str
    photographs: int
    consent: str
    time: str


@dataclass(frozen=True)
class People(Shown):
    """Everybody whom a gallery knows, by name."""

    KIND = "face-people"
    JSON = ("path", "network", "people", "title")

    path: str
    network: str | None
    people: tuple[Person, ...]

    @property
    def title(self) -> Sentence:
        """How many, and where."""
        return sentence("face-people", "people known: {count}, in {path}", count=len(self.people), path=self.path)

    def table(self) -> Table:
        """A row a person."""
        rows = tuple(Row((one.name, str(one.photographs), one.time, one.consent)) for one in self.people)
        names = headings("person", "photographs", "since", "consent")
        return Table(names, rows, title=self.title, left=frozenset({0, 2}), prose=frozenset({3}))


@dataclass(frozen=True)
class Removed(Shown):
    """Who was removed; ``is_rebuilt``: the file gave the room back too, for which the disk may have been too full."""

    KIND = "face-removed"
    JSON = ("name", "photographs", "is_rebuilt", "notes")

    name: str
    photographs: int
    is_rebuilt: bool

    def table(self) -> Table:
        """One row."""
        return Table(headings("removed", "photographs"), (Row((self.name, str(self.photographs))),), notes=self.notes)

    @property
    def notes(self) -> tuple[Sentence, ...]:
        """What is gone, and what a file cannot promise."""
        kept = sentence(
            "face-removed-but",
            "gone from the gallery's file; exports, backups and snapshots of the disk are yours to delete",
        )
        if self.is_rebuilt:
            return (kept,)
        return kept, sentence(
            "face-not-rebuilt",
            "the numbers were overwritten with zeros, but the file is as long as before: there was no room to rebuild "
            "it, or another process held it",
        )


@dataclass(frozen=True)
class Exported(Shown):
    """A file that was written: ``descriptions`` of ``people``, without photographs."""

    KIND = "face-exported"
    JSON = ("path", "people", "descriptions", "notes")

    path: str
    people: int
    descriptions: int

    def table(self) -> Table:
        """One row."""
        cells = self.path, str(self.people), str(self.descriptions)
        return Table(headings("written to", "people", "descriptions"), (Row(cells),), notes=self.notes)

    @property
    def notes(self) -> tuple[Sentence, ...]:
        """What is to be known of the file."""
        return (
            sentence("face-exported", "descriptions tell who somebody is: keep the file as you would keep photographs"),
        )


@dataclass(frozen=True)
class Imported(Shown):
    """What was read of an export: new ``people``, ``new`` descriptions, and those that were ``known`` already."""

    KIND = "face-imported"
    JSON = ("path", "people", "new", "known", "notes")

    path: str
    people: int
    new: int
    known: int

    def table(self) -> Table:
        """One row."""
        cells = self.path, str(self.people), str(self.new), str(self.known)
        words = headings("read from", "people new", "new", "known already")
        return Table(words, (Row(cells),), notes=self.notes)

    @property
    def notes(self) -> tuple[Sentence, ...]:
        """What became of those who were known."""
        return (sentence("face-imported", "who was known before is known as before; consents came along"),)


def _answered(face: Recognition) -> str | Sentence:
    if face.answer == UNSURE:
        return sentence("face-unsure", "unsure")
    return face.name or sentence("face-unknown", "unknown")


def _place(box: Box) -> str:
    top, left, bottom, right = box
    return f"({top}, {left})-({bottom}, {right})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
