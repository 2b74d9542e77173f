"""An ATen graph written as a graph of ours, one call after the other."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.fx import Node as AtenNode

from kaiyan.nn.capture import arranging, convolving, elementwise, norms, pooling, products, spreading
from kaiyan.nn.capture.folding import folded
from kaiyan.nn.capture.manuscript import TORCH_FLOATS, Manuscript

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch.fx import GraphModule

    from kaiyan.nn.capture.row import Row, Written
    from kaiyan.program.graph import Graph

ROWS: dict[str, Row] = {
    target: row
    for family in (convolving, products, pooling, elementwise, norms, arranging, spreading)
    for target, row in family.ROWS.items()
}
"""By the name of the ATen operation; what has no row is computed by torch."""


@dataclass(frozen=True, slots=True)
class OutputOrigin:
    """What an output of the ATen graph is: a graph's output, an argument, a tensor that is known, or nothing of these.

    Exactly one of ``output``, ``argument`` and ``known`` is there, or ``size``, a SymInt, or ``plain``; ``copied`` says
    that the argument's elements are wanted in memory of their own.
    """

    output: int | None = None
    argument: int | None = None
    known: torch.Tensor | None = None
    size: Any = None
    copied: bool = False
    plain: Any = None
    fake: Any = None


@dataclass(frozen=True, slots=True)
class Translated:
    """A graph, the arguments that are its inputs, and what becomes of its outputs."""

    graph: Graph
    inputs: tuple[int, ...]
    outputs: tuple[OutputOrigin, ...]


def translated(
    module: GraphModule, frozen: Mapping[int, torch.Tensor], names: Mapping[int, str], numbers: Mapping[str, int]
) -> Translated:
    """The graph of an ATen module; its arguments in ``frozen`` are constants of these names.

    Raises ``NeedsNumbersError`` for symbols that must be in ``numbers``.
    """
    draft = Manuscript(numbers)
    inputs: list[int] = []
    placeholders = [node for node in module.graph.nodes if node.op == "placeholder"]
    for i, node in enumerate(placeholders):
        if i in frozen:
            draft.give_known(node, frozen[i].detach(), names.get(i))
        elif isinstance(node.meta.get("val"), torch.Tensor):
            draft.give_input(node, i)
            inputs.append(i)
    for node in module.graph.nodes:
        if node.op == "get_attr":
            draft.give_known(node, getattr(module, node.target).detach())
        elif node.op == "call_function":
            _write(draft, node)
    (output,) = [node for node in module.graph.nodes if node.op == "output"]
    results: list[str] = []
    given = tuple(_given(draft, entry, placeholders, results) for entry in output.args[0])
    return Translated(draft.graph(results), tuple(inputs), given)


def _write(draft: Manuscript, node: AtenNode) -> None:
    value = node.meta.get("val")
    if isinstance(value, (torch.SymInt, torch.SymFloat, torch.SymBool, int, float, bool)) or value is None:
        return
    if node.target is operator.getitem:
        _take(draft, node)
    elif (tensors := folded(draft, node)) is not None:
        draft.give_known(node, tensors)
    else:
        written = _by_row(draft, node)
        draft.values[node] = draft.foreign(node) if written is None else written


def _take(draft: Manuscript, node: AtenNode) -> None:
    several, index = node.args
    if several in draft.known:
        draft.give_known(node, draft.known[several][index])  # type: ignore[index]
    else:
        draft.values[node] = draft.values[several][index]  # type: ignore[index]


def _by_row(draft: Manuscript, node: AtenNode) -> Written:
    name = str(node.target).removeprefix("aten.")
    row = arranging.VIEWS.get(name) or products.MIXED.get(name)
    if row is None and _is_plain(draft, node):
        row = ROWS.get(name)
    if row is None:
        return None
    mark = draft.mark()
    written = row(draft, node)
    if written is None:
        draft.back_to(mark)
    return written


def _is_plain(draft: Manuscript, node: AtenNode) -> bool:
    """Whether all that a call reads and gives is of one type that our steps compute in; a known scalar is any."""
    fakes = node.meta["val"]
    first = fakes if isinstance(fakes, torch.Tensor) else fakes[0]
    if first is None or first.dtype not in TORCH_FLOATS:
        return False
    read = [entry.meta["val"] for entry in node.all_input_nodes if not _is_known_number(draft, entry)]
    tensors = [entry for entry in read if isinstance(entry, torch.Tensor)]
    return all(entry.dtype == first.dtype for entry in tensors)


def _is_known_number(draft: Manuscript, entry: AtenNode) -> bool:
    return entry in draft.known and entry.meta["val"].dim() == 0


def _given(draft: Manuscript, entry: Any, placeholders: Sequence[AtenNode], results: list[str]) -> OutputOrigin:
    if not isinstance(entry, AtenNode):
        return OutputOrigin(plain=entry)
    fake = entry.meta["val"]
    if not isinstance(fake, torch.Tensor):
        return OutputOrigin(size=fake)
    if entry in placeholders and entry not in draft.known:
        return OutputOrigin(argument=placeholders.index(entry), fake=fake)
    if entry in draft.known:
        return OutputOrigin(known=draft.known[entry], fake=fake)
    name = draft.value(entry)
    if name in draft.arguments:
        return OutputOrigin(argument=draft.arguments[name], copied=True, fake=fake)
    results.append(name)
    return OutputOrigin(output=len(results) - 1, fake=fake)
