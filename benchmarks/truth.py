"""The right answer of a row in float64, and how far another is from it."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.peers import direct, overlap_add
from benchmarks.rows import Arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.rows import Row

TOLERANCE = 1e-4
"""Of the output's scale: float32 in any order and every Winograd pass; bfloat16 and float16 do not."""

_LONG = 64


def truth(row: Row, arrays: Arrays) -> NDArray[Any]:
    """The output in float64 (of integers: rounded and clipped); long windows by FFT, the rest by torch."""
    import torch

    x, weight, bias = arrays
    exact = Arrays(x.astype(np.float64), weight.astype(np.float64), None if bias is None else bias.astype(np.float64))
    if row.channelwise and row.unit_steps and prod(row.kernel) >= _LONG:
        y = overlap_add(row, exact)()
    else:
        tensors = (None if a is None else torch.from_numpy(a) for a in exact)
        with torch.inference_mode():
            y = direct(row, *tensors)().numpy()
    kind = np.dtype(row.types[1])
    if kind.kind == "f":
        return np.asarray(y)
    return np.asarray(np.clip(np.rint(y), np.iinfo(kind).min, np.iinfo(kind).max))


def error(y: NDArray[Any], right: NDArray[Any]) -> float:
    """The largest difference as a share of the largest right value; infinite for another shape or a NaN."""
    if y.shape != right.shape or not np.isfinite(y).all():
        return float("inf")
    return float(np.abs(y - right).max()) / _scale(right)


def tolerance(row: Row, right: NDArray[Any]) -> float:
    """The error up to which an answer is right; fractions may be rounded to integers another way."""
    return TOLERANCE if np.dtype(row.types[1]).kind == "f" else 1 / _scale(right)


def _scale(right: NDArray[Any]) -> float:
    return float(np.abs(right).max()) or 1.0
