"""Calls of a model that nobody else holds: what cannot have changed since the last one is not looked at again.

TorchDynamo asks 4000 questions before it runs MobileNetV2, nearly all of them about the model. Behind a program that
has filled the caches that takes 0.8 ms (Zen 4), and to find 263 tensors unchanged 0.2 more. A model of which no module
and no tensor was ever handed out is what it was. What is left is the inputs, torch's modes, and the few things outside
that the model's code looks at.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import nn
from torch.nn.modules.module import _has_any_global_hook
from torch.utils._pytree import tree_flatten, tree_unflatten

from kaiyan.nn.capture.foreign import laid, tensor_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from torch.utils._pytree import TreeSpec

    from kaiyan.nn.capture.executable import Executable, TranslatedPlan
    from kaiyan.nn.capture.outside import Outside
    from kaiyan.nn.capture.programs import KeptProgram

_PLAIN = (bool, int, float, str, type(None))
_MOST_ROADS = 32


class ObservedRun(NamedTuple):
    """One run of a program in a call: what it was given and what it gave."""

    executable: Executable
    plan: TranslatedPlan
    layouts: Sequence[Any]
    arguments: Sequence[Any]
    results: Sequence[Any]


class _Seen(threading.local):
    runs: list[ObservedRun | None] | None = None


_SEEN = _Seen()


@contextmanager
def observed() -> Iterator[list[ObservedRun | None]]:
    """The runs of programs inside, in this thread; None stands for what torch computed."""
    before, _SEEN.runs = _SEEN.runs, []
    try:
        yield _SEEN.runs
    finally:
        _SEEN.runs = before


def noticed(run: ObservedRun | None) -> None:
    """A run, for whoever observes."""
    if _SEEN.runs is not None:
        _SEEN.runs.append(run)


_functions, _dispatches = torch._C._len_torch_function_stack, torch._C._len_torch_dispatch_stack  # noqa: SLF001
_tracing, _transforming = torch._C._get_tracing_state, torch._C._functorch.peek_interpreter_stack  # noqa: SLF001
"""Torch's modes have no public names."""


class _State(NamedTuple):
    """Torch's modes that change what a call computes."""

    is_autocast: bool
    dtype: torch.dtype
    functions: int
    dispatches: int
    has_hooks: bool
    is_traced: bool
    is_inference: bool
    is_deterministic: bool
    threads: int

    @classmethod
    def now(cls) -> _State:
        is_traced = _tracing() is not None or _transforming() is not None
        hooked = bool(_has_any_global_hook())  # type: ignore[no-untyped-call]
        return cls(
            torch.is_autocast_enabled("cpu"), torch.get_default_dtype(), _functions(), _dispatches(), hooked, is_traced,
            torch.is_inference_mode_enabled(), torch.are_deterministic_algorithms_enabled(), torch.get_num_threads(),
        )  # fmt: skip


_PLAIN_STATE = (False, 0, 0, False, False)
"""No autocast, no modes, no hooks, no tracing."""


def _is_plain(state: _State) -> bool:
    return (state.is_autocast, *state[2:6]) == _PLAIN_STATE


def _signature(values: Sequence[Any], names: tuple[str, ...]) -> Any:
    """What calls must have in common to be alike; None for a call like no other."""
    marks: list[Any] = [names]
    tensors = 0
    for value in values:
        if type(value) is torch.Tensor:
            if value.device.type != "cpu" or value.layout is not torch.strided or value.is_neg() or value.is_conj():
                return None
            marks.append((value.shape, value.stride(), value.dtype, value.requires_grad))
            tensors += 1
        elif type(value) in _PLAIN:
            marks.append((type(value), value))
        else:
            return None
    is_apart = tensors == len({id(value) for value in values if type(value) is torch.Tensor})
    return tuple(marks) if is_apart else None


