"""What a cause gives: the sentence, ways out that are yet to be tried, what is not known; and a row of the table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kaiyan.explain.diagnosis.causes.codes import CODES

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.explain.diagnosis.fixes import Fix
    from kaiyan.show.sentence import Sentence
    from kaiyan.trace.record import Record


@dataclass(frozen=True)
class Finding:
    """The cause in one sentence, fixes in order, and what is not known."""

    cause: Sentence
    fixes: tuple[Fix, ...] = ()
    unknown: tuple[Sentence, ...] = ()
    code: str | None = None
    """The code where it is another than the row's: the same words of PyTorch for another situation."""
    wanted: Callable[[Record], bool] | None = None
    """What a run with a fix in has to give, where the model runs as it is and what fails comes after it."""
    is_outside: bool = False
    """Whether the model is not what failed: a loss, a backward, a loader."""


@dataclass(frozen=True)
class Cause:
    """A row: a code of ``CODES``, PyTorch's words as a pattern, an example of them, what to make of a match."""

    code: str
    words: str
    example: str
    find: Callable[[Facts, re.Match[str]], Finding | None] = field(repr=False)

    @property
    def title(self) -> Sentence:
        return CODES[self.code]

    def __call__(self, facts: Facts) -> Finding | None:
        found = re.search(self.words, facts.text)
        return self.find(facts, found) if found else None


def numbers(text: str) -> tuple[int, ...]:
    """Every whole number in a text.

    >>> numbers("[8, 1, 3, 3]")
    (8, 1, 3, 3)
    """
    return tuple(int(n) for n in re.findall(r"-?\d+", text))
