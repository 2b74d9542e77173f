"""Attributes and items of pasted code: what is listed in ``known.py``, and what a pasted module holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from kaiyan.explain.pasted.known import ATTRIBUTES, LISTED, MOVES, ROOMS_IN_ROOMS, TENSOR_METHODS, rooms, words
from kaiyan.explain.pasted.modules import PastedClass, PastedFunction, PastedModule
from kaiyan.explain.pasted.run import NotUnderstoodError, Unknown
from kaiyan.explain.pasted.values import Method, Room, Super
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    import ast

    from kaiyan.explain.pasted.run import ReadingRun

_OF_LISTS = words("append extend insert pop reverse copy index count")
_OF_DICTS = words("items keys values get update pop copy")
_OF_TEXTS = words("lower upper split startswith endswith strip")
_OF_CONTAINERS = words("append extend insert add_module items keys values pop")
_BUILDING = words("add_module register_buffer register_parameter register_module forward")


def attribute(run: ReadingRun, holder: Any, name: str, node: ast.AST) -> Any:
    """What ``holder.name`` is; raises ``NotUnderstoodError`` for all that is not listed."""
    if name.startswith("_") and not (isinstance(holder, Super) and name == "__init__"):
        return _private(holder, name, node)
    for kinds, read in _READERS:
        if isinstance(holder, kinds):
            return read(run, holder, name, node)
    raise _unread(holder, name, node)


def _private(holder: Any, name: str, node: ast.AST) -> Any:
    """A name of the user's own that begins with one underscore."""
    if isinstance(holder, PastedModule) and not name.startswith("__"):
        own = type(holder).pasted.method(name)
        if own is not None:
            own.held = holder
            return own
        known = {**vars(holder).get("_modules", {}), **vars(holder).get("_parameters", {}), **vars(holder)}
        if name in known and name not in vars(nn.Module()):
            return known[name]
    raise _unread(holder, name, node)


def _unread(holder: Any, name: str, node: ast.AST) -> NotUnderstoodError:
    kind = holder.name if isinstance(holder, Room) else type(holder).__name__
    return NotUnderstoodError(sentence("paste-attribute", "{kind}.{name} is not read", kind=kind, name=name), node)


def _of_room(_: ReadingRun, holder: Room, name: str, node: ast.AST) -> Any:
    if (holder.name, name) in ROOMS_IN_ROOMS:
        return Room(ROOMS_IN_ROOMS[holder.name, name])
    if holder.name == "nn" and name == "Module":
        return nn.Module
    if holder.name == "init":
        return Method(None, "init")
    known = rooms()[holder.name]
    if name not in known:
        raise _unread(holder, name, node)
    return known[name]


def _of_tensor(_: ReadingRun, holder: Tensor, name: str, node: ast.AST) -> Any:
    if name in TENSOR_METHODS or name in ("to", "cuda", "cpu", "type", "item"):
        return Method(holder, name)
    if name == "data":
        return holder
    if name == "device":
        return "device"
    if name in ATTRIBUTES:
        return getattr(holder, name)
    raise _unread(holder, name, node)


def _of_module(_: ReadingRun, holder: nn.Module, name: str, node: ast.AST) -> Any:
    pasted = type(holder).pasted if isinstance(holder, PastedModule) else None
    own = pasted.method(name) if pasted else None
    if own is not None:
        own.held = holder
        return own
    if name in (MOVES | LISTED | _BUILDING) or (name in _OF_CONTAINERS and _is_container(holder)):
        return Method(holder, name)
    if pasted is not None:
        for one in pasted.lineage():
            if name in one.values:
                return one.values[name]
    found = getattr(holder, name)  # raises what Python raises where it has no such name
    plain = (
        Tensor,
        nn.Module,
        int,
        float,
        str,
        bool,
        tuple,
        list,
        dict,
        type(None),
        Unknown,
        PastedFunction,
        PastedClass,
    )
    if isinstance(found, plain) or _is_known(found):
        return found
    raise _unread(holder, name, node)


def _is_known(value: Any) -> bool:
    from kaiyan.explain.pasted.known import callables

    try:
        return value in callables()
    except TypeError:
        return False


def _is_container(holder: nn.Module) -> bool:
    return isinstance(holder, (nn.Sequential, nn.ModuleList, nn.ModuleDict, nn.ParameterList))


def _of_super(_: ReadingRun, holder: Super, name: str, node: ast.AST) -> Any:
    if name == "__init__":
        return Method(holder, "__init__")
    own = type(holder.held).pasted.method(name, holder.owner)  # type: ignore[attr-defined]
    if own is not None:
        own.held = holder.held
        return own
    if name == "forward":
        return Method(holder, "forward")
    raise _unread(holder, name, node)


def _of_class(_: ReadingRun, holder: PastedClass, name: str, node: ast.AST) -> Any:
    for one in holder.lineage():
        if name in one.values:
            return one.values[name]
    raise _unread(holder, name, node)


def _listed(names: frozenset[str]) -> Any:
    def read(_: ReadingRun, holder: Any, name: str, node: ast.AST) -> Any:
        if name in names:
            return Method(holder, name)
        raise _unread(holder, name, node)

    return read


def _of_size(_: ReadingRun, holder: tuple[Any, ...], name: str, node: ast.AST) -> Any:
    if name in ("numel", "index", "count") or name in getattr(holder, "_fields", ()):
        return getattr(holder, name) if name in getattr(holder, "_fields", ()) else Method(holder, name)
    values = {"values", "indices"} & {name}  # of torch.max(x, 1) and torch.topk
    if values and hasattr(holder, name):
        return getattr(holder, name)
    raise _unread(holder, name, node)


_READERS: tuple[tuple[Any, Any], ...] = (
    (Room, _of_room),
    (Tensor, _of_tensor),
    (nn.Module, _of_module),
    (Super, _of_super),
    (PastedClass, _of_class),
    (tuple, _of_size),
    (list, _listed(_OF_LISTS)),
    (dict, _listed(_OF_DICTS)),
    (str, _listed(_OF_TEXTS)),
)
"""What has attributes, and who reads them."""


def item(holder: Any, index: Any, node: ast.AST) -> Any:
    """What ``holder[index]`` is."""
    if isinstance(holder, (Tensor, list, tuple, dict, str, range, nn.Sequential, nn.ModuleList, nn.ModuleDict)):
        return holder[index]
    raise NotUnderstoodError(sentence("paste-item", "an item of {kind} is not read", kind=type(holder).__name__), node)
