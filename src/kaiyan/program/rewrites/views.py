"""Views of views are one view, and what changes nothing goes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.program.graph import Node
    from kaiyan.program.rewrites.draft import Redraft


def simpler_views(draft: Redraft) -> None:
    """Joins reshape with reshape, permute with permute and slice with slice; takes away what gives its input again."""
    for listed in draft.listed():
        node = draft.nodes[listed.output]
        before = draft.nodes.get(node.inputs[0]) if node.inputs else None
        if before is not None and before.operation == node.operation and node.operation in _OF_ITSELF:
            joined = _OF_ITSELF[node.operation](before, node)
            if joined is not None:
                node = replace(joined, inputs=before.inputs)
                draft.put(node)
        if node.operation in _NOTHING and _changes_nothing(draft, node):
            draft.rename(node.output, node.inputs[0])


def _changes_nothing(draft: Redraft, node: Node) -> bool:
    kind = draft.kinds[node.output]
    same = kind is not None and kind == draft.kinds[node.inputs[0]]
    return same and _NOTHING[node.operation](node)


def _always(node: Node) -> bool:
    del node
    return True


def _keeps_the_order(node: Node) -> bool:
    axes: tuple[int, ...] = node.settings["axes"]
    return axes == tuple(range(len(axes)))


def _alone(node: Node) -> bool:
    return len(node.inputs) == 1


_NOTHING: dict[str, Callable[[Node], bool]] = {
    "reshape": _always,
    "expand": _always,
    "pad": _always,
    "cast": _always,
    "permute": _keeps_the_order,
    "slice": lambda node: node.settings["step"] == 1,
    "concatenate": _alone,
}
"""Operations that give their input again where it has the output's shape and type, and what else must hold."""


def _reshaped(before: Node, node: Node) -> Node:
    del before
    return node


def _permuted(before: Node, node: Node) -> Node:
    return replace(node, settings={"axes": tuple(before.settings["axes"][axis] for axis in node.settings["axes"])})


def _sliced(before: Node, node: Node) -> Node | None:
    first, then = before.settings, node.settings
    if first["axis"] != then["axis"] or not all(
        isinstance(settings[word], int) for settings in (first, then) for word in ("start", "stop", "step")
    ):
        return None
    step = first["step"]
    last = first["start"] + max(then["stop"] - 1, 0) * step
    return replace(
        node,
        settings={
            "axis": then["axis"],
            "start": first["start"] + then["start"] * step,
            "stop": last + 1 if then["stop"] > then["start"] else first["start"] + then["start"] * step,
            "step": step * then["step"],
        },
    )


_OF_ITSELF: dict[str, Callable[[Node, Node], Node | None]] = {
    "reshape": _reshaped,
    "permute": _permuted,
    "slice": _sliced,
}
"""How an operation and the same again are one."""
