"""What TorchDynamo says of code that it compiles: whether that does nothing but answer, and what it looks at.

Nothing is taken for harmless: every guard is about the inputs, about the model's own parts, or about something outside
that can be looked at again; with any other, all are asked at each call.
"""

from __future__ import annotations

import re
import sys
from collections import OrderedDict
from dataclasses import dataclass
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Sequence

_STEP = re.compile(r"\._(?:modules|parameters|buffers)\['([^']*)'\]|\.(?!__)(\w+)|\['?(\w+)'?\]")
_REST = r"((?:\.\w+)*?(?:\.__defaults__(?=\[\d+\]))?)(?:(?<=__defaults__)\[\d+\])?$"
"""Attributes, and at the end the default of an argument."""
_GLOBAL = re.compile(r"^G\['(\w+)'\]" + _REST)
_OF_CLASS = re.compile(r"^dict\(type\((.*)\)\.__dict__\)\['(\w+)'\]" + _REST)
_OF_BASE = re.compile(r"^type\((.*)\)\.__mro__\[(\d+)\]\.(\w+)" + _REST)
_INPUT = re.compile(r"^(args|kwargs)(\[\d+\]|\['\w+'\])?$")
_FIXED = (bool, int, float, complex, str, type(None), torch.dtype, torch.device, torch.Size)
_CODE = (FunctionType, BuiltinFunctionType, ModuleType, type)
_OWN = (nn.Module, torch.Tensor, tuple, list, dict, OrderedDict, FunctionType, BuiltinFunctionType, *_FIXED)
"""What a copy of a model has for itself, or what does not change."""
_KINDS = (
    "BUILTIN_MATCH", "CLOSURE_MATCH", "CONSTANT_MATCH", "DICT_KEYS_MATCH", "DUPLICATE_INPUT",
    "EMPTY_NN_MODULE_HOOKS_DICT", "EQUALS_MATCH", "FUNCTION_MATCH", "ID_MATCH", "MODULE_MATCH",
    "NOT_PRESENT_IN_GENERIC_DICT", "SEQUENCE_LENGTH", "TENSOR_MATCH", "TYPE_MATCH",
)  # fmt: skip
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


def outside(model: nn.Module, code: CodeType, guards: Sequence[Any]) -> tuple[Outside, ...] | None:
    """What TorchDynamo's guards look at beside the model and the inputs; None where that cannot be told.

    ``code`` is what was compiled: the model's whole call, or nothing is known.
    """
    roots = {guard.name for guard in guards if guard.has_value and guard.value is model}
    if len(roots) != 1 or _has_hooks(model):
        return None
    (root,) = roots
    forward = type(model).forward
    if code is not forward.__code__ and not (root == "fn" and code.co_filename.endswith("external_utils.py")):
        return None
    base = _first(type(model).__mro__, "forward")
    found = [Outside(base, "forward", (), forward), Outside(base, "forward", ("__defaults__",), forward.__defaults__)]
    for guard in guards:
        things = _explained(model, root, guard)
        if things is None or not all(thing.holds() for thing in things):
            return None
        found += things
    return tuple({(id(thing.holder), thing.key, thing.rest): thing for thing in found}.values())


def _has_hooks(model: nn.Module) -> bool:
    return any(vars(model).get(f"_{name}") for name in ("forward_hooks", "forward_pre_hooks", "backward_hooks"))


def _explained(model: nn.Module, root: str, guard: Any) -> list[Outside] | None:
    """What a guard looks at outside; None where that is not known."""
    if not guard.has_value:
        return None if guard.name else []
    if guard.guard_type not in _KINDS:
        return None
    if guard.is_global:
        return _of_module(model, guard)
    if _is_input(model, root, guard):
        return []
    for pattern in (_OF_CLASS, _OF_BASE):
        match = pattern.match(guard.name)
        if match is not None:
            return _of_a_class(model, root, guard, match)
    return [] if _walked(model, root, guard.name) is guard.value else None


def _of_a_class(model: nn.Module, root: str, guard: Any, match: re.Match[str]) -> list[Outside] | None:
    """A name of the class of one of the model's modules, or of one that it is made of."""
    module, *which, key, rest = match.groups()
    holder = _walked(model, root, module)
    if not isinstance(holder, nn.Module):
        return None
    kinds = type(holder).__mro__[int(which[0]) :] if which else type(holder).__mro__
    base = _first(kinds, key)
    return None if base is None else _thing(base, key, rest, guard.value)


