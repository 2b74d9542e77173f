"""Calls of a model that nobody else holds: what cannot have changed since the last one is not looked at again.

TorchDynamo asks thousands of questions before it runs what it compiled, nearly all of them about the model: a quarter
of a millisecond for MobileNetV2, and one and a half where the program before it has filled the caches. A model of which
no module and no tensor was ever handed out is what it was. What is left is the inputs, torch's modes, and the few
things outside that the model's code looks at.
"""

from __future__ import annotations

import re
import sys
import threading
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
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

    from kaiyan.nn.capture.executable import Executable, Plan

_PLAIN = (bool, int, float, str, type(None))
_PRIVATE = r"^{root}(\._(modules|parameters|buffers)\['[^']*'\]|\.(?!__)\w+|\['?\w+'?\])*$"
_GLOBAL = re.compile(r"^G\['(\w+)'\]((?:\.\w+)*)$")
_OF_CLASS = re.compile(r"^dict\(type\(.*\)\.__dict__\)\['(\w+)'\]((?:\.\w+)*)$")
_TORCHS = ("__import_torch", "__builtins_dict__")
"""Names of what torch's own code looks at."""
_RESUMED = "torch_dynamo_resume_in"
"""How the functions begin that TorchDynamo makes of the rest of one behind a break."""
_MOST_ROADS = 32


class Run(NamedTuple):
    """One run of a program in a call: what it was given and what it gave."""

    executable: Executable
    plan: Plan
    layouts: Sequence[Any]
    arguments: Sequence[Any]
    results: Sequence[Any]


class _Seen(threading.local):
    runs: list[Run | None] | None = None


_SEEN = _Seen()


@contextmanager
def observed() -> Iterator[list[Run | None]]:
    """The runs of programs inside, in this thread; None stands for what torch computed."""
    before, _SEEN.runs = _SEEN.runs, []
    try:
        yield _SEEN.runs
    finally:
        _SEEN.runs = before


def noticed(run: Run | None) -> None:
    """A run, for whoever observes."""
    if _SEEN.runs is not None:
        _SEEN.runs.append(run)


@dataclass(frozen=True, slots=True)
class Outside:
    """One thing that is not the model's and that its code looks at, as it was."""

    holder: Any
    key: str
    rest: tuple[str, ...]
    value: Any

    def holds(self) -> bool:
        """Whether it is still there."""
        try:
            found = self.holder[self.key]
            for name in self.rest:
                found = getattr(found, name)
        except (KeyError, AttributeError):
            return False
        return found is self.value


def outside(model: nn.Module, guards: Sequence[Any]) -> tuple[Outside, ...] | None:
    """What TorchDynamo's guards look at beside the model and the inputs; None where that cannot be told."""
    roots = {guard.name for guard in guards if guard.has_value and guard.value is model}
    if len(roots) != 1:
        return None
    (root,) = roots
    private = re.compile(_PRIVATE.format(root=re.escape(root)))
    names = _arguments(model) if root == "self" else {"args", "kwargs"}
    found: dict[Any, Outside] = {}
    for guard in guards:
        if not guard.has_value or private.match(guard.name) or guard.name.startswith(tuple(f"G['{n}" for n in _TORCHS)):
            continue
        if not guard.is_global and re.split(r"\W", guard.name)[0] in names and "(" not in guard.name:
            continue
        thing = _outside(model, guard)
        if thing is None or not thing.holds():
            return None
        found[id(thing.holder), thing.key, thing.rest] = thing
    return tuple(found.values())


def _arguments(model: nn.Module) -> set[str]:
    code = type(model).forward.__code__
    return set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + 2])


def _outside(model: nn.Module, guard: Any) -> Outside | None:
    match = _GLOBAL.match(guard.name)
    if match is not None:
        key, rest = match[1], tuple(filter(None, match[2].split(".")))
        if key.startswith("__import_"):
            module = sys.modules.get(key.removeprefix("__import_").replace("_dot_", "."))
            return None if module is None or not rest else Outside(vars(module), rest[0], rest[1:], guard.value)
        return Outside(type(model).forward.__globals__, key, rest, guard.value)
    match = _OF_CLASS.match(guard.name)
    if match is None:
        return None
    key, rest = match[1], tuple(filter(None, match[2].split(".")))
    kinds = {kind for module in model.modules() for kind in type(module).__mro__}
    things = [Outside(kind.__dict__, key, rest, guard.value) for kind in kinds]
    return next((thing for thing in things if thing.holds()), None)


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

    @classmethod
    def now(cls) -> _State:
        is_traced = _tracing() is not None or _transforming() is not None
        hooked = bool(_has_any_global_hook())  # type: ignore[no-untyped-call]
        return cls(
            torch.is_autocast_enabled("cpu"), torch.get_default_dtype(), _functions(), _dispatches(), hooked, is_traced
        )


