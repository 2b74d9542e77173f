"""Tensors in whatever holds them: tuples, dicts, slices, dataclasses, classes of the user's own.

torch's pytree takes slices, sets, dataclasses and classes that it was not told of for leaves, so that tensors in them
would be missed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import fields, is_dataclass
from functools import lru_cache
from types import FunctionType
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from kaiyan.trace.doubles import Doubles, attributes, slots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_WHOLE = (Tensor, nn.Module, FunctionType, type, int, float, complex, str, bytes, type(None))
_SERIES = (tuple, list, set, frozenset, deque)


def tensors(value: Any) -> Iterator[Tensor]:
    """Every tensor in a structure, in order; one that stands in two places comes twice."""
    return (leaf for leaf in leaves(value) if isinstance(leaf, Tensor))


def leaves(value: Any) -> Iterator[Any]:
    """What a structure holds that is none itself."""
    return _leaves(value, set())


def mapped(value: Any, change: Callable[[Tensor], Any]) -> Any:
    """A double of the structure with every tensor changed; what is changed need not be a tensor again."""
    return Doubles(change).of(value)


def changed(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """The structure itself with every tensor changed, in the order of ``tensors``.

    What can be written into is: a mapping, an object of the user's. A tuple, list, set or slice is made anew, where
    one of its tensors became another.
    """
    return _changed(value, change, set())


def _changed(value: Any, change: Callable[[Tensor], Tensor], around: set[int]) -> Any:
    if isinstance(value, Tensor):
        return change(value)
    parts = _parts(value)
    if parts is None or id(value) in around:
        return value
    new = [_changed(part, change, around | {id(value)}) for part in parts]
    if all(one is other for one, other in zip(new, parts, strict=True)):
        return value
    return _with_parts(value, new)


def _with_parts(value: Any, new: list[Any]) -> Any:
    """A structure with other parts, in the order in which ``_parts`` gives them."""
    if isinstance(value, dict):
        for key, part in zip(list(value), new, strict=True):
            value[key] = part
        return value
    if isinstance(value, slice):
        return slice(*new)
    if isinstance(value, _SERIES):
        return type(value)(*new) if hasattr(value, "_fields") else type(value)(new)
    for name, part in zip(_names(value), new, strict=True):
        object.__setattr__(value, name, part)
    return value


def _leaves(value: Any, around: set[int]) -> Iterator[Any]:
    parts = _parts(value)
    if parts is None:
        yield value
    elif id(value) not in around:  # a structure that holds itself ends
        inside = around | {id(value)}
        for part in parts:
            yield from _leaves(part, inside)


def _parts(value: Any) -> list[Any] | None:
    """What a value holds; None where it is no structure."""
    kind: Any = type(value)
    parts = _reader(kind)
    return None if parts is None else parts(value)


@lru_cache(maxsize=1024)
def _reader(kind: type) -> Callable[[Any], list[Any] | None] | None:
    """What reads the parts of a kind of structure; None for what is none."""
    if issubclass(kind, _WHOLE):
        return None
    return next((parts for kinds, parts in _PARTS if issubclass(kind, kinds)), _fields)


def _fields(value: Any) -> list[Any] | None:
    """What is declared, of a dataclass and of a class of attrs; of any other, its attributes if they hold tensors."""
    own = [getattr(value, name, None) for name in _names(value)]
    return own if _is_declared(type(value)) or any(isinstance(part, (Tensor, dict, *_SERIES)) for part in own) else None


def _names(value: Any) -> list[str]:
    kind = type(value)
    if _is_declared(kind):
        return [entry.name for entry in (fields(value) if is_dataclass(kind) else kind.__attrs_attrs__)]
    return [*(slot.__name__ for slot in slots(kind) if hasattr(value, slot.__name__)), *attributes(value)]


def _is_declared(kind: Any) -> bool:
    return bool(fields(kind) if is_dataclass(kind) else getattr(kind, "__attrs_attrs__", ()))


_PARTS: tuple[tuple[Any, Callable[[Any], list[Any]]], ...] = (
    (dict, lambda value: list(dict.values(value))),
    (_SERIES, list),
    (slice, lambda value: [value.start, value.stop, value.step]),
)
"""What each family of structures holds."""
