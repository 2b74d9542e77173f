"""Photographs that are on the machine: Kaiyan's astronaut, and those of scikit-image, read without importing it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from PIL import Image


def photograph(name: str) -> Image.Image:
    """A photograph in colour: "astronaut", or scikit-image's, such as "chelsea" (a cat) or "coffee".

    Raises ``KaiyanError`` where scikit-image is not installed.
    """
    return Image.open(_path(name)).convert("RGB")


def _path(name: str) -> Path:
    if name == "astronaut":
        return Path(str(files("kaiyan.pictures") / "photograph" / "astronaut.jpg"))
    from kaiyan.networks.weights import file_of

    return file_of("scikit-image", f"skimage/data/{name}.png", "cases")
