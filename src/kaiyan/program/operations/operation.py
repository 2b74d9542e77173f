"""What a row of the table of operations says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.program.graph import Node, ValueKind
    from kaiyan.reference.dtype import Numbers


@dataclass(frozen=True, slots=True)
class Operation:
    """``kind`` is the shape and type of the output; ``compute`` the definition, of arrays and in their type.

    ``is_view`` says that the output's elements are the input's own, seen otherwise.
    """

    name: str
    kind: Callable[[Node, Sequence[ValueKind]], ValueKind]
    compute: Callable[[Node, Sequence[Numbers]], Numbers]
    is_view: bool = False
