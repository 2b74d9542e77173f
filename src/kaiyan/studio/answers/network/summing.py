"""One value of a map opened for the page: its terms, and how far the network's number is from their sum."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.show.error import KaiyanError
from kaiyan.studio.answers.network.stepping import maps_of
from kaiyan.studio.answers.network.sum_parts import Inside, by_name
from kaiyan.studio.answers.network.sums import SUMS
from kaiyan.studio.desk import Reply, words
from kaiyan.trace.structure import mapped

if TYPE_CHECKING:
    from kaiyan.studio.answers.network.layers import MapLayer
    from kaiyan.studio.answers.network.opened import Network
    from kaiyan.studio.answers.network.stepping import Caught
    from kaiyan.studio.answers.network.sum_parts import Sum

Place = tuple[int, int, int]
"""Channel, row, column."""


def place_in(layer: MapLayer, facts: dict[str, Any]) -> Place:
    """The place that the page asks about; raises ``KaiyanError`` for one that the layer does not have."""
    for name, size in (("channel", layer.channels), ("row", layer.height), ("column", layer.width)):
        if type(facts.get(name)) is not int or not 0 <= facts[name] < size:
            raise KaiyanError(
                "network-no-place",
                "{path} has {channels} channels of {height} x {width}, counted from 0; there is no {name}={given!r}",
                path=layer.path, channels=layer.channels, height=layer.height, width=layer.width, name=name,
                given=facts.get(name),
            )  # fmt: skip
    return facts["channel"], facts["row"], facts["column"]


def opened_value(network: Network, layer: MapLayer, found: Caught, place: Place) -> Reply:
    """A value's formula, terms and sum in double precision, what the network shows, and the difference."""
    if layer.sum is None:
        raise KaiyanError(
            "network-not-opened", "a value of {path} ({kind}) cannot be opened: its formula is not known here",
            path=layer.path, kind=layer.call.kind,
        )  # fmt: skip
    channel, row, column = place
    args, named = mapped((found.args, found.named), layer.first) if layer.channels_last else (found.args, found.named)
    given = {"input": found.args[0]} if found.step.module else by_name(found.step.name, found.args, found.named)
    inside = Inside(
        found.step.name, found.step.call, args, named, channel, row, column, (layer.height, layer.width),
        place=layer.place(channel, row, column), given=given,
    )  # fmt: skip
    total = SUMS[layer.sum](inside)
    shown = float(maps_of(layer, found)[channel, row, column])
    box = network.fields[layer.index].box(channel, row, column, layer.height)
    facts = {
        "kind": layer.sum,
        "formula": words(total.formula),
        "terms": int(total.values.size),
        "shape": list(total.values.shape),
        "bias": _number(total.bias),
        "sum64": _number(total.total),
        "shown": _number(shown),
        "residual": _number(shown - total.total),
        "groups": [{"channel": own, "partial": _number(part)} for own, part in total.groups],
        "numbers": [{"name": words(name), "value": _number(value)} for name, value in total.numbers],
        "reads": {"first": total.first, "rows": list(total.rows), "columns": list(total.columns)},
        "field": None if box is None else list(box),
    }
    return Reply(facts, _bytes(total))


def _bytes(total: Sum) -> tuple[memoryview, ...]:
    arrays = (total.values.astype("<f8"), total.weights.astype("<f8"), total.padding.astype(np.uint8))
    return tuple(
        np.ascontiguousarray(array).reshape(-1).data.cast("B") if array.size else memoryview(b"") for array in arrays
    )


def _number(value: float | None) -> float | None:
    """JSON has no infinity, and nothing that is no number."""
    return value if value is not None and isfinite(value) else None
