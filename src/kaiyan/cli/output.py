"""Where a command writes: never over what it reads."""

from __future__ import annotations

from pathlib import Path

from kaiyan.pictures.error import PictureError
from kaiyan.pictures.reading import local


def free(path: str | Path, *pictures: str) -> Path:
    """The path, where it is not one of the pictures; raises ``PictureError`` where it is."""
    path = Path(path)
    for picture in pictures:
        if path.exists() and local(picture).exists() and path.samefile(local(picture)):
            raise PictureError("over-the-input", "{path} is the input picture; it is not overwritten", path=str(path))
    return path
