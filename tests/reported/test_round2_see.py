"""Round two, d1 to d10 (kinds F12, F14): kernels as they are pasted, and pictures whose reader, numbers or place fail.

Every picture is made here; right kernels are written by hand, right numbers are those that were put in.
"""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from kaiyan import KaiyanError, see
from kaiyan.cli.run import run
from kaiyan.pictures.error import KernelError, PictureError
from kaiyan.pictures.kernels import kernel
from kaiyan.pictures.named import ALIASES, KERNELS, SUGGESTED
from kaiyan.pictures.picture import picture
from kaiyan.pictures.sheet import PANEL, colours, scale_of
from kaiyan.show.i18n import say

if TYPE_CHECKING:
    from collections.abc import Callable

SOBEL = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]

PASTED = {
    "lines": "1 0 -1\n2 0 -2\n1 0 -1",
    "a file's last line end": "1 0 -1\r\n2 0 -2\r\n1 0 -1\r\n",
    "commas and lines": "1,0,-1\n2,0,-2\n1,0,-1",
    "tabs": "1\t0\t-1\n2\t0\t-2\n1\t0\t-1",
    "semicolons and lines": "1 0 -1;\n2 0 -2;\n1 0 -1;",
    "a spreadsheet's semicolons": "1;0;-1\n2;0;-2\n1;0;-1",
    "backslash n": r"1 0 -1\n2 0 -2\n1 0 -1",
    "JSON": "[[1,0,-1],[2,0,-2],[1,0,-1]]",
    "NumPy's str": str(np.array(SOBEL)),
    "NumPy's repr": repr(np.array(SOBEL)),
    "NumPy's floats": str(np.array(SOBEL, float)),
    "a line of code": "np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]], dtype=np.float32)",
    "torch's print": "tensor([[ 1.,  0., -1.],\n        [ 2.,  0., -2.],\n        [ 1.,  0., -1.]])",
    "MATLAB": "[1 0 -1; 2 0 -2; 1 0 -1]",
    "C": "{{1, 0, -1}, {2, 0, -2}, {1, 0, -1}}",
    "tuples": "((1, 0, -1), (2, 0, -2), (1, 0, -1))",
    "rows in brackets": "[1 0 -1]\n[2 0 -2]\n[1 0 -1]",
    "full-width signs": "1，0，-1；2，0，-2；1，0，-1",
    "full-width brackets and digits": "【【１，０，-1】，【2，0，-2】，【1，0，-1】】",
    "a minus sign": "1 0 −1; 2 0 −2; 1 0 −1",
    "a factor": "2 * [[.5, 0, -.5], [1, 0, -1], [.5, 0, -.5]]",
}


@pytest.mark.parametrize("how", PASTED)
def test_rows_are_rows_however_they_are_pasted(how: str) -> None:
    assert kernel(PASTED[how]).values.tolist() == SOBEL


@pytest.mark.parametrize("text", ["[-1 0 1]", "[-1, 0, 1]", "-1 0 1", "(-1,0,1)", "[[-1 0 1]]", "-1，0，1"])
def test_one_row_is_one_row(text: str) -> None:
    assert kernel(text).values.tolist() == [[-1, 0, 1]]


def test_a_column_is_written_with_semicolons_or_by_line() -> None:
    assert kernel("-1; 0; 1").values.tolist() == kernel("-1\n0\n1").values.tolist() == [[-1], [0], [1]]


@pytest.mark.parametrize("text", ["1/16 * [[1,2,1],[2,4,2],[1,2,1]]", "[[1,2,1],[2,4,2],[1,2,1]] / 16",
                                  "np.array([[1,2,1],[2,4,2],[1,2,1]])/16"])  # fmt: skip
def test_a_divisor_belongs_to_the_whole_kernel(text: str) -> None:
    np.testing.assert_allclose(kernel(text).values * 16, [[1, 2, 1], [2, 4, 2], [1, 2, 1]])