def _thing(holder: Any, key: str, rest: str, value: Any) -> list[Outside] | None:
    """What is under a name, where it does not change and stay the same; of a function's defaults all."""
    names = tuple(filter(None, rest.split(".")))
    if names[-1:] == ("__defaults__",):
        function = holder.get(key)
        for name in names[:-1]:
            function = getattr(function, name, None)
        value = getattr(function, "__defaults__", None)
        is_fixed = isinstance(value, tuple) and all(isinstance(default, _FIXED) for default in value)
    else:
        is_fixed = isinstance(value, (*_FIXED, *_CODE))
    return [Outside(holder, key, names, value)] if is_fixed else None


def _is_input(model: nn.Module, root: str, guard: Any) -> bool:
    """Whether it is about an input that the signature of a call says all of."""
    if not isinstance(guard.value, (torch.Tensor, tuple, dict, *_FIXED)):
        return False
    if root == "fn":
        return _INPUT.match(guard.name) is not None
    code = type(model).forward.__code__
    return guard.name in code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount] and isinstance(
        guard.value, (torch.Tensor, *_FIXED)
    )


class _Nothing:
    """No part of the model."""


def _walked(model: nn.Module, root: str, name: str) -> Any:
    """The part of a model that a guard names, over its modules and what they hold themselves; else nothing."""
    if not name.startswith(root):
        return _Nothing
    thing, place = model, len(root)
    while place < len(name):
        match = _STEP.match(name, place)
        if match is None:
            return _Nothing
        thing, place = _stepped(thing, match), match.end()
        if not isinstance(thing, _OWN):
            return _Nothing
    return thing


def _stepped(thing: Any, match: re.Match[str]) -> Any:
    part, attribute, key = match.groups()
    if part is not None and isinstance(thing, nn.Module):
        held = (thing._modules, thing._parameters, thing._buffers)  # noqa: SLF001 (where a module holds its parts)
        return next((parts[part] for parts in held if part in parts), _Nothing)
    if attribute is not None and isinstance(thing, nn.Module):
        return vars(thing).get(attribute, _Nothing)
    if key is not None and type(thing) in (dict, OrderedDict):
        return thing.get(key, thing.get(int(key), _Nothing) if key.isdigit() else _Nothing)
    if key is not None and type(thing) in (list, tuple) and key.isdigit() and int(key) < len(thing):
        return thing[int(key)]
    return _Nothing


def _of_module(model: nn.Module, guard: Any) -> list[Outside] | None:
    """A name of a Python module."""
    match = _GLOBAL.match(guard.name)
    if match is None:
        return [] if guard.name.startswith("G['__builtins_dict__") else None
    key, rest = match.groups()
    if rest.startswith("._global_"):  # torch's hooks on all modules, which are among its modes
        return [] if key == "__import_torch_dot_nn_dot_modules_dot_module" else None
    if not key.startswith("__import_"):
        return _thing(type(model).forward.__globals__, key, rest, guard.value)
    module = sys.modules.get(key.removeprefix("__import_").replace("_dot_", "."))
    if module is None:
        return None
    _, first, *more = rest.split(".") if rest else ("", "")
    return _thing(vars(module), first, ".".join(more), guard.value) if first else []


def _first(kinds: Sequence[type], key: str) -> Any:
    """The names of the first class that has this one."""
    return next((vars(kind) for kind in kinds if key in vars(kind)), None)


def pure_code() -> CodeType | None:
    """The code that TorchDynamo compiles now, where it is compiled to its end and gives the graph's outputs alone."""
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
        does_more = (
            any(map(effects.is_modified, kept)) or effects.tensor_hooks or effects.save_for_backward
            or output.random_calls or translator.debug_locals or output.compile_subgraph_reason.graph_break
        )  # fmt: skip
        code: CodeType = translator.f_code
    except Exception:  # noqa: BLE001 (another torch may have other words for it)
        return None
    return None if does_more or code.co_name.startswith(_RESUMED) else code
