"""Photographs that are on the machine: Kaiyan's astronaut, and those of scikit-image, read without importing it."""

from __future__ import annotations

from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from PIL import Image


def photograph(name: str) -> Image.Image:
    """A photograph in colour: "astronaut", or scikit-image's, such as "chelsea" (a cat) or "coffee"."""
    return Image.open(_path(name)).convert("RGB")


def _path(name: str) -> Path:
    if name == "astronaut":
        return Path(str(files("kaiyan.pictures") / "photograph" / "astronaut.jpg"))
    spec = find_spec("skimage")
    if spec is None or spec.origin is None:
        msg = "scikit-image has this photograph: pip install 'kaiyan[cases]'"
        raise ModuleNotFoundError(msg, name="skimage")
    return Path(spec.origin).parent / "data" / f"{name}.png"