FILES: dict[str, bytes] = {
    "k.txt": b"1 0 -1\n2 0 -2\n1 0 -1\n",
    "k.csv": b"\xef\xbb\xbf1,0,-1\r\n2,0,-2\r\n1,0,-1\r\n",
    "semicolons.csv": b"1;0;-1\n2;0;-2\n1;0;-1\n",
    "k.tsv": b"1\t0\t-1\n2\t0\t-2\n1\t0\t-1\n",
    "comments.txt": b"# Sobel\n1 0 -1  # left\n\n2 0 -2\n1 0 -1",
    "utf16.txt": "1 0 -1\n2 0 -2\n1 0 -1".encode("utf-16"),
    "nosuffix": b"[[1,0,-1],[2,0,-2],[1,0,-1]]",
    "核.csv": b"1,0,-1\n2,0,-2\n1,0,-1",
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_text_is_a_kernel(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name])
    found = kernel(str(path))
    assert (found.values.tolist(), found.name) == (SOBEL, path.stem)
    assert kernel(path).values.tolist() == SOBEL


def test_a_npy_file_is_a_kernel_and_numpys_own_text_too(tmp_path: Path) -> None:
    np.save(tmp_path / "k.npy", np.array(SOBEL))
    np.savetxt(tmp_path / "k.txt", np.array(SOBEL))
    for name in ("k.npy", "k.txt"):
        assert kernel(tmp_path / name).values.tolist() == SOBEL


def test_the_command_line_takes_lines_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(tmp_path / "a.png")
    (tmp_path / "k.csv").write_bytes(FILES["k.csv"])
    for text in (PASTED["lines"], str(tmp_path / "k.csv"), PASTED["JSON"]):
        assert run(["see", str(tmp_path / "a.png"), "-k", text, "-o", str(tmp_path / "o.png"), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["kernel"]["values"] == SOBEL


RAGGED = {
    "1 0 -1\n2 0": "3, 2", "1 0;2": "2, 1", "[[1,2],[3]]": "2, 1", "1 2;;3 4": "2, 0, 2", "[]": "0",
    "[1 2; 3]": "2, 1", "1,2\n3,4\n5": "2, 2, 1", "[1 2]\n[3]": "2, 1",
}  # fmt: skip


@pytest.mark.parametrize("text", RAGGED)
def test_rows_of_unequal_length_are_refused_with_their_lengths(text: str) -> None:
    with pytest.raises(KernelError, match=f"have {RAGGED[text]} numbers"):
        kernel(text)


@pytest.mark.parametrize(("text", "code"), [
    ("1,0;2,0\n3,0;4,0", "kernel-separators"), ("0,5;0,25\n0,25;0,5", "kernel-separators"),
    ("[[1,2],[3,4]", "kernel-brackets"), ("1,2],[3,4]", "kernel-brackets"), ("[1 2 [3]]", "kernel-brackets"),
    ("[[[1,2],[3,4]],[[1,2],[3,4]]]", "kernel-deep"), ("[a, b]", "kernel-letters"), ("1 0 | 1 0", "kernel-letters"),
    ("1/0 2", "kernel-letters"), ("1e999", "kernel-letters"), ("", "ragged-kernel"),
    ("gaussian -3", "kernel-argument"), ("gaussian(ksize=5)", "kernel-keyword"), ("gaussian 5x5", "kernel-letters"),
    ("box 3,4", "kernel-arguments"), ("laplacian 3", "kernel-arguments"),
])  # fmt: skip
def test_what_can_be_read_in_two_ways_or_none_is_refused(text: str, code: str) -> None:
    with pytest.raises(KernelError) as refused:
        kernel(text)
    assert refused.value.code == code


@pytest.mark.parametrize("values", [[[1, 2], [3]], None, 3, b"x", {"a": 1}, [["a", "b"]], "\0"])
def test_what_is_no_kernel_in_python_is_refused_in_our_words(values: object) -> None:
    with pytest.raises(KaiyanError):
        kernel(values)


@pytest.mark.parametrize("text", ["gaussian 3", "gaussian(3)", "Gaussian=3", "gaussian(sigma=3)", "gaussian, 3",
                                  "gauss:3", "GAUSSIAN：3", "gaussian（3）", "gaussian blur 3", "高斯 3",
                                  "gaussian3"])  # fmt: skip
def test_a_name_and_its_number_are_written_in_many_ways(text: str) -> None:
    np.testing.assert_array_equal(kernel(text).values, kernel("gaussian:3").values)
    assert kernel(text).name == "gaussian:3"


def test_numbers_of_gabor_and_box_keep_their_sign_and_place() -> None:
    for text, same in (("gabor(8, 45)", "gabor:8,45"), ("gabor 8 -45", "gabor:8,-45"), ("box 5x5", "box:5"),
                       ("gabor(angle=45)", "gabor:8,45"), ("mean(n=5)", "box:5"), ("laplacian 8", "laplacian-8"),
                       ("sobel_x", "sobel-x"), ("运动模糊 5", "motion:5")):  # fmt: skip
        np.testing.assert_array_equal(kernel(text).values, kernel(same).values)


@pytest.mark.parametrize("name", SUGGESTED)
def test_names_of_several_kernels_offer_them_and_choose_none(name: str) -> None:
    with pytest.raises(KernelError) as refused:
        kernel(name)
    offered = [str(line).removeprefix("--kernel ") for line in refused.value.help]
    assert offered
    for line in offered:
        for one in line.split(", --kernel "):
            assert kernel(one).values.size


def test_aliases_are_kernels() -> None:
    for alias, name in ALIASES.items():
        assert name in KERNELS
        np.testing.assert_array_equal(kernel(alias).values, kernel(name).values)


def _png(tmp_path: Path, array: np.ndarray, name: str = "a.png") -> Path:
    Image.fromarray(array).save(tmp_path / name)
    return tmp_path / name


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "webp", "tif", "avif"])
def test_d1_every_orientation_shows_the_same_scene(tmp_path: Path, orientation: int, suffix: str) -> None:
    upright = np.zeros((48, 64, 3), np.uint8)
    upright[:24, :32] = (250, 10, 10)
    turns: dict[int, Callable[[np.ndarray], np.ndarray]] = {
        1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a, 1), 7: lambda a: np.rot90(a, 2).swapaxes(0, 1), 8: lambda a: np.rot90(a, -1),
    }  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(turns[orientation](upright)))
    stored.save(tmp_path / f"a.{suffix}", exif=exif, lossless=True)
    read = picture(tmp_path / f"a.{suffix}").pixels.transpose(1, 2, 0)
    assert read.shape == upright.shape
    assert abs(read.astype(int) - upright).mean() < 6


