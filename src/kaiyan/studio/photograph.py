"""The picture that the page opens with, as a browser takes it."""

from __future__ import annotations

from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from kaiyan.reference.dtype import Numbers


class Photograph(NamedTuple):
    """A picture's file: its bytes, their type, its name."""

    content: bytes
    kind: str
    name: str


BUNDLED = files("kaiyan.pictures") / "photograph" / "astronaut.jpg"


def of(path: str | None) -> Photograph:
    """The picture of a file, as PNG; without one, the photograph that the package brings.

    Raises ``KaiyanError`` where there is no picture to be had.
    """
    if path is None:
        return Photograph(BUNDLED.read_bytes(), "image/jpeg", "astronaut")
    from kaiyan.pictures.picture import picture
    from kaiyan.studio.pixels import fitted

    seen = picture(path)
    return of_pixels(fitted(seen.rgb), seen.name)


def of_pixels(pixels: Numbers, name: str = "picture") -> Photograph:
    """Pixels (H, W, 3) of the page as PNG."""
    from PIL import Image

    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return Photograph(file.getvalue(), "image/png", name)
