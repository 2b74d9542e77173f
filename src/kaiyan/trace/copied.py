"""A copy of any model that lives on and computes: ``copy.deepcopy``, and what that refuses or tears apart.

A class's own way to be copied is asked, and nothing that changes is shared. ``doubles`` makes what is thrown away after
one run: it asks no code of the user's, needs no memory on meta, and shares what it cannot make.
"""

from __future__ import annotations

import copy
import io
import threading
import warnings
from collections import OrderedDict, deque
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from types import CellType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from torch import Generator, Tensor, jit, nn

from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_Memo = dict[int, Any]
_Reached = list[tuple[str, Any]]
_Model = TypeVar("_Model")
_ATOMS = (type, ModuleType, FunctionType, str, bytes, int, float, complex, type(None), Tensor)


def copied(model: _Model) -> _Model:
    """A copy of ``model``, or of any object, that shares no tensor with it and stands where it stands.

    Tensors that share memory, and layers that stand in several places, do so in the copy. A tensor with a gradient's
    history is copied without it; a lock is made anew; a file that is written, and a library, are shared.
    Raises ``KaiyanError`` when the model holds what cannot be copied, such as a generator that was begun.
    """
    objects = list(_reached(model))
    prepared: _Memo = {}
    try:
        for _, thing in objects:
            _prepare(thing, prepared)
        memo = dict(prepared)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of its own ways to copy what was exported
            model_copy = copy.deepcopy(model, memo)
    except Exception as error:
        raise _refusal(objects, prepared, error) from error
    _rebind(objects, memo)
    _stand_alike(objects, memo)
    return model_copy


def _reached(root: object) -> Iterator[tuple[str, Any]]:
    """Every object that a copy reaches, once each, by its path."""
    waiting: list[tuple[str, Any]] = [("", root)]
    seen: dict[int, Any] = {}
    while waiting:
        path, thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen[id(thing)] = thing
        yield path, thing
        waiting += [(f"{path}.{name}" if path else name, part) for name, part in parts(thing)]


def parts(thing: Any) -> Iterator[tuple[str, Any]]:
    """What an object holds, with its names."""
    if isinstance(thing, _ATOMS):
        return
    if isinstance(thing, jit.ScriptModule):
        yield from thing.state_dict().items()
        return
    if isinstance(thing, nn.Module):
        for kept in (thing._parameters, thing._buffers, thing._modules):  # noqa: SLF001 (a path as torch writes it)
            yield from kept.items()
    elif isinstance(thing, (partial, MethodType)):
        yield from (("", part) for part in _bound(thing))
    else:
        yield from _entries(thing)
    own = getattr(thing, "__dict__", None)
    if type(own) is dict:
        yield from ((name, part) for name, part in own.items() if not isinstance(thing, nn.Module) or name not in _KEPT)
    yield from _slots(thing)


_KEPT = ("_parameters", "_buffers", "_modules")