def _dds() -> bytes:
    header = struct.pack("<4s7I44s", b"DDS ", 124, 0x1007, 8, 8, 0, 0, 1, b"") + struct.pack(
        "<2I4s5I", 32, 4, b"DX10", *[0] * 5
    )
    return header + struct.pack("<5I", 0x1000, 0, 0, 0, 0) + struct.pack("<5I", 93, 3, 0, 1, 0) + b"\0" * 256


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"
WMF = struct.pack("<IH4hHIH", 0x9AC6CDD7, 0, 0, 0, 100, 100, 1440, 0, 0) + b"\x01\x00\x09\x00\x00\x03" + b"\0" * 40
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64
MISSING = {
    "a.dds": (_dds(), "unknown-variant", "kind that its reader does not know"),
    "a.eps": (EPS, "needs-a-reader", "Ghostscript"),
    "a.wmf": (WMF, "needs-a-reader", "inkscape"),
    "a.grb": (b"GRIB" + b"\0" * 3 + b"\x01" + b"\0" * 64, "needs-a-reader", "eccodes"),
    "a.bufr": (b"BUFR" + b"\0" * 64, "needs-a-reader", "eccodes"),
    "a.h5": (b"\x89HDF\r\n\x1a\n" + b"\0" * 64, "needs-a-reader", "h5py"),
    "a.heic": (HEIC, "picture-without-reader", "pip install pillow-heif"),
    "wrong-suffix.jpg": (HEIC, "picture-without-reader", "HEIC"),
    "a.jxl": (b"\xff\x0a" + b"\0" * 32, "picture-without-reader", "pillow-jxl-plugin"),
    "a.cr3": (b"\0\0\0\x18ftypcrx " + b"\0" * 64, "picture-without-reader", "rawpy"),
    "a.raf": (b"FUJIFILMCCD-RAW " + b"\0" * 64, "picture-without-reader", "rawpy"),
    "a.pdf": (b"%PDF-1.4\n", "picture-without-reader", "pdftoppm"),
    "a.svg": (
        b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>",
        "picture-without-reader",
        "rsvg-convert",
    ),
    "a.mp4": (b"\0\0\0\x18ftypmp42" + b"\0" * 64, "picture-without-reader", "ffmpeg"),
    "page.png": (b"<!DOCTYPE html><html></html>", "picture-without-reader", "a web page"),
    "lfs.png": (b"version https://git-lfs.github.com/spec/v1\n", "picture-without-reader", "git lfs pull"),
    "empty.png": (b"", "picture-empty", "is empty"),
    "begun.png": (b"\x89PNG\r\n\x1a\n", "picture-cut-off", "begins as PNG"),
}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", MISSING)
def test_d3_d4_a_missing_reader_is_not_called_damage(tmp_path: Path, name: str, lang: str) -> None:
    content, code, words = MISSING[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PictureError) as refused:
        picture(tmp_path / name)
    assert refused.value.code == code
    assert (words in str(refused.value)) or lang == "zh"
    assert "damaged" not in str(refused.value)
    assert str(tmp_path / name) in say(refused.value, lang)


