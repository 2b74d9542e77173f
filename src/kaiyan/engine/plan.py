"""A plan: every algorithm's answer to a problem, which of them is chosen, and why."""

from dataclasses import dataclass

from kaiyan.engine.algorithm import Candidate
from kaiyan.engine.algorithms import ALGORITHMS
from kaiyan.engine.problem import Problem
from kaiyan.engine.types import is_held
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Lines, Part, Row, Table

_WIDEST = "direct"
"""The algorithm that takes whatever a kernel can compute: what it refuses, none can."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One algorithm's answer: why it refuses, or the seconds it expects, those measured, and its error.

    ``error`` is how far from the truth it is, a direct sum in the same type being 1.
    """

    name: str
    refusal: Sentence | None
    seconds: float | None = None
    measured: float | None = None
    error: float | None = None

    @property
    def said(self) -> Sentence:
        """The answer as a sentence."""
        if self.refusal is not None:
            return self.refusal
        facts = {"expected": _milliseconds(self.seconds), "error": self.error}
        if self.measured is None:
            return sentence(
                "plan-expected", "{expected} ms expected, error {error:.2g} times that of a direct sum", **facts
            )
        return sentence(
            "plan-measured",
            "{measured} ms measured, {expected} ms expected, error {error:.2g} times that of a direct sum",
            measured=_milliseconds(self.measured),
            **facts,
        )


@dataclass(frozen=True, slots=True)
class Plan(Shown):
    """The algorithm chosen for a problem, and every row's answer, the best first.

    Times are those of the problem's number of threads. ``in_float32`` is the answer that would be chosen if the types
    were float32, where only the definition computes them as they are.
    """

    KIND = "plan"
    JSON = ("problem", "algorithm.name", "why", "threads", "note", "rows")

    problem: Problem
    algorithm: Candidate
    rows: tuple[Answer, ...]
    in_float32: Answer | None = None

    @property
    def threads(self) -> int:
        """How many the plan is for."""
        return self.problem.threads

    @property
    def chosen(self) -> Answer:
        """The row of the algorithm."""
        return self.rows[0]

    @property
    def seconds(self) -> float:
        """What the chosen row takes, as measured or else as expected."""
        time = self.chosen.seconds if self.chosen.measured is None else self.chosen.measured
        return float("inf") if time is None else time

    @property
    def why(self) -> Sentence:
        """The reason of the choice."""
        able = [row for row in self.rows if row.refusal is None]
        facts = {"name": self.chosen.name, "others": len(able) - 1}
        if not facts["others"]:
            return self._alone
        if self.chosen.measured is None:
            return sentence(
                "plan-fastest-expected", "{name}: expected to be the fastest (other candidates: {others})", **facts
            )
        return sentence(
            "plan-fastest-measured",
            "{name}: the fastest, by measured times where known (other candidates: {others})",
            **facts,
        )

    @property
    def _alone(self) -> Sentence:
        """Why nothing but the definition is left, and what that costs where a change of types would do."""
        if self.algorithm is not ALGORITHMS[-1]:
            return sentence("plan-alone", "{name}: every other algorithm refuses", name=self.chosen.name)
        refusal = next(row.refusal for row in self.rows if row.name == _WIDEST)
        facts = {"name": self.chosen.name, "why": refusal, "expected": _milliseconds(self.chosen.seconds)}
        if self.in_float32 is None:
            return sentence(
                "plan-alone-why", "{name}: every other algorithm refuses ({why}); {expected} ms expected", **facts
            )
        return sentence(
            "plan-alone-float32",
            "{name}: every other algorithm refuses ({why}); {expected} ms expected; in float32, "
            "{other} would take {quick} ms",
            quick=_milliseconds(self.in_float32.seconds),
            other=self.in_float32.name,
            **facts,
        )

    @property
    def note(self) -> Sentence | None:
        """What the numbers decide, where types alone do not: whether whole numbers are summed exactly in a float."""
        last = next((row for row in self.rows if row.name == ALGORITHMS[-1].name), None)
        if self.algorithm is ALGORITHMS[-1] or last is None or is_held(self.problem):
            return None
        return sentence(
            "plan-large-sums",
            "if the numbers are so large that sums may exceed 2**53, {name} computes instead: {expected} ms",
            name=last.name,
            expected=_milliseconds(last.seconds),
        )

    def parts(self) -> tuple[Part, ...]:
        """The problem, the choice and its reason, and a row an algorithm."""
        rows = tuple(Row((each.name, each.said), mark="chosen" if each is self.chosen else "") for each in self.rows)
        reasons = (self.why,) if self.note is None else (self.why, self.note)
        return Lines((str(self.problem),), "title"), Lines(reasons), Table(("", ""), rows, prose=frozenset({1}))


def _milliseconds(seconds: float | None) -> str:
    return "?" if seconds is None else f"{seconds * 1e3:.3f}"