def _entries(thing: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(thing, dict):
        for key, value in dict.items(thing):
            yield "key", key
            yield str(key) if isinstance(key, (str, int)) else "value", value
    elif isinstance(thing, (list, tuple, set, frozenset, deque)):
        yield from ((str(i), part) for i, part in enumerate(thing))


def _slots(thing: Any) -> Iterator[tuple[str, Any]]:
    for kind in type(thing).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(thing, name):
                yield name, getattr(thing, name)


def _bound(thing: Any) -> tuple[Any, ...]:
    return (thing.__self__,) if isinstance(thing, MethodType) else (thing.func, thing.args, thing.keywords)


def _prepare(thing: Any, memo: _Memo) -> None:
    """Notes the copy of what deepcopy refuses, or would tear from the memory that it shares."""
    if id(thing) in memo:
        return
    if isinstance(thing, Tensor):
        _prepare_tensor(thing, memo)
        return
    again = next((make for kinds, make in _AGAIN if isinstance(thing, kinds)), None)
    if again is not None:
        memo[id(thing)] = again(thing)
    elif isinstance(thing, dict) and _refuses_writes(type(thing)):
        _prepare_mapping(thing, memo)


def _prepare_tensor(tensor: Tensor, memo: _Memo) -> None:
    plain = type(tensor) in (Tensor, nn.Parameter)
    if not tensor.is_leaf:
        memo[id(tensor)] = copy.deepcopy(tensor.detach(), memo) if plain else tensor.detach().clone()
    elif type(tensor) is nn.Parameter and tensor.device.type == "cpu":  # torch tears it from what shares its memory
        parameter = nn.Parameter(copy.deepcopy(tensor.detach(), memo), tensor.requires_grad)
        if tensor.grad is not None:
            parameter.grad = copy.deepcopy(tensor.grad.detach(), memo)
        parameter.__dict__.update(copy.deepcopy(vars(tensor), memo))
        memo[id(tensor)] = parameter


def _prepare_mapping(mapping: Any, memo: _Memo) -> None:
    """A mapping that refuses to be written to is written by its base."""
    base: Any = OrderedDict if isinstance(mapping, OrderedDict) else dict
    memo[id(mapping)] = made = base.__new__(type(mapping))
    for key, value in base.items(mapping):
        base.__setitem__(made, copy.deepcopy(key, memo), copy.deepcopy(value, memo))
    for name, value in getattr(mapping, "__dict__", {}).items():
        made.__dict__[name] = copy.deepcopy(value, memo)


def _refuses_writes(kind: type) -> bool:
    own = {name for parent in kind.__mro__[: kind.__mro__.index(dict)] if parent.__module__ not in _STANDARD
           for name in vars(parent)}  # fmt: skip
    return "__setitem__" in own and not own & {"__deepcopy__", "__reduce__", "__reduce_ex__"}


_STANDARD = ("builtins", "collections")


def _event(event: threading.Event) -> threading.Event:
    made = threading.Event()
    if event.is_set():
        made.set()
    return made


def _local(local: Any) -> Any:
    made = type(local)()
    vars(made).update(copy.deepcopy(vars(local)))
    return made


def _file(file: Any) -> Any:
    """A file that is only read is opened anew at its place, since reading moves it; another is shared."""
    if file.closed or file.writable() or not file.seekable() or not isinstance(getattr(file, "name", None), str):
        return file
    made = Path(file.name).open(getattr(file, "mode", "rb"), encoding=getattr(file, "encoding", None))  # noqa: SIM115
    made.seek(file.tell())
    return made


_AGAIN: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (type(threading.Lock()), lambda _: threading.Lock()),
    (type(threading.RLock()), lambda _: threading.RLock()),
    (threading.Condition, lambda _: threading.Condition()),
    (threading.Event, _event),
    ((threading.Thread, Executor), lambda shared: shared),
    (threading.local, _local),
    (Generator, lambda generator: generator.clone_state()),
    ((io.BytesIO, io.StringIO), copy.copy),
    (io.IOBase, _file),
    (ModuleType, lambda library: library),
)
"""What deepcopy refuses, and how it is had: the first row whose class it is."""


def _rebind(objects: _Reached, memo: _Memo) -> None:
    """Functions that close over one of the model's modules, such as hooks, close over its copy in the copy."""
    for _, thing in objects:
        if not isinstance(thing, nn.Module) or id(thing) not in memo:
            continue
        own: dict[str, Any] = memo[id(thing)].__dict__
        for table in (own, *(kept for kept in own.values() if isinstance(kept, dict))):
            for name, value in list(table.items()):
                rebound = _rebound(value, memo) if isinstance(value, FunctionType) else value
                if rebound is not value:
                    table[name] = rebound


def _stand_alike(objects: _Reached, memo: _Memo) -> None:
    """A class that makes its copies anew, as einops' layers do, makes them for training."""
    for _, thing in objects:
        own = memo.get(id(thing))
        if isinstance(thing, nn.Module) and not isinstance(thing, jit.ScriptModule) and isinstance(own, nn.Module):
            own.training = thing.training


def _rebound(function: FunctionType, memo: _Memo) -> FunctionType:
    cells = function.__closure__ or ()
    moved = tuple(_moved(cell, memo) for cell in cells)
    if all(cell is before for cell, before in zip(moved, cells, strict=True)):
        return function
    made = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__, moved)
    made.__kwdefaults__ = function.__kwdefaults__
    made.__dict__.update(vars(function))
    return made


def _moved(cell: CellType, memo: _Memo) -> CellType:
    try:
        content = cell.cell_contents
    except ValueError:  # not bound yet
        return cell
    return CellType(memo[id(content)]) if isinstance(content, nn.Module) and id(content) in memo else cell


def _refusal(objects: _Reached, prepared: _Memo, error: Exception) -> KaiyanError:
    """The sentence that names what stands in the way: the innermost object that is refused."""
    refused = [(path, thing) for path, thing in objects if not _is_copyable(thing, prepared)]
    path, thing = max(refused, key=lambda entry: len(entry[0]), default=("", None))
    if not path:
        reason = str(error).partition("\n")[0]
        return KaiyanError("not-copyable", "the model cannot be copied: {error}", error=reason)
    return KaiyanError(
        "part-not-copyable", "the model cannot be copied: {path} is a {kind}", path=path, kind=type(thing).__name__
    )


def _is_copyable(thing: Any, prepared: _Memo) -> bool:
    try:
        copy.deepcopy(thing, dict(prepared))
    except Exception:  # noqa: BLE001 (whatever a class of the user's raises)
        return False
    return True
