"""An export that somebody else wrote, or changed: read as a gallery would have written it, or refused whole."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from fake_faces import AGREED, Fake, face, photograph

from kaiyan.faces.gallery import Gallery
from kaiyan.faces.gallery_refusals import GalleryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    made = Gallery(tmp_path / "faces.sqlite", network=Fake())
    made.add("Ann", photograph(face(255)), consent=AGREED)
    return made


def _changed(gallery: Gallery, change: Callable[[dict[str, Any]], object]) -> Path:
    """An export of the gallery after a change of its only person."""
    path = gallery.path.with_name("people.json")
    gallery.export(path)
    whole = json.loads(path.read_text("utf-8"))
    change(whole["people"][0])
    path.write_text(json.dumps(whole))
    return path


def _renamed(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda one: one.update(name=name)


def test_a_name_of_an_export_is_stored_as_a_typed_one_and_can_be_removed(gallery: Gallery, tmp_path: Path) -> None:
    path = _changed(gallery, _renamed(" Zoe\N{COMBINING DIAERESIS}\n"))
    other = Gallery(tmp_path / "other.sqlite", network=Fake())
    other.import_from(path)
    assert [one.name for one in other.people().people] == ["Zoë"]
    assert other.remove("Zoë").photographs == 1


def _of_five_numbers(one: dict[str, Any]) -> None:
    row = one["descriptions"][0]
    row.update(numbers=row["numbers"][:5], picture="0" * 64)
    one.update(name="Eve")


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "half a sign in a name": (_renamed("Ann\ud800"), "is no name"),
    "half a sign in a note": (lambda one: one["consents"][0].update(note="\ud800"), "UnicodeEncodeError"),
    "two lines in a name": (_renamed("Ann\nBob"), "is no name"),
    "descriptions of another length": (_of_five_numbers, "of 5 numbers, those of the gallery of 128"),
    "numbers that float32 has not": (lambda one: one["descriptions"][0].update(numbers=[1e300] * 128), "not finite"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_what_a_gallery_could_not_hold_is_refused_whole(gallery: Gallery, case: str) -> None:
    change, said = CHANGES[case]
    with pytest.raises(GalleryError, match=said) as caught:
        gallery.import_from(_changed(gallery, change))
    assert caught.value.code == "gallery-import-damaged"
    assert [one.name for one in gallery.people().people] == ["Ann"]
    assert gallery.who(photograph(face(255))).faces[0].name == "Ann"


def test_brackets_without_end_are_refused_in_a_sentence(gallery: Gallery, tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text("[" * 200_000)
    with pytest.raises(GalleryError) as caught:
        gallery.import_from(tmp_path / "deep.json")
    assert caught.value.code == "gallery-import-damaged"


@pytest.mark.parametrize("name", [os.fsdecode(b"caf\xe9"), "Ann\N{LINE SEPARATOR}Bob"])
def test_a_name_that_utf8_cannot_write_or_that_breaks_a_line_is_refused(gallery: Gallery, name: str) -> None:
    with pytest.raises(GalleryError) as caught:
        gallery.add(name, photograph(face(3)), consent=AGREED)
    assert caught.value.code == "gallery-name"


def test_a_note_of_another_encoding_is_kept_spelled_out(gallery: Gallery) -> None:
    gallery.add("Bob", photograph(face(3)), consent=os.fsdecode(b"caf\xe9"))
    assert gallery.people().people[1].consent == r"caf\udce9"
