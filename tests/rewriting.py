"""Small graphs made by hand, rewritten and held against what they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from random_graphs import Growing, random_arrays

from kaiyan.program.graph import Graph
from kaiyan.program.rewrites import rewritten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CONVOLUTION: dict[str, Any] = {
    "kernel": (3, 3), "stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1,
    "padding_mode": "zeros", "transposed": False, "output_padding": (0, 0), "bias": False, "residual": False,
    "activation": None,
}  # fmt: skip
"""A convolution of 3 x 3 that keeps the sizes."""


def agree(before: Sequence[Any], after: Sequence[Any], share: float) -> None:
    """Same shapes, types, NaN and infinities; numbers differ by a share of the largest."""
    for y, z in zip(before, after, strict=True):
        assert y.shape == z.shape
        assert y.dtype == z.dtype
        finite = np.isfinite(y)
        assert (np.isnan(y) == np.isnan(z)).all()
        assert (y[np.isinf(y)] == z[np.isinf(y)]).all()
        largest = max(1.0, np.abs(y[finite]).max(initial=0))
        assert np.abs(y[finite] - z[finite]).max(initial=0) <= share * largest


def computed_by_definition(graph: Graph, arrays: Sequence[Any]) -> list[Any]:
    with np.errstate(all="ignore"):
        return graph.computed(arrays)


def grown(make: Callable[[Growing, str], Any], shape: Sequence[int] = (2, 4, 7, 6)) -> Graph:
    """The graph of what ``make`` puts behind one input; what it gives are the outputs."""
    growing = Growing(3, "float64", jumps=False)
    outputs = make(growing, growing.input(shape))
    outputs = (outputs,) if isinstance(outputs, str) else outputs
    return Graph(tuple(growing.inputs), tuple(outputs), tuple(growing.nodes), growing.constants)


def rewritten_of(make: Callable[[Growing, str], Any], shape: Sequence[int] = (2, 4, 7, 6)) -> Graph:
    """The same rewritten, and held against what it was."""
    graph = grown(make, shape)
    arrays = random_arrays(graph, 1)
    fewer = rewritten(graph)
    agree(computed_by_definition(graph, arrays), computed_by_definition(fewer, arrays), 1e-12)
    return fewer


def operations_of(graph: Graph) -> list[str]:
    return [node.operation for node in graph.nodes]


def put_convolution(growing: Growing, x: str, K: int = 4, **given: Any) -> str:
    settings = CONVOLUTION | given
    C, groups = growing.shape(x)[1], settings["groups"]
    sizes = (C, K // groups) if settings["transposed"] else (K, C // groups)
    weight = growing.constant((*sizes, *settings["kernel"]), 0.2)
    bias = [growing.constant((K,))] * settings["bias"]
    return growing.put("convolution", [x, weight, *bias], **settings)


def put_norm(growing: Growing, x: str) -> str:
    shape = (growing.shape(x)[1], 1, 1)
    return growing.map([x, growing.constant(shape), growing.constant(shape)], ("mul", 0, 1), ("add", 3, 2))
