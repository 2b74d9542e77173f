"""What an algorithm is: it can refuse, say its time, and build a routine for one problem."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from kaiyan.spec.problem import Problem

Routine = Callable[[Any, Any, Any], Any]
"""(x, weight, bias or None) to the output, all in the arrays that the algorithm takes; x has its batch axis."""


class Algorithm(Protocol):
    """One way to compute; a row of the table ``ALGORITHMS``."""

    @property
    def name(self) -> str:
        """One word, as the plan prints it."""

    @property
    def arrays(self) -> str:
        """The library whose arrays its routines take; the caller's are lifted to it."""

    def refuses(self, problem: Problem) -> str | None:
        """Why it cannot compute this problem, in a few words, or None."""

    def seconds(self, problem: Problem) -> float:
        """The time it expects to take."""

    def build(self, problem: Problem) -> Routine:
        """A closure in which all that can be decided has been decided."""
