"""What the page asks about faces: where they are, who they are, and why two are near or far."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from kaiyan.explain import loading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kaiyan.studio.answers import Answer
    from kaiyan.studio.desk import Desk, Reply

_ASKED = ("find", "who", "layers", "card", "people", "person", "add", "remove", "export")


def _answered(kind: str, desk: Desk, facts: dict[str, Any], parts: list[bytes]) -> Reply:
    """The answer, where kaiyan[faces] is installed: the page works without it."""
    try:
        from kaiyan.studio.answers.faces.questions import FACE_QUESTIONS
    except ModuleNotFoundError as error:
        raise loading.missing(error.name or str(error), "pip install 'kaiyan[faces]'") from None
    return FACE_QUESTIONS[kind](desk, facts, parts)


FACES: Mapping[str, Answer] = {f"faces.{kind}": partial(_answered, f"faces.{kind}") for kind in _ASKED}
"""Every question about faces, by its name."""
