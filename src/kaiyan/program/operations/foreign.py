"""``foreign``: what another library computes in its place, such as torch. ``shape``, ``dtype``, and its ``name``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.program.graph import ValueKind
from kaiyan.program.operations.operation import Operation
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.graph import Node
    from kaiyan.reference.dtype import Numbers


def _kind(node: Node, kinds: Sequence[ValueKind]) -> ValueKind:
    del kinds
    return ValueKind(node.settings["shape"], node.settings["dtype"])


def _compute(node: Node, arrays: Sequence[Numbers]) -> Numbers:
    del arrays
    raise KaiyanError("program-foreign", "{name} is computed by torch, which is not here", name=node.settings["name"])


ROWS = (Operation("foreign", _kind, _compute),)
