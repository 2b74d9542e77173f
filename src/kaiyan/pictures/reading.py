"""A picture's file as numbers, through Pillow; whatever its readers raise is one sentence that says what to do."""

from __future__ import annotations

import os
import struct
import warnings
import zlib
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.pictures.error import PictureError, unreadable_by_system
from kaiyan.pictures.formats import PLUGINS, RAW, unreadable
from kaiyan.show.sentence import Sentence, sentence

if TYPE_CHECKING:
    from PIL.Image import Image

    from kaiyan.reference.dtype import Numbers

MOST_PIXELS = 120_000_000
"""Pixels of the largest picture that is read: 360 MB as colours of one byte."""
RAISED = (
    SyntaxError, ValueError, EOFError, LookupError, ArithmeticError, TypeError, AttributeError, AssertionError,
    RuntimeError, BufferError, MemoryError, struct.error, zlib.error,
)  # fmt: skip
"""What Pillow's readers and writers raise on data that they do not understand, beside OSError; NotImplementedError is a
RuntimeError."""


_ORIENTATION = 0x0112
"""EXIF's number of it."""


def local(source: str | os.PathLike[str]) -> Path:
    """The path that a text names; raises ``PictureError`` for an address, which is not read from here."""
    text = os.fspath(source)
    scheme = text.partition("://")[0].lower()
    if scheme == "file":
        return Path(text.partition("://")[2])
    if scheme in ("http", "https", "ftp", "s3", "gs") and "://" in text:
        raise PictureError(
            "an-address",
            "{address} is a web address; pictures are read from files",
            "curl -L -o picture.jpg {address}",
            address=text,
        )
    return Path(text).expanduser() if text.startswith("~") else Path(text)


def read(path: Path, content: bytes | None = None) -> tuple[Numbers, tuple[Sentence, ...]]:
    """The numbers (H, W) or (H, W, 3) in a file, and what is to be said of the file.

    With its ``content`` nothing is read from the disk: ``path`` is what it is called.
    """
    try:
        if path.suffix.lower() == ".npy":
            return np.load(_source(path, content), allow_pickle=False), ()
        return _opened(path, content)
    except PictureError:
        raise
    except OSError as error:
        raise (unreadable_by_system(path, error) if error.errno else unreadable(path, error, content)) from None
    except RAISED as error:
        raise unreadable(path, error, content) from None


def _source(path: Path, content: bytes | None) -> Path | BytesIO:
    return path if content is None else BytesIO(content)


def numbers(image: Image, name: str) -> Numbers:
    """The numbers of a Pillow image, turned as its EXIF orientation says, transparent parts laid on white."""
    try:
        return np.asarray(_plain(image))
    except (OSError, *RAISED) as error:
        raise unreadable(Path(name), error) from None


def _opened(path: Path, content: bytes | None) -> tuple[Numbers, tuple[Sentence, ...]]:
    from PIL import Image, UnidentifiedImageError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(_source(path, content)) as image:
                return _loaded(path, image)
        except UnidentifiedImageError as error:
            if not _registered(path):
                raise unreadable(path, error, content) from None
        except Image.DecompressionBombError:
            raise PictureError(
                "picture-too-large",
                "{path} claims more pixels than the limit of {most:,}",
                path=str(path), most=MOST_PIXELS,
            ) from None  # fmt: skip
        with Image.open(_source(path, content)) as image:
            return _loaded(path, image)


def _registered(path: Path) -> bool:
    """Whether a plugin that is installed can read what Pillow alone cannot; it is registered."""
    for plugin in PLUGINS:
        if path.suffix.lower() in plugin.suffixes:
            try:
                module: Any = import_module(plugin.module)
            except ImportError:
                continue
            getattr(module, plugin.register, lambda: None)()
            return True
    return False


def _loaded(path: Path, image: Image) -> tuple[Numbers, tuple[Sentence, ...]]:
    if image.width * image.height > MOST_PIXELS:
        raise PictureError(
            "too-many-pixels",
            "{path} claims {width} x {height} pixels; at most {most:,} are read",
            path=str(path),
            width=image.width,
            height=image.height,
            most=MOST_PIXELS,
        )
    notes = tuple(_notes(path, image))
    image.load()
    return np.asarray(_plain(image)), notes


def _notes(path: Path, image: Image) -> list[Sentence]:
    notes = []
    frames = _frames(image)
    if frames > 1:
        notes.append(sentence("picture-first-frame", "the first of {frames} frames or pages; the others are not read",
                              frames=frames))  # fmt: skip
    if image.mode in ("RGB", "RGBA") and any(";16" in str(tile[3]) for tile in getattr(image, "tile", ())):
        notes.append(sentence("picture-16-bits", "colours of 16 bits are read as 8 bits: Pillow does not support more"))
    if path.suffix.lower() in RAW and image.format == "TIFF":
        notes.append(sentence("picture-raw-preview",
                              "only the {width} x {height} preview of a camera's raw file is read",
                              width=image.width, height=image.height))  # fmt: skip
    return notes


def _frames(image: Image) -> int:
    """How many there are; 1 where they are layers of one picture, or cannot be counted."""
    if image.format in ("PSD", "ICO", "ICNS"):
        return 1
    try:
        frames: int = getattr(image, "n_frames", 1)
        image.seek(0)
    except (OSError, *RAISED):
        return 1
    return frames


def _plain(image: Image) -> Image:
    from PIL import ImageOps

    if image.getexif().get(_ORIENTATION, 1) != 1:
        image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        return image
    if image.mode == "La":
        image = image.convert("LA")
    if image.mode == "LAB":
        return _from_lab(image)
    if image.has_transparency_data:
        return _on_white(image.convert("RGBA"))
    mode = "L" if image.mode in ("1", "L") else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _on_white(image: Image) -> Image:
    from PIL.Image import alpha_composite, new

    return alpha_composite(new("RGBA", image.size, "white"), image).convert("RGB")


def _from_lab(image: Image) -> Image:
    from PIL import ImageCms

    to_rgb = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
    converted = ImageCms.applyTransform(image, to_rgb)
    assert converted is not None
    return converted