_PLAIN_STATE = (False, 0, 0, False, False)
"""No autocast, no modes, no hooks, no tracing."""


def _is_plain(state: _State) -> bool:
    return (state.is_autocast, *state[2:]) == _PLAIN_STATE


def _signature(values: Sequence[Any], names: tuple[str, ...]) -> Any:
    """What calls must have in common to be alike; None for a call like no other."""
    marks: list[Any] = [names]
    tensors = 0
    for value in values:
        if type(value) is torch.Tensor:
            if value.device.type != "cpu" or value.layout is not torch.strided or value.is_neg():
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

    program: Any
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
            results = self.program(*[values[i].detach().numpy() for i in self.inputs])
        outputs = [laid(tensor_of(results[number]), *layout) for number, layout in self.origins]
        return tree_unflatten([outputs[leaf] if is_output else leaf for is_output, leaf in self.leaves], self.spec)

    def is_open(self) -> bool:
        """Whether what was looked at outside is as it was."""
        return self.state == _State.now() and all(thing.holds() for thing in self.outside)


class Roads:
    """Calls of ``run``, of a ``model`` that nobody else holds: by the way that is known, where there is one.

    What torch computes on such a way it computes inside ``around``.
    """

    def __init__(
        self, model: nn.Module, run: Callable[..., Any], around: Callable[[], AbstractContextManager[Any]]
    ) -> None:
        self._model, self._run, self._around = model, run, around
        self._known: dict[Any, Road | None] = {}

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        """What ``run`` gives."""
        values = (*inputs, *named.values())
        key = None if torch.is_grad_enabled() else _signature(values, (str(len(inputs)), *named))
        if key is None:
            return self._run(*inputs, **named)
        road = self._known.get(key)
        if road is not None and road.is_open():
            return road(values)
        if road is None and key in self._known:
            return self._run(*inputs, **named)
        return self._first(key, values, inputs, named)

    def _first(self, key: Any, values: Sequence[Any], inputs: Any, named: Any) -> Any:
        state = _State.now()
        with observed() as runs:
            answer = self._run(*inputs, **named)
        if len(self._known) >= _MOST_ROADS:
            self._known.clear()
        self._known[key] = self._road(runs, values, answer, state) if _is_plain(state) else None
        return answer

    def _road(self, runs: Sequence[Run | None], values: Sequence[Any], answer: Any, state: _State) -> Road | None:
        """The way that this call went, where another one like it would give its answer too."""
        run = runs[0] if len(runs) == 1 else None
        if run is None or run.executable.outside is None:
            return None
        made, arguments = run.plan.translated, run.arguments
        places = [next((n for n, value in enumerate(values) if value is a), None) for a in arguments]
        if not all(places[i] is not None or self._is_own(run, i) for i in range(len(arguments))):
            return None
        leaves, spec = tree_flatten(answer)
        numbers = {id(result): n for n, result in enumerate(run.results)}
        if not all(id(leaf) in numbers or type(leaf) in _PLAIN for leaf in leaves):
            return None
        if not numbers.keys() <= set(map(id, leaves)):  # what is written to an input, for one
            return None
        found = [(id(leaf) in numbers, numbers.get(id(leaf), leaf)) for leaf in leaves]
        inputs: list[Any] = [places[i] for i in made.inputs]
        origins: list[Any] = [origin.output for origin in made.outputs]
        if None in inputs or None in origins:
            return None
        return Road(
            run.plan.held.program, tuple(inputs), tuple(zip(origins, run.layouts, strict=True)), tuple(found), spec,
            run.executable.outside, state, self._around if made.graph.foreign else nullcontext,
        )  # fmt: skip

    def _is_own(self, run: Run, number: int) -> bool:
        """Whether an argument is a size, or a tensor of the model that became a constant."""
        argument = run.arguments[number]
        if not isinstance(argument, torch.Tensor):
            return True
        own = (*self._model.parameters(), *self._model.buffers())
        return number in run.executable.frozen and any(argument is tensor for tensor in own)


def is_pure() -> bool:
    """Whether what TorchDynamo compiles now is a whole call that gives the graph's outputs and does nothing else."""
    from torch._dynamo.symbolic_convert import InstructionTranslator
    from torch._dynamo.variables.base import AttributeMutationNew, ValueMutationNew

    try:
        translator = InstructionTranslator.current_tx()
        output, effects = translator.output, translator.output.side_effects
        kept = [
            v
            for v in effects.id_to_variable.values()
            if not isinstance(v.mutation_type, (AttributeMutationNew, ValueMutationNew))
        ]
        return not (
            any(map(effects.is_modified, kept)) or effects.tensor_hooks or effects.save_for_backward
            or output.random_calls or output.compile_subgraph_reason.graph_break
            or translator.f_code.co_name.startswith(_RESUMED)
        )  # fmt: skip
    except Exception:  # noqa: BLE001 (another torch may have other words for it)
        return False
