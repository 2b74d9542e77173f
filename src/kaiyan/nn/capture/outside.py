"""What TorchDynamo says of code that it compiles: whether that does nothing but answer, and what it looks at."""

from __future__ import annotations

import re
import sys
from collections import deque
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

_PRIVATE = r"^{root}(\._(modules|parameters|buffers)\['[^']*'\]|\.(?!__)\w+|\['?\w+'?\])*$"
_GLOBAL = re.compile(r"^G\['(\w+)'\]((?:\.\w+)*)$")
_OF_CLASS = re.compile(r"^dict\(type\(.*\)\.__dict__\)\['(\w+)'\]((?:\.\w+)*)$")
_TORCHS = ("G['__import_torch", "G['__builtins_dict__")
"""How the names begin of what torch's own code looks at."""
_SHARED = (ModuleType, FunctionType, type)
"""What a copy of a model shares with it."""
_CHANGING = (list, dict, set, bytearray, deque, torch.Tensor)
"""What changes and stays the same object."""
_RESUMED = "torch_dynamo_resume_in"
"""How the functions begin that TorchDynamo makes of the rest of one behind a break."""


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
    asked = [guard for guard in guards if guard.has_value]
    roots = {guard.name for guard in asked if guard.value is model}
    if len(roots) != 1:
        return None
    (root,) = roots
    private = re.compile(_PRIVATE.format(root=re.escape(root)))
    own = [guard for guard in asked if private.match(guard.name)]
    shared = tuple(guard.name + mark for guard in own if isinstance(guard.value, _SHARED) for mark in ".[")
    if any(guard.name.startswith(shared) for guard in own):
        return None
    names = _arguments(model) if root == "self" else {"args", "kwargs"}
    found: dict[Any, Outside] = {}
    for guard in asked:
        if private.match(guard.name) or guard.name.startswith(_TORCHS) or _is_input(guard, names):
            continue
        things = [thing for thing in _outside(model, guard) if thing.holds()]
        if not things or isinstance(guard.value, _CHANGING):
            return None
        found |= {(id(thing.holder), thing.key, thing.rest): thing for thing in things}
    return tuple(found.values())


def _is_input(guard: Any, names: set[str]) -> bool:
    return not guard.is_global and re.split(r"\W", guard.name)[0] in names and "(" not in guard.name


def _arguments(model: nn.Module) -> set[str]:
    """The names of the inputs of the model's code."""
    code = type(model).forward.__code__
    return set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + 2]) - {"self"}


def _outside(model: nn.Module, guard: Any) -> list[Outside]:
    """What a guard may be about: a name of a module, or of one of the model's classes."""
    match = _GLOBAL.match(guard.name)
    if match is not None:
        key, rest = match[1], tuple(filter(None, match[2].split(".")))
        if not key.startswith("__import_"):
            return [Outside(type(model).forward.__globals__, key, rest, guard.value)]
        module = sys.modules.get(key.removeprefix("__import_").replace("_dot_", "."))
        return [Outside(vars(module), rest[0], rest[1:], guard.value)] if module is not None and rest else []
    match = _OF_CLASS.match(guard.name)
    if match is None:
        return []
    key, rest = match[1], tuple(filter(None, match[2].split(".")))
    kinds = {kind for module in model.modules() for kind in type(module).__mro__}
    return [Outside(kind.__dict__, key, rest, guard.value) for kind in kinds]


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
