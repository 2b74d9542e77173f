"""The page as one file, for who looks at it and wants to keep it or to hand it on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kaiyan.studio import export, photograph, recording
from kaiyan.studio.desk import Reply
from kaiyan.studio.pixels import given

if TYPE_CHECKING:
    from kaiyan.studio.desk import Desk

_OPENED = ("link", "lang", "theme", "tab")


def html(desk: Desk, facts: dict[str, Any], parts: list[bytes]) -> Reply:
    """``page.html``: the link's state and the picture in, one HTML out; with ``network`` its answers are recorded."""
    shown = photograph.of_pixels(given(facts, parts[0])) if parts else photograph.of(None)
    network = facts.get("network")
    recorded = recording.network(shown, desk.model, str(network)) if network else []
    opened = {name: facts[name] for name in _OPENED if isinstance(facts.get(name), str)}
    return Reply({"name": "kaiyan.html"}, (export.html(shown, {**opened, "recorded": recorded}).encode(),))
