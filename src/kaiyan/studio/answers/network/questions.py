"""The questions about networks: what the page gives, and what it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kaiyan.studio.answers.network.listed import listed, make
from kaiyan.studio.answers.network.looking import looked
from kaiyan.studio.answers.network.session import NetworkSession, session
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


QUESTIONS: Mapping[str, Answer] = {
    "network.list": _list,
    "network.open": _open,
    "network.look": _look,
}
"""Every question about networks, by its name."""
