"""A gallery: who is added, who is who, who is known, who is removed and what is written.

Distances are by hand: descriptions are whole numbers of 256ths that differ in their first one to three places only.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fake_faces import AGREED, Fake, face, photograph, refusal, saved

from kaiyan.faces import gallery as gallery_module
from kaiyan.faces import gallery_file
from kaiyan.faces.gallery import Gallery
from kaiyan.faces.gallery_answers import Limits
from kaiyan.faces.gallery_file import usual_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ANN, BOB = (255, 10), (10, 255)
"""Their first numbers: Ann and Bob are 245 sqrt(2) / 256 = 1.353 apart."""


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return Gallery(tmp_path / "faces.sqlite", network=Fake())


def _two(gallery: Gallery) -> Gallery:
    gallery.add("Ann", photograph(face(*ANN)), photograph(face(255, 10, 112)), consent=AGREED)
    gallery.add("Bob", photograph(face(*BOB)), consent="said yes on the telephone")
    return gallery


def test_a_person_is_named_with_the_distances_of_the_nearest_photograph_and_of_the_runner_up(gallery: Gallery) -> None:
    _two(gallery)
    seen = gallery.who(photograph(face(255, 10, 61)))
    (found,) = seen.faces
    assert (found.answer, found.name, found.nearest, found.runner_up) == ("name", "Ann", "Ann", "Bob")
    assert found.distance == pytest.approx(51 / 256)
    assert found.runner_up_distance == pytest.approx((2 * 245**2 + 51**2) ** 0.5 / 256)
    assert found.margin == pytest.approx((2 * 245**2 + 51**2) ** 0.5 / 256 - 51 / 256)
    assert (seen.people, found.box) == (2, (0, 0, 8, 16))


def test_every_face_of_a_photograph_is_answered(gallery: Gallery) -> None:
    _two(gallery)
    seen = gallery.who(photograph(face(*BOB), face(10, 10, 255, 255), face(*ANN)))
    assert [(one.answer, one.name) for one in seen.faces] == [("name", "Bob"), ("unknown", None), ("name", "Ann")]


def test_two_people_within_the_threshold_make_it_unsure(gallery: Gallery) -> None:
    gallery.add("Ann", photograph(face(100)), consent=AGREED)
    gallery.add("Bob", photograph(face(200)), consent=AGREED)
    (found,) = gallery.who(photograph(face(150))).faces
    assert (found.answer, found.name, found.nearest) == ("unsure", None, "Ann")
    assert found.distance == found.runner_up_distance == pytest.approx(50 / 256)
    assert found.reason.code == "face-two-near"


@pytest.mark.parametrize(("step", "answer"), [(153, "name"), (154, "unknown")])
def test_the_published_threshold_decides(gallery: Gallery, step: int, answer: str) -> None:
    assert 153 / 256 < 0.6 < 154 / 256
    gallery.add("Ann", photograph(face(10)), consent=AGREED)
    (found,) = gallery.who(photograph(face(10 + step))).faces
    assert (found.answer, found.distance) == (answer, step / 256)


def test_nobody_is_known_in_a_gallery_that_is_not_there_yet(gallery: Gallery) -> None:
    (found,) = gallery.who(photograph(face(1))).faces
    assert (found.answer, found.distance, found.reason.code) == ("unknown", None, "face-nobody-known")
    assert gallery.people().people == ()
    assert not gallery.path.exists()


def test_a_photograph_without_faces_is_answered_without_faces(gallery: Gallery) -> None:
    assert _two(gallery).who(np.zeros((8, 16), np.uint8)).faces == ()


def test_what_is_known_of_people_is_listed_by_name(gallery: Gallery) -> None:
    listed = _two(gallery).people()
    assert [(one.name, one.photographs, one.consent) for one in listed.people] == [
        ("Ann", 2, AGREED),
        ("Bob", 1, "said yes on the telephone"),
    ]
    assert listed.network == "fake"
    assert all(one.time.endswith("+00:00") for one in listed.people)


def test_a_photograph_that_was_added_is_not_added_again_in_whatever_file(gallery: Gallery, tmp_path: Path) -> None:
    first = gallery.add("Ann", saved(tmp_path / "a.png", face(9)), consent=AGREED)
    again = gallery.add("Ann", saved(tmp_path / "b.bmp", face(9)), photograph(face(8)))
    assert (first.new, first.known, first.photographs) == (1, 0, 1)
    assert (again.new, again.known, again.photographs) == (1, 1, 2)
    assert again.spread == pytest.approx(1 / 256)


def test_what_may_be_wrong_is_said(gallery: Gallery) -> None:
    added = gallery.add("Ann", photograph(face(*ANN)), photograph(face(*BOB)), consent=AGREED)
    assert [note.code for note in added.notes] == ["face-kept", "face-spread"]
    other = gallery.add("Bob", photograph(face(10, 250)), consent=AGREED)
    assert [note.code for note in other.notes] == ["face-kept", "face-close-to-another"]
    assert other.nearest == ("Ann", 5 / 256)


def test_names_are_one_however_they_are_typed(gallery: Gallery) -> None:
    gallery.add("Zoe\N{COMBINING DIAERESIS}", photograph(face(1)), consent=AGREED)
    gallery.add("  Zo\N{LATIN SMALL LETTER E WITH DIAERESIS} ", photograph(face(2)))
    assert [(one.name, one.photographs) for one in gallery.people().people] == [("Zoë", 2)]


def test_a_later_consent_is_kept_beside_the_first(gallery: Gallery, tmp_path: Path) -> None:
    gallery.add("Ann", photograph(face(1)), consent="for a week")
    gallery.add("Ann", photograph(face(2)), consent="for a year")
    assert gallery.people().people[0].consent == "for a year"
    gallery.export(tmp_path / "all.json")
    person = json.loads((tmp_path / "all.json").read_text("utf-8"))["people"][0]
    assert [one["note"] for one in person["consents"]] == ["for a week", "for a year"]


REFUSED: dict[str, Callable[[Gallery], object]] = {
    "gallery-name": lambda g: g.add(" \n", photograph(face(3)), consent=AGREED),
    "gallery-no-photographs": lambda g: g.add("Cy", consent=AGREED),
    "gallery-consent": lambda g: g.add("Cy", photograph(face(3)), consent=" "),
    "gallery-no-face": lambda g: g.add("Cy", photograph(face(3)), np.zeros((8, 16), np.uint8), consent=AGREED),
    "gallery-several-faces": lambda g: g.add("Cy", photograph(face(3), face(4)), consent=AGREED),
    "gallery-photograph-of-another": lambda g: g.add("Cy", photograph(face(3)), photograph(face(*BOB)), consent=AGREED),
    "gallery-no-such-person": lambda g: g.remove("Anne"),
    "gallery-no-such-search": lambda g: Gallery(g.path, search="guess"),
    "gallery-export-suffix": lambda g: g.export("people.xlsx"),
    "gallery-no-folder": lambda g: g.export(g.path.parent / "nowhere" / "people.json"),
    "gallery-none-yet": lambda g: Gallery(g.path.with_name("none.sqlite"), network=Fake()).export("people.json"),
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_is_refused_changes_nothing(gallery: Gallery, code: str) -> None:
    before = _two(gallery).people()
    error = refusal(lambda: REFUSED[code](gallery))
    assert error.code == code
    assert gallery.people() == before


def test_a_name_that_may_be_meant_is_offered(gallery: Gallery) -> None:
    assert [str(line) for line in refusal(lambda: _two(gallery).remove("Anne")).help] == ["Ann"]


def test_the_ways_out_of_a_missing_consent_and_of_several_faces_are_ways(gallery: Gallery) -> None:
    crowd = photograph(face(3), face(4))
    assert refusal(lambda: gallery.add("Cy", crowd, consent=AGREED)).facts["boxes"] == "(0, 0, 8, 16), (8, 0, 16, 16)"
    gallery.add("Cy", crowd[0:8, 0:16], consent="how and when Cy agreed")
    assert gallery.people().people[0].photographs == 1


def test_numbers_of_another_network_are_refused_and_not_compared(gallery: Gallery) -> None:
    _two(gallery)
    other = Gallery(gallery.path, network=Fake("other", "0" * 64))
    for act in (
        lambda: other.who(photograph(face(*ANN))),
        lambda: other.add("Ann", photograph(face(7))),
    ):
        error = refusal(act)
        assert (error.code, error.facts["found"], error.facts["ours"]) == ("gallery-other-network", "fake", "other")
    assert other.people() == gallery.people()


def test_an_emptied_gallery_takes_another_network(gallery: Gallery) -> None:
    gallery.add("Ann", photograph(face(1)), consent=AGREED)
    gallery.remove("Ann")
    other = Gallery(gallery.path, network=Fake("other", "0" * 64))
    other.add("Ann", photograph(face(1)), consent=AGREED)
    assert other.people().network == "other"


def test_what_is_removed_is_in_no_byte_of_the_file_or_its_log(gallery: Gallery) -> None:
    rng = np.random.default_rng(4)
    many = rng.integers(1, 255, (40, 128))
    gallery.add("Quentin Removed", *(photograph(one) for one in many), consent="note of Quentin's consent")
    gallery.add("Ann", photograph(face(*ANN)), consent=AGREED)
    needles = [b"Quentin", *((one / 256).astype("<f4").tobytes()[:64] for one in many)]
    assert all(needle in _bytes(gallery.path) for needle in needles)

    removed = gallery.remove("Quentin Removed")
    assert (removed.photographs, removed.is_rebuilt) == (40, True)
    assert [needle for needle in needles if needle in _bytes(gallery.path)] == []
    assert [one.name for one in gallery.people().people] == ["Ann"]
    assert gallery.who(photograph(many[0])).people == 1


def _bytes(path: Path) -> bytes:
    return b"".join(part.read_bytes() for part in path.parent.glob(f"{path.name}*"))


def test_without_overwriting_the_removed_bytes_would_be_found(gallery: Gallery) -> None:
    gallery.add("Quentin Removed", photograph(face(*ANN)), consent=AGREED)
    with closing(sqlite3.connect(gallery.path)) as file, file:
        file.execute("PRAGMA secure_delete = OFF")
        file.execute("DELETE FROM person")
    assert b"Quentin" in _bytes(gallery.path)


def test_who_is_removed_by_another_process_right_after_is_told_as_added(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery.add("Bob", photograph(face(*BOB)), consent=AGREED)

    @contextmanager
    def then_removed(path: Path) -> Iterator[sqlite3.Connection]:
        with gallery_file.writing(path) as file:
            yield file
        monkeypatch.undo()
        Gallery(path).remove("Ann")

    monkeypatch.setattr(gallery_module, "writing", then_removed)
    added = gallery.add("Ann", photograph(face(*ANN)), consent=AGREED)
    assert added.new == 1
    assert added.nearest is not None
    assert added.nearest[0] == "Bob"
    assert [one.name for one in gallery.people().people] == ["Bob"]


def test_an_export_has_everything_but_photographs(gallery: Gallery, tmp_path: Path) -> None:
    _two(gallery)
    written = gallery.export(tmp_path / "people.json"), gallery.export(tmp_path / "people.npz")
    assert {(one.people, one.descriptions) for one in written} == {(2, 3)}
    facts: dict[str, Any] = json.loads((tmp_path / "people.json").read_text("utf-8"))
    assert (facts["schema"], facts["network"], facts["fingerprint"]) == ("kaiyan/1", "fake", "f" * 64)
    numbers = [one["numbers"] for person in facts["people"] for one in person["descriptions"]]
    arrays = np.load(tmp_path / "people.npz", allow_pickle=False)
    wanted = (np.array([face(*ANN), face(255, 10, 112), face(*BOB)]) / 256).astype(np.float32)
    np.testing.assert_array_equal(np.array(numbers, np.float32), wanted)
    np.testing.assert_array_equal(arrays["descriptions"], wanted)
    assert arrays["names"].tolist() == ["Ann", "Ann", "Bob"]
    assert [person["name"] for person in facts["people"]] == ["Ann", "Bob"]
    assert arrays["consents"][:, 1].tolist() == [AGREED, "said yes on the telephone"]


def test_the_gallery_is_under_the_home_that_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAIYAN_HOME", str(tmp_path / "home"))
    Gallery(network=Fake()).add("Ann", photograph(face(1)), consent=AGREED)
    assert (tmp_path / "home" / "faces.sqlite").is_file()
    monkeypatch.delenv("KAIYAN_HOME")
    assert usual_path().parts[-2:] == ("kaiyan", "faces.sqlite")


def test_what_the_calibration_does_not_accept_and_the_published_threshold_does_is_unsure(gallery: Gallery) -> None:
    limits = Limits(accepted=0.4, doubted=0.6, far=1e-3)
    assert [limits.answer(d, None) for d in (0.4, 0.41, 0.6, 0.61)] == ["name", "unsure", "unsure", "unknown"]
    assert limits.answer(0.2, 0.5) == "name"
    assert limits.answer(0.2, 0.4) == "unsure"
    assert gallery.limits == Limits(0.6, 0.6)
