"""A model as the one graph that a file can hold: captured anew, and held against the model at several sizes."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from kaiyan.nn.capture.captured import captured
from kaiyan.program.program import Program
from kaiyan.program.size import Symbolic
from kaiyan.show.error import KaiyanError
from kaiyan.trace.copied import copied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from kaiyan.program.graph import Graph

_MOST_INPUTS = 4
_ALIKE = 1e-3
"""Of an output's largest number, up to which a graph's is the model's."""

Inputs = tuple[Any, ...]


@torch.no_grad()
def whole_graph(model: nn.Module, inputs: Inputs) -> Graph:
    """The graph of a model, its inputs and outputs in the model's order, its weights as they are now.

    Sizes are open where the model, asked at other sizes, answers as the graph does; else they are the example's. Raises
    ``KaiyanError`` where the model is not one graph that takes and gives tensors alone.
    """
    made = captured(model, inputs)
    for other in _others(inputs):
        if _answer(made.model, other) is not None:
            made(*copied(other))
            break
    open_first = sorted(made.graphs, key=_open_sizes, reverse=True)
    for graph in open_first if not (made.left or made.breaks) else ():
        ordered = _in_order(graph, model, inputs)
        if ordered is not None:
            is_general = all(_agrees(ordered, model, other) is not False for other in _others(inputs))
            return ordered if is_general else ordered.at([tuple(x.shape) for x in _tensors(inputs)])
    reason = next(iter((*made.left, *made.breaks)), "-")
    raise KaiyanError(
        "save-not-one-program",
        "the model is not one program of tensors to tensors ({reason}), so it cannot be saved as one",
        "torch.save(model.state_dict(), path) keeps its weights",
        reason=str(reason).partition("\n")[0][:200],
    )


def _open_sizes(graph: Graph) -> int:
    return sum(isinstance(size, Symbolic) for given in graph.inputs for size in given.shape)


def _in_order(graph: Graph, model: nn.Module, inputs: Inputs) -> Graph | None:
    """The graph with its inputs and outputs in the model's order; None where it does not answer as the model does."""
    if not len(graph.inputs) == len(_tensors(inputs)) <= _MOST_INPUTS or len(graph.outputs) > _MOST_INPUTS:
        return None
    for given in permutations(graph.inputs):
        for outputs in permutations(graph.outputs):
            ordered = replace(graph, inputs=given, outputs=outputs)
            if _agrees(ordered, model, inputs):
                return ordered
    return None


def _agrees(graph: Graph, model: nn.Module, inputs: Inputs) -> bool | None:
    """Whether the graph answers as the model does; None where either does not take such inputs."""
    right = _answer(model, inputs)
    if right is None:
        return None
    try:
        found = Program(graph)(*(x.detach().numpy() for x in _tensors(inputs)))
    except KaiyanError:
        return None
    pairs = zip(found, right, strict=False)
    return len(found) == len(right) and all(_is_alike(ours, theirs.numpy()) for ours, theirs in pairs)


def _answer(model: nn.Module, inputs: Inputs) -> list[Tensor] | None:
    """The tensors of the model's answer, one for each; None where it fails or gives anything else."""
    try:
        leaves = tree_leaves(copied(model)(*copied(inputs)))
    except Exception:  # noqa: BLE001 (a model need not take another size)
        return None
    leaves = [leaf for leaf in leaves if leaf is not None]
    return leaves if leaves and all(isinstance(leaf, Tensor) for leaf in leaves) else None


def _is_alike(ours: Any, theirs: Any) -> bool:
    if (ours.shape, ours.dtype) != (theirs.shape, theirs.dtype):
        return False
    largest = float(np.abs(theirs).max(initial=0))
    return bool(np.allclose(ours, theirs, rtol=0, atol=_ALIKE * max(largest, 1e-30), equal_nan=True))


def _tensors(inputs: Inputs) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(inputs) if isinstance(leaf, Tensor)]


def _others(inputs: Inputs) -> Iterator[Inputs]:
    """The inputs with more examples, and with smaller and larger sides."""
    for batch, numerator, denominator in ((3, 1, 1), (2, 3, 2), (1, 2, 1), (1, 1, 2), (1, 1, 4)):
        yield tuple(_resized(x, batch, numerator, denominator) if isinstance(x, Tensor) else x for x in inputs)


def _resized(x: Tensor, batch: int, numerator: int, denominator: int) -> Tensor:
    """A tensor (N, C, *spatial) repeated, its spatial sides so many times as long; others with more examples only."""
    for axis in range(2, x.ndim):
        size = max(x.shape[axis] * numerator // denominator, 1)
        x = x.index_select(axis, torch.arange(size) % x.shape[axis])
    return torch.cat([x] * batch) if x.ndim else x
