"""Which places of pictures excite a channel most: each cut out as far as its receptive field goes.

Searched are the pictures that the network was shown and the bundled photograph: each as it is looked at, mirrored, and
closer at its corners and in its middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import torch

from kaiyan.networks.preparation import colours
from kaiyan.show.sentence import sentence
from kaiyan.studio.answers.network.stepping import caught, maps_of
from kaiyan.studio.desk import Reply, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from kaiyan.reference.dtype import Numbers
    from kaiyan.studio.answers.network.layers import MapLayer
    from kaiyan.studio.answers.network.opened import Network
    from kaiyan.studio.answers.network.preparing import Box
    from kaiyan.studio.answers.network.session import NetworkSession

_CLOSER = 0.6
"""Of the side that is looked at: a second size of things."""
_PLACES = 16
"""Strongest places of a channel that are kept of each view."""
_MOST_PATCHES = 9
_OVERLAP = 0.3
"""Of two boxes together: above it they are one place."""
_SECONDS = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class SearchView:
    """A part of a picture as the network takes it."""

    picture: str
    box: Box
    pixels: Numbers
    mirrored: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """The strongest places of all channels of a layer: values and places (views, channels, places)."""

    views: tuple[SearchView, ...]
    values: Tensor
    places: Tensor
    lowest: Tensor
    pictures: int
    positions: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class _Found:
    value: float
    view: SearchView
    cut: tuple[int, int, int, int]
    box: Box


def excited(found: NetworkSession, layer: MapLayer, channel: int) -> Reply:
    """The patches that excite a channel most, the strongest first, no two of them of one place."""
    key = ("excite", layer.index, tuple(found.pictures))
    search: Search = found.kept(key, lambda: _searched(found, layer))
    chosen = _distinct(_candidates(found.network, layer, search, channel))
    patches = [
        {
            "picture": own.view.picture, "value": own.value, "box": [round(n, 2) for n in own.box],
            "height": own.cut[2], "width": own.cut[3], "mirrored": own.view.mirrored,
        }
        for own in chosen
    ]  # fmt: skip
    told = sentence(
        "network-searched",
        "places searched: {positions:,}; pictures: {pictures}, each seen whole, mirrored and in five closer crops",
        positions=search.positions, pictures=search.pictures,
    )  # fmt: skip
    facts = {"patches": patches, "searched": words(told), "complete": search.is_whole}
    return Reply(facts, tuple(_patch(own) for own in chosen))


def _searched(found: NetworkSession, layer: MapLayer) -> Search:
    began = perf_counter()
    network = found.network
    views: list[SearchView] = []
    kept: list[tuple[Tensor, Tensor, Tensor]] = []
    names = set()
    is_whole = True
    for view in _views(found):
        if views and perf_counter() - began > _SECONDS:
            is_whole = False
            break
        maps = maps_of(layer, caught(network, layer, network.preparation.tensor(view.pixels))).float().flatten(1)
        maps = torch.nan_to_num(maps, nan=-torch.inf, posinf=-torch.inf)
        best = maps.topk(min(_PLACES, maps.shape[1]), dim=1)
        kept.append((best.values, best.indices, maps.amin(1)))
        views.append(view)
        names.add(view.picture)
    values, places, lowest = (torch.stack(part) for part in zip(*kept, strict=True))
    positions = len(views) * layer.height * layer.width
    return Search(tuple(views), values, places, lowest.amin(0), len(names), positions, is_whole)


def _views(found: NetworkSession) -> Iterator[SearchView]:
    """Whole pictures first, so that a search that is cut short has seen each."""
    prepared, pictures = found.network.preparation, _pictures(found)
    for name, picture in pictures:
        yield SearchView(name, box := prepared.crop(*picture.shape[:2]), prepared.pixels(picture, box))
    for name, picture in pictures:
        box = prepared.crop(*picture.shape[:2])
        yield SearchView(name, box, np.ascontiguousarray(prepared.pixels(picture, box)[:, ::-1]), mirrored=True)
        for closer in _closer(picture.shape, box):
            yield SearchView(name, closer, prepared.pixels(picture, closer))


def _pictures(found: NetworkSession) -> list[tuple[str, Numbers]]:
    """Those that were shown, and the bundled one where it was not."""
    shown = [(name or f"#{number}", own) for number, (name, own) in enumerate(found.pictures.values(), start=1)]
    bundled = colours(None)
    if any(own.shape == bundled.shape and np.array_equal(own, bundled) for _, own in shown):
        return shown
    return [*shown, ("astronaut", bundled)]


def _closer(shape: tuple[int, ...], box: Box) -> Iterator[Box]:
    """The middle and the four corners of a picture, closer."""
    high, wide = max(box[2] * _CLOSER, 1), max(box[3] * _CLOSER, 1)
    down, right = shape[0] - high, shape[1] - wide
    for vertical, horizontal in ((0.5, 0.5), (0, 0), (0, 1), (1, 0), (1, 1)):
        yield down * vertical, right * horizontal, high, wide


def _candidates(network: Network, layer: MapLayer, search: Search, channel: int) -> list[_Found]:
    """The strongest places of a channel, in the order of their values; none that is as low as any."""
    fields = network.fields[layer.index]
    size = (network.preparation.height, network.preparation.width)
    found = []
    for number, view in enumerate(search.views):
        pairs = zip(search.values[number, channel].tolist(), search.places[number, channel].tolist(), strict=True)
        for value, place in pairs:
            if not value > float(search.lowest[channel]):
                continue
            row, column = divmod(place, layer.width)
            seen = fields.box(channel, row, column, layer.height)
            cut = seen if seen is not None and seen[2] > 0 and seen[3] > 0 else (0, 0, *size)
            found.append(_Found(value, view, cut, _in_picture(view, cut, size)))
    return sorted(found, key=lambda own: -own.value)


def _in_picture(view: SearchView, cut: tuple[int, int, int, int], size: tuple[int, int]) -> Box:
    """Where a part of the input lies in the picture."""
    top, left, height, width = cut
    left = size[1] - left - width if view.mirrored else left
    down, right = view.box[2] / size[0], view.box[3] / size[1]
    return view.box[0] + top * down, view.box[1] + left * right, height * down, width * right


def _distinct(candidates: list[_Found]) -> list[_Found]:
    chosen: list[_Found] = []
    for own in candidates:
        if len(chosen) == _MOST_PATCHES:
            break
        others = (other for other in chosen if other.view.picture == own.view.picture)
        if all(_overlap(own.box, other.box) <= _OVERLAP for other in others):
            chosen.append(own)
    return chosen


def _overlap(one: Box, other: Box) -> float:
    """What two boxes share, of what they cover together."""
    high = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    wide = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(high, 0.0) * max(wide, 0.0)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def _patch(own: _Found) -> memoryview:
    top, left, height, width = own.cut
    return np.ascontiguousarray(own.view.pixels[top : top + height, left : left + width]).data.cast("B")
