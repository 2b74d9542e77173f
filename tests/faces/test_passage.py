"""A face through the network: the description is dlib's, the maps are the layers', the fields those of the gradient.

dlib's description stands in dlib_20_0_1.json. What a number sees is held against the pixels that move it: with positive
weights nothing cancels, and the gradient is above 0 exactly where it is seen.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from portraits import portrait
from torch.nn import functional

from kaiyan.faces import Gallery, layers, recogniser
from kaiyan.faces.describer import Describer, prepared
from kaiyan.faces.gallery_refusals import GalleryError
from kaiyan.faces.passage_drawing import _lines

if TYPE_CHECKING:
    from kaiyan.faces.passage import Passage

RECORDED = json.loads((Path(__file__).parent / "dlib_20_0_1.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def passage() -> Passage:
    return layers(portrait("person_a_1"))


def test_the_description_at_the_end_is_dlibs(passage: Passage) -> None:
    (face,) = RECORDED["person_a_1"]["faces"]
    assert passage.box == tuple(face["box"])
    np.testing.assert_allclose(passage.numbers, face["numbers"], atol=1e-5)


def test_the_stages_are_the_sizes_that_the_network_goes_through(passage: Passage) -> None:
    assert [stage.shape for stage in passage.stages] == [
        (32, 72, 72), (32, 35, 35), (64, 17, 17), (128, 8, 8), (256, 4, 4), (256, 2, 2),
    ]  # fmt: skip
    assert [stage.convolutions for stage in passage.stages] == [1, 7, 15, 21, 27, 29]


def test_the_maps_of_a_stage_are_what_its_last_layer_gives(passage: Passage) -> None:
    network = recogniser().describer
    assert isinstance(network, Describer)
    with torch.no_grad():
        x = functional.relu(network.stem(prepared(torch.tensor(passage.chip).permute(2, 0, 1)[None])))
        assert passage.stages[0].alive == int((x[0].amax((1, 2)) > 0).sum())
        x = functional.max_pool2d(x, 3, 2)
        for block in network.blocks[:3]:
            x = block(x)
    np.testing.assert_array_equal(passage.stages[1].maps, x[0].numpy())
    assert passage.stages[1].alive == sum(bool((plane > 0).any()) for plane in x[0])
    assert passage.stages[1].share == pytest.approx(float((x > 0).float().mean()))


def test_a_number_sees_the_pixels_that_move_it(passage: Passage) -> None:
    """The same windows in torch, of one channel and weights of one: stem, three blocks, a block that halves, three."""
    pixels = torch.ones(1, 1, 260, 260, dtype=torch.float64, requires_grad=True)
    x = _window(pixels, 7, 2)
    moved = [_rows_that_move(x, pixels)]
    x = functional.avg_pool2d(x, 3, 2)
    for _ in range(3):
        x = x + _window(_window(x, 3, 1, 1), 3, 1, 1)
    moved.append(_rows_that_move(x, pixels))
    x = _window(_window(x, 3, 2), 3, 1, 1) + functional.avg_pool2d(x, 2, 2)
    for _ in range(3):
        x = x + _window(_window(x, 3, 1, 1), 3, 1, 1)
    moved.append(_rows_that_move(x, pixels))
    assert [stage.field for stage in passage.stages[:3]] == moved == [7, 59, 179]


def _window(x: torch.Tensor, size: int, stride: int, padding: int = 0) -> torch.Tensor:
    return functional.conv2d(x, torch.ones(1, 1, size, size, dtype=x.dtype), stride=stride, padding=padding)


def _rows_that_move(x: torch.Tensor, pixels: torch.Tensor) -> int:
    middle = x.shape[2] // 2
    (gradient,) = torch.autograd.grad(x[0, 0, middle, middle], pixels, retain_graph=True)
    return int((gradient[0, 0].amax(1) > 0).sum())


def test_a_gallery_gives_the_nearest_person_and_the_stored_numbers(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path / "faces.sqlite")
    gallery.add("A", portrait("person_a_1"), consent="agreed")
    passage = layers(portrait("person_a_2"), gallery=gallery)
    assert passage.match is not None
    assert passage.stored is not None
    assert (passage.match.answer, passage.match.nearest) == ("name", "A")
    assert np.linalg.norm(passage.stored - passage.numbers) == pytest.approx(passage.match.distance, abs=1e-6)
    assert passage.match.distance == pytest.approx(_recorded_distance("person_a_1", "person_a_2"), abs=1e-5)


def _recorded_distance(one: str, other: str) -> float:
    numbers = [np.array(RECORDED[name]["faces"][0]["numbers"]) for name in (one, other)]
    return float(np.linalg.norm(numbers[0] - numbers[1]))


def test_the_sheet_shows_the_photograph_the_face_and_the_maps(passage: Passage, tmp_path: Path) -> None:
    page = np.asarray(passage.sheet)
    assert page.shape[1] > page.shape[0] > 1000
    blue, orange = (np.all(page == colour, axis=2).sum() for colour in ((33, 102, 172), (214, 96, 20)))
    assert blue > 1000  # the bars of numbers below 0 and above it
    assert orange > 1000
    assert passage.save(tmp_path / "layers.png").stat().st_size > 100_000


def test_a_face_that_is_not_there_is_refused() -> None:
    with pytest.raises(GalleryError) as caught:
        layers(portrait("person_a_1"), face=2)
    assert caught.value.code == "no-such-face"


def test_the_space_between_a_chinese_sign_and_a_number_is_drawn() -> None:
    assert _lines("裁成 150 x 150 像素。", 999, len) == ["裁成 150 x 150 像素。"]
    assert [line.rstrip() for line in _lines("裁成 150 x 150 像素。", 6, len)] == ["裁成 150", "x 150", "像素。"]
