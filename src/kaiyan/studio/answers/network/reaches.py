"""Which elements each element of a layer's output reads, an axis at a time, from the settings and the sizes it had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from kaiyan.spec.conventions import PADDING_MODES, PAST_EDGE

if TYPE_CHECKING:
    from kaiyan.spec.axis import Axis
    from kaiyan.studio.answers.network.seen import Reach


def through_axis(axis: Axis, n: int, out: int, mode: str = "zeros") -> Reach:
    """Of windows: what lies past the border is what ``mode`` puts there."""
    before, _ = axis.pads(n)
    index = PADDING_MODES.get(mode, PADDING_MODES["zeros"]).index
    reach = np.zeros((out, n), bool)
    for o in range(out):
        places = np.asarray(index(np.array(axis.reads(o, before), int), n))
        reach[o, places[places != PAST_EDGE]] = True
    return reach


def adaptive(n: int, out: int) -> Reach:
    """Of windows that divide an axis as evenly as whole numbers can."""
    reach = np.zeros((out, n), bool)
    for o in range(out):
        reach[o, o * n // out : -(-(o + 1) * n // out)] = True
    return reach


def padded(n: int, sides: tuple[int, int], mode: str) -> Reach:
    """Of an axis that is extended or cropped."""
    index = PADDING_MODES["zeros" if mode == "constant" else mode].index
    places = np.asarray(index(np.arange(-sides[0], n + sides[1]), n))
    reach = np.zeros((len(places), n), bool)
    inside = places != PAST_EDGE
    reach[np.flatnonzero(inside), places[inside]] = True
    return reach


def resized(sizes: tuple[int, int], axis: int, settings: dict[str, Any]) -> Reach:
    """Of torch's interpolation along one axis: what it makes of a one at each place in turn."""
    n = sizes[axis]
    ones = torch.zeros(n, 1, *sizes, dtype=torch.float64)
    ones[range(n), 0, :, range(n)] = 1.0
    if axis == 0:
        ones.zero_()[range(n), 0, range(n), :] = 1.0
    reached = functional.interpolate(ones, **settings)[:, 0] != 0
    return reached.any(2 - axis).numpy().T
