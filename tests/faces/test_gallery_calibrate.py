"""Calibration: intervals against SciPy's beta distribution, thresholds against counts by hand, warnings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fake_faces import Fake, face, photograph, saved
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from kaiyan.faces.calibrate import calibrate, calibrated
from kaiyan.faces.calibration_pairs import Portrait, between, duplicates, halves, pairs
from kaiyan.faces.calibration_rates import Rate, allowed, needed, reachable, upper
from kaiyan.faces.gallery import Gallery
from kaiyan.faces.gallery_refusals import GalleryError
from kaiyan.show.i18n import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@given(st.integers(1, 20_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_clopper_and_pearson_s(counts: tuple[int, int]) -> None:
    errors, trials = counts
    rate = Rate(errors, trials)
    low = beta.ppf(0.025, errors, trials - errors + 1) if errors else 0.0
    high = beta.ppf(0.975, errors + 1, trials - errors) if errors < trials else 1.0
    assert rate.low == pytest.approx(low, rel=1e-8, abs=1e-12)
    assert rate.high == pytest.approx(high, rel=1e-8)


@pytest.mark.parametrize("far", [0.5, 0.1, 0.01, 1e-3, 1e-4])
def test_as_many_pairs_as_are_asked_for_are_enough_and_one_fewer_is_not(far: float) -> None:
    assert (1 - far) ** needed(far) <= 0.05 < (1 - far) ** (needed(far) - 1)
    assert allowed(far, needed(far)) >= 0 > allowed(far, needed(far) - 1)


@given(st.integers(2, 100_000))
def test_the_rate_that_is_offered_is_one_that_the_pairs_can_show(trials: int) -> None:
    far = reachable(trials)
    assert needed(far) <= trials
    assert far <= 1.02 * (1 - 0.05 ** (1 / trials))


@pytest.mark.parametrize(("far", "trials"), [(0.05, 300), (1e-3, 20_000), (0.5, 10)])
def test_the_errors_that_are_allowed_are_the_most(far: float, trials: int) -> None:
    most = allowed(far, trials)
    assert beta.ppf(0.95, most + 1, trials - most) <= far < beta.ppf(0.95, most + 2, trials - most - 1)
    assert upper(trials, trials, 0.05) == 1.0


def _photograph(person: str, session: str, numbers: Any, digest: str | None = None) -> Portrait:
    place = f"{person}/{session}/{numbers}.png"
    return Portrait(person, session, place, digest or place, np.asarray(numbers, np.float32))


def test_pairs_are_of_two_people_or_of_two_sessions_of_one() -> None:
    found = pairs([_photograph("Ann", "1", [0]), _photograph("Ann", "1", [1]), _photograph("Ann", "2", [3]),
                   _photograph("Bob", "1", [7])])  # fmt: skip
    assert sorted(found.same.tolist()) == [2, 3]
    assert sorted(found.different.tolist()) == [4, 6, 7]


def test_distances_are_as_numpy_s_norm_has_them() -> None:
    rng = np.random.default_rng(0)
    some, others = rng.standard_normal((5, 128)), rng.standard_normal((7, 128))
    wanted = [[np.linalg.norm(a - b) for b in others] for a in some]
    np.testing.assert_allclose(between(some, others), wanted, rtol=1e-12)


def test_no_person_is_in_both_halves_and_the_order_of_photographs_does_not_matter() -> None:
    photographs = [_photograph(f"p{i % 11}", "1", [i]) for i in range(33)]
    first, second = halves(photographs)
    assert {one.person for one in first} & {one.person for one in second} == set()
    assert (len(first), len(second)) == (18, 15)
    assert {one.place for one in halves(photographs[::-1])[0]} == {one.place for one in first}


def test_one_photograph_in_two_places_is_found_and_a_likeness_of_two_people_stays() -> None:
    photographs = [
        _photograph("Ann", "1", [0.0]), _photograph("Ann", "1", [0.01]), _photograph("Ann", "2", [0.02]),
        _photograph("Bob", "1", [0.03]), _photograph("Cy", "1", [5.0], "same"), _photograph("Di", "1", [6.0], "same"),
    ]  # fmt: skip
    found = duplicates(photographs, 0.015)
    assert [(twin.first[:5], twin.second[:5], twin.is_left_out) for twin in found] == [
        ("Ann/1", "Ann/2", True),
        ("Ann/2", "Bob/1", False),
    ]


def _made(people: int, each: int, spread: float, seed: int = 0) -> list[Portrait]:
    """People at random places of a unit sphere, each photograph another session, ``spread`` away."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((people, 16))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    offsets = rng.standard_normal((people, each, 16)) * spread / 4
    return [_photograph(f"p{i}", str(j), centres[i] + offsets[i, j]) for i in range(people) for j in range(each)]


