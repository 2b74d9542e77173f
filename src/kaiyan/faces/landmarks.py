"""Five points of a face, the corners of both eyes and the foot of the nose: 15 times 500 small trees move them.

Source: Kazemi & Sullivan, One millisecond face alignment with an ensemble of regression trees, CVPR 2014;
dlib's shape_predictor_5_face_landmarks (CC0) and dlib/image_processing/shape_predictor.h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kaiyan.faces.similarity import similarity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from kaiyan.faces.detector import Box

DEPTH = 4
"""Questions that a tree asks: 15 in all, with 16 answers."""


class Landmarks(NamedTuple):
    """The trees: ``start`` (5, 2), then for every cascade and tree which two pixels are compared, and what it moves.

    ``pairs`` (15, 500, 15, 2), ``thresholds`` (15, 500, 15), ``moves`` (15, 500, 16, 5, 2); a pixel stands at
    ``deltas`` (15, P, 2) from the point ``anchors`` (15, P). Points are (x, y), in parts of the box.
    """

    start: NDArray[np.float32]
    pairs: NDArray[np.int64]
    thresholds: NDArray[np.float32]
    moves: NDArray[np.float32]
    anchors: NDArray[np.int64]
    deltas: NDArray[np.float32]


def points(landmarks: Landmarks, pixels: NDArray[np.uint8], box: Box) -> NDArray[np.float64]:
    """The five points (5, 2) as whole (row, column) of a face in a photograph (H, W, 3).

    In order: outer and inner corner of the eye on the right of the photograph, the same of the eye on its left, and
    below the nose.
    """
    shape = landmarks.start
    for cascade in range(len(landmarks.pairs)):
        seen = _seen(landmarks, cascade, shape, pixels, box)
        moves = landmarks.moves[cascade, np.arange(len(landmarks.pairs[cascade])), _leaves(landmarks, cascade, seen)]
        shape = np.cumsum([shape, *moves], axis=0, dtype=np.float32)[-1]  # one by one, as float32 rounds
    return _in_pixels(shape, box)[:, ::-1]


def _seen(
    landmarks: Landmarks, cascade: int, shape: NDArray[np.float32], pixels: NDArray[np.uint8], box: Box
) -> NDArray[np.float32]:
    """The grey values of the cascade's pixels, moved with the shape; 0 outside the photograph."""
    turn, _ = similarity(landmarks.start, shape)
    matrix = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]], np.float32)
    offsets = landmarks.deltas[cascade] @ matrix.T
    x, y = _in_pixels(offsets + shape[landmarks.anchors[cascade]], box).astype(int).T
    rows, columns = pixels.shape[:2]
    inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    grey = pixels[np.where(inside, y, 0), np.where(inside, x, 0)].sum(axis=1, dtype=np.int64) // 3
    return np.where(inside, grey, 0).astype(np.float32)


def _leaves(landmarks: Landmarks, cascade: int, seen: NDArray[np.float32]) -> NDArray[np.int64]:
    """The answer that every tree comes to."""
    a, b = np.moveaxis(seen[landmarks.pairs[cascade]], -1, 0)
    right = a - b <= landmarks.thresholds[cascade]
    trees, node = np.arange(len(right)), np.zeros(len(right), np.int64)
    for _ in range(DEPTH):
        node = 2 * node + 1 + right[trees, node]
    leaves: NDArray[np.int64] = node - (2**DEPTH - 1)
    return leaves


def _in_pixels(shape: NDArray[np.float32], box: Box) -> NDArray[np.float64]:
    """Points in parts of the box as whole pixels (x, y)."""
    top, left, bottom, right = box
    places: NDArray[np.float64] = np.array([left, top]) + shape.astype(float) * [right - left, bottom - top]
    return np.floor(places + 0.5)


def landmarks_of(tensors: Mapping[str, NDArray[np.generic]]) -> Landmarks:
    """The trees as they are kept."""
    start, thresholds, moves, deltas = (
        tensors[name].astype(np.float32) for name in ("start", "thresholds", "moves", "deltas")
    )
    pairs, anchors = (tensors[name].astype(np.int64) for name in ("pairs", "anchors"))
    return Landmarks(start, pairs, thresholds, moves, anchors, deltas)
