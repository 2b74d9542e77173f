"""What a name of pasted code can hold beside numbers, tensors and layers; and how large it may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kaiyan.explain.pasted.run import NotUnderstoodError
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    import ast

    from torch import nn

    from kaiyan.explain.pasted.modules import PastedClass

LARGEST_NUMBER = 2**62
MOST_ENTRIES = 4096


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


def _length(value: Any) -> int:
    """How many entries there are; of a range that no machine could hold, one more than are read."""
    try:
        return len(value)
    except OverflowError:
        return MOST_ENTRIES + 1


def bounded(value: Any, node: ast.AST) -> Any:
    """The value, where it is no larger than a model needs."""
    if isinstance(value, int) and not -LARGEST_NUMBER < value < LARGEST_NUMBER:
        raise NotUnderstoodError(sentence("paste-large-number", "a number this large is not read"), node)
    if isinstance(value, (str, list, tuple, dict, range)) and _length(value) > MOST_ENTRIES:
        raise NotUnderstoodError(
            sentence("paste-many-entries", "at most {most} entries are read", most=MOST_ENTRIES), node
        )
    return value