def test_a_cut_file_is_damaged(tmp_path: Path) -> None:
    for suffix in ("PNG", "JPEG", "GIF", "BMP", "TIFF"):
        whole = io.BytesIO()
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)).save(whole, suffix)
        path = tmp_path / f"a.{suffix.lower()}"
        path.write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
        try:
            picture(path)
        except PictureError as error:
            assert error.code in ("damaged", "not-a-picture", "picture-cut-off", "picture-without-reader")  # noqa: PT017 (a reader may be content with the half)


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "tif", "webp", "ico", "ppm", "tga", "pcx", "sgi",
                                    "avif", "jp2", "msp", "xbm", "dds", "psd"])  # fmt: skip
def test_whatever_a_reader_meets_is_one_sentence(tmp_path: Path, suffix: str) -> None:
    whole = io.BytesIO()
    rng = np.random.default_rng(3)
    grey = Image.fromarray(rng.integers(0, 255, (16, 16)).astype(np.uint8))
    if suffix == "psd":
        whole.write(b"8BPS\0\1" + b"\0" * 6 + struct.pack(">HIIHH", 3, 16, 16, 8, 3) + b"\0" * 400)
    else:
        image = grey.convert("1") if suffix in ("msp", "xbm") else grey.convert("RGB")
        image.save(tmp_path / f"whole.{suffix}")
        whole.write((tmp_path / f"whole.{suffix}").read_bytes())
    for _ in range(60):
        content = bytearray(whole.getvalue())
        for place in rng.integers(0, min(len(content), 120), 3):
            content[place] = rng.integers(256)
        path = tmp_path / f"a.{suffix}"
        path.write_bytes(bytes(content[: rng.integers(4, len(content) + 1)]))
        try:
            assert picture(path).pixels.ndim == 3
        except PictureError as error:
            assert len(str(error.sentence).splitlines()) == 1  # noqa: PT017 (most are read all the same)


@pytest.mark.parametrize("address", ["http://a.org/b.png", "https://a.org/b.png", "ftp://a.org/b.png"])
def test_an_address_is_told_how_to_be_had(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["see", address]) == 2
    assert f"{address} is a web address" in (said := capsys.readouterr().err)
    assert f"curl -L -o picture.jpg {address}" in said


def test_a_file_a_folder_and_a_missing_folder_are_told_apart(tmp_path: Path) -> None:
    _png(tmp_path, np.zeros((4, 4), np.uint8), "photo.png")
    for given, words, help_ in (
        (tmp_path, "is a folder, not a picture", "photo.png"),
        (tmp_path / "foto.png", "there is no file", "photo.png"),
        (tmp_path / "photo.png" / "a.png", "there is no folder", "photo.png"),
        (tmp_path / "no" / "a.png", "there is no folder", None),
    ):
        with pytest.raises(PictureError, match=words) as refused:
            picture(given)
        assert [Path(str(line)).name for line in refused.value.help] == ([help_] if help_ else [])
    assert picture(f"file://{tmp_path}/photo.png").pixels.shape == (1, 4, 4)


@pytest.mark.parametrize("bits", [8, 9, 10, 12, 14])
@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.dtype(">u2")])
def test_d6_what_a_sensor_wrote_is_seen(bits: int, kind: type) -> None:
    most = 2**bits - 1
    array: np.ndarray = np.linspace(0, most, 64 * 64).reshape(64, 64).astype(kind)
    seen = see(array, "identity")
    panel = colours(seen.picture.pixels, scale_of(seen.picture.pixels, seen.picture.white))
    assert panel.max() == 255
    assert seen.picture.white == most
    assert any(f"{most} is drawn as white" in str(note) for note in seen.notes) == (bits > 8)


