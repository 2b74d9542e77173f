"""Pictures of every kind, made here with Pillow; kernels by hand and by formula; values against scipy.ndimage."""

from __future__ import annotations

import errno
import io
import json
import pickle
import struct
import zlib
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

import kaiyan
from kaiyan.pictures.error import KernelError, PictureError
from kaiyan.pictures.kernels import Kernel, kernel
from kaiyan.pictures.named import KERNELS
from kaiyan.pictures.picture import picture, write
from kaiyan.pictures.reading import MOST_PIXELS
from kaiyan.pictures.sheet import Scale, colours, drawn, scale_of, sheet

if TYPE_CHECKING:
    from pathlib import Path

RGB = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)
GREY = RGB[..., 0]


def _saved(path: Path, image: Any, **options: Any) -> Path:
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path, **options)
    return path


@pytest.mark.parametrize("suffix", ["png", "webp", "tiff", "bmp"])
def test_lossless_colours_come_as_they_were_saved(tmp_path: Path, suffix: str) -> None:
    options = {"lossless": True} if suffix == "webp" else {}
    read = picture(_saved(tmp_path / f"a.{suffix}", RGB, **options))
    np.testing.assert_array_equal(read.pixels, RGB.transpose(2, 0, 1))
    assert (read.name, read.white, read.pixels.dtype.name) == ("a", 255, "uint8")


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_sixteen_bits_stay_sixteen_bits(tmp_path: Path, suffix: str) -> None:
    deep = GREY.astype(np.uint16) * 257 - 1
    read = picture(_saved(tmp_path / f"a.{suffix}", deep))
    np.testing.assert_array_equal(read.pixels[0], deep)
    assert read.white == 65535


def test_modes_of_pillow(tmp_path: Path) -> None:
    assert picture(_saved(tmp_path / "l.png", GREY)).pixels.shape == (1, 5, 7)
    bits = picture(_saved(tmp_path / "1.png", Image.fromarray(GREY > 99)))
    assert set(bits.pixels.flatten().tolist()) == {0, 255}
    palette = Image.fromarray(RGB).quantize(256)
    np.testing.assert_array_equal(
        picture(_saved(tmp_path / "p.png", palette)).pixels, np.asarray(palette.convert("RGB")).transpose(2, 0, 1)
    )
    floats = GREY.astype(np.float32) / 255
    read = picture(_saved(tmp_path / "f.tiff", floats))
    np.testing.assert_array_equal(read.pixels[0], floats)
    assert read.white == 1
    jpeg = picture(_saved(tmp_path / "a.jpg", np.full((8, 8, 3), 200, np.uint8)))
    assert abs(jpeg.pixels.astype(int) - 200).max() <= 1
    cmyk = picture(_saved(tmp_path / "c.jpg", Image.fromarray(RGB).convert("CMYK")))
    assert cmyk.pixels.shape == (3, 5, 7)


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    rgba = np.dstack([RGB, np.full((5, 7), 255, np.uint8)])
    rgba[0, 0, 3] = 0
    read = picture(_saved(tmp_path / "a.png", rgba))
    assert read.pixels[:, 0, 0].tolist() == [255, 255, 255]
    np.testing.assert_array_equal(read.pixels[:, 1:], RGB.transpose(2, 0, 1)[:, 1:])
    la = picture(_saved(tmp_path / "la.png", Image.fromarray(rgba).convert("LA")))
    assert la.pixels[:, 0, 0].tolist() == [255, 255, 255]
    palette = Image.fromarray(RGB).quantize(8)
    palette.info["transparency"] = palette.getpixel((0, 0))
    assert picture(_saved(tmp_path / "p.png", palette)).pixels[:, 0, 0].tolist() == [255, 255, 255]


TURNS = {
    1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1), 7: lambda a: np.rot90(a, 2).swapaxes(0, 1), 8: lambda a: np.rot90(a, 1),
}  # fmt: skip


