"""A recogniser whose photographs are its descriptions: what a gallery does with numbers is tested without a network.

A face is a block of 8 rows and 16 columns of grey, that is 128 numbers of 256ths, which float32 holds exactly; blocks
stand one below the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from kaiyan.faces import Gallery
    from kaiyan.faces.gallery_refusals import GalleryError

ROWS, COLUMNS = 8, 16
NUMBERS = ROWS * COLUMNS


@dataclass(frozen=True)
class Face:
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class Fake:
    """Finds every block that is not black."""

    name: str = "fake"
    fingerprint: str = "f" * 64
    distance: float = 0.6

    def find(self, pixels: Any) -> tuple[Face, ...]:
        tops = range(0, len(pixels) - ROWS + 1, ROWS)
        return tuple(Face((top, 0, top + ROWS, COLUMNS)) for top in tops if pixels[top : top + ROWS].any())

    def chips(self, pixels: Any, faces: Sequence[Face]) -> Any:
        return np.stack([pixels[face.box[0] : face.box[2]] for face in faces])

    def describe(self, chips: Any) -> Any:
        return (chips[..., 0].reshape(len(chips), -1) / 256).astype(np.float32)


def photograph(*descriptions: Any) -> Any:
    """The photograph (8 N, 16) of faces with these descriptions, whole numbers from 0 to 255 each."""
    return np.concatenate([np.asarray(one, np.uint8).reshape(ROWS, COLUMNS) for one in descriptions])


def face(*first: int) -> Any:
    """A description that begins with these numbers and is 10 everywhere else."""
    numbers = np.full(NUMBERS, 10, np.uint8)
    numbers[: len(first)] = first
    return numbers


def saved(path: Path, *descriptions: Any) -> Path:
    """The same as a PNG file."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(photograph(*descriptions)).save(path)
    return path


AGREED = "agreed in writing, 2026-11-27"


def gallery_of_ann(folder: Path) -> Gallery:
    """A gallery that knows Ann by two photographs."""
    from kaiyan.faces import Gallery

    made = Gallery(folder / "faces.sqlite", network=Fake())
    made.add("Ann", photograph(face(1, 0)), photograph(face(1, 1)), consent=AGREED)
    return made


def refusal(act: Callable[[], object]) -> GalleryError:
    """What a gallery refuses, in two languages."""
    from kaiyan.faces.gallery_refusals import GalleryError
    from kaiyan.show.i18n import say

    with pytest.raises(GalleryError) as caught:
        act()
    assert say(caught.value, "zh") != say(caught.value, "en")
    return caught.value