def test_d6_sixteen_bits_that_are_full_stay_as_they_are(tmp_path: Path) -> None:
    for most in (20000, 65535):
        path = _png(tmp_path, np.array([[0, most]], np.uint16))
        assert (picture(path).white, see(path, "identity").notes) == (65535, ())


NOT_FINITE: dict[str, Callable[[np.ndarray], object]] = {
    "an inf": lambda a: a.__setitem__((4, 4), np.inf),
    "a minus inf": lambda a: a.__setitem__((4, 4), -np.inf),
    "a NaN": lambda a: a.__setitem__((4, 4), np.nan),
    "both": lambda a: (a.__setitem__((4, 4), np.nan), a.__setitem__((0, 0), np.inf)),
    "nothing else": lambda a: a.fill(np.nan),
    "all infinite": lambda a: a.fill(np.inf),
}


@pytest.mark.parametrize("kernel_", ["sobel-x", "box:3", "identity", "gaussian:1"])
@pytest.mark.parametrize("case", NOT_FINITE)
@pytest.mark.filterwarnings("error")
def test_d7_what_is_no_number_is_drawn_apart_and_the_rest_counted(
    tmp_path: Path, case: str, kernel_: str, capsys: pytest.CaptureFixture[str]
) -> None:
    array = np.ones((9, 9), np.float32)
    NOT_FINITE[case](array)
    path = tmp_path / "a.tiff"
    Image.fromarray(array).save(path)
    assert run(["see", str(path), "-k", kernel_, "-o", str(tmp_path / "o.png")]) == 0
    assert "nan to" not in capsys.readouterr().out
    assert run(["see", str(path), "-k", kernel_, "-o", str(tmp_path / "o.png"), "--json"]) == 0

    def refuse(word: str) -> None:
        raise AssertionError(word)

    facts = json.loads(capsys.readouterr().out, parse_constant=refuse)
    finite = array[np.isfinite(array)]
    assert facts["range"]["input"] == ([1, 1] if finite.size else [None, None])
    assert facts["not_finite"]["input"] == array.size - finite.size
    assert facts["notes"]
    seen = see(array, kernel_)
    json.dumps(seen.to_dict(), allow_nan=False)
    assert max(seen.sheet.size) > 100


def test_d7_nan_and_inf_have_colours_of_their_own() -> None:
    array = np.array([[[0.0, 1, np.nan, np.inf, -np.inf]]])
    painted = [tuple(c) for c in colours(array, scale_of(array, 1.0))[0]]
    assert painted[0] == (0, 0, 0)
    assert painted[1] == (255, 255, 255)
    assert len(set(painted[:4])) == 4
    assert not any(r == g == b for r, g, b in painted[2:])


def test_d10_frames_and_pages_beyond_the_first_are_mentioned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = [Image.fromarray(np.full((8, 8), value, np.uint8)) for value in (0, 100, 200)]
    for name in ("a.gif", "a.tiff", "a.webp", "a.png"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], lossless=True)
        read = picture(tmp_path / name)
        assert int(read.pixels.max()) == 0
        assert [str(note) for note in read.notes] == ["the first of 3 frames or pages; the others are not read"]
    frames[0].save(tmp_path / "one.gif")
    assert picture(tmp_path / "one.gif").notes == ()
    assert run(["see", str(tmp_path / "a.gif"), "-o", str(tmp_path / "o.png"), "--grey"]) == 0
    assert "the first of 3 frames" in capsys.readouterr().out


@pytest.mark.parametrize("shape", [(1, 1), (2, 3000), (3000, 1), (1, 30_000)])
def test_d10_thin_pictures_run(tmp_path: Path, shape: tuple[int, int]) -> None:
    path = _png(tmp_path, np.arange(shape[0] * shape[1], dtype=np.uint8).reshape(shape), "照片 it's.png")
    seen = see(path, "sobel-y", padding_mode="replicate")
    assert seen.output.shape == (1, *shape)
    assert max(seen.sheet.size) < 4 * PANEL


