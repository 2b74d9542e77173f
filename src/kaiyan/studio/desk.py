"""The desk at which the page's questions are answered: what is open (a network, pictures) lies on it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from kaiyan.explain import loading
from kaiyan.show.error import KaiyanError
from kaiyan.show.i18n import LANGUAGES, say

if TYPE_CHECKING:
    from kaiyan.show.table import Text
    from kaiyan.studio.answers import Answer

LOG = logging.getLogger("kaiyan.studio")


class Reply(NamedTuple):
    """Facts for JSON, and arrays as bytes."""

    facts: dict[str, Any]
    parts: tuple[bytes | memoryview, ...] = ()


@dataclass(slots=True)
class Desk:
    """Answers questions; ``model`` is what the user named or gave, ``open`` what the answers keep between questions."""

    model: Any = None
    open: dict[str, Any] = field(default_factory=dict)

    def answer(self, facts: dict[str, Any], parts: list[bytes]) -> Reply:
        """The reply to a question, or its refusal in both languages: nothing is raised, whatever the question."""
        try:
            return _answer_to(facts)(self, facts, parts)
        except KaiyanError as error:
            return refused(error)
        except ModuleNotFoundError as error:
            return refused(loading.missing(error.name or str(error), "pip install 'kaiyan[networks]'"))
        except (Exception, SystemExit) as error:  # a network's own code may end its program
            LOG.exception("%s fails", facts.get("kind"))
            return refused(failure(str(facts.get("kind")), error))


def _answer_to(facts: dict[str, Any]) -> Answer:
    from kaiyan.studio.answers import ANSWERS

    kind = str(facts.get("kind"))
    if kind not in ANSWERS:
        raise KaiyanError("no-such-question", "the page asks {kind!r}, which is unknown here", kind=kind[:80])
    return ANSWERS[kind]


def failure(kind: str, error: BaseException) -> KaiyanError:
    """What we did not foresee: no memory, or a fault of ours or of the user's network."""
    reason = str(error).partition("\n")[0][:300] or type(error).__name__
    if isinstance(error, MemoryError) or "can't allocate memory" in reason:
        return KaiyanError("out-of-memory", "{kind} needs more memory than is free", "a smaller picture or network",
                           kind=kind)  # fmt: skip
    return KaiyanError("answer-fails", "{kind} fails: {error}: {reason}", kind=kind, error=type(error).__name__,
                       reason=reason)  # fmt: skip


def refused(error: KaiyanError) -> Reply:
    """A refusal instead of an answer."""
    return Reply({"refusal": refusal(error)})


def refusal(error: KaiyanError) -> dict[str, Any]:
    """A refusal as the page takes it: code, sentence and ways out, in English and Chinese."""
    place = f"{error.place}: " if error.place else ""
    return {
        "code": error.code,
        "words": words((place, error.sentence)),
        "ways": [words(way) for way in error.help],
    }


def words(text: Text) -> dict[str, str]:
    """A text in English and in Chinese.

    >>> words("3 x 3")
    {'en': '3 x 3', 'zh': '3 x 3'}
    """
    return {language: say(text, language) for language in LANGUAGES}