class Road(NamedTuple):
    """How calls of one signature go: the values that are the program's inputs, and where its outputs stand."""

    held: KeptProgram
    inputs: tuple[int, ...]
    origins: tuple[tuple[int, Any], ...]
    leaves: tuple[tuple[bool, Any], ...]
    spec: TreeSpec
    outside: tuple[Outside, ...]
    state: _State
    around: Callable[[], AbstractContextManager[Any]]

    def __call__(self, values: Sequence[Any]) -> Any:
        """The model's answer."""
        with self.around():
            results = self.held.program(*[values[i].detach().numpy() for i in self.inputs])
        outputs = [laid(tensor_of(results[number]), *layout) for number, layout in self.origins]
        return tree_unflatten([outputs[leaf] if is_output else leaf for is_output, leaf in self.leaves], self.spec)

    def is_open(self) -> bool:
        """Whether what was looked at outside is as it was."""
        return self.state == _State.now() and all(thing.holds() for thing in self.outside)


def _containers(things: Sequence[Any]) -> dict[int, Any]:
    """The lists, tuples and dictionaries in things, themselves too, by id."""
    found: dict[int, Any] = {}
    waiting = list(things)
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, (list, dict, tuple)) and id(thing) not in found:
            found[id(thing)] = thing
            waiting += thing.values() if isinstance(thing, dict) else thing
    return {number: thing for number, thing in found.items() if thing}


class Roads:
    """Calls of ``run``, of a ``model`` that nobody else holds: by the way that is known, where there is one.

    What torch computes on such a way it computes inside ``around``. A call with no such way may hand out a part of the
    model or change it: then ``lend`` is called.
    """

    def __init__(
        self, model: nn.Module, run: Callable[..., Any], around: Callable[[], AbstractContextManager[Any]],
        lend: Callable[[], None],
    ) -> None:  # fmt: skip
        self._model, self._run, self._around, self._lend = model, run, around, lend
        self._known: dict[Any, Road] = {}

    def forget(self) -> None:
        """No way is known any more, and no program held."""
        self._known.clear()

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        """What ``run`` gives."""
        values = (*inputs, *named.values())
        key = None if torch.is_grad_enabled() else _signature(values, (str(len(inputs)), *named))
        road = None if key is None else self._known.get(key)
        if road is not None and road.is_open():
            return road(values)
        state = _State.now()
        with observed() as runs:
            try:
                answer = self._run(*inputs, **named)
            except BaseException:
                self.forget()  # the model's own code has run, and may have changed it
                raise
        found = self._road(runs, values, answer, state) if key is not None and _is_plain(state) else None
        if found is None:
            self._lend()
            return answer
        if len(self._known) >= _MOST_ROADS:
            self._known.clear()
        self._known[key] = found
        return answer

    def _road(
        self, runs: Sequence[ObservedRun | None], values: Sequence[Any], answer: Any, state: _State
    ) -> Road | None:
        """The way that this call went, where another one like it would give its answer too."""
        run = runs[0] if len(runs) == 1 else None
        if run is None or run.executable.outside is None:
            return None
        made, arguments = run.plan.translated, run.arguments
        places = [next((n for n, value in enumerate(values) if value is a), None) for a in arguments]
        own = {id(tensor) for tensor in (*self._model.parameters(), *self._model.buffers())}
        constants = {id(arguments[i]) for i in run.executable.frozen} & own
        tensors = [(place, a) for place, a in zip(places, arguments, strict=True) if isinstance(a, torch.Tensor)]
        if not all(place is not None or id(argument) in constants for place, argument in tensors):
            return None
        leaves, spec = tree_flatten(answer)
        numbers = {id(result): n for n, result in enumerate(run.results)}
        if not all(id(leaf) in numbers or type(leaf) in _PLAIN for leaf in leaves):
            return None
        more = numbers.keys() - set(map(id, leaves))  # what is written to an input, for one
        held = _containers([vars(module) for module in self._model.modules()])
        if more or _containers([answer]).keys() & held.keys():
            return None
        found = [(id(leaf) in numbers, numbers.get(id(leaf), leaf)) for leaf in leaves]
        inputs: list[Any] = [places[i] for i in made.inputs]
        origins: list[Any] = [origin.output for origin in made.outputs]
        if None in inputs or None in origins:
            return None
        return Road(
            run.plan.held, tuple(inputs), tuple(zip(origins, run.layouts, strict=True)), tuple(found), spec,
            run.executable.outside, state, self._around if made.graph.foreign else nullcontext,
        )  # fmt: skip
