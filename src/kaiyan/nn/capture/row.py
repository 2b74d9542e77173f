"""The tables of ATen operations: what a row is given, and the shorthand of all families."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch.fx import Node as AtenNode

    from kaiyan.nn.capture.manuscript import Manuscript

Written = str | tuple[str | None, ...] | None
"""What a row gives: the name of the value, names of several outputs, or None where torch must compute it."""
Row = Callable[["Manuscript", "AtenNode"], Written]
"""Writes the nodes of one ATen call into a draft."""


def arguments(node: AtenNode) -> dict[str, Any]:
    """The arguments of a call by their names in the operation's schema, defaults included."""
    target: Any = node.target
    schema = target._schema  # noqa: SLF001 (the only road to the names)
    named = {}
    for i, argument in enumerate(schema.arguments):
        default = argument.default_value if argument.has_default_value() else None
        named[argument.name] = node.args[i] if i < len(node.args) else node.kwargs.get(argument.name, default)
    return named


def given(node: AtenNode) -> Any:
    """The arguments of a call that were given in their order."""
    return node.args


def one_an_axis(setting: Any, axes: int) -> list[Any]:
    """A setting that torch allows to be given once for all axes."""
    listed = list(setting) if isinstance(setting, (list, tuple)) else [setting]
    return listed * axes if len(listed) == 1 else listed


def only_first_is_read(node: AtenNode) -> bool:
    """Whether nothing reads an output other than the first of several."""
    return all(given(reader)[1] == 0 for reader in node.users)


def axis_of(axis: int, rank: int) -> int:
    """An axis counted from the front."""
    return axis + rank if axis < 0 else axis
