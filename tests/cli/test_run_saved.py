"""``kaiyan run``: a saved network on pictures and arrays, in both languages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from kaiyan.cli.run import run
from kaiyan.pictures.as_input import as_input
from kaiyan.pictures.picture import picture
from kaiyan.program.answers import answers
from kaiyan.program.graph import Graph, Input, Node
from kaiyan.program.picture_input import PictureInput
from kaiyan.program.saved import save
from kaiyan.program.size import Symbolic

if TYPE_CHECKING:
    from pathlib import Path

MEAN = Node("reduce", ("x",), "m", {"axes": (2, 3), "kind": "mean", "keep": False})
COLOURS = ("red", "green", "blue")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a network that takes the mean of each colour, a reddish picture and an array."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KAIYAN_LANG", "en")
    save(_means(), "net.kaiyan", classes=COLOURS, picture=PictureInput((4, 6)))
    pixels = np.zeros((8, 20, 3), np.uint8)
    pixels[..., 0], pixels[..., 1] = 255, 51
    Image.fromarray(pixels).save("red.png")
    np.save("x.npy", np.arange(72, dtype=np.float32).reshape(1, 3, 4, 6))
    return tmp_path


def _means(*shape: Any) -> Graph:
    return Graph((Input("x", shape or (1, 3, 4, 6)),), ("m",), (MEAN,), {})


def test_a_picture_s_likeliest_classes_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "net.kaiyan", "red.png", "--top", "2"]) == 0
    powers = np.exp([1, 0.2, 0])
    red, green, _ = 100 * powers / powers.sum()
    lines = capsys.readouterr().out.split("\n")
    assert [line.split() for line in lines if "%" in line] == [
        ["red", f"{red:.1f}", "%"],
        ["green", f"{green:.1f}", "%"],
    ]


def test_an_array_is_taken_as_it_is_and_the_outputs_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "net.kaiyan", "x.npy", "--out", "y.npy", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert np.load("y.npy").tolist() == [[11.5, 35.5, 59.5]]
    assert facts["outputs"] == [
        {"shape": [1, 3], "dtype": "float32", "least": 11.5, "mean": 35.5, "largest": 59.5, "odd": 0,
         "first": [11.5, 35.5, 59.5]}
    ]  # fmt: skip
    assert facts["examples"][0][0] == {"number": 2, "name": "blue", "share": pytest.approx(1.0)}
    assert facts["written"] == "y.npy"


def test_several_outputs_are_a_table_and_an_npz_file(capsys: pytest.CaptureFixture[str]) -> None:
    square = Node("map", ("m",), "s", {"terms": (("div", 1.0, 0),)})
    save(Graph((Input("x", (1, 3, 4, 6)),), ("m", "s"), (MEAN, square), {}), "two.kaiyan")
    np.save("nought.npy", np.zeros((1, 3, 4, 6)))
    assert run(["run", "two.kaiyan", "nought.npy", "-o", "y.npz"]) == 0
    printed = capsys.readouterr().out
    assert "3 numbers are NaN or infinite" in printed
    assert "written to y.npz" in printed
    assert np.isinf(np.load("y.npz")["1"]).all()


def test_a_picture_without_instructions_is_0_to_1_and_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    save(_means(1, 3, 4, 6), "plain.kaiyan")
    assert run(["run", "plain.kaiyan", "red.png", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["outputs"][0]["first"] == pytest.approx([1, 0.2, 0])
    assert facts["notes"][0]["code"] == "picture-from-0-to-1"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["none.kaiyan", "red.png"], "program-not-read"),
        (["red.png", "red.png"], "program-not-ours"),
        (["net.kaiyan", "red.png", "red.png"], "files-for-inputs"),
        (["net.kaiyan", "none.png"], "no-such-file"),
        (["net.kaiyan", "red.png", "--out", "y.png"], "numbers-suffix"),
        (["net.kaiyan", "x.npy", "--out", "x.npy"], "over-the-input"),
        (["net.kaiyan", "x.npy", "--out", "none/y.npy"], "no-folder"),
        (["net.kaiyan", "other.npy"], "program-input-shape"),
        (["net.kaiyan", "whole.npy"], "program-input-dtype"),
        (["words.kaiyan", "red.png"], "no-picture-input"),
        (["net.kaiyan"], "missing-argument"),
    ],
)
def test_what_cannot_be_run_is_one_sentence_in_both_languages(
    arguments: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    save(_means(1, 300, 4, 6), "words.kaiyan")
    np.save("other.npy", np.zeros((1, 3, 5, 6), np.float32))
    np.save("whole.npy", np.zeros((1, 3, 4, 6), np.int64))
    for lang in ("en", "zh"):
        assert run(["--lang", lang, "run", *arguments, "--json"]) == 2
        printed = capsys.readouterr()
        assert json.loads(printed.out)["code"] == code
        assert printed.err.startswith("kaiyan: ")
        assert not (lang == "zh" and printed.err.isascii())


def test_a_picture_becomes_what_its_network_was_trained_on() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    plain = as_input(picture(pixels), PictureInput())
    assert np.allclose(plain, np.moveaxis(pixels, -1, 0)[None] / 255, atol=1e-7)
    wanted = PictureInput(None, 1.0, (3, 2, 1), (2, 4, 8), 255.0, channels_last=True, colours="bgr")
    assert np.allclose(as_input(picture(pixels), wanted), ((pixels[None, :, :, ::-1] - (3.0, 2, 1)) / (2, 4, 8)))
    crop = Image.fromarray(pixels).resize((10, 20), Image.Resampling.BICUBIC, (23, 5, 38, 35))
    seen = as_input(picture(pixels), PictureInput((20, 10), 0.75, white=255.0, resampling="bicubic"))
    assert np.allclose(seen[0], np.moveaxis(np.asarray(crop), -1, 0), atol=1e-4)
    grey = PictureInput(None, 1.0, (0.0,), (1.0,), 255.0, colours="grey")
    assert np.allclose(as_input(picture(pixels), grey)[0, 0], pixels @ (0.299, 0.587, 0.114), atol=0.51)


def test_shares_stay_and_other_numbers_become_shares() -> None:
    shares = answers([np.array([[0.1, 0.7, 0.2]])], COLOURS, 1)
    [likely] = shares.examples[0]
    assert (likely.name, round(likely.share, 9)) == ("green", 0.7)
    scores = answers([np.array([[0.0, np.log(3), -np.inf], [1, 1, 1]])], COLOURS, 2)
    assert [likely.share for likely in scores.examples[0]] == pytest.approx([0.75, 0.25])
    assert [likely.name for likely in scores.examples[1]] == ["red", "green"]


def test_an_open_size_of_what_is_no_picture_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    save(_means(Symbolic("s77"), 300, 4, Symbolic("s8")), "words.kaiyan")
    for lang, shape in (("en", "(any, 300, 4, any)"), ("zh", "(任意, 300, 4, 任意)")):
        assert run(["--lang", lang, "run", "words.kaiyan", "red.png"]) == 2
        assert shape in capsys.readouterr().err
