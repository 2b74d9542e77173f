"""The picture that the page opens with, as a browser takes it."""

from __future__ import annotations

from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class Photograph(NamedTuple):
    """A picture's file: its bytes, their type, its name."""

    content: bytes
    kind: str
    name: str


def bundled() -> Photograph:
    """The photograph that the package brings."""
    return Photograph(
        (files("kaiyan.pictures") / "photograph" / "astronaut.jpg").read_bytes(), "image/jpeg", "astronaut"
    )


def of(path: Path) -> Photograph:
    """The picture in a file, as PNG; raises ``KaiyanError`` where there is none to be had."""
    from PIL import Image

    from kaiyan.pictures.picture import picture
    from kaiyan.studio.pixels import fitted, rgb

    written, seen = BytesIO(), picture(path)
    Image.fromarray(fitted(rgb(seen))).save(written, "PNG")
    return Photograph(written.getvalue(), "image/png", seen.name)
