"""A gallery with a real network and real portraits: who is whom is known from the names of their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from portraits import portrait

from kaiyan.faces import Gallery
from kaiyan.faces.gallery_refusals import GalleryError

if TYPE_CHECKING:
    from pathlib import Path


def test_people_are_known_by_other_photographs_than_those_that_were_added(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path / "faces.sqlite")
    gallery.add("Obama", portrait("obama"), portrait("obama2"), consent="official portraits in the public domain")
    gallery.add("Biden", portrait("biden"), consent="an official portrait in the public domain")
    (found,) = gallery.who(portrait("obama3")).faces
    assert (found.answer, found.name, found.runner_up) == ("name", "Obama", "Biden")
    assert found.distance is not None
    assert 0.2 < found.distance < 0.45
    assert found.runner_up_distance is not None
    assert found.runner_up_distance > 0.8
    (stranger,) = gallery.who(portrait("astronaut")).faces
    assert (stranger.answer, stranger.name) == ("unknown", None)
    with pytest.raises(GalleryError, match="no face is found"):
        gallery.add("Cup", portrait("coffee"), consent="a cup has none to give")
    gallery.remove("Obama")
    assert gallery.who(portrait("obama3")).faces[0].answer == "unknown"
