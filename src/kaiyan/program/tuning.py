"""Choices measured where they run: every step timed inside the program, its weights as cold as they are there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kaiyan.engine.stopwatch import seconds_of
from kaiyan.program.choices import Choices, candidates
from kaiyan.program.lowering import lowered
from kaiyan.program.memory import Context, Weights
from kaiyan.program.room import PlanningRoom, Store
from kaiyan.program.strips import chains, rows_within

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.engine.problem import Problem
    from kaiyan.program.graph import Graph
    from kaiyan.program.lowering import Lowered
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape

Times = dict[str, float]
_RUNS = 3
"""Runs of the program for each round of candidates, and of the finalists in turns, after a first one."""
_MOST = 4
"""Algorithms tried for a convolution."""
_HOPELESS = 2.5
"""Times the fastest that is expected, above which an algorithm is not tried."""
_BEHIND = 1.25
"""Times the faster layout, above which the other one's algorithms are not tried."""
_BYTES = 2**17, 2**18, 2**19, 2**20
"""Sizes of what passes between the layers of a strip that are tried."""
_WORTH = 0.93
"""A chain runs in strips where it takes less than this share of its layers apart: each strip is planned by itself."""
_CLEARLY = 0.97
"""What another algorithm must take, in units of what is expected to be the fastest, to be taken instead."""
_FIRST = 0.98
"""The share of the first layout's time that counts: of two that are alike, the same one is taken each time."""
_SURE = 0.99
"""By how much a program of measured steps may seem slower and still be taken: whole programs vary by more."""


def tuned(
    graph: Graph, arrays: Sequence[Numbers], foreign: Callable[..., object], threads: int, precision: str
) -> Choices:
    """The fastest choices for a graph without symbols on arrays that lie as these.

    Round by round every convolution is computed by another of its candidates, channels last and channels first; whole
    programs run in turns, and of the fastest chains of layers run in strips.
    """
    bench = _Bench(graph, arrays, foreign, threads, precision)
    layouts = [Choices(), Choices(channels_last=False)]
    seconds = bench.raced(layouts)
    able = [choices for choices, taken in zip(layouts, seconds, strict=True) if taken < _BEHIND * min(seconds)]
    finalists = [*able, *map(bench.best, able)]
    seconds = bench.raced(finalists)
    shares = [sure * first for sure in (1.0, _SURE) for first in (_FIRST, 1.0)[: len(able)]]
    best = bench.named(finalists[min(range(len(finalists)), key=lambda i: seconds[i] * shares[i])])
    bench = bench if threads == 1 else _Bench(graph, arrays, foreign, 1, precision)
    return bench.with_strips(best)


class _Bench:
    """One graph on some arrays, planned and run with one choice after the other; packed weights are kept."""

    def __init__(
        self, graph: Graph, arrays: Sequence[Numbers], foreign: Callable[..., object], threads: int, precision: str
    ) -> None:
        self._graph, self._arrays, self._foreign = graph, arrays, foreign
        self._threads, self._precision = threads, precision
        self._store, self._weights = Store(), Weights()
        self._kept: list[Lowered] = []
        """Plans whose packed weights the next ones take over."""

    def best(self, choices: Choices) -> Choices:
        """The choices with, for each convolution, the algorithm that is the fastest in its place."""
        context, problems = self._planned(choices)
        rows = {name: _near(problem) for name, problem in problems.items()}
        times = self._times(context)
        fastest = {name: (_CLEARLY * times[name], own[0]) for name, own in rows.items()}
        for turn in range(1, max(map(len, rows.values()), default=0)):
            tried = {name: own[turn] for name, own in rows.items() if turn < len(own)}
            others = {name: row for name, (_, row) in fastest.items()}
            times = self._times(self._planned(replace(choices, algorithms=others | tried))[0])
            for name, row in tried.items():
                fastest[name] = min(fastest[name], (times[name], row))
        return replace(choices, algorithms={name: row for name, (_, row) in fastest.items()})

    def with_strips(self, choices: Choices) -> Choices:
        """The same with those chains in strips that are faster so."""
        listed = chains(self._graph) if choices.channels_last else []
        if not listed:
            return choices
        apart, kinds = self._times(self._planned(choices)[0]), self._graph.kinds()
        fastest = {chain[-1].output: (_WORTH * sum(apart[node.output] for node in chain), 0) for chain in listed}
        tried = [{chain[-1].output: rows_within(chain, kinds, size) for chain in listed} for size in _BYTES]
        for rows in tried:
            times = self._times(self._planned(replace(choices, strips=rows))[0])
            fastest = {name: min(best, (times[name], rows[name])) for name, best in fastest.items()}
        strips = {name: rows for name, (_, rows) in fastest.items() if rows}
        if not strips:
            return choices
        finalists = [choices, replace(choices, strips=strips)]
        seconds = self.raced(finalists)
        return finalists[_SURE * seconds[1] < seconds[0]]

    def raced(self, finalists: Sequence[Choices]) -> list[float]:
        """The least seconds of whole programs that run in turns."""
        contexts = [self._planned(choices)[0] for choices in finalists]
        return [min(taken) for taken in zip(*([*map(self._run, contexts)] for _ in range(_RUNS + 1)), strict=True)]

    def _run(self, context: Context) -> float:
        outputs = context.rooms()
        return seconds_of(lambda: context.run(self._arrays, outputs, self._foreign))

    def named(self, choices: Choices) -> Choices:
        """The same, with each algorithm by its name: what is named is not looked for when a program is planned."""
        room, _ = self._lowered(choices)
        return replace(choices, algorithms=room.chosen)

    def _planned(self, choices: Choices) -> tuple[Context, dict[str, Problem]]:
        """The program with these choices, placed in memory, and its convolutions by the names of their outputs."""
        room, plan = self._lowered(choices)
        self._kept.append(plan)
        return Context(plan, self._weights, self._threads), room.problems

    def _lowered(self, choices: Choices) -> tuple[PlanningRoom, Lowered]:
        strides: list[Shape] = [tuple(step // a.itemsize for step in a.strides) for a in self._arrays]
        room = PlanningRoom(self._threads, self._precision, choices, self._store)
        return room, lowered(self._graph, strides, room, choices)

    def _times(self, context: Context) -> Times:
        """Seconds of each item, the least of some runs after the first."""
        outputs = context.rooms()
        context.run(self._arrays, outputs, self._foreign)
        runs = [context.timed(self._arrays, outputs, self._foreign) for _ in range(_RUNS)]
        return {name: min(run[name] for run in runs) for name in runs[0]}


def _near(problem: Problem) -> list[str]:
    """The algorithms that may be the fastest."""
    able = candidates(problem)
    least = able[0].seconds(problem)
    return [row.name for row in able if row.seconds(problem) <= _HOPELESS * least][:_MOST]