@pytest.mark.parametrize("orientation", TURNS)
def test_the_orientation_of_a_camera_is_honoured(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    read = picture(_saved(tmp_path / "a.png", RGB, exif=exif))
    np.testing.assert_array_equal(read.pixels.transpose(1, 2, 0), TURNS[orientation](RGB))


def test_arrays_and_images_are_pictures() -> None:
    assert picture(GREY).pixels.shape == (1, 5, 7)
    assert picture(RGB).pixels.shape == picture(Image.fromarray(RGB)).pixels.shape == (3, 5, 7)
    assert picture(np.dstack([RGB, GREY])).pixels.shape == (3, 5, 7)
    assert picture(GREY > 9).white == 255
    same = picture(GREY)
    assert picture(same) is same
    assert [picture(np.array([[v]])).white for v in (3, 256, 16384, 70000)] == [255, 256, 65535, 70000]
    assert [picture(np.array([[v]])).white for v in (0.5, 2.5)] == [1, 2.5]


def test_grey_is_luminance() -> None:
    right = np.rint(RGB @ np.array([0.299, 0.587, 0.114]))
    np.testing.assert_array_equal(picture(RGB).grey.pixels[0], right)
    assert picture(RGB).grey.pixels.dtype == np.uint8
    assert picture(GREY).grey.pixels.shape == (1, 5, 7)
    assert picture(RGB / 255).grey.pixels.dtype == float


def test_the_bundled_photograph_is_there_and_says_whose_it_is() -> None:
    assert picture().pixels.shape == (3, 512, 512)
    assert "public domain" in (files("kaiyan.pictures") / "photograph" / "SOURCE.md").read_text("utf-8")


def _png_claiming(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 9)) + chunk(b"IEND", b"")
    )


def test_what_is_no_picture_is_said(tmp_path: Path) -> None:
    whole = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)).save(whole, "PNG")
    jpeg = io.BytesIO()
    Image.fromarray(RGB).resize((200, 200)).save(jpeg, "JPEG")
    contents = {
        "picture-empty": [b""],
        "picture-cut-off": [b"\x89PNG"],
        "not-a-picture": [b"hello"],
        "picture-without-reader": [b"%PDF-1.4"],
        "damaged": [whole.getvalue()[:-4000], whole.getvalue()[:200], jpeg.getvalue()[: len(jpeg.getvalue()) // 2]],
        "picture-too-large": [_png_claiming(50_000, 50_000)],
        "too-many-pixels": [_png_claiming(MOST_PIXELS // 1000 + 1, 1000)],
    }
    for code, files_ in contents.items():
        for content in files_:
            path = tmp_path / "a.png"
            path.write_bytes(content)
            with pytest.raises(PictureError) as refused:
                picture(path)
            assert refused.value.code == code
            assert str(path) in str(refused.value)


def test_what_the_system_refuses_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PictureError, match=r"is a folder, not a picture"):
        picture(tmp_path)
    with pytest.raises(PictureError, match=r"there is no file .*a\.png"):
        picture(tmp_path / "a.png")
    with pytest.raises(PictureError, match=r"there is no folder .*b$"):
        picture(tmp_path / "b" / "a.png")
    with pytest.raises(PictureError, match=r"a picture is a path, a NumPy array .* not a int"):
        picture(3)

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Image, "open", refuse)
    with pytest.raises(PictureError, match=r"a\.png: permission is denied"):
        picture(tmp_path / "a.png")


@pytest.mark.parametrize(
    "array", [np.zeros((3, 5, 7)), np.zeros(4), np.zeros((5, 7, 2)), np.zeros((0, 4)), np.zeros((2, 2), complex)]
)
def test_what_array_is_no_picture_is_said(array: Any) -> None:
    with pytest.raises(PictureError) as refused:
        picture(array)
    assert refused.value.code == "not-a-picture-array"
    assert ("np.moveaxis(array, 0, -1)" in str(refused.value)) == (array.shape == (3, 5, 7))


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "disk-full"), (errno.EACCES, "no-permission"), (errno.EIO, "system-refuses")]
)
def test_a_failed_write_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"precious")

    def half(_: Any, beside: Path) -> None:
        beside.write_bytes(b"half")
        raise OSError(number, "why")

    monkeypatch.setattr(Image.Image, "save", half)
    with pytest.raises(PictureError) as refused:
        write(Image.fromarray(GREY), path)
    assert refused.value.code == code
    assert path.read_bytes() == b"precious"
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_where_nothing_can_be_written_is_said(tmp_path: Path) -> None:
    image = Image.fromarray(GREY)
    refusals = {
        tmp_path: "a-folder", tmp_path / "a.xyz": "unknown-suffix", tmp_path / "a": "unknown-suffix",
        tmp_path / "b" / "a.png": "no-folder",
    }  # fmt: skip
    for path, code in refusals.items():
        with pytest.raises(PictureError) as refused:
            write(image, path)
        assert refused.value.code == code
    with pytest.raises(PictureError) as refused:
        write(Image.fromarray(np.dstack([RGB, GREY])), tmp_path / "a.jpg")
    assert refused.value.code in ("format-refuses", "damaged", "system-refuses")
    assert list(tmp_path.iterdir()) == []


