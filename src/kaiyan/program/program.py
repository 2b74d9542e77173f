"""A network as one program: called with arrays, planned once for each size, run without Python between its steps."""

from __future__ import annotations

import os
from collections import OrderedDict
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import numpy as np

from kaiyan.engine.codegen.language.compile import address
from kaiyan.engine.codegen.running.threads import get_num_threads
from kaiyan.program.choices import Choices, keep, recalled
from kaiyan.program.lowering import Abroad, Lowered, Native, lowered
from kaiyan.program.memory import Context, Weights
from kaiyan.program.operations import OPERATIONS
from kaiyan.program.place import kernels
from kaiyan.program.room import PlanningRoom, Store
from kaiyan.program.taking import check_kinds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from kaiyan.program.choices import KeptChoices
    from kaiyan.program.graph import Graph
    from kaiyan.program.report import ProgramReport, ProgramStep
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape

PLANS = 16
"""Sizes of inputs for which a program keeps its plans; the one that was not asked for the longest goes first."""


@dataclass(slots=True)
class Planned:
    """One plan and the memory of calls that are over, for the next ones."""

    graph: Graph
    lowered: Lowered
    threads: int
    choices: Choices
    algorithms: dict[str, str]
    idle: list[Context] = field(default_factory=list)

    def foreign(self, item: Abroad, inputs: Sequence[Numbers]) -> Any:
        """What another library computes, or the operation's definition."""
        return _computed(self.graph, item, inputs)


class Program:
    """Called with one array for each input of the graph, it gives one for each output.

    Inputs are NumPy arrays of the graph's types; any strides, those that no routine reads are copied. Outputs are new
    arrays, C-contiguous. ``precision`` bounds the error, see ``kaiyan.conv``. Two threads may call at once. While
    ``is_tuning``, sizes that were never measured on this machine are measured when they first come. ``kept`` are
    choices that came with the graph, for where nothing was measured; one that ``is_rewritten`` is not rewritten again.
    """

    def __init__(
        self, graph: Graph, precision: str = "default", *, guarded: bool = False, kept: KeptChoices | None = None,
        is_rewritten: bool = False,
    ) -> None:  # fmt: skip
        self.is_tuning = False
        self._spent: list[dict[str, float]] | None = None
        self.graph, self.precision = graph if is_rewritten else _rewritten(graph), precision
        self._guarded, self._kept = guarded, kept
        self._plans: OrderedDict[Any, Planned] = OrderedDict()
        self._weights, self._store = Weights(), Store()
        self._lock = Lock()
        _PROGRAMS.add(self)

    def forked(self) -> None:
        """In a forked child: a thread of the parent may have held the lock."""
        self._lock = Lock()

    def __call__(self, *arrays: Numbers) -> list[Numbers]:
        key = _key(arrays, get_num_threads())
        plan = self._plans.get(key)
        given: Sequence[Numbers] = arrays
        if plan is None:
            given = self._checked(arrays)
            plan = self.planned(given)
        else:
            with suppress(KeyError):  # another thread may have let it go
                self._plans.move_to_end(key)
        outputs = plan.lowered.rooms()
        context = self._taken(plan)
        try:
            spent = self._spent
            if spent is None:
                context.run(given, outputs, plan.foreign)
            else:
                spent.append(context.timed(given, outputs, plan.foreign))
        finally:
            plan.idle.append(context)
        return outputs

    def planned(self, arrays: Sequence[Numbers]) -> Planned:
        """The plan for arrays that lie as these."""
        threads = get_num_threads()
        key = _key(arrays, threads)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plan(arrays, threads)
            self._add(key, plan)
        else:
            with self._lock:
                if key in self._plans:
                    self._plans.move_to_end(key)
        return plan

    def _add(self, key: Any, plan: Planned) -> None:
        with self._lock:
            self._plans[key] = plan
            while len(self._plans) > PLANS:
                self._plans.popitem(last=False)

    def _plan(self, arrays: Sequence[Numbers], threads: int) -> Planned:
        shapes = [array.shape for array in arrays]
        graph = self.graph.at(shapes)
        choices = recalled(self._mark(graph, _strides(arrays)))
        if choices is None and self._kept is not None:
            choices = self._kept.at(shapes)
        if choices is None:
            choices = self._measured(graph, arrays, threads) if self.is_tuning else Choices()
        return self._planned(graph, arrays, threads, choices)

    def _planned(self, graph: Graph, arrays: Sequence[Numbers], threads: int, choices: Choices) -> Planned:
        room = PlanningRoom(threads, self.precision, choices, self._store)
        plan = lowered(graph, _strides(arrays), room, choices)
        for item in plan.items:
            for call in () if isinstance(item, Abroad) else kernels(item.calls):
                address(call.routine)  # compiled here, while nobody waits for the lock
        return Planned(graph, plan, threads, choices, room.chosen)

    def tune(self, *arrays: Numbers) -> Choices:
        """Measures, inside the program, what is fastest for arrays that lie as these, and keeps it on disk."""
        given = self._checked(arrays)
        threads = get_num_threads()
        choices = self._measured(self.graph.at([array.shape for array in given]), given, threads)
        with self._lock:
            self._plans.clear()  # those of other numbers of threads too
        self.choose(choices, *given)
        return choices

    def _measured(self, graph: Graph, arrays: Sequence[Numbers], threads: int) -> Choices:
        from kaiyan.program.tuning import tuned

        choices = tuned(graph, arrays, lambda item, inputs: _computed(graph, item, inputs), threads, self.precision)
        keep(self._mark(graph, _strides(arrays)), choices)
        return choices

    @contextmanager
    def timing(self) -> Iterator[list[dict[str, float]]]:
        """Inside, calls add to the list what each of their steps took in its place, by the name of what it makes."""
        spent: list[dict[str, float]] = []
        before, self._spent = self._spent, spent
        try:
            yield spent
        finally:
            self._spent = before

    def choose(self, choices: Choices, *arrays: Numbers) -> None:
        """Plans anew for arrays that lie as these, with these choices."""
        given, threads = self._checked(arrays), get_num_threads()
        graph = self.graph.at([array.shape for array in given])
        self._add(_key(given, threads), self._planned(graph, given, threads, choices))

    def chosen(self, shapes: Collection[Shape]) -> Choices | None:
        """What its plan for inputs of these shapes has, in any order, each algorithm named; None without a plan."""
        for plan in reversed(self._kept_plans()):
            if sorted(given.shape for given in plan.graph.inputs) == sorted(shapes):
                return replace(plan.choices, algorithms=plan.algorithms)
        return None

    def _kept_plans(self) -> list[Planned]:
        """The one that was used last at the end; a list, since another thread may plan meanwhile."""
        return [*self._plans.values()]

    @property
    def _last_plan(self) -> Planned | None:
        return next(reversed(self._kept_plans()), None)

    @property
    def plans(self) -> int:
        """How many plans are kept."""
        return len(self._plans)

    @property
    def is_channels_last(self) -> bool:
        """Whether pictures lie with their channels side by side in the plan that was used last."""
        plan = self._last_plan
        return plan is None or plan.choices.channels_last

    def algorithm(self, name: str) -> str:
        """What computes the convolution of this name in the plan that was used last; nothing where there is none."""
        plan = self._last_plan
        if plan is None:
            return ""
        return "strips" if name in plan.lowered.within else plan.algorithms.get(name, "")

    def within(self, name: str) -> tuple[str, ...]:
        """The layers that run with this one in strips, in the plan that was used last; it comes after them."""
        plan = self._last_plan
        return () if plan is None else plan.lowered.within.get(name, ())

    def report(self, *arrays: Numbers) -> ProgramReport:
        """What it does for arrays that lie as these."""
        from kaiyan.program.report import ProgramReport

        plan = self.planned(self._checked(arrays))
        context = self._taken(plan)
        plan.idle.append(context)
        steps = tuple(_step(item, plan) for item in plan.lowered.items)
        return ProgramReport(steps, context.size, self._weights.size)

    def _mark(self, graph: Graph, strides: Sequence[Shape]) -> str:
        """What choices are kept under; they are the same for any number of threads, and so are the bits."""
        return f"{graph.fingerprint()} {strides} {self.precision}"

    def _taken(self, plan: Planned) -> Context:
        """Memory that no other call uses."""
        try:
            return plan.idle.pop()
        except IndexError:
            with self._lock:
                return Context(plan.lowered, self._weights, plan.threads, guarded=self._guarded)

    def _checked(self, arrays: Sequence[Numbers]) -> list[Numbers]:
        check_kinds(self.graph.inputs, arrays)
        return [_readable(np.asanyarray(array)) for array in arrays]


