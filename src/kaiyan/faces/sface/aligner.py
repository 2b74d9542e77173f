"""Faces as SFace takes them: turned, scaled and shifted so that five points lie where it learned to see them.

Source: OpenCV 4.14, FaceRecognizerSF::alignCrop in modules/objdetect/src/face_recognize.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kaiyan.faces.sface.describer import SFACE_SIDE
from kaiyan.faces.similarity import similarity

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STANDARD = np.array([
    [38.2946, 51.6963],
    [73.5318, 51.5014],
    [56.0252, 71.7366],
    [41.5493, 92.3655],
    [70.7299, 92.2041],
])  # fmt: skip
"""Where the points (x, y) lie in a chip: both eyes, the tip of the nose, both corners of the mouth, from the left."""


def standard_chip(pixels: NDArray[np.uint8], points: NDArray[np.float64]) -> NDArray[np.uint8]:
    """A face (112, 112, 3), cut from a photograph (H, W, 3) by its points (5, 2) of (row, column); black outside."""
    turn, shift = similarity(points[:, ::-1], _STANDARD)
    y, x = np.mgrid[:SFACE_SIDE, :SFACE_SIDE]
    places = (x + 1j * y - shift) / turn
    left, top = np.floor(places.real).astype(int), np.floor(places.imag).astype(int)
    right, down = (places.real - left)[..., None], (places.imag - top)[..., None]
    upper = (1 - right) * _at(pixels, top, left) + right * _at(pixels, top, left + 1)
    lower = (1 - right) * _at(pixels, top + 1, left) + right * _at(pixels, top + 1, left + 1)
    cut: NDArray[np.uint8] = np.rint((1 - down) * upper + down * lower).astype(np.uint8)
    return cut


def _at(pixels: NDArray[np.uint8], row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.uint8]:
    rows, columns = pixels.shape[:2]
    is_inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    there: NDArray[np.uint8] = np.where(is_inside[..., None], pixels[row % rows, column % columns], np.uint8(0))
    return there
