"""What a row of the table of steps says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.program.graph import Node
    from kaiyan.program.place import KernelCall, Order, Place
    from kaiyan.program.room import PlanningRoom


@dataclass(frozen=True, slots=True)
class NativeStep:
    """How one operation of a graph runs natively.

    ``refuses`` says whether the node on such places is not computed natively. ``calls`` gives the native calls, in
    order, that fill the output's place from the inputs' places; a refused node is not asked for them. ``wants`` says in
    which order of its axes each input must lie, None where any will do: the others are laid so before.
    """

    operation: str
    refuses: Callable[[Node, Sequence[Place], Place], bool]
    calls: Callable[[Node, Sequence[Place], Place, PlanningRoom], list[KernelCall]]
    wants: Callable[[Node, Sequence[Place], Place], Sequence[Order | None]] | None = None
