"""A layer's kernels, as they are."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.show.error import KaiyanError
from kaiyan.studio.answers.network.summing import place_in
from kaiyan.studio.desk import Reply

if TYPE_CHECKING:
    from kaiyan.studio.answers.network.layers import MapLayer

_MOST = 4_000_000
"""Numbers that are sent at once: 16 MB."""


def kernels(layer: MapLayer, channel: Any = None) -> Reply:
    """The weights of a convolution or a linear layer, float32: all of them, or those of one output channel.

    Raises ``KaiyanError`` for a layer without such weights, and for more than the page can hold.
    """
    weight = getattr(layer.module, "weight", None)
    if layer.sum not in ("conv", "linear") or weight is None:
        raise KaiyanError("network-no-kernels", "{path} ({kind}) has no kernels", path=layer.path, kind=layer.call.kind)
    found = weight.detach()
    if channel is not None:
        found = _of_channel(layer, found, place_in(layer, {"channel": channel, "row": 0, "column": 0})[0])
    if prod(found.shape) > _MOST:
        raise KaiyanError(
            "network-many-kernels", "{path} has {count:,} weights; at most {most:,} are sent at once",
            "ask for one channel",
            path=layer.path, count=prod(found.shape), most=_MOST,
        )  # fmt: skip
    numbers = np.ascontiguousarray(found.float().numpy(), dtype="<f4")
    facts = {
        "shape": list(numbers.shape),
        "transposed": bool(getattr(layer.module, "transposed", False)),
        "low": float(numbers.min()),
        "high": float(numbers.max()),
    }
    return Reply(facts, (numbers.reshape(-1).data.cast("B"),))


def _of_channel(layer: MapLayer, weight: Any, channel: int) -> Any:
    if not getattr(layer.module, "transposed", False):
        return weight[channel : channel + 1]
    each = len(weight) // int(getattr(layer.module, "groups", 1))
    group, own = divmod(channel, weight.shape[1])
    return weight[group * each : (group + 1) * each, own : own + 1]
