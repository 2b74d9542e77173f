"""What the page asks about networks: layers, maps, fields, sums, patches, answers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kaiyan.studio.answers import Answer
    from kaiyan.studio.desk import Desk, Reply

_KINDS = ("list", "open", "look", "fields", "map", "sum", "kernels", "excite", "moved", "convention")


def _answered(kind: str, desk: Desk, facts: dict[str, Any], parts: list[bytes]) -> Reply:
    """The answer, once torch is there: the page works without it."""
    from kaiyan.studio.answers.network.questions import QUESTIONS

    return QUESTIONS[kind](desk, facts, parts)


NETWORK: Mapping[str, Answer] = {f"network.{kind}": partial(_answered, f"network.{kind}") for kind in _KINDS}
"""Every question about networks, by its name."""
