"""The one owner of plans and routines: it asks the algorithms and keeps what they answered and built."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from kaiyan.engine import wisdom
from kaiyan.engine.algorithms import ALGORITHMS
from kaiyan.engine.lifted import built

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.algorithm import Candidate
    from kaiyan.engine.plan import Answer, Plan
    from kaiyan.engine.problem import Problem

Function = TypeVar("Function", bound="Callable[..., Any]")


class Planner:
    """``plan`` and ``routine`` of a problem, each made once, until ``forget``.

    ``algorithms`` is the table that is asked; its last row never refuses. ``era`` is another object after each
    ``forget``: what was prepared with a routine and is kept elsewhere is good as long as it is the same.
    """

    def __init__(self, algorithms: tuple[Candidate, ...], *, beside: Planner | None = None) -> None:
        self.algorithms = algorithms
        self.era = object()
        self._kept: list[Any] = [] if beside is None else beside._kept  # noqa: SLF001 (one forgets for both)
        self.plan = self.keep(4096)(self._plan)
        self.routine = self.keep(1024)(self._routine)

    def keep(self, most: int, *, typed: bool = False) -> Callable[[Function], Function]:
        """A decorator: the function's results for its last ``most`` arguments are kept until ``forget``."""

        def decorated(function: Function) -> Function:
            kept: Any = lru_cache(maxsize=most, typed=typed)(function)
            self._kept.append(kept)
            return kept  # type: ignore[no-any-return]

        return decorated

    def forget(self) -> None:
        """Lets go of all plans and routines: something was measured, or the algorithms are others."""
        for kept in self._kept:
            kept.cache_clear()
        self.era = object()

    def able(self, problem: Problem) -> list[tuple[Answer, Candidate]]:
        """The algorithms that compute ``problem``, each with what it expects, nothing measured."""
        answers = [(_answer(algorithm, problem, {}), algorithm) for algorithm in self.algorithms]
        return [answer for answer in answers if answer[0].refusal is None]

    def _plan(self, problem: Problem) -> Plan:
        """The fastest algorithm, as measured or else by the cost models, with what every row answered.

        Models are compared on one thread: another algorithm rounds differently, and the same call gives the same bits
        on any number of threads until somebody tunes.
        """
        from kaiyan.engine.plan import Plan

        times = wisdom.known(problem)
        answers = [(_answer(algorithm, problem, times), algorithm) for algorithm in self.algorithms]
        one = replace(problem, threads=1)
        answers.sort(
            key=lambda answer: _time(answer[0]) if times or problem == one else _alone(answer[0], answer[1], one)
        )
        rows = tuple(row for row, _ in answers)
        return Plan(problem, answers[0][1], rows, self._in_float32(problem, answers[0][1]))

    def _in_float32(self, problem: Problem, chosen: Candidate) -> Answer | None:
        """What would compute the problem in float32, where nothing but the last row computes it as it is."""
        name = "float32"
        usual = replace(problem, dtype=name, weight_dtype=name, bias_dtype=name, out_dtype=None, saturate=False)
        if chosen is not self.algorithms[-1] or usual == problem:
            return None
        answer: Answer = self.plan(usual).chosen
        return None if answer.name == chosen.name else answer

    def _routine(self, problem: Problem) -> Any:
        """The routine of the algorithm that the plan chose, on arrays of the problem's library."""
        return built(self.plan(problem).algorithm, problem)


def _answer(algorithm: Candidate, problem: Problem, times: dict[str, float]) -> Answer:
    from kaiyan.engine.plan import Answer

    name, refusal = algorithm.name, algorithm.refuses(problem)
    if refusal is not None:
        return Answer(name, refusal)
    return Answer(name, None, algorithm.seconds(problem), times.get(name), algorithm.error(problem))


def _time(row: Answer) -> float:
    if row.seconds is None:
        return float("inf")
    return row.seconds if row.measured is None else row.measured


def _alone(row: Answer, algorithm: Candidate, problem: Problem) -> float:
    return float("inf") if row.refusal is not None else algorithm.seconds(problem)


PLANNER = Planner(ALGORITHMS)
"""The process's own."""
