"""Reading a picture into numbers, whatever its format, and writing one so that it is never half there."""

from __future__ import annotations

import os
import struct
import warnings
import zlib
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.pictures.error import PictureError, refused_by_system

if TYPE_CHECKING:
    from PIL.Image import Image

    from kaiyan.reference.dtype import Numbers

MOST_PIXELS = 120_000_000
"""Pixels of the largest picture that is read: 360 MB as colours of one byte."""
_DAMAGED = (SyntaxError, ValueError, EOFError, IndexError, KeyError, OverflowError, struct.error, zlib.error)
"""What Pillow's decoders raise on damaged data, beside OSError."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture as numbers (C, H, W), C = 1 (grey) or 3 (red, green, blue), from 0 to ``white``."""

    name: str
    pixels: Numbers
    white: float

    @property
    def grey(self) -> Picture:
        """Its luminance, rounded to whole numbers where it has them. Source: ITU-R BT.601."""
        if len(self.pixels) == 1:
            return self
        luminance = np.tensordot((0.299, 0.587, 0.114), self.pixels, 1)[None]
        whole = self.pixels.dtype.kind in "iu"
        return Picture(self.name, (np.rint(luminance) if whole else luminance).astype(self.pixels.dtype), self.white)


def picture(source: Any = None) -> Picture:
    """The picture that a path, an array (H, W) or (H, W, 3 or 4), or a Pillow image holds; None is the bundled one.

    JPEG, PNG, WebP, TIFF and whatever else Pillow reads; grey of 16 bits in full, colours of 16 bits at the 8 that
    Pillow gives; turned as its EXIF orientation says; transparent parts laid on white.
    Raises ``PictureError`` when there is no picture to be had.
    """
    if source is None:
        with as_file(files("kaiyan.pictures") / "photograph" / "astronaut.jpg") as path:
            return _read(path)
    if isinstance(source, Picture):
        return source
    if isinstance(source, (str, os.PathLike)):
        return _read(Path(source))
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if hasattr(source, "getbands"):
        return _from_image("picture", source)
    raise PictureError(
        "not-a-source",
        "a picture is a path, a NumPy array (H, W) or (H, W, 3), or a Pillow image, not a {kind}",
        kind=type(source).__name__,
    )


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
    beside = path.with_name(f".{path.stem}.{os.getpid()}{suffix}")
    try:
        image.save(beside)
        beside.replace(path)
    except OSError as error:
        raise refused_by_system(path, error) from None
    except (ValueError, KeyError) as error:
        raise PictureError(
            "format-refuses",
            "{path}: this format cannot hold the picture ({reason})",
            "{stem}.png",
            path=str(path),
            stem=path.stem,
            reason=str(error),
        ) from None
    finally:
        with suppress(OSError):
            beside.unlink()


def _read(path: Path) -> Picture:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                _check_size(str(path), image)
                image.load()
                return _from_image(path.stem, image)
    except UnidentifiedImageError:
        raise PictureError(
            "not-a-picture", "{path} is not a picture in a format that can be read", path=str(path)
        ) from None
    except Image.DecompressionBombError:
        raise _too_large(str(path), "?", "?") from None
    except PictureError:
        raise
    except OSError as error:
        raise _unreadable(path, error) from None
    except _DAMAGED as error:
        raise _damaged(path, error) from None


def _unreadable(path: Path, error: OSError) -> PictureError:
    if error.errno is None:
        return _damaged(path, error)
    return refused_by_system(path, error)


def _damaged(path: Path, error: Exception) -> PictureError:
    return PictureError(
        "damaged",
        "{path} is damaged or cut off ({reason})",
        path=str(path),
        reason=str(error) or type(error).__name__,
    )


def _check_size(path: str, image: Image) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise _too_large(path, image.width, image.height)


def _too_large(path: str, width: object, height: object) -> PictureError:
    return PictureError(
        "too-many-pixels",
        "{path} claims {width} x {height} pixels; more than {most:,} are not read",
        path=path,
        width=width,
        height=height,
        most=MOST_PIXELS,
    )


def _from_image(name: str, image: Image) -> Picture:
    from PIL import ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        return _from_array(np.asarray(image), name)
    if image.has_transparency_data:
        image = _on_white(image.convert("RGBA"))
    image = image.convert("L" if image.mode in ("1", "L") else "RGB")
    return _from_array(np.asarray(image), name)


def _on_white(image: Image) -> Image:
    from PIL.Image import alpha_composite, new

    return alpha_composite(new("RGBA", image.size, "white"), image).convert("RGB")


def _from_array(array: Numbers, name: str = "array") -> Picture:
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.ndim not in (2, 3) or channels not in (1, 3, 4) or array.dtype.kind not in "biuf" or 0 in array.shape:
        raise PictureError(
            "not-a-picture-array",
            "an array {shape} of {dtype} is not a picture: (H, W), (H, W, 3) or (H, W, 4) of real numbers is",
            *(["np.moveaxis(array, 0, -1) puts the channels last"] if array.ndim == 3 and len(array) in (1, 3) else []),
            shape=array.shape,
            dtype=str(array.dtype),
        )
    if array.dtype == bool:
        array = array.astype(np.uint8) * np.uint8(255)
    planes = array[None] if array.ndim == 2 else np.moveaxis(array, -1, 0)[: 3 if channels >= 3 else 1]
    return Picture(name, np.ascontiguousarray(planes), _white(array))


def _white(array: Numbers) -> float:
    """The value drawn as white: the type's largest for 8 and 16 bits, else the usual one above all values."""
    if array.dtype in (np.uint8, np.uint16):
        return float(np.iinfo(array.dtype).max)
    largest = float(np.nanmax(array, initial=0))
    usual = (1.0,) if array.dtype.kind == "f" else (255.0, 65535.0)
    return next((white for white in usual if largest <= white), largest)