MODES = ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV", "LAB", "I", "F", "I;16", "I;16B",
         "I;16L", "La", "RGBa"]  # fmt: skip


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_of_pillow_is_a_picture(mode: str) -> None:
    grey = Image.fromarray(np.full((4, 6), 128, np.uint8))
    if mode in ("I;16B", "I;16L", "I;16"):
        image = Image.frombytes(mode, (6, 4), np.full((4, 6), 128, ">u2" if mode == "I;16B" else "<u2").tobytes())
    elif mode == "La":
        image = grey.convert("LA").convert("La")
    elif mode == "RGBa":
        image = grey.convert("RGBA").convert("RGBa")
    elif mode == "LAB":
        image = Image.merge("LAB", [grey.point(lambda _: 137), grey, grey])
    elif mode in ("PA", "P", "HSV"):
        palette = grey.convert("RGB").quantize(4)
        image = {
            "P": lambda: palette,
            "PA": lambda: palette.convert("PA"),
            "HSV": lambda: grey.convert("RGB").convert("HSV"),
        }[mode]()
    else:
        image = grey.convert(mode)
    read = picture(image)
    assert read.pixels.shape in ((1, 4, 6), (3, 4, 6))
    middle = 255 if mode == "1" else 128
    assert np.all(abs(read.pixels.astype(float) - middle) <= 4) or (mode == "1" and read.pixels.max() == 255)


def test_colours_of_sixteen_bits_say_that_they_are_read_as_eight(tmp_path: Path) -> None:
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + struct.pack(">12H", *range(0, 12 * 5000, 5000)) for _ in range(4))
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 16, 2, 0, 0, 0))
    (tmp_path / "deep.png").write_bytes(png + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    assert "read as 8" in str(picture(tmp_path / "deep.png").notes[0])


def test_an_array_saved_by_numpy_is_a_picture(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.eye(5, dtype=np.float32))
    assert picture(tmp_path / "a.npy").pixels.shape == (1, 5, 5)
    (tmp_path / "b.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(PictureError, match=r"b\.npy is damaged"):
        picture(tmp_path / "b.npy")


def test_masked_values_are_drawn_apart_too() -> None:
    masked = np.ma.masked_array([[1.0, 2.0], [3.0, 4.0]], [[False, True], [False, False]])
    assert see(masked, "identity").to_dict()["not_finite"]["input"] == 1


NO_PICTURES: list[object] = [
    None, 3, "", "\0", b"x", [], [[1, 2], [3]], np.zeros((0, 3)), np.zeros((2, 2, 5)), np.array([["a"]]),
    np.zeros((3, 3), complex), object(), np.zeros((3, 3), object),
]  # fmt: skip


@pytest.mark.parametrize("source", NO_PICTURES)
def test_whatever_is_given_as_a_picture_or_a_kernel_ends_in_our_words(source: object) -> None:
    if source is not None:
        with pytest.raises(KaiyanError):
            see(source)
    with pytest.raises(KaiyanError):
        see(np.zeros((8, 8)), source)  # type: ignore[arg-type]


@pytest.mark.parametrize("option", ["stride", "padding", "padding_mode", "dilation"])
@pytest.mark.parametrize("value", ["x", None, 1.5, -1, (), (1, 2, 3), {}, "same,same,same", [[1]], object()])
def test_whatever_an_option_is_given_ends_in_our_words(option: str, value: object) -> None:
    try:
        see(np.zeros((8, 8)), "box:3", **{option: value})  # type: ignore[arg-type]
    except KaiyanError:
        return


def test_names_and_numbers_are_no_files_though_there_are_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("box", "1", "高斯", "edges"):
        (tmp_path / name).write_text("1 2 3")
    assert kernel("box").values.shape == (3, 3)
    assert kernel("1").values.tolist() == [[1]]
    assert kernel("高斯").values.shape == kernel("gaussian").values.shape
    assert kernel("edges").values.tolist() == [[1, 2, 3]]


def test_photographs_of_other_packages_are_seen() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    for name in ("china.jpg", "flower.jpg"):
        photograph = datasets.load_sample_image(name)
        seen = see(photograph, "sobel-x", grey=True)
        assert seen.output.shape == (1, *photograph.shape[:2])
        assert seen.notes == ()
        assert max(seen.sheet.size) < 4 * PANEL
