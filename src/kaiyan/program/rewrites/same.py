"""What is computed twice is computed once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kaiyan.program.rewrites.draft import Redraft


def the_same_once(draft: Redraft) -> None:
    """Joins nodes that do the same with the same values, and constants that are one array."""
    _constants(draft)
    seen: dict[str, str] = {}
    for listed in draft.listed():
        node = draft.nodes[listed.output]
        if node.operation == "foreign":
            continue
        key = repr((node.operation, node.inputs, sorted(node.settings.items())))
        first = seen.setdefault(key, node.output)
        if first != node.output:
            draft.rename(node.output, first)


def _constants(draft: Redraft) -> None:
    seen: dict[Any, str] = {}
    for name, array in draft.constants.items():
        key = array.__array_interface__["data"][0], array.shape, array.strides, array.dtype.str
        first = seen.setdefault(key, name)
        if first != name and draft.readers(name):
            draft.reread(name, first)
