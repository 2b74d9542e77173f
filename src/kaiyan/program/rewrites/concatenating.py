"""Concatenations in concatenations, and what is cut out of one again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kaiyan.program.graph import Node
    from kaiyan.program.rewrites.draft import Redraft


def flat_concatenations(draft: Redraft) -> None:
    """A concatenation that another alone reads, along the same axis, is part of it."""
    for listed in draft.listed("concatenate"):
        node = draft.nodes[listed.output]
        inputs = [name for read in node.inputs for name in _parts(draft, node, read)]
        if len(inputs) != len(node.inputs):
            draft.put(replace(node, inputs=tuple(inputs)))


def _parts(draft: Redraft, node: Node, name: str) -> tuple[str, ...]:
    inner = draft.nodes.get(name)
    if inner is None or inner.operation != "concatenate" or draft.only_reader(name) is None:
        return (name,)
    return inner.inputs if inner.settings["axis"] == node.settings["axis"] else (name,)


def cut_before_concatenating(draft: Redraft) -> None:
    """A slice that lies in one part of a concatenation is a slice of that part, or the part itself."""
    for node in draft.listed("slice"):
        whole = draft.nodes.get(node.inputs[0])
        if whole is None or whole.operation != "concatenate" or whole.settings["axis"] != node.settings["axis"]:
            continue
        found = _part(draft, node, whole)
        if found is None:
            continue
        part, start, size = found
        settings = dict(node.settings) | {
            "start": node.settings["start"] - start,
            "stop": node.settings["stop"] - start,
        }
        if settings["start"] == 0 and settings["stop"] == size and settings["step"] == 1:
            draft.rename(node.output, part)
        else:
            draft.put(replace(node, inputs=(part,), settings=settings))


def _part(draft: Redraft, node: Node, whole: Node) -> tuple[str, int, int] | None:
    """The part that a slice lies in, where it begins and its size."""
    first, stop, axis, start = node.settings["start"], node.settings["stop"], node.settings["axis"], 0
    if not (isinstance(first, int) and isinstance(stop, int) and first < stop):
        return None
    for name in whole.inputs:
        shape = draft.shape(name)
        size = None if shape is None else shape[axis]
        if not isinstance(size, int):
            return None
        if start <= first and stop <= start + size:
            return name, start, size
        start += size
    return None
