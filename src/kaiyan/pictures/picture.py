"""Reading a picture into numbers, whatever its format, and writing one so that it is never half there."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.pictures import reading
from kaiyan.pictures.error import PictureError, refused_by_system
from kaiyan.pictures.whole import whole

if TYPE_CHECKING:
    from PIL.Image import Image

    from kaiyan.reference.dtype import Numbers
    from kaiyan.show.sentence import Sentence


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture as numbers (C, H, W), C = 1 (grey) or 3 (red, green, blue), from 0 to ``white``.

    ``notes`` say what of its file is not in the numbers, such as further pages.
    """

    name: str
    pixels: Numbers
    white: float
    notes: tuple[Sentence, ...] = ()

    @property
    def rgb(self) -> Numbers:
        """Red, green and blue in bytes (H, W, 3): white is 255, below 0 and NaN are black."""
        pixels = self.pixels
        if pixels.dtype != np.uint8 or self.white != 255:
            scaled = np.nan_to_num(
                pixels.astype(np.float32) * np.float32(255 / (self.white or 1)), posinf=255, neginf=0
            )
            pixels = np.rint(scaled).clip(0, 255).astype(np.uint8)
        planes = np.broadcast_to(pixels, (3, *pixels.shape[1:]))
        return np.ascontiguousarray(np.moveaxis(planes, 0, -1))

    @property
    def grey(self) -> Picture:
        """Its luminance, rounded to whole numbers where it has them. Source: ITU-R BT.601."""
        if len(self.pixels) == 1:
            return self
        luminance = np.tensordot((0.299, 0.587, 0.114), self.pixels, 1)[None]
        whole = self.pixels.dtype.kind in "iu"
        return Picture(
            self.name, (np.rint(luminance) if whole else luminance).astype(self.pixels.dtype), self.white, self.notes
        )


def picture(source: Any = None) -> Picture:
    """The picture that a path, an array (H, W) or (H, W, 3 or 4), or a Pillow image holds; None is the bundled one.

    JPEG, PNG, WebP, TIFF and whatever else Pillow reads; grey of 16 bits in full, colours of 16 bits at the 8 that
    Pillow gives; turned as its EXIF orientation says; transparent parts laid on white.
    Raises ``PictureError`` when there is no picture to be had.
    """
    if source is None:
        with as_file(files("kaiyan.pictures") / "photograph" / "astronaut.jpg") as path:
            return _from_file(path)
    if isinstance(source, Picture):
        return source
    if isinstance(source, (str, os.PathLike)):
        return _from_file(reading.local(source))
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if hasattr(source, "getbands"):
        return _from_array(reading.numbers(source, "picture"), "picture")
    raise PictureError(
        "not-a-source",
        "a picture is a path, a NumPy array (H, W) or (H, W, 3), or a Pillow image, not a {kind}",
        kind=type(source).__name__,
    )


def of_content(name: str, content: bytes) -> Picture:
    """The picture that a file of this name holds, of which nothing is written to the disk.

    Raises ``PictureError`` as ``picture`` does.
    """
    path = Path(name)
    array, notes = reading.read(path, content)
    return replace(_from_array(array, path.stem), notes=notes)


def _from_file(path: Path) -> Picture:
    array, notes = reading.read(path)
    return replace(_from_array(array, path.stem), notes=notes)


def write(image: Image, path: Path) -> None:
    """Writes beside ``path`` and renames, so that what was there stays until the new picture is whole.

    The format is the suffix's. Raises ``PictureError`` when the suffix is unknown or the system refuses.
    """
    from PIL.Image import registered_extensions

    suffix = path.suffix.lower()
    if path.is_dir():
        raise PictureError("a-folder", "{path} is a folder, not a picture", path=str(path))
    if suffix not in registered_extensions():
        raise PictureError(
            "unknown-suffix",
            "the suffix of {path} names no picture format",
            "{stem}.png",
            path=str(path),
            stem=path.stem or "picture",
        )
    try:
        with whole(path) as beside:
            image.save(beside)
    except OSError as error:
        raise (refused_by_system(path, error) if error.errno else _refused_by_format(path, error)) from None
    except reading.RAISED as error:
        raise _refused_by_format(path, error) from None


def _refused_by_format(path: Path, error: Exception) -> PictureError:
    return PictureError(
        "format-refuses",
        "{path}: this format cannot hold the picture ({reason})",
        "{stem}.png",
        path=str(path),
        stem=path.stem,
        reason=str(error) or type(error).__name__,
    )


def _from_array(array: Numbers, name: str = "array") -> Picture:
    if isinstance(array, np.ma.MaskedArray) and array.dtype.kind in "biuf":
        array = np.where(np.ma.getmaskarray(array), np.nan, np.ma.getdata(array))
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.ndim not in (2, 3) or channels not in (1, 3, 4) or array.dtype.kind not in "biuf" or 0 in array.shape:
        raise PictureError(
            "not-a-picture-array",
            "an array {shape} of {dtype} is not a picture; a picture has real numbers in (H, W), (H, "
            "W, 3) or (H, W, 4)",
            *(["np.moveaxis(array, 0, -1) puts the channels last"] if array.ndim == 3 and len(array) in (1, 3) else []),
            shape=array.shape,
            dtype=str(array.dtype),
        )
    if array.dtype == bool:
        array = array.astype(np.uint8) * np.uint8(255)
    planes = array[None] if array.ndim == 2 else np.moveaxis(array, -1, 0)[: 3 if channels >= 3 else 1]
    return Picture(name, np.ascontiguousarray(planes), _white(array))


def _white(array: Numbers) -> float:
    """The value drawn as white: 255 or 65535 where the values fill that range, 1 for floats up to 1, else the largest.

    Sensors write 10 to 14 bits into 16: drawn up to 65535 they would be black.
    """
    if array.dtype == np.uint8:
        return 255.0
    finite = array[np.isfinite(array)] if array.dtype.kind == "f" else array
    largest = float(finite.max(initial=0))
    if array.dtype.kind == "f":
        return max(largest, 1.0)
    return next((white for white, above in _WHITES if above < largest <= white), largest)


_WHITES = ((255.0, -1.0), (65535.0, 16383.0))
"""What is white for whole numbers, and the value above which it is."""
