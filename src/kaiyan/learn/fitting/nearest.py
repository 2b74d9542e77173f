"""The named filter that is most like a kernel, whatever its scale, its sign, how it is turned and where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from kaiyan.pictures.kernels import kernel
from kaiyan.pictures.named import KERNELS
from kaiyan.show.sentence import Sentence, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.reference.dtype import Numbers

_SIGMAS = (*np.round(np.arange(0.3, 3.0, 0.05), 2), *np.round(np.arange(3.0, 12.1, 0.5), 1))
_LIKE = 1e-9
"""Shares of a kernel that are taken for alike, so that the first and simplest name stays."""


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """``factor`` times the filter ``name``, moved by ``shift`` (down, right) from the middle, is most like a kernel.

    ``unexplained`` is the share of the kernel's squares that it leaves, ``values`` (kH, kW) what it gives.
    """

    name: str
    factor: float
    mirror: Sentence | None
    shift: tuple[float, float]
    unexplained: float
    values: Numbers

    JSON = ("name", "factor", "mirror", "shift", "unexplained")


def nearest(plane: Numbers) -> Nearest | None:
    """The named filter most like a kernel (kH, kW); None where the kernel is zero."""
    whole = float((plane**2).sum())
    if not whole:
        return None
    best: Nearest | None = None
    for name, mirror, values in _candidates(plane.shape):
        found = _laid(plane, whole, name, mirror, values)
        if best is None or found.unexplained < best.unexplained - _LIKE:
            best = found
    return best


def _laid(plane: Numbers, whole: float, name: str, mirror: int, values: Numbers) -> Nearest:
    """A filter laid where, and as strongly as, it is most like the kernel."""
    windows = sliding_window_view(plane, values.shape)
    norm = float((values**2).sum())
    factors = np.tensordot(windows, values, 2) / norm
    middle = tuple((p - v) / 2 for p, v in zip(plane.shape, values.shape, strict=True))
    top, left = (int(i) for i in np.unravel_index(np.argmax(abs(factors)), factors.shape))
    centre = int(middle[0]), int(middle[1])
    if abs(factors[centre]) >= abs(factors[top, left]) * (1 - _LIKE):
        top, left = centre
    laid = np.zeros_like(plane)
    laid[top : top + values.shape[0], left : left + values.shape[1]] = factors[top, left] * values
    return Nearest(
        name, float(factors[top, left]), _MIRRORED[mirror], (top - middle[0], left - middle[1]),
        float(((plane - laid) ** 2).sum()) / whole, laid,
    )  # fmt: skip


@cache
def _candidates(shape: tuple[int, int]) -> tuple[tuple[str, int, Numbers], ...]:
    return tuple(_distinct(shape))


def _distinct(shape: tuple[int, int]) -> Iterator[tuple[str, int, Numbers]]:
    """Every named filter that fits into the shape, and its mirror images; the tails of a Gaussian are cut."""
    for name in _names(min(shape)):
        whole = kernel(name).values.astype(np.float64)
        values = _cut(whole, shape)
        if abs(values).sum() < abs(whole).sum() and not name.startswith("gaussian"):
            continue
        seen: list[Numbers] = []
        for mirror, turned in enumerate((values, values[:, ::-1], values[::-1], values[::-1, ::-1])):
            if turned.any() and not any(np.allclose(turned, s) or np.allclose(turned, -s) for s in seen):
                seen.append(turned)
                yield name, mirror, turned


def _names(least: int) -> Iterator[str]:
    for name, recipe in KERNELS.items():
        if recipe.takes == ("n",):
            yield from (f"{name}:{n}" for n in range(3 if name == "motion" else 2, least + 1))
        elif recipe.takes == ("sigma",):
            yield from (f"{name}:{sigma:g}" for sigma in _SIGMAS)
        else:
            yield name


def _cut(values: Numbers, shape: tuple[int, int]) -> Numbers:
    starts = [max(v - s, 0) // 2 for v, s in zip(values.shape, shape, strict=True)]
    return values[tuple(slice(start, start + s) for start, s in zip(starts, shape, strict=True))]


_MIRRORED: tuple[Sentence | None, ...] = (
    None,
    sentence("fit-mirror-x", "mirrored left to right"),
    sentence("fit-mirror-y", "mirrored top to bottom"),
    sentence("fit-turned", "turned by 180°"),
)
