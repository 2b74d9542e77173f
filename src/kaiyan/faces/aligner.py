"""Faces upright and of one size: turned, scaled and shifted so that their five points lie where a mean face has them.

Source: dlib 20, get_face_chip_details and extract_image_chips in dlib/image_transforms/interpolation.h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kaiyan.faces.similarity import similarity

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MEAN_FACE = np.array([
    [0.8595674595992, 0.2134981538014],
    [0.6460604764104, 0.2289674387677],
    [0.1205750620789, 0.2137274526848],
    [0.3340850613712, 0.2290642403242],
    [0.4901123135679, 0.6277975316475],
])  # fmt: skip
"""The five points (x, y) of a mean face, in parts of its square."""
_MARGIN = 0.25
"""What is shown around that square, in parts of it."""
_LEAST = 8
"""A picture of no more rows or columns is not halved."""


def chip(pixels: NDArray[np.uint8], points: NDArray[np.float64], side: int) -> NDArray[np.uint8]:
    """A face (side, side, 3), cut from a photograph (H, W, 3) by its points (5, 2) of (row, column); black outside.

    A face that is more than twice as large is halved first, so that no pixel is passed over.
    """
    turn, shift = similarity(side * (_MARGIN + _MEAN_FACE) / (2 * _MARGIN + 1), points[:, ::-1])
    scale = abs(turn)
    square = _Square(turn * complex(side / 2, side / 2) + shift, side * scale - 1, turn / scale)
    halvings = 0
    while square.halved(halvings + 1).area > side**2:
        halvings += 1
    pixels, corner = _around(pixels, square, 2 ** (halvings + 2) - 2)
    square = square._replace(centre=square.centre - corner)
    for _ in range(halvings):
        pixels = halved(pixels)
    return _interpolated(pixels, square.halved(halvings).places(side))


class _Square(NamedTuple):
    """A turned square in a picture: centre x + yi, pixels from its first to its last, and the unit along its rows."""

    centre: complex
    extent: float
    along: complex

    @property
    def area(self) -> float:
        return (self.extent + 1) ** 2

    def halved(self, times: int) -> _Square:
        """Where it lies in a picture that was halved."""
        centre = self.centre
        for _ in range(times):
            centre = centre / 2 - (1.25 + 0.75j)  # as dlib has it; half of what is cut off would be 1 + 1i
        return self._replace(centre=centre, extent=self.extent / 2**times)

    def places(self, side: int) -> NDArray[np.complex128]:
        """Rows and columns of places (side, side) from its first corner to its last."""
        y, x = np.mgrid[:side, :side] / (side - 1) - 0.5
        places: NDArray[np.complex128] = self.centre + (x + 1j * y) * self.extent * self.along
        return places


def _around(pixels: NDArray[np.uint8], square: _Square, margin: int) -> tuple[NDArray[np.uint8], complex]:
    """The part of a picture in which a square lies with a margin, and the corner of the part."""
    corners = square.places(2).ravel()
    rows, columns = pixels.shape[:2]
    top, bottom = _reach(corners.imag, margin, rows)
    left, right = _reach(corners.real, margin, columns)
    return pixels[top : bottom + 1, left : right + 1], complex(left, top)


def _reach(places: NDArray[np.float64], margin: int, n: int) -> tuple[int, int]:
    first, last = max(places.min() - margin, 0), min(places.max() + margin, n - 1)
    return int(np.floor(first + 0.5)), int(np.floor(last + 0.5))


def halved(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) under the binomial window 1 4 6 4 1, every second row and column kept, whole numbers cut off.

    A picture of 8 rows or columns or fewer becomes empty.
    """
    if min(pixels.shape[:2]) <= _LEAST:
        return pixels[:0, :0]
    wide = _binomial(pixels.astype(np.int64).swapaxes(0, 1)).swapaxes(0, 1)
    return (_binomial(wide) // 256).astype(np.uint8)


def _binomial(x: NDArray[np.int64]) -> NDArray[np.int64]:
    count = (len(x) - 3) // 2
    taps = [x[i : i + 2 * count - 1 : 2] for i in range(5)]
    return taps[0] + 4 * taps[1] + 6 * taps[2] + 4 * taps[3] + taps[4]


def _interpolated(pixels: NDArray[np.uint8], places: NDArray[np.complex128]) -> NDArray[np.uint8]:
    """A picture at places between its pixels; black where one of the four around is missing."""
    left, top = np.floor(places.real).astype(int), np.floor(places.imag).astype(int)
    rows, columns = pixels.shape[:2]
    inside = (left >= 0) & (top >= 0) & (left + 1 < columns) & (top + 1 < rows)
    cut = np.zeros((*places.shape, 3), np.uint8)
    y, x = top[inside], left[inside]
    right, down = (places.real[inside] - x)[:, None], (places.imag[inside] - y)[:, None]
    upper = (1 - right) * pixels[y, x] + right * pixels[y, x + 1]
    lower = (1 - right) * pixels[y + 1, x] + right * pixels[y + 1, x + 1]
    cut[inside] = ((1 - down) * upper + down * lower).astype(np.uint8)
    return cut
