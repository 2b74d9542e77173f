"""The questions about networks: what the page gives, and what it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.studio.answers.network.exciting import excited
from kaiyan.studio.answers.network.listed import listed, make
from kaiyan.studio.answers.network.looking import looked
from kaiyan.studio.answers.network.moving import converted, moved
from kaiyan.studio.answers.network.session import NetworkSession, session
from kaiyan.studio.answers.network.stepping import maps_of
from kaiyan.studio.answers.network.summing import opened_value, place_in
from kaiyan.studio.answers.network.weights import kernels
from kaiyan.studio.desk import Reply, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kaiyan.studio.answers import Answer
    from kaiyan.studio.answers.network.opened import Network
    from kaiyan.studio.desk import Desk


def _list(desk: Desk, _: dict[str, Any], __: list[bytes]) -> Reply:
    return Reply({"networks": listed(desk)})


def _open(desk: Desk, facts: dict[str, Any], _: list[bytes]) -> Reply:
    """Opens a network; that which was open stays where the new one is refused."""
    name = str(facts.get("name"))
    before = desk.open.get("network")
    if isinstance(before, NetworkSession) and before.name == name:
        return Reply(_opened(before.network))
    found = NetworkSession(make(desk, name), name)
    desk.open["network"] = found
    return Reply(_opened(found.network))


def _opened(network: Network) -> dict[str, Any]:
    prepared = network.preparation
    return {
        "name": network.name,
        "title": words(network.title),
        "trained": network.trained,
        "input": {
            "channels": prepared.channels, "height": prepared.height, "width": prepared.width,
            "normalised": words(prepared.words),
        },
        "classes": network.answers,
        "layers": [layer.facts() for layer in network.layers],
        "card": [words(line) for line in network.card],
    }  # fmt: skip


def _look(desk: Desk, facts: dict[str, Any], parts: list[bytes]) -> Reply:
    found = session(desk)
    return looked(found.network, found.show(facts.get("slot", 0), facts, parts))


def _fields(desk: Desk, _: dict[str, Any], __: list[bytes]) -> Reply:
    """For every layer [first, last] of each row, then of each column, int32: one set for each view of its channels."""
    fields = session(desk).network.fields
    told = [
        {
            "status": own.status,
            "holes": own.holes,
            "views": len(own.ends),
            "channels": own.which.tolist() if len(own.ends) > 1 else None,
            "lost": own.lost or None,
        }
        for own in fields
    ]
    parts = [np.ascontiguousarray(own.ends, dtype="<i4").reshape(-1) for own in fields]
    return Reply({"layers": told}, tuple(part.data.cast("B") if part.size else memoryview(b"") for part in parts))


def _map(desk: Desk, facts: dict[str, Any], _: list[bytes]) -> Reply:
    """A channel's map as the network computed it, float32."""
    found = session(desk)
    layer = found.network.layer(facts.get("layer"))
    channel = place_in(layer, {**facts, "row": 0, "column": 0})[0]
    numbers = maps_of(layer, found.catch(facts.get("slot", 0), layer))[channel].float().contiguous().numpy()
    return Reply({"height": layer.height, "width": layer.width}, (numbers.astype("<f4").reshape(-1).data.cast("B"),))


def _sum(desk: Desk, facts: dict[str, Any], _: list[bytes]) -> Reply:
    found = session(desk)
    layer = found.network.layer(facts.get("layer"))
    place = place_in(layer, facts)
    return opened_value(found.network, layer, found.catch(facts.get("slot", 0), layer), place)


def _kernels(desk: Desk, facts: dict[str, Any], _: list[bytes]) -> Reply:
    return kernels(session(desk).network.layer(facts.get("layer")), facts.get("channel"))


def _excite(desk: Desk, facts: dict[str, Any], _: list[bytes]) -> Reply:
    found = session(desk)
    layer = found.network.layer(facts.get("layer"))
    return excited(found, layer, place_in(layer, {**facts, "row": 0, "column": 0})[0])


def _moved(desk: Desk, facts: dict[str, Any], _: list[bytes]) -> Reply:
    found = session(desk)
    return moved(found.network, found.look(facts.get("slot", 0)), facts.get("down", 0), facts.get("right", 0))


def _convention(desk: Desk, facts: dict[str, Any], _: list[bytes]) -> Reply:
    found = session(desk)
    return converted(found, found.look(facts.get("slot", 0)), facts.get("word"))


QUESTIONS: Mapping[str, Answer] = {
    "network.list": _list,
    "network.open": _open,
    "network.look": _look,
    "network.fields": _fields,
    "network.map": _map,
    "network.sum": _sum,
    "network.kernels": _kernels,
    "network.excite": _excite,
    "network.moved": _moved,
    "network.convention": _convention,
}
"""Every question about networks, by its name."""