def test_the_threshold_is_the_greatest_that_the_rate_allows_and_is_judged_on_other_people() -> None:
    photographs, far = _made(60, 3, 0.3), 0.01
    found = calibrated(photographs, far, published=0.6)
    choosing, held_out = (list(half) for half in halves(photographs))
    apart = [_apart(a, b) for a, b in _two_people(choosing)]
    most = max(k for k in range(200) if beta.ppf(0.95, k + 1, len(apart) - k) <= far)
    assert found.chosen_on == Rate(most, len(apart))
    assert sorted(apart)[most - 1] <= found.threshold < sorted(apart)[most]
    others = [_apart(a, b) for a, b in _two_people(held_out)]
    assert found.held_out.far == Rate(sum(d <= found.threshold for d in others), len(others))
    same = [_apart(a, b) for i, a in enumerate(held_out) for b in held_out[i + 1 :] if a.person == b.person]
    assert found.held_out.frr == Rate(sum(d > found.threshold for d in same), len(same))
    assert found.published.frr == Rate(sum(d > 0.6 for d in same), len(same))
    assert (found.people, found.photographs, found.asked) == (60, 180, far)


def _two_people(photographs: list[Portrait]) -> list[tuple[Portrait, Portrait]]:
    return [(a, b) for i, a in enumerate(photographs) for b in photographs[i + 1 :] if a.person != b.person]


def _apart(a: Portrait, b: Portrait) -> float:
    return float(np.linalg.norm(a.numbers.astype(float) - b.numbers.astype(float)))


def test_pairs_at_one_distance_are_all_refused_where_one_is_too_many() -> None:
    photographs = [_photograph(f"p{i}", str(j), [0.0, 0.0, 0.0]) for i in range(30) for j in range(2)]
    photographs = [Portrait(one.person, one.session, f"{i}", f"{i}", np.eye(60, dtype=np.float32)[i])
                   for i, one in enumerate(photographs)]  # fmt: skip
    found = calibrated(photographs, 0.01, published=0.6)
    assert found.chosen_on.errors == 0
    assert 2**0.5 - 2e-6 < found.threshold < 2**0.5