def _rewritten(graph: Graph) -> Graph:
    from kaiyan.program.rewrites import rewritten

    return rewritten(graph)


def _step(item: Native | Abroad, plan: Planned) -> ProgramStep:
    from kaiyan.program.report import ProgramStep

    if isinstance(item, Abroad):
        name = item.node.settings["name"] if item.node.operation == "foreign" else item.node.operation
        return ProgramStep(item.node.output, name, "abroad", item.output.shape)
    algorithm = "strips" if item.within else plan.algorithms.get(item.name, "")
    algorithm = "" if item.is_conversion else algorithm
    return ProgramStep(item.name, item.operation, algorithm, item.shape, item.is_conversion)


def _strides(arrays: Sequence[Numbers]) -> list[Shape]:
    """In elements."""
    return [tuple(step // array.itemsize for step in array.strides) for array in arrays]


def _key(arrays: Sequence[Any], threads: int) -> Any:
    """What plans are kept by; nothing that is kept where one of them is no array."""
    try:
        if any(isinstance(array, np.generic) for array in arrays):
            return None
        return threads, tuple((array.shape, array.strides, array.dtype, array.flags.aligned) for array in arrays)
    except AttributeError:
        return None


def _readable(array: Numbers) -> Numbers:
    """The array, copied where its elements lie backwards, broken steps apart, or one for many."""
    size = array.itemsize
    lies = array.flags.aligned and array.dtype.isnative and all(s % size == 0 and s >= 0 for s in array.strides)
    return array if lies else np.ascontiguousarray(array, array.dtype.newbyteorder("=")).reshape(array.shape)


def _computed(graph: Graph, item: Abroad, inputs: Sequence[Numbers]) -> Any:
    foreign = graph.foreign.get(item.node.output)
    return OPERATIONS[item.node.operation].compute(item.node, inputs) if foreign is None else foreign(*inputs)


_PROGRAMS: WeakSet[Program] = WeakSet()
"""Those that are alive."""


def _after_fork() -> None:
    for program in list(_PROGRAMS):
        program.forked()


os.register_at_fork(after_in_child=_after_fork)
