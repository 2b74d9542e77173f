"""All maps of a network on one picture, as bytes: each channel from its own lowest value (0) to its highest (255)."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from kaiyan.studio.answers.network.answering import top
from kaiyan.studio.answers.network.stepping import every_map
from kaiyan.studio.desk import Reply

if TYPE_CHECKING:
    from torch import Tensor

    from kaiyan.reference.dtype import Numbers
    from kaiyan.studio.answers.network.layers import MapLayer
    from kaiyan.studio.answers.network.opened import Network
    from kaiyan.studio.answers.network.session import Look

STATISTICS = ("low", "high", "mean", "deviation", "nonzero")
"""What is told of each channel, in this order."""


def looked(network: Network, look: Look) -> Reply:
    """The network's input, every layer's maps and what is told of their channels, and the answers."""
    began = perf_counter()
    maps = _Maps()
    output = every_map(network, look.x, maps.read)
    facts = {
        "crop": list(look.box),
        "input": [*look.pixels.shape[:2]],
        "layers": maps.layers,
        "statistics": list(STATISTICS),
        "top": top(network, output),
        "seconds": perf_counter() - began,
    }
    return Reply(facts, (_bytes(look.pixels), *maps.bytes, maps.told()))


@dataclass(slots=True)
class _Maps:
    """Layers as they come."""

    layers: list[dict[str, Any]] = field(default_factory=list)
    bytes: list[memoryview] = field(default_factory=list)
    _told: list[Numbers] = field(default_factory=list)

    def read(self, layer: MapLayer, maps: Tensor) -> None:
        """One layer's maps (C, H, W)."""
        flat = maps.detach().float().numpy().reshape(layer.channels, -1)
        told = statistics(flat)
        self._told.append(told)
        self.bytes.append(_bytes(scaled(flat, told[0], told[1])))
        self.layers.append(_counted(flat, told))

    def told(self) -> memoryview:
        """For every layer the lows, highs, means, deviations and shares of what is not zero, float32."""
        return _bytes(np.concatenate([told.ravel() for told in self._told]).astype("<f4"))


def _bytes(numbers: Numbers) -> memoryview:
    return np.ascontiguousarray(numbers).data.cast("B")


def _counted(flat: Numbers, told: Numbers) -> dict[str, int]:
    """Channels that are zero everywhere, or the same everywhere; values that are not numbers."""
    low, high, nonzero = told[0], told[1], told[4]
    with np.errstate(all="ignore"):
        count = 0 if np.isfinite(flat.sum()) else int((~np.isfinite(flat)).sum())
    return {"zero": int((nonzero == 0).sum()), "constant": int((low == high).sum()), "not_numbers": count}


def statistics(flat: Numbers) -> Numbers:
    """The rows of ``STATISTICS`` for maps (C, H·W): of what is finite, 0 where nothing is."""
    low, high = _ends(flat)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        return _of_finite(flat)
    each = np.full(flat.shape[1], 1 / flat.shape[1], np.float32)
    mean = flat @ each  # a product with a matrix sums rows several times faster than numpy.sum
    centred = flat - mean[:, None]
    mean = mean + centred @ each
    deviation = np.sqrt(np.einsum("ij,ij->i", centred, centred) * each[0]) * (high > low)
    nonzero = (flat != 0).astype(np.float32) @ np.ones_like(each) / flat.shape[1]
    return np.stack([low, high, mean, deviation, nonzero]).astype(np.float64)


def _ends(flat: Numbers) -> Numbers:
    """Each row's smallest and largest value; NaN where one is; torch is faster than NumPy on short rows."""
    rows = torch.from_numpy(flat)
    return np.stack([rows.amin(1).numpy(), rows.amax(1).numpy()])


def _of_finite(flat: Numbers) -> Numbers:
    finite = np.isfinite(flat)
    count = np.maximum(finite.sum(1), 1)
    some = finite.any(1)
    values = np.where(finite, flat, 0.0).astype(np.float64)
    low = np.where(some, np.where(finite, flat, np.inf).min(1), 0.0)
    high = np.where(some, np.where(finite, flat, -np.inf).max(1), 0.0)
    mean = values.sum(1) / count
    deviation = np.sqrt((np.where(finite, values - mean[:, None], 0.0) ** 2).sum(1) / count) * (high > low)
    return np.stack([low, high, mean, deviation, (values != 0).sum(1) / count])


def scaled(flat: Numbers, low: Numbers, high: Numbers) -> Numbers:
    """Maps (C, H·W) as bytes: the lowest 0, the highest 255; what is not a number 0."""
    span = high - low
    with np.errstate(all="ignore"):
        scale = np.where(span > 0, 255.0 / span, 0.0)
        scale[~np.isfinite(scale)] = 0.0
        values = flat - low[:, None].astype(flat.dtype)
        values *= scale[:, None].astype(flat.dtype)
        values += 0.5
        if not np.isfinite(values.sum()):
            values = np.nan_to_num(values, nan=0.0, posinf=255.0, neginf=0.0).clip(0.0, 255.0)
        found: Numbers = values.astype(np.uint8)
        return found
