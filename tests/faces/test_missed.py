"""Where no face is found, it is said what is found when the photograph is turned or enlarged.

dlib finds none on the astronaut upside down, nor on every fourth pixel of it (dlib_20_0_1.json); on the whole
photograph the face is 96 pixels high: 24 of those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from portraits import portrait

from kaiyan.faces import Gallery, find, recogniser
from kaiyan.faces.gallery_refusals import GalleryError
from kaiyan.faces.missed import face_of

if TYPE_CHECKING:
    from pathlib import Path

CASES = {
    "astronaut_upside_down": ("face-turned", "gallery-face-turned", {"degrees": 180}),
    "astronaut_tiny": ("face-tiny", "gallery-face-tiny", {"height": 24}),
    "nothing": ("faces-none", "gallery-no-face", {}),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_with_a_photograph_is_said_where_it_is_known(name: str) -> None:
    said, refused, facts = CASES[name]
    pixels = portrait("coffee")[:120, :160] if name == "nothing" else portrait(name)
    found = find(pixels)
    assert [(note.code, note.facts) for note in found.notes] == [(said, facts)]
    with pytest.raises(GalleryError) as caught:
        face_of(recogniser(), pixels)
    assert caught.value.code == refused
    assert facts.items() <= caught.value.facts.items()


def test_a_gallery_says_it_too() -> None:
    with pytest.raises(GalleryError, match="24 pixels high, too small"):
        Gallery("nowhere.sqlite").add("Ann", portrait("astronaut_tiny"), consent="agreed")


def test_where_there_is_no_face_nothing_is_said_of_matches(tmp_path: Path) -> None:
    found = Gallery(tmp_path / "faces.sqlite").who(portrait("coffee")[:120, :160])
    assert (found.faces, found.notes) == ((), ())
