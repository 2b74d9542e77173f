"""A sentence as data: a code, English words with places, and the facts that fill them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Sentence:
    """One sentence that can be said in any language: ``code`` and ``text`` find the translation, ``facts`` fill it.

    >>> str(Sentence("greeting", "{n} pixels", {"n": 3}))
    '3 pixels'
    """

    code: str
    text: str
    facts: Mapping[str, object]

    def __str__(self) -> str:
        return self.text.format_map(self.facts)


def sentence(code: str, text: str, /, **facts: object) -> Sentence:
    """A ``Sentence`` with its facts by name.

    >>> str(sentence("greeting", "{n} pixels", n=3))
    '3 pixels'
    """
    return Sentence(code, text, facts)
