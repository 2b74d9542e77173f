"""What lies past the border, as maps of indices: extending an array, and folding a gradient back."""

import numpy as np
from numpy.typing import NDArray

from kaiyan.reference.dtype import Numbers
from kaiyan.spec.axis import Pads
from kaiyan.spec.conventions import PADDING_MODES, PAST_EDGE

Indices = NDArray[np.intp]


def index_map(mode: str, n: int, pads: Pads) -> Indices:
    """Which of ``n`` elements stands at each place of the extended axis; bounces and wraps as often as it has to.

    Source: numpy.pad's modes reflect, symmetric, edge, wrap, constant.

    >>> index_map("symmetric", 3, (2, 2)).tolist()
    [1, 0, 0, 1, 2, 2, 1]
    """
    indices: Indices = PADDING_MODES.get(mode, PADDING_MODES["zeros"]).index(np.arange(-pads[0], n + pads[1]), n)
    return indices


def extend(x: Numbers, maps: tuple[Indices, ...], constant: complex) -> Numbers:
    """``x`` (..., *spatial) read through one map an axis, ``constant`` where a map says outside."""
    for axis, indices in zip(range(x.ndim - len(maps), x.ndim), maps, strict=True):
        if len(indices) == x.shape[axis]:
            continue
        outside = indices == PAST_EDGE
        if outside.all():
            x = np.empty((*x.shape[:axis], len(indices), *x.shape[axis + 1 :]), x.dtype)
        else:
            x = x.take(indices, axis)
        if outside.any():
            x[(slice(None),) * axis + (outside,)] = constant
    return x


def fold(gradient: Numbers, maps: tuple[Indices, ...], sizes: tuple[int, ...]) -> Numbers:
    """The adjoint of ``extend``: every element's gradient summed over the places where it stood."""
    for axis, indices, n in zip(range(gradient.ndim - len(maps), gradient.ndim), maps, sizes, strict=True):
        kept = indices != PAST_EDGE
        places = np.moveaxis(gradient, axis, 0)
        folded = np.zeros((n, *places.shape[1:]), gradient.dtype)
        np.add.at(folded, indices[kept], places[kept])
        gradient = np.moveaxis(folded, 0, axis)
    return gradient