def test_kernels_by_hand() -> None:
    ramp = np.arange(5) * np.ones((5, 1))
    for name, x, y in (
        ("sobel-x", 8, 0),
        ("sobel-y", 0, 8),
        ("scharr-x", 32, 0),
        ("prewitt-x", 6, 0),
        ("laplacian", 0, 0),
    ):
        values = kernel(name).values
        assert ((values * ramp[:3, :3]).sum(), (values * ramp.T[:3, :3]).sum()) == (x, y)
    for name in ("scharr-y", "prewitt-y", "sobel-y"):
        np.testing.assert_array_equal(kernel(name).values, kernel(name.replace("-y", "-x")).values.T)
    sums = {name: round(float(kernel(name).values.sum()), 9) for name in KERNELS}
    assert {name for name, total in sums.items() if total == 1} == {
        "identity",
        "sharpen",
        "emboss",
        "box",
        "gaussian",
        "motion",
    }
    assert {total for total in sums.values() if total != 1} == {0}
    assert {name for name in KERNELS if kernel(name).is_average} == {"identity", "box", "gaussian", "motion"}


def test_kernels_by_formula() -> None:
    assert kernel("box:4").values.tolist() == [[1 / 16] * 4] * 4
    impulse = np.zeros((13, 13))
    impulse[6, 6] = 1
    np.testing.assert_allclose(
        kernel("gaussian:2").values, ndimage.gaussian_filter(impulse, 2, radius=6, mode="constant"), atol=1e-15
    )
    y, x = np.mgrid[-8:9, -8:9]
    hat = ((x**2 + y**2) / 8 - 1) * np.exp(-(x**2 + y**2) / 8)
    np.testing.assert_allclose(kernel("log:2").values * np.pi * 16, hat - hat.mean(), atol=1e-12)
    values = kernel("gabor:6,90,2").values
    assert values.shape == (13, 13)
    wave = np.array([np.exp(-((0.5 * 0) ** 2 + t**2) / 8) * np.cos(2 * np.pi * t / 6) for t in range(-6, 7)])
    column = values[:, 6] - values[0, 6]
    np.testing.assert_allclose(column / column[6], (wave - wave[0]) / (wave[6] - wave[0]), atol=1e-12)
    assert kernel("motion:3").values.tolist() == (np.eye(3) / 3).tolist()