REFUSED: dict[str, Callable[[Path], object]] = {
    "calibration-far": lambda folder: calibrate(folder, 0, network=Fake()),
    "calibration-no-folder": lambda folder: calibrate(folder / "nowhere", network=Fake()),
    "calibration-nobody": lambda folder: calibrate(folder, network=Fake()),
    "calibration-too-few-pairs": lambda _: calibrated(_made(10, 2, 0.4), 1e-3, published=0.6),
    "calibration-one-session": lambda _: calibrated(_made(60, 1, 0.1), 0.05, published=0.6),
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_cannot_be_calibrated_is_refused(tmp_path: Path, code: str) -> None:
    with pytest.raises(GalleryError) as caught:
        REFUSED[code](tmp_path)
    assert caught.value.code == code
    assert say(caught.value, "zh") != say(caught.value, "en")


def test_the_ways_out_of_too_few_pairs_are_ways_out() -> None:
    with pytest.raises(GalleryError) as caught:
        calibrated(_made(10, 2, 0.4), 1e-3, published=0.6)
    facts: Any = caught.value.facts
    assert (facts["needed"], facts["fewest"], facts["people"], facts["photographs"]) == (2995, 40, 10, 20)
    assert calibrated(_made(10, 2, 0.4), facts["reach"], published=0.6).asked == facts["reach"]
    assert calibrated(_made(facts["more"], 2, 0.4), 1e-3, published=0.6).asked == 1e-3
    with pytest.raises(GalleryError):
        calibrated(_made(facts["more"] - 2, 2, 0.4), 1e-3, published=0.6)


def test_photographs_that_were_left_out_are_told_where_the_rest_is_too_few() -> None:
    with pytest.raises(GalleryError) as caught:
        calibrated(_made(12, 3, 0.01), 0.05, published=0.6)
    facts = caught.value.facts
    assert (facts["photographs"], facts["left_out"], facts["fewest"]) == (12, 24, 15)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """12 people: two sessions with two photographs each; and files that are of no use."""
    rng = np.random.default_rng(5)
    for person in range(12):
        centre = rng.integers(20, 230, 128)
        for session in ("2025", "2026"):
            for n in range(2):
                numbers = np.clip(centre + rng.integers(-12, 12, 128), 1, 255)
                saved(tmp_path / "album" / f"p{person:02}" / session / f"{n}.png", numbers)
    saved(tmp_path / "album" / "p00" / "2026" / "two.png", face(1), face(2))
    (tmp_path / "album" / "p00" / "2026" / "notes.txt").write_text("bright")
    (tmp_path / "album" / "p00" / ".hidden").write_text("")
    (tmp_path / "album" / "readme.md").write_text("all of them agreed")
    copy = tmp_path / "album" / "p01" / "2025" / "0.png"
    (tmp_path / "album" / "p01" / "2026" / "copy.png").write_bytes(copy.read_bytes())
    return tmp_path / "album"


def test_a_folder_is_calibrated_and_what_is_not_used_is_told(album: Path) -> None:
    steps: list[tuple[int, int]] = []
    found = calibrate(album, 0.02, network=Fake(), step=lambda done, every: steps.append((done, every)))
    assert (found.people, found.photographs, found.are_sessions_known) == (12, 48, True)
    assert steps == [(i, 51) for i in range(51)]
    assert {(one.place.rpartition("/")[2], one.reason.code) for one in found.skipped} == {
        ("two.png", "gallery-several-faces"),
        ("notes.txt", "not-a-picture"),
    }
    assert [(twin.second.rpartition("/")[2], twin.distance) for twin in found.duplicates] == [("copy.png", 0.0)]
    assert {"calibration-duplicate", "calibration-skipped", "calibration-interval"} <= {n.code for n in found.notes}
    assert found.held_out.frr.trials == 6 * 4


def test_photographs_that_lie_in_no_session_are_warned_of(tmp_path: Path) -> None:
    for person in range(12):
        for n in range(3):
            saved(tmp_path / f"p{person}" / f"{n}.png", face(20 * person, 60 * n))
    found = calibrate(tmp_path, 0.05, network=Fake())
    assert not found.are_sessions_known
    assert "calibration-no-sessions" in {note.code for note in found.notes}
    assert found.held_out.frr.trials == 6 * 3


def test_halves_that_differ_are_told() -> None:
    photographs = _made(40, 2, 1.5)
    second = {one.person for one in halves(photographs)[1]}
    moved = [
        Portrait(one.person, one.session, one.place, one.digest, one.numbers * (0.2 if one.person in second else 1))
        for one in photographs
    ]
    found = calibrated(moved, 0.02, published=0.6)
    assert found.held_out.far.low > 0.02
    assert "calibration-missed" in {note.code for note in found.notes}


def test_a_gallery_keeps_its_calibration_and_answers_by_it(album: Path, tmp_path: Path) -> None:
    path = tmp_path / "faces.sqlite"
    gallery = Gallery(path, network=Fake())
    chosen = gallery.calibrate(album, 0.02)
    again = Gallery(path, network=Fake())
    assert (again.limits.accepted, again.limits.far) == (chosen.threshold, 0.02)
    assert again.limits.doubted == max(chosen.threshold, 0.6)
    again.add("Ann", photograph(face(9)), consent="agreed")
    seen = again.who(photograph(face(9)))
    assert "face-strangers" in {note.code for note in seen.notes}
    assert Gallery(path, network=Fake("other", "0" * 64)).limits.far is None


def test_a_gallery_keeps_no_name_of_those_who_chose_its_threshold(album: Path, tmp_path: Path) -> None:
    gallery = Gallery(tmp_path / "faces.sqlite", network=Fake())
    chosen = gallery.calibrate(album, 0.02)
    assert any("p01" in twin.second for twin in chosen.duplicates)
    assert b"album" not in gallery.path.read_bytes()
    log = gallery.path.with_name("faces.sqlite-wal")
    assert not log.exists() or b"album" not in log.read_bytes()


def test_a_person_s_folder_of_another_encoding_is_a_person_s_folder(album: Path, tmp_path: Path) -> None:
    try:
        (album / "p00").rename(album / os.fsdecode(b"caf\xe9"))
    except OSError:
        pytest.skip("this file system writes UTF-8 alone")
    assert Gallery(tmp_path / "faces.sqlite", network=Fake()).calibrate(album, 0.02).people == 12
