"""Files that Pillow alone does not read: what they are, and the package or program that reads them."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kaiyan.pictures.error import PictureError

if TYPE_CHECKING:
    from pathlib import Path

RAW = (".cr2", ".cr3", ".nef", ".nrw", ".arw", ".dng", ".raf", ".orf", ".rw2", ".pef", ".srw", ".raw")
"""Suffixes of cameras' raw files."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A package that teaches Pillow a format when ``module`` is imported and ``register``, if any, is called."""

    suffixes: tuple[str, ...]
    module: str
    register: str = ""


PLUGINS = (
    Plugin((".heic", ".heif", ".hif"), "pillow_heif", "register_heif_opener"),
    Plugin((".avif",), "pillow_heif", "register_avif_opener"),
    Plugin((".avif",), "pillow_avif"),
    Plugin((".jxl",), "pillow_jxl"),
)


@dataclass(frozen=True, slots=True)
class Format:
    """A format by how its files begin (at ``at``) or end in name, and what reads it."""

    name: str
    begins: str
    remedy: str
    suffixes: tuple[str, ...] = ()

    def fits(self, path: Path, head: bytes) -> bool:
        return bool(self.begins and re.match(self.begins.encode("latin-1"), head, re.DOTALL)) or (
            path.suffix.lower() in self.suffixes
        )


FORMATS = (
    Format("HEIC", r"....ftyp(?:hei[cxms]|hev[cmx]|mif1|msf1)", "pip install pillow-heif", (".heic", ".heif", ".hif")),
    Format("AVIF", r"....ftypavi[fs]", "pip install -U pillow", (".avif",)),
    Format("JPEG XL", r"\xff\n|\x00\x00\x00\x0cJXL ", "pip install pillow-jxl-plugin", (".jxl",)),
    Format("a camera's raw file", r"....ftypcrx|FUJIFILMCCD-RAW|IIRO|IIU\x00", "pip install rawpy", RAW),
    Format("PDF", r"%PDF", "pdftoppm -png {path} page", (".pdf",)),
    Format("SVG", r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?(?:<!DOCTYPE svg[^>]*>\s*)?<svg",
           "rsvg-convert {path} -o {stem}.png", (".svg", ".svgz")),
    Format("OpenEXR", r"v/1\x01", "pip install imageio openexr", (".exr",)),
    Format("Radiance HDR", r"#\?RADIANCE|#\?RGBE", "pip install imageio", (".hdr",)),
    Format("DICOM", r".{128}DICM", "pip install pydicom", (".dcm",)),
    Format("a film", r"....ftyp(?:isom|iso\d|mp4\d|avc1|qt  |M4V |3gp)|\x1aE\xdf\xa3|RIFF....AVI ",
           "ffmpeg -i {path} -frames:v 1 {stem}.png", (".mp4", ".mov", ".avi", ".mkv", ".webm")),
    Format("a web page", r"\s*<(?:!doctype html|!DOCTYPE html|html|HTML)", "curl -L -o picture.jpg ADDRESS"),
    Format("a pointer of Git LFS", r"version https://git-lfs", "git lfs pull"),
    Format("an archive", r"PK\x03\x04|\x1f\x8b|7z\xbc\xaf|Rar!", "unzip {path}", (".zip", ".gz", ".7z", ".rar")),
)  # fmt: skip
"""What is told apart from damage, the first that fits."""

_NEEDS: tuple[tuple[str, str, str], ...] = (
    (r"Ghostscript", "Ghostscript", "apt install ghostscript"),
    (r"decoder (\w+) not available", "{0}", "pip install --force-reinstall pillow"),
    (r"cannot find loader for this HDF5 file", "h5py", "pip install h5py"),
    (r"cannot find loader for this ((?:GRIB|BUFR)) file", "eccodes", "pip install eccodes"),
    (r"cannot find loader for this (\w+) file|cannot render (\w+)", "Windows or Inkscape",
     "inkscape {path} -o {stem}.png"),
)  # fmt: skip
"""What a reader says that is not there, its name, and what brings it."""
_BEGINNINGS = {
    "PNG": r"\x89PNG", "JPEG": r"\xff\xd8\xff", "GIF": r"GIF8", "WebP": r"RIFF....WEBP", "BMP": r"BM",
    "TIFF": r"II[*+]\x00|MM\x00[*+]", "PSD": r"8BPS", "JPEG 2000": r"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51",
}  # fmt: skip
_VARIANT = re.compile(
    r"unimplemented|not implemented|unsupported|not supported|unknown (?!file extension)"
    r"|cannot (?:handle|read|identify)|unrecognized (?!data stream)|only \w+ (?:is|are) "
    r"|not (?:a )?known|conversion from",
    re.IGNORECASE,
)
"""Words of readers for a whole file of a kind that they do not know."""


def unreadable(path: Path, error: Exception, content: bytes | None = None) -> PictureError:
    """What a reader's complaint comes to: a missing reader, a variant that none knows, no picture, or damage.

    ``content`` is what the file holds, where it is not on the disk.
    """
    facts = {"path": str(path), "stem": path.stem, "reason": _reason(error)}
    if isinstance(error, MemoryError):
        return PictureError("no-memory", "{path} does not fit into the free memory", **facts)
    for pattern, needed, remedy in _NEEDS:
        if match := re.search(pattern, str(error)):
            name = needed.format(*match.groups())
            return PictureError(
                "needs-a-reader", "{path} is intact, but reading it needs {needed}, which is missing", "{remedy}",
                needed=name, remedy=remedy.format(**facts), **facts,
            )  # fmt: skip
    if isinstance(error, (NotImplementedError, KeyError)) or (_VARIANT.search(str(error)) and not _unidentified(error)):
        return PictureError(
            "unknown-variant", "{path} is of a kind that its reader does not know ({reason})", "{stem}.png", **facts
        )
    if _unidentified(error):
        return _unknown(path, _beginning(path) if content is None else content[:_HEAD], facts)
    return PictureError("damaged", "{path} is damaged or cut off ({reason})", **facts)


_HEAD = 512
"""Bytes by which a format is told."""


def _beginning(path: Path) -> bytes:
    with suppress(OSError), path.open("rb") as file:
        return file.read(_HEAD)
    return b""


def _unknown(path: Path, head: bytes, facts: dict[str, str]) -> PictureError:
    if not head:
        return PictureError("picture-empty", "{path} is empty", **facts)
    known = next((form for form in FORMATS if form.fits(path, head)), None)
    begun = next((name for name, begins in _BEGINNINGS.items() if re.match(begins.encode("latin-1"), head)), None)
    if known is None and begun:
        return PictureError(
            "picture-cut-off", "{path} begins as {format}, but is cut off, or of a kind that its reader does not know",
            format=begun, **facts,
        )  # fmt: skip
    if known is None:
        return PictureError("not-a-picture", "{path} is not a picture in a format that can be read", **facts)
    return PictureError(
        "picture-without-reader", "{path} is {format}, for which there is no reader here", "{remedy}",
        format=known.name, remedy=known.remedy.format(**facts), **facts,
    )  # fmt: skip


def _unidentified(error: Exception) -> bool:
    return type(error).__name__ == "UnidentifiedImageError"


def _reason(error: Exception) -> str:
    """The first line of what it says, or its kind."""
    return str(error).partition("\n")[0][:200] or type(error).__name__