def test_kernels_in_numbers(tmp_path: Path) -> None:
    assert kernel("1 0 -1; 2 0 -2").values.tolist() == [[1, 0, -1], [2, 0, -2]]
    assert kernel("1/4, 0.5;-1e1 +2").values.tolist() == [[0.25, 0.5], [-10, 2]]
    assert kernel("5").values.tolist() == [[5]]
    assert kernel("1 2;").values.tolist() == [[1, 2]]
    assert kernel("1 2").values.dtype.kind == "i"
    assert kernel(f"{2**60} 1").values.dtype.kind == "f"
    np.save(tmp_path / "k.npy", np.arange(6).reshape(2, 3))
    held = kernel(str(tmp_path / "k.npy"))
    assert (held.name, held.values.tolist()) == ("k", [[0, 1, 2], [3, 4, 5]])
    assert kernel(held) is held
    assert kernel(np.eye(2)).name == "array"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "1 a 2",
            "'a' in the kernel '1 a 2' is not a number\n  help: numbers with spaces between, rows with ';' between: '1 0 -1; 2 0 -2; 1 0 -1'",
        ),
        ("1/0 2", "'1/0' in the kernel '1/0 2' is not a number"),
        ("1 2; 3", "the rows of the kernel '1 2; 3' have 2, 1 numbers; all rows must have the same number"),
        ("1;;2", "the rows of the kernel '1;;2' have 1, 0, 1 numbers; all rows must have the same number"),
        ("", "the rows of the kernel '' have 0 numbers; all rows must have the same number"),
        ("sobel", "there is no kernel 'sobel'; choose from identity"),
        ("gausian:2", "--kernel gaussian"),
        ("box:1.5", "box takes a whole number of up to 1001, not 1.5"),
        ("box:0", "box takes a number above 0, not 0\n  help: box:3"),
        ("box:2000", "box takes a whole number of up to 1001, not 2000"),
        ("gaussian:-1", "gaussian takes a number above 0, not -1"),
        ("gaussian:900", "the kernel gaussian would be 5401 numbers wide; the largest accepted is 1001"),
        ("gaussian:1,2", "the kernel 'gaussian' takes at most 1 numbers, not 2\n  help: gaussian:1"),
        ("sobel-x:1", "the kernel 'sobel-x' takes at most 0 numbers, not 1\n  help: sobel-x"),
        ("gaussian:x", "'x' in the kernel 'gaussian:x' is not a number"),
        ("nothing.npy", "there is no file nothing.npy"),
        ("1e400 1", "'1e400' in the kernel '1e400 1' is not a number"),
    ],
)
def test_what_is_no_kernel_is_said(text: str, words: str) -> None:
    with pytest.raises(kaiyan.KaiyanError) as refused:
        kernel(text)
    assert words in str(refused.value)


def test_files_that_hold_no_kernel_are_refused_and_never_run(tmp_path: Path) -> None:
    path = tmp_path / "k.npy"
    for array in (
        np.zeros((2, 2, 2)),
        np.array([["a"]]),
        np.zeros((0, 3)),
        np.array([[np.nan]]),
        np.zeros((1, 2), complex),
        np.zeros((1, 1002)),
    ):
        np.save(path, array)
        with pytest.raises(KernelError):
            kernel(str(path))
    np.save(path, np.array([[print]], object), allow_pickle=True)
    with pytest.raises(KernelError, match="does not contain a NumPy array of numbers"):
        kernel(str(path))
    path.write_bytes(pickle.dumps(3))
    with pytest.raises(KernelError):
        kernel(str(path))
    path.write_bytes(b"")
    with pytest.raises(KernelError):
        kernel(str(path))


@pytest.mark.parametrize("name", ["sobel-x", "laplacian-8", "emboss", "1 2 3 4; 5 6 7 9"])
@pytest.mark.parametrize("grey", [False, True])
def test_seen_values_are_scipys(name: str, grey: bool) -> None:
    seen = kaiyan.see(RGB, name, padding="scipy:same", grey=grey)
    planes = picture(RGB).grey.pixels if grey else RGB.transpose(2, 0, 1)
    right = np.stack([ndimage.correlate(plane.astype(int), kernel(name).values, mode="mirror") for plane in planes])
    np.testing.assert_array_equal(seen.output, right)
    assert seen.output.dtype.kind == "i"


