"""Choices measured where they run: every step timed inside the program, its weights as cold as they are there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kaiyan.program.choices import Choices, candidates
from kaiyan.program.lowering import lowered
from kaiyan.program.memory import Context, Weights
from kaiyan.program.room import PlanningRoom, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.engine.problem import Problem
    from kaiyan.program.graph import Graph
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape

Times = dict[str, float]
_RUNS = 5
"""Runs of the program for each round of candidates."""
_MOST = 4
"""Algorithms tried for a convolution."""
_HOPELESS = 2.5
"""Times the fastest that is expected, above which an algorithm is not tried."""


def tuned(
    graph: Graph, arrays: Sequence[Numbers], foreign: Callable[..., object], threads: int, precision: str
) -> Choices:
    """The fastest choices for a graph without symbols on arrays that lie as these.

    Round by round every convolution is computed by another of its candidates, channels last and channels first.
    """
    found = [_Rounds(graph, arrays, foreign, threads, precision, last=last).best() for last in (True, False)]
    return min(found, key=lambda entry: entry[1])[0]


class _Rounds:
    def __init__(
        self, graph: Graph, arrays: Sequence[Numbers], foreign: Callable[..., object], threads: int, precision: str,
        *, last: bool,
    ) -> None:  # fmt: skip
        self._graph, self._arrays, self._foreign = graph, arrays, foreign
        self._threads, self._precision = threads, precision
        self._choices, self._store = Choices(channels_last=last), Store()

    def best(self) -> tuple[Choices, float]:
        """The fastest choices and the seconds of the program with them."""
        times, whole, problems = self._measured(self._choices)
        rows = {name: _near(problem) for name, problem in problems.items()}
        fastest = {name: (times[name], own[0]) for name, own in rows.items()}
        for turn in range(1, max(map(len, rows.values()), default=0)):
            tried = {name: own[turn] for name, own in rows.items() if turn < len(own)}
            others = {name: row for name, (_, row) in fastest.items()}
            times, _, _ = self._measured(replace(self._choices, algorithms=others | tried))
            for name, row in tried.items():
                fastest[name] = min(fastest[name], (times[name], row))
        chosen = replace(self._choices, algorithms={name: row for name, (_, row) in fastest.items()})
        return min((chosen, self._measured(chosen)[1]), (self._choices, whole), key=lambda entry: entry[1])

    def _measured(self, choices: Choices) -> tuple[Times, float, dict[str, Problem]]:
        """Seconds of each item and of the whole, the least of some runs; and the convolutions that are in it."""
        strides: list[Shape] = [tuple(step // a.itemsize for step in a.strides) for a in self._arrays]
        room = PlanningRoom(self._threads, self._precision, choices, self._store)
        plan = lowered(self._graph, strides, room, choices)
        context = Context(plan, Weights(), self._threads)
        context.run(self._arrays, outputs := plan.rooms(), self._foreign)
        times: Times = {}
        whole = float("inf")
        for _ in range(_RUNS):
            spent = context.timed(self._arrays, outputs, self._foreign)
            whole = min(whole, sum(spent.values()))
            times = {name: min(seconds, times.get(name, seconds)) for name, seconds in spent.items()}
        return times, whole, room.problems


def _near(problem: Problem) -> list[str]:
    """The algorithms that may be the fastest."""
    able = candidates(problem)
    least = able[0].seconds(problem)
    return [row.name for row in able if row.seconds(problem) <= _HOPELESS * least][:_MOST]
