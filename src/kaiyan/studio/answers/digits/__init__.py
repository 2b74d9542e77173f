"""What the page asks about a network that learns handwritten digits: train it, show it a drawing, see its mistakes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from kaiyan.explain import loading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kaiyan.studio.answers import Answer
    from kaiyan.studio.desk import Desk, Reply

_KINDS = ("start", "advance", "read", "confusion", "stop")


def _answered(kind: str, desk: Desk, facts: dict[str, Any], parts: list[bytes]) -> Reply:
    """The answer, once torch and the digits are there: the page works without them."""
    from kaiyan.studio.answers.digits.questions import DIGIT_QUESTIONS
    from kaiyan.studio.answers.digits.threads import by_one_thread

    try:
        with by_one_thread():
            return DIGIT_QUESTIONS[kind](desk, facts, parts)
    except ModuleNotFoundError as error:
        name = (error.name or str(error)).partition(".")[0].replace("sklearn", "scikit-learn")
        raise loading.missing(name, "pip install 'kaiyan[studio]'") from error


LEARNED_DIGITS: Mapping[str, Answer] = {f"digits.{kind}": partial(_answered, kind) for kind in _KINDS}
"""Every question about the digits, by its name."""
