"""Windows that share elements are a view: whatever reads one reads what NumPy's windows hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from kaiyan.program.graph import Graph, Input, Node
from kaiyan.program.program import Program
from kaiyan.program.saved import load, save
from kaiyan.program.size import Symbolic

if TYPE_CHECKING:
    from pathlib import Path

_WEIGHT = np.random.default_rng(1).integers(-3, 4, (5, 4)).astype(np.float32)


def _read(values: Any, axis: int, step: int, dilation: int) -> list[Any]:
    """What the readers of ``_graph`` give of windows of four."""
    seen = np.moveaxis(sliding_window_view(values + 1, 3 * dilation + 1, axis), axis, 0)[::step]
    w = np.moveaxis(seen, 0, axis)[..., ::dilation]
    return [
        w,
        w * 2 + w,
        w.sum(-1),
        w @ _WEIGHT.T,
        np.concatenate([w, w], 1),
        w.transpose(0, 3, 2, 1).reshape(len(w), -1),
    ]


def _graph(shape: tuple[Any, ...], axis: int, step: int, dilation: int) -> Graph:
    settings = {"axis": axis, "size": 4, "step": step, "dilation": dilation}
    nodes = (
        Node("map", ("x",), "more", {"terms": (("add", 0, 1.0),)}),
        Node("windows", ("more",), "w", settings),
        Node("map", ("w",), "thrice", {"terms": (("mul", 0, 2.0), ("add", 1, 0))}),
        Node("reduce", ("w",), "sum", {"axes": (3,), "kind": "sum", "keep": False}),
        Node("linear", ("w", "weight"), "product", {"bias": False, "residual": False, "activation": None}),
        Node("concatenate", ("w", "w"), "twice", {"axis": 1}),
        Node("permute", ("w",), "turned", {"axes": (0, 3, 2, 1)}),
        Node("reshape", ("turned",), "flat", {"sizes": (shape[0], -1)}),
    )
    outputs = ("w", "thrice", "sum", "product", "twice", "flat")
    return Graph((Input("x", shape),), outputs, nodes, {"weight": _WEIGHT}, {})


@pytest.mark.parametrize(("step", "dilation"), [(1, 1), (3, 1), (4, 1), (2, 2), (5, 3)])
@pytest.mark.parametrize("axis", [1, 2])
def test_windows_are_read_where_they_lie(axis: int, step: int, dilation: int) -> None:
    values = np.random.default_rng(0).integers(-9, 10, (2, 13, 17)).astype(np.float32)
    answers = Program(_graph(values.shape, axis, step, dilation))(values)
    for answer, right in zip(answers, _read(values, axis, step, dilation), strict=True):
        np.testing.assert_array_equal(answer, right)


def test_windows_of_a_size_that_is_open_are_saved_and_loaded(tmp_path: Path) -> None:
    graph = _graph((2, Symbolic("h"), 6), 1, 3, 2)
    save(graph, tmp_path / "windows.kaiyan")
    for made in (Program(graph), load(tmp_path / "windows.kaiyan")):
        for size in (9, 14):
            values = np.random.default_rng(size).integers(-9, 10, (2, size, 6)).astype(np.float32)
            for answer, right in zip(made(values), _read(values, 1, 3, 2), strict=True):
                np.testing.assert_array_equal(answer, right)
