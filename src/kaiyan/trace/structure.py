"""Tensors in whatever holds them: tuples, dicts, slices, dataclasses, classes of the user's own."""

from __future__ import annotations

from collections import deque
from dataclasses import fields, is_dataclass
from functools import lru_cache
from types import FunctionType
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from kaiyan.trace.doubles import Doubles, attributes

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
    """The same structure with every tensor changed; what is changed need not be a tensor again."""
    return Doubles(change).of(value)


def _leaves(value: Any, around: set[int]) -> Iterator[Any]:
    parts = _parts(value)
    if parts is None:
        yield value
    elif id(value) not in around:  # a structure that holds itself ends
        for part in parts:
            yield from _leaves(part, around | {id(value)})


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
    declared = fields(value) if is_dataclass(value) else getattr(type(value), "__attrs_attrs__", ())
    if declared:
        return [getattr(value, entry.name, None) for entry in declared]
    own = list(attributes(value).values())
    return own if any(isinstance(part, (Tensor, dict, *_SERIES)) for part in own) else None


_PARTS: tuple[tuple[Any, Callable[[Any], list[Any]]], ...] = (
    (dict, lambda value: list(dict.values(value))),
    (_SERIES, list),
    (slice, lambda value: [value.start, value.stop, value.step]),
)
"""What each family of structures holds."""
