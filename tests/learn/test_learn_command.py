"""``kaiyan learn`` on files: what it prints, draws and writes, and what is left when it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from kaiyan.cli.run import run
from kaiyan.learn import fit_kernel

if TYPE_CHECKING:
    from pathlib import Path

ndimage = pytest.importorskip("scipy.ndimage")


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[str, str]:
    """A picture and what scipy's sharpening made of it, as a phone keeps it: whole numbers, cut off at the ends."""
    rng = np.random.default_rng(5)
    before = np.rint(ndimage.gaussian_filter(rng.integers(0, 256, (80, 90)).astype(float), 1)).astype(np.uint8)
    sharp = np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
    after = np.clip(ndimage.correlate(before.astype(int), sharp, mode="nearest"), 0, 255).astype(np.uint8)
    paths = tmp_path / "before.png", tmp_path / "after.png"
    for path, values in zip(paths, (before, after), strict=True):
        Image.fromarray(values).save(path)
    return str(paths[0]), str(paths[1])


def test_the_kernel_of_a_filter_is_printed_written_and_drawn(
    pictures: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers, drawing = tmp_path / "kernel.npy", tmp_path / "kernel.png"
    assert run(["--lang", "en", "learn", *pictures, "-o", str(numbers), "-o", str(drawing)]) == 0
    told = capsys.readouterr().out
    assert "it is sharpen" in told
    assert "replicate" in told
    assert f"written to {numbers}" in told
    np.testing.assert_allclose(np.load(numbers), [[0, -1, 0], [-1, 5, -1], [0, -1, 0]], atol=1e-9)
    with Image.open(drawing) as image:
        assert len(np.unique(np.asarray(image.convert("RGB")).reshape(-1, 3), axis=0)) > 20
    assert run(["see", pictures[0], "--kernel", str(numbers), "-o", str(tmp_path / "seen.png")]) == 0


def test_it_speaks_chinese(pictures: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "zh", "learn", *pictures]) == 0
    assert "它就是 sharpen" in capsys.readouterr().out


def test_programs_get_the_facts_and_the_code(pictures: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["learn", *pictures, "--json", "--bias"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["kind"] == "fit"
    assert np.array(facts["kernel"]).shape == (1, 1, 3, 3)
    assert facts["nearest"][0]["name"] == "sharpen"
    assert facts["residual"]["clipped"] > 0
    assert abs(facts["bias"][0]) < 1e-9
    assert "def learned(x):" in facts["code"]


def test_bad_input_is_one_sentence_and_nothing_is_written(
    pictures: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = pictures
    kept = tmp_path / "kernel.npy"
    kept.write_bytes(b"what was there")
    small = tmp_path / "small.png"
    Image.open(after).crop((0, 0, 11, 12)).save(small)
    assert run(["--lang", "en", "learn", before, str(small), "-o", str(kept)]) == 2
    assert "the picture after is 12 x 11" in capsys.readouterr().err
    assert run(["learn", before, after, "-o", str(tmp_path / "none" / "kernel.npy")]) == 2
    assert run(["learn", before, after, "-o", str(tmp_path / "kernel.words")]) == 2
    assert run(["learn", before, after, "-o", after]) == 2
    assert run(["learn", before, str(tmp_path / "missing.png")]) == 2
    assert kept.read_bytes() == b"what was there"
    assert {path.name for path in tmp_path.iterdir()} == {"before.png", "after.png", "small.png", "kernel.npy"}


def test_a_notebook_shows_the_sheet() -> None:
    x = np.random.default_rng(0).standard_normal((3, 20, 20))
    fit = fit_kernel(x, x[::-1], 3)
    assert fit._repr_png_().startswith(b"\x89PNG")
    assert fit.sheet.width > 500
