"""A recogniser says who is near whom, and refuses what is no photograph, no chip, and no name of its kind.

Which photographs show one person is known from the names of their files.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from portraits import portrait

from kaiyan.faces import Face, recogniser
from kaiyan.faces.similarity import similarity
from kaiyan.show.error import KaiyanError

PEOPLE = {"obama": "o", "obama2": "o", "obama3": "o", "biden": "b", "person_a_1": "a", "person_a_2": "a",
          "person_b_1": "p", "person_b_2": "p"}  # fmt: skip


def test_photographs_of_one_person_are_nearer_than_the_threshold_and_those_of_two_are_not() -> None:
    faces = recogniser()
    described = {
        name: faces.describe(faces.chips(portrait(name), faces.find(portrait(name))[:1]))[0] for name in PEOPLE
    }
    for one, other in combinations(PEOPLE, 2):
        distance = float(np.linalg.norm(described[one] - described[other]))
        assert (distance < faces.distance) == (PEOPLE[one] == PEOPLE[other]), (one, other, distance)


def test_a_fingerprint_is_the_same_each_time() -> None:
    assert recogniser("dlib").fingerprint == "5a70884f9b2e6022c22ce45b955895fe9f391a438971bee970b46b301b22293b"


def test_no_face_gives_no_chip_and_no_numbers() -> None:
    chips = recogniser().chips(portrait("coffee"), ())
    assert chips.shape == (0, 150, 150, 3)
    assert recogniser().describe(chips).shape == (0, 128)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 700, 3), (7, 5, 3), (4, 4, 3), (30, 2, 3)])
def test_a_picture_of_few_pixels_has_no_faces(shape: tuple[int, ...]) -> None:
    assert recogniser().find(np.full(shape, 200, np.uint8)) == ()


def test_a_face_far_outside_gives_a_black_chip() -> None:
    face = Face((900, 900, 999, 999), 1.0, np.array([[950, 980], [950, 960], [950, 920], [950, 940], [980, 950.0]]))
    assert not recogniser().chips(portrait("astronaut"), [face]).any()


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((9, 9)), np.zeros((9, 9, 3)), np.zeros((9, 9, 4), np.uint8), np.zeros((0, 9, 3), np.uint8), "a.jpg"],
    ids=["grey", "float", "alpha", "empty", "a name"],
)
def test_what_is_no_photograph_is_refused(pixels: Any) -> None:
    with pytest.raises(KaiyanError) as refused:
        recogniser().find(pixels)
    assert refused.value.code == "not-a-photograph"


@pytest.mark.parametrize("chips", [np.zeros((1, 100, 100, 3), np.uint8), np.zeros((1, 150, 150, 3))])
def test_what_are_no_chips_is_refused(chips: Any) -> None:
    with pytest.raises(KaiyanError) as refused:
        recogniser().describe(chips)
    assert refused.value.code == "not-face-chips"


def test_a_recogniser_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(KaiyanError, match="help: dlib") as refused:
        recogniser("facenet")
    assert refused.value.code == "no-such-recogniser"


def test_a_similarity_is_found_again() -> None:
    points = np.array([[0, 0], [3, 1], [-2, 5], [4, 4]])
    turn, shift = 0.6 + 0.8j, 5 - 2j
    moved = turn * (points[:, 0] + 1j * points[:, 1]) + shift
    found = similarity(points, np.stack([moved.real, moved.imag], axis=1))
    np.testing.assert_allclose(found, (turn, shift), atol=1e-12)
