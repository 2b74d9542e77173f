"""The choice: every algorithm is asked, the fastest that does not refuse is taken, and the plan says why."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kaiyan.engine import wisdom
from kaiyan.engine.algorithm import Algorithm
from kaiyan.engine.algorithms import ALGORITHMS
from kaiyan.spec.problem import Problem
from kaiyan.spec.sentence import Sentence, sentence


@dataclass(frozen=True, slots=True)
class Row:
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
            return sentence("plan", "{expected} ms expected, error {error:.2g} times a direct sum's", **facts)
        return sentence(
            "plan",
            "{measured} ms measured, {expected} ms expected, error {error:.2g} times a direct sum's",
            measured=_milliseconds(self.measured),
            **facts,
        )

    def __str__(self) -> str:
        return f"{self.name:<16} {self.said}"


@dataclass(frozen=True, slots=True)
class Plan:
    """The algorithm chosen for a problem, and every row's answer, the best first; ``str`` is the table."""

    problem: Problem
    algorithm: Algorithm
    rows: tuple[Row, ...]

    @property
    def chosen(self) -> Row:
        """The row of the algorithm."""
        return self.rows[0]

    @property
    def why(self) -> Sentence:
        """The reason of the choice."""
        able = [row for row in self.rows if row.refusal is None]
        facts = {"name": self.chosen.name, "others": len(able) - 1}
        if not facts["others"]:
            return sentence("plan", "{name}: every other algorithm refuses", name=self.chosen.name)
        if self.chosen.measured is None:
            return sentence("plan", "{name}: the least time expected, of it and {others} more", **facts)
        return sentence("plan", "{name}: the least time, measured where it was tried, of it and {others} more", **facts)

    def __str__(self) -> str:
        lines = [f"{'-> ' if row is self.chosen else '   '}{row}" for row in self.rows]
        return "\n".join([str(self.problem), str(self.why), *lines])

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON."""
        rows = [
            {
                "name": row.name,
                "refusal": None if row.refusal is None else str(row.refusal),
                "seconds": row.seconds,
                "measured": row.measured,
                "error": row.error,
            }
            for row in self.rows
        ]
        return {"problem": str(self.problem), "algorithm": self.algorithm.name, "why": str(self.why), "rows": rows}


@lru_cache(maxsize=4096)
def plan(problem: Problem) -> Plan:
    """The fastest algorithm for ``problem``, as measured or else by the cost models, with what every row answered."""
    times = wisdom.known(problem)
    answers = [(_asked(algorithm, problem, times), algorithm) for algorithm in ALGORITHMS]
    answers.sort(key=lambda answer: _time(answer[0]))
    return Plan(problem, answers[0][1], tuple(row for row, _ in answers))


def able(problem: Problem) -> list[tuple[Row, Algorithm]]:
    """The algorithms that compute ``problem``, each with its answer."""
    answers = [(_asked(algorithm, problem, {}), algorithm) for algorithm in ALGORITHMS]
    return [answer for answer in answers if answer[0].refusal is None]


def _asked(algorithm: Algorithm, problem: Problem, times: dict[str, float]) -> Row:
    refusal = algorithm.refuses(problem)
    if refusal is not None:
        return Row(algorithm.name, refusal)
    name = algorithm.name
    return Row(name, None, algorithm.seconds(problem), times.get(name), algorithm.error(problem))


def _time(row: Row) -> float:
    if row.seconds is None:
        return float("inf")
    return row.seconds if row.measured is None else row.measured


def _milliseconds(seconds: float | None) -> str:
    return "?" if seconds is None else f"{seconds * 1e3:.3f}"
