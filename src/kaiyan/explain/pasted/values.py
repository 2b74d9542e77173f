"""What a name of pasted code can hold beside numbers, tensors and layers; and how large it may be."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from kaiyan.explain.pasted.run import NotUnderstoodError
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable

    from kaiyan.explain.pasted.modules import PastedClass

LARGEST_NUMBER = 2**62
MOST_ENTRIES = 4096
MOST_CALLS = 3000
"""Layers that are called, at most: groups of groups grow fast."""
MOST_NESTED = 64
"""Lists in lists, and axes of a tensor."""


@dataclass(frozen=True)
class Room:
    """A module of Python by the names that are known of it; nothing of it is loaded."""

    name: str


@dataclass(frozen=True)
class Super:
    """``super()``: the parents of a class, for an instance."""

    owner: PastedClass
    held: nn.Module


@dataclass(frozen=True)
class Method:
    """A method of a tensor, of a layer or of a list, by its name."""

    held: Any
    name: str


_HOLDING = (list, tuple, dict, range, set)


def _parts(value: Any) -> Iterable[Any]:
    return chain(value.keys(), value.values()) if isinstance(value, dict) else value


def _is_large(value: Any) -> bool:
    """Whether there are more entries in it than are read, each counted as often as it is there."""
    level, count = [value], 0
    for _ in range(MOST_NESTED):
        level = list(islice(chain.from_iterable(map(_parts, level)), MOST_ENTRIES + 1 - count))
        count += len(level)
        if count > MOST_ENTRIES:
            return True
        level = [one for one in level if isinstance(one, _HOLDING)]
        if not level:
            return False
    return True


def bounded(value: Any, node: ast.AST) -> Any:
    """The value, where it is no larger than a model needs."""
    if isinstance(value, int) and not -LARGEST_NUMBER < value < LARGEST_NUMBER:
        raise NotUnderstoodError(sentence("paste-large-number", "a number this large is not read"), node)
    is_large = (
        (isinstance(value, _HOLDING) and _is_large(value))
        or (isinstance(value, str) and len(value) > MOST_ENTRIES)
        or (isinstance(value, Tensor) and value.ndim > MOST_NESTED)
    )
    if is_large:
        raise too_many_entries(node)
    return value


def calls_of(module: nn.Module, known: dict[int, int] | None = None) -> int:
    """How many layers a call may come to, at most one more than are read; what holds itself has no end."""
    known = {} if known is None else known
    if id(module) not in known:
        known[id(module)] = MOST_CALLS + 1
        try:
            parts = [part for part in module._modules.values() if part is not None]  # noqa: SLF001
            known[id(module)] = min(1 + sum(calls_of(part, known) for part in parts), MOST_CALLS + 1)
        except RecursionError:
            return MOST_CALLS + 1
    return known[id(module)]


def light(values: Iterable[Any], node: ast.AST) -> None:
    """Raises ``NotUnderstoodError`` where one of the values is a module of more layers than are read."""
    known: dict[int, int] = {}
    for one in values:
        if isinstance(one, nn.Module) and calls_of(one, known) > MOST_CALLS:
            raise too_many_layers(node, MOST_CALLS)


def too_many_layers(node: ast.AST, most: int) -> NotUnderstoodError:
    """What is said of more layers than are read."""
    return NotUnderstoodError(sentence("paste-many-layers", "at most {most} layers are read", most=most), node)


def too_many_entries(node: ast.AST | None = None) -> NotUnderstoodError:
    """What is said of more entries than are read."""
    return NotUnderstoodError(
        sentence("paste-many-entries", "at most {most} entries are read", most=MOST_ENTRIES), node
    )