def test_stride_dilation_flip_and_padding_are_convs() -> None:
    seen = kaiyan.see(
        GREY,
        "1 2 3; 4 5 6",
        stride=(2, 1),
        padding=((0, 1), (2, 0)),
        dilation=(1, 2),
        flip=True,
        padding_mode="constant(7)",
    )
    w = kernel("1 2 3; 4 5 6").values[None, None, ::-1, ::-1]
    right = kaiyan.conv(
        GREY[None], w, stride=(2, 1), padding=((0, 1), (2, 0)), dilation=(1, 2), padding_mode="constant(7)"
    )
    np.testing.assert_array_equal(seen.output, right)
    assert seen.derivation.output_shape == (1, *right.shape)


@pytest.mark.parametrize("name", ["gaussian:1", "box:3", "motion:5"])
@pytest.mark.parametrize("mode", ["reflect", "replicate", "symmetric", "circular"])
def test_an_average_keeps_a_constant_picture_and_the_range(name: str, mode: str) -> None:
    constant = np.full((9, 9), 255, np.uint8)
    assert set(kaiyan.see(constant, name, padding_mode=mode).output.flatten().tolist()) <= {
        255.0,
        255.0 - 2**-45,
        255.0 - 2**-44,
    }
    assert kaiyan.see(RGB, name, padding_mode=mode).output.max() <= RGB.max()


def test_a_seen_picture_draws_itself_and_gives_its_facts() -> None:
    seen = kaiyan.see(RGB, "sobel-x")
    with Image.open(io.BytesIO(seen._repr_png_())) as image:
        assert image.format == "PNG"
        assert image.size == seen.sheet.size
    facts = json.loads(json.dumps(seen.to_dict()))
    assert (facts["kernel"]["name"], facts["output_shape"], facts["range"]["input"]) == (
        "sobel-x",
        [1, 3, 5, 7],
        [RGB.min(), RGB.max()],
    )
    assert str(seen) == str(seen.derivation)


def test_an_output_too_large_is_refused() -> None:
    with pytest.raises(PictureError, match=r"the output .* would have more than 120,000,000 pixels"):
        kaiyan.see(GREY, "identity", padding=20_000)


def test_zero_is_the_middle_colour() -> None:
    values = np.array([[[-2.0, 0, 1, 2]]])
    scale = scale_of(values, 255)
    assert scale == Scale(-2, 2)
    painted = colours(values, scale)[0]
    assert painted[1].tolist() == [246, 246, 243]
    assert painted[0].tolist() == [33, 102, 172]
    assert painted[3].tolist() == [214, 96, 20]
    assert (painted[2] > painted[3]).all()


def test_colours_go_around_middle_grey() -> None:
    values = np.array([-4.0, 0, 4]).reshape(3, 1, 1)
    assert colours(values, Scale(-4, 4)).tolist() == [[[0, 128, 255]]]
    assert colours(np.full((3, 1, 1), 255.0), Scale(0, 255)).tolist() == [[[255, 255, 255]]]
    assert colours(np.full((1, 1, 1), 51.0), Scale(0, 255)).tolist() == [[[51, 51, 51]]]


def test_scales() -> None:
    assert scale_of(np.array([[0, 9]]), 255) == Scale(0, 255)
    assert scale_of(np.array([[0, 900]]), 255) == Scale(0, 900)
    assert scale_of(np.array([[-1, 3]]), 255) == Scale(-3, 3)
    assert scale_of(np.zeros((1, 1)), 1) == Scale(0, 1)
    assert scale_of(np.array([[np.nan, np.inf, 2]]), 1) == Scale(0, 2)


