"""Pictures of every kind as the page has them: eight bits, three colours, at most 1024 pixels a side."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from kaiyan.pictures.picture import Picture
from kaiyan.studio.answers.picture import plain
from kaiyan.studio.desk import Desk
from kaiyan.studio.photograph import of
from kaiyan.studio.pixels import fitted

if TYPE_CHECKING:
    from pathlib import Path

    from kaiyan.reference.dtype import Numbers


def read(name: str, content: bytes) -> tuple[dict[str, Any], Numbers]:
    facts, parts = Desk().answer({"kind": "picture.read", "name": name}, [content])
    assert "refusal" not in facts, facts
    return facts, np.frombuffer(parts[0], np.uint8).reshape(facts["height"], facts["width"], 3)


def file(image: Image.Image, form: str, **options: Any) -> bytes:
    written = BytesIO()
    image.save(written, form, **options)
    return written.getvalue()


def array(numbers: Numbers) -> bytes:
    written = BytesIO()
    np.save(written, numbers)
    return written.getvalue()


COLOURS = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3) * 14


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF", "PPM", "TGA", "GIF"])
def test_what_is_not_lossy_is_read_to_the_bit(form: str) -> None:
    facts, pixels = read(f"a.{form.lower()}", file(Image.fromarray(COLOURS), form))
    assert pixels.tolist() == COLOURS.tolist()
    assert facts["notes"] == []


def test_a_picture_is_turned_as_its_camera_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned a quarter to the left: row 0 is the right side
    facts, pixels = read("a.png", file(Image.fromarray(COLOURS), "PNG", exif=exif))
    assert (facts["height"], facts["width"]) == (3, 2)
    assert pixels.tolist() == np.rot90(COLOURS, -1).tolist()


def test_sixteen_bits_keep_their_order() -> None:
    grey = np.array([[0, 257, 32896, 65535]], np.uint16)
    assert read("a.png", file(Image.fromarray(grey), "PNG"))[1][0, :, 0].tolist() == [0, 1, 128, 255]


def test_what_is_transparent_lies_on_white() -> None:
    clear = Image.new("RGBA", (2, 1), (200, 0, 0, 0))
    clear.putpixel((1, 0), (10, 20, 30, 255))
    assert read("a.png", file(clear, "PNG"))[1].tolist() == [[[255, 255, 255], [10, 20, 30]]]


def test_further_pages_are_said_to_be_left_out() -> None:
    pages = [Image.new("RGB", (2, 2), colour) for colour in ("red", "green", "blue")]
    facts, pixels = read("a.tiff", file(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    assert pixels[0, 0].tolist() == [255, 0, 0]
    assert facts["notes"][0]["en"] == "the first of 3 frames or pages; the others are not read"
    assert facts["notes"][0]["zh"] != facts["notes"][0]["en"]


def test_a_large_picture_is_made_smaller_and_that_is_said() -> None:
    facts, pixels = read("a.png", file(Image.new("RGB", (3000, 1500), (9, 8, 7)), "PNG"))
    assert pixels.shape == (512, 1024, 3)
    assert (pixels == (9, 8, 7)).all()
    assert facts["notes"][0]["en"] == "made smaller: from 1500 × 3000 to 512 × 1024 pixels"


@pytest.mark.parametrize(("longest", "made"), [(1600, 1600), (9999, 1600), (64, 64), (0, 1024), ("x", 1024)])
def test_a_tab_may_ask_for_a_larger_picture_up_to_a_limit(longest: object, made: int) -> None:
    facts = {"kind": "picture.read", "name": "a.png", "longest": longest}
    answer, _ = Desk().answer(facts, [file(Image.new("RGB", (3200, 1600)), "PNG")])
    assert (answer["height"], answer["width"]) == (made // 2, made)


def test_a_picture_that_comes_is_not_written_to_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    monkeypatch.setattr("builtins.open", lambda *what, **_: opened.append(what))
    monkeypatch.setattr("os.open", lambda *what, **_: opened.append(what))
    read("a.png", file(Image.fromarray(COLOURS), "PNG"))
    answer, _ = Desk().answer({"kind": "picture.read", "name": "no.png"}, [b"no picture"])
    assert answer["refusal"]["code"] == "not-a-picture"
    assert opened == []


@pytest.mark.parametrize(("numbers", "drawn"), [
    (np.array([[0.0, 0.5, 1.0]]), [0, 128, 255]),
    (np.array([[0.0, 5.0, 10.0]]), [0, 128, 255]),
    (np.array([[np.nan, -3.0, np.inf, 1.0]]), [0, 0, 255, 255]),
    (np.array([[False, True]]), [0, 255]),
    (np.array([[0, 2048, 4095]], np.int16), [0, 128, 255]),
    (np.zeros((1, 2), np.int32), [0, 0]),
])  # fmt: skip
def test_numbers_are_drawn_from_black_to_their_white(numbers: Numbers, drawn: list[int]) -> None:
    assert read("a.npy", array(numbers))[1][0].tolist() == [[value] * 3 for value in drawn]


def test_a_file_named_on_the_command_line_is_the_same_picture(tmp_path: Path) -> None:
    (tmp_path / "cat.tif").write_bytes(file(Image.fromarray(COLOURS), "TIFF"))
    shown = of(str(tmp_path / "cat.tif"))
    with Image.open(BytesIO(shown.content)) as image:
        assert np.asarray(image).tolist() == COLOURS.tolist()
    assert (shown.kind, shown.name) == ("image/png", "cat")


@given(st.text(max_size=80))
def test_a_name_is_one_that_any_file_system_takes(name: str) -> None:
    kept = plain(name)
    assert kept
    assert kept not in (".", "..")
    assert not set(kept) & set('/\\:*?"<>|\0\n')
    assert len(kept.encode()) <= 255


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_the_longest_side_fits_and_none_is_nothing(height: int, width: int) -> None:
    pixels = np.broadcast_to(np.uint8(7), (height, width, 3))
    if max(height, width) <= 1024:
        assert fitted(pixels).shape == (height, width, 3)
    elif height * width < 500_000:
        made = fitted(np.ascontiguousarray(pixels)).shape
        assert max(made[:2]) == 1024
        assert min(made[:2]) >= 1


def test_one_channel_becomes_three() -> None:
    grey = Picture("g", np.array([[[0, 255]]], np.uint8), 255.0)
    assert grey.rgb.tolist() == [[[0, 0, 0], [255, 255, 255]]]
