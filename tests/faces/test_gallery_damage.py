"""A damaged gallery is refused and left as it is; what can still be read of it is copied, and who is lost is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fake_faces import AGREED, Fake, face, gallery_of_ann, photograph, refusal

from kaiyan.faces.gallery import Gallery
from kaiyan.faces.gallery_recovery import recover


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return gallery_of_ann(tmp_path)


@pytest.fixture
def crowded(gallery: Gallery) -> Gallery:
    """40 people of 3 photographs each, in some 40 pages."""
    rng = np.random.default_rng(1)
    for n in range(40):
        gallery.add(f"Person {n:02}", *(photograph(one) for one in rng.integers(1, 255, (3, 128))), consent=AGREED)
    return gallery


def _blot(path: Path, start: int, length: int) -> bytes:
    whole = bytearray(path.read_bytes())
    whole[start : start + length] = b"\xa5" * length
    path.write_bytes(whole)
    return bytes(whole)


def test_a_page_that_is_blotted_is_refused_untouched_and_the_others_are_recovered(crowded: Gallery) -> None:
    size = 4096
    whole = crowded.path.read_bytes()
    page = next(n for n in range(len(whole) // size - 1, 0, -1)
                if whole[n * size] == 13 and b"agreed" not in whole[n * size : (n + 1) * size])  # fmt: skip
    blotted = _blot(crowded.path, page * size, size)
    for act in (
        crowded.people,
        lambda: crowded.add("Bob", photograph(face(2)), consent=AGREED),
        lambda: crowded.remove("Ann"),
        lambda: crowded.who(photograph(face(1))),
    ):
        assert refusal(act).code == "gallery-damaged"
    assert crowded.path.read_bytes() == blotted

    target = Path(str(refusal(crowded.people).facts["new"]))
    recovery = recover(crowded.path, target)
    assert crowded.path.read_bytes() == blotted
    assert recovery.people == 41
    assert 100 < recovery.descriptions < 122
    again = Gallery(target, network=Fake())
    assert sum(one.photographs for one in again.people().people) == recovery.descriptions
    assert again.who(photograph(face(1, 0))).faces[0].name == "Ann"


def test_a_number_that_changed_by_one_bit_is_noticed_and_left_behind(crowded: Gallery) -> None:
    blob = (face(1, 1) / 256).astype("<f4").tobytes()
    whole = bytearray(crowded.path.read_bytes())
    whole[whole.index(blob) + 400] ^= 1
    crowded.path.write_bytes(whole)
    error = refusal(lambda: crowded.who(photograph(face(1, 0))))
    assert (error.code, error.facts["reason"]) == ("gallery-damaged", "a description of Ann is not as it was written")
    assert recover(crowded.path, crowded.path.with_name("new.sqlite")).descriptions == 121


def test_a_person_of_whom_nothing_is_left_is_named(gallery: Gallery) -> None:
    gallery.add("Bob", photograph(face(5, 6)), consent=AGREED)
    whole = bytearray(gallery.path.read_bytes())
    whole[whole.index((face(5, 6) / 256).astype("<f4").tobytes()) + 9] ^= 1
    gallery.path.write_bytes(whole)
    recovery = recover(gallery.path, gallery.path.with_name("new.sqlite"))
    assert (recovery.lost, [note.code for note in recovery.notes]) == (("Bob",), ["face-recovered", "face-lost"])


def test_recovery_overwrites_nothing_and_says_where_nothing_is_left(crowded: Gallery, tmp_path: Path) -> None:
    assert refusal(lambda: recover(crowded.path, crowded.path)).code == "gallery-recovery-taken"
    _blot(crowded.path, 200, len(crowded.path.read_bytes()) - 200)
    assert refusal(lambda: recover(crowded.path, tmp_path / "new.sqlite")).code == "gallery-nothing-recovered"
    assert not (tmp_path / "new.sqlite").exists()