def test_what_is_not_a_number_is_painted_apart() -> None:
    painted = colours(np.array([[[np.nan, 0.0]]]), Scale(0, 1))[0]
    assert painted.tolist() == [[226, 214, 240], [0, 0, 0]]


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 1, 1), (1, 1, 900), (3, 900, 2), (1, 60, 60)])
@pytest.mark.parametrize("name", ["identity", "sobel-x", "gaussian:9", "7"])
def test_any_picture_can_be_drawn(shape: tuple[int, int, int], name: str) -> None:
    values = np.arange(np.prod(shape)).reshape(shape) - 3.0
    drawn = sheet(values, 255, kernel(name), values)
    assert drawn.height < 800
    assert drawn.width < 1600


def test_a_constant_kernel_can_be_drawn() -> None:
    assert sheet(np.zeros((1, 2, 2)), 1, Kernel("zero", np.zeros((2, 2))), np.zeros((1, 2, 2))).width > 100


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("low", [-300, 0])
@pytest.mark.parametrize("kind", [np.int64, np.float64, np.float32, np.uint8])
def test_a_large_picture_is_drawn_as_a_small_one_is(channels: int, low: int, kind: type) -> None:
    rng = np.random.default_rng(0)
    values: np.ndarray = rng.integers(max(low, 0) if kind == np.uint8 else low, 256, (channels, 700, 900)).astype(kind)
    scale = scale_of(values, 255)
    right = Image.fromarray(colours(values, scale)).resize((450, 350), Image.Resampling.BOX)
    got = np.asarray(drawn(values, scale, 0.5)).astype(int)
    assert abs(got - np.asarray(right)).max() <= 3


def test_a_large_picture_that_is_not_all_numbers_is_drawn_apart() -> None:
    values = np.zeros((1, 700, 900), np.float32)
    values[0, :350] = np.nan
    got = np.asarray(drawn(values, scale_of(values, 1), 0.5))
    assert got[0, 0].tolist() == colours(values, scale_of(values, 1))[0, 0].tolist()
    assert got[-1, -1].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("beside", "asked", "meant"),
    [
        ("cat.png", "dog.png", ""),
        ("cats.png", "cat.png", "cats.png"),
        ("Cat.JPG", "cat.png", "Cat.JPG"),
        ("b.png", "a.png", ""),
    ],
)
def test_a_missing_picture_points_to_one_of_that_name_only(tmp_path: Path, beside: str, asked: str, meant: str) -> None:
    (tmp_path / beside).touch()
    with pytest.raises(PictureError, match="there is no file") as refused:
        kaiyan.see(tmp_path / asked)
    assert [str(line) for line in refused.value.help] == ([str(tmp_path / meant)] if meant else [])


@pytest.mark.parametrize(("name", "theirs"), [
    ("sobel-x", lambda x: ndimage.sobel(x, 1)), ("sobel-y", lambda x: ndimage.sobel(x, 0)),
    ("prewitt-x", lambda x: ndimage.prewitt(x, 1)), ("prewitt-y", lambda x: ndimage.prewitt(x, 0)),
    ("laplacian", ndimage.laplace), ("box:3", lambda x: ndimage.uniform_filter(x, 3)),
])  # fmt: skip
def test_kernels_are_those_of_the_library_that_their_row_names(name: str, theirs: Any) -> None:
    x = np.random.default_rng(0).integers(0, 9, (7, 9)).astype(float)
    assert np.allclose(ndimage.correlate(x, kernel(name).values.astype(float)), theirs(x))


def test_every_row_names_its_source_and_no_alias_is_a_name() -> None:
    assert [name for name, recipe in KERNELS.items() if not recipe.source] == []
    aliases = [alias for recipe in KERNELS.values() for alias in recipe.aliases]
    assert len({*aliases, *KERNELS}) == len(aliases) + len(KERNELS)
