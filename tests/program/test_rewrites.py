"""Rewrites: the graph computes the same by the definitions of its operations, in fewer steps.

What each rewrite is to leave is written by hand; the numbers are those of the graph before, in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from random_graphs import Growing, random_arrays, random_graph
from rewriting import (
    agree,
    computed_by_definition,
    operations_of,
    rewritten_of,
)

from kaiyan.program.graph import Graph, Input, Node
from kaiyan.program.operations import OPERATIONS
from kaiyan.program.rewrites import rewritten

_EACH = 60


@pytest.mark.parametrize("first", range(0, 5 * _EACH, _EACH))
def test_a_random_graph_computes_the_same_in_fewer_steps(first: int) -> None:
    before = after = 0
    for seed in range(first, first + _EACH):
        graph = random_graph(seed, "float64")
        arrays = random_arrays(graph, seed)
        if seed % 3 == 0:
            for array in arrays:
                array[np.random.default_rng(seed).random(array.shape) < 0.03] = (np.nan, np.inf, -np.inf)[seed // 3 % 3]
        fewer = rewritten(graph)
        agree(computed_by_definition(graph, arrays), computed_by_definition(fewer, arrays), 1e-9)
        assert rewritten(fewer) is fewer
        before, after = before + len(graph.nodes), after + len(fewer.nodes)
    assert after < 0.75 * before


def test_random_graphs_hold_every_operation_are_repeated_by_their_seed_and_know_their_kinds() -> None:
    seen: set[str] = set()
    for seed in range(150):
        graph, again = random_graph(seed), random_graph(seed)
        assert (graph.nodes, graph.inputs, graph.outputs) == (again.nodes, again.inputs, again.outputs)
        seen |= {node.operation for node in graph.nodes}
        kinds = graph.kinds()
        for name, array in zip(graph.outputs, computed_by_definition(graph, random_arrays(graph, seed)), strict=True):
            assert (kinds[name].shape, kinds[name].dtype) == (array.shape, array.dtype.name)
    assert seen == set(OPERATIONS) - {"foreign"}


def test_concatenations_are_flat_and_what_is_cut_out_of_one_is_its_part() -> None:
    def make(growing: Growing, x: str) -> tuple[str, str, str]:
        y = growing.map([x], ("sin", 0))
        inner = growing.put("concatenate", [x, y], axis=1)
        whole = growing.put("concatenate", [inner, y], axis=1)
        part = growing.put("slice", [whole], axis=1, start=4, stop=8, step=1)
        half = growing.put("slice", [whole], axis=1, start=9, stop=12, step=2)
        return whole, part, half

    whole, cut = rewritten_of(make).nodes[1:]
    assert whole.inputs == ("x0", "v0", "v0")
    assert (cut.inputs, cut.settings) == (("v0",), {"axis": 1, "start": 1, "stop": 4, "step": 2})


def test_views_that_change_nothing_go_and_views_of_views_are_one() -> None:
    def make(growing: Growing, x: str) -> tuple[str, str, str]:
        turned = growing.put("permute", [growing.put("permute", [x], axes=(0, 2, 3, 1))], axes=(0, 3, 1, 2))
        whole = growing.put("slice", [turned], axis=2, start=0, stop=7, step=1)
        flat = growing.put("reshape", [growing.put("reshape", [whole], sizes=(8, 42))], sizes=(2, -1))
        first = growing.put("slice", [x], axis=2, start=1, stop=7, step=2)
        return whole, flat, growing.put("slice", [first], axis=2, start=1, stop=3, step=1)

    graph = rewritten_of(make)
    assert graph.outputs[0] == "x0"
    assert operations_of(graph) == ["reshape", "slice"]


def test_what_is_made_of_constants_is_computed_but_not_what_would_be_large() -> None:
    def make(growing: Growing, x: str) -> tuple[str, str]:
        small = growing.map([growing.constant((6,)), growing.constant((6,))], ("mul", 0, 1))
        wide = growing.put("expand", [growing.constant((1, 1))], sizes=(100, 100))
        return growing.map([x, small], ("add", 0, 1)), wide

    assert operations_of(rewritten_of(make)) == ["expand", "map"]


def test_the_same_is_computed_once_and_the_unread_not_at_all() -> None:
    def make(growing: Growing, x: str) -> tuple[str, str]:
        for _ in range(3):
            growing.put("softmax", [x], axis=1)
        return "v0", "v2"

    graph = rewritten_of(make)
    assert graph.outputs == ("v0", "v0")
    assert len(graph.nodes) == 1


def test_a_product_with_a_constant_matrix_is_a_linear_layer() -> None:
    def make(growing: Growing, x: str) -> str:
        y = growing.put("matmul", [x, growing.constant((6, 5))])
        return growing.map([y, growing.constant((5,))], ("add", 0, 1))

    [node] = rewritten_of(make).nodes
    assert (node.operation, node.settings["bias"]) == ("linear", True)


def test_maps_are_joined_but_never_where_a_small_one_would_be_computed_often() -> None:
    def make(growing: Growing, x: str) -> tuple[str, str]:
        small = growing.map([growing.put("reduce", [x], axes=(2, 3), kind="mean", keep=True)], ("exp", 0))
        y = growing.map([growing.map([x], ("sin", 0)), small], ("mul", 0, 1))
        return growing.map([y, x], ("add", 0, 1), ("cos", 2)), x

    assert operations_of(rewritten_of(make)) == ["reduce", "map", "map"]


def test_joined_maps_stay_within_their_bounds() -> None:
    def make(growing: Growing, x: str) -> str:
        y = x
        for _ in range(20):
            y = growing.map([y, growing.put("softmax", [y], axis=1)], ("add", 0, 1), ("sin", 2), ("abs", 3), ("exp", 4))
            y = growing.map([y, y], ("sub", 0, 0.5), ("mul", 0, 2))
        for _ in range(30):
            y = growing.map([y, growing.constant((7, 6))], ("add", 0, 1), ("sin", 2))
        return y

    maps = [node for node in rewritten_of(make).nodes if node.operation == "map"]
    assert max(len(node.inputs) for node in maps) == 8
    assert max(len(node.settings["terms"]) for node in maps) <= 32


_SAID = [
    ("silu", (("sigmoid", 0), ("mul", 1, 0))), ("hardswish", (("hardsigmoid", 0), ("mul", 0, 1))),
    ("hardswish", (("add", 0, 3.0), ("clip", 1, 0.0, 6.0), ("mul", 0, 2), ("div", 3, 6.0))),
    ("hardswish", (("add", 3.0, 0), ("relu6", 1), ("mul", 2, 1 / 6), ("mul", 0, 3))),
    ("hardsigmoid", (("add", 0, 3.0), ("maximum", 0.0, 1), ("minimum", 2, 6.0), ("div", 3, 6.0))),
    ("gelu", (("mul", 0, 0.5), ("div", 0, 2**0.5), ("erf", 2), ("add", 3, 1.0), ("mul", 1, 4))),
    ("gelu", (("mul", 0, 0.5**0.5), ("erf", 1), ("add", 1.0, 2), ("mul", 0, 3), ("div", 4, 2.0))),
    ("mish", (("softplus", 0), ("tanh", 1), ("mul", 0, 2))), ("relu", (("maximum", 0, 0.0),)),
]  # fmt: skip


@pytest.mark.parametrize(("word", "terms"), _SAID)
def test_functions_written_out_are_said_in_one_word(word: str, terms: tuple[tuple[Any, ...], ...]) -> None:
    [node] = rewritten_of(lambda growing, x: growing.map([x], *terms)).nodes
    assert node.settings["terms"] == ((word, 0),)


_NOT_SAID = [
    (("sigmoid", 0), ("mul", 1, 1)), (("add", 0, 3.0), ("relu6", 1), ("mul", 1, 2), ("div", 3, 6.0)),
    (("clip", 0, 0.0, 5.0),), (("div", 0, 1.4), ("erf", 1), ("add", 2, 1.0), ("mul", 0, 3), ("mul", 4, 0.5)),
]  # fmt: skip


@pytest.mark.parametrize("terms", _NOT_SAID)
def test_functions_that_are_nearly_such_stay(terms: tuple[tuple[Any, ...], ...]) -> None:
    [node] = rewritten_of(lambda growing, x: growing.map([x], *terms)).nodes
    assert node.settings["terms"] == terms


def test_whole_numbers_are_rounded_at_every_step_and_so_never_joined() -> None:
    nodes = (
        Node("map", ("x",), "half", {"terms": (("div", 0, 2.0),)}),
        Node("map", ("half",), "y", {"terms": (("mul", 0, 2.0),)}),
    )
    graph = Graph((Input("x", (3,), "int64"),), ("y",), nodes, {})
    assert rewritten(graph).nodes == nodes


def test_a_foreign_node_stays_with_its_function() -> None:
    settings = {"shape": (2, 4), "dtype": "float64", "name": "sort"}
    nodes = (Node("foreign", ("x",), "a", settings), Node("foreign", ("x",), "b", settings))
    graph = Graph((Input("x", (2, 4), "float64"),), ("b",), nodes, {}, {"a": np.sort, "b": np.sort})
    fewer = rewritten(graph)
    assert set(fewer.foreign) == {"b"}
    x = np.array([[3.0, 1, 2, 0]] * 2)
    assert (fewer.computed([x])[0] == np.sort(x)).all()


def test_a_constant_of_one_number_that_adds_an_axis_stays() -> None:
    [node] = rewritten_of(lambda growing, x: growing.map([x, growing.constant((1, 1, 1))], ("mul", 0, 1)), (2, 4)).nodes
    assert len(node.inputs) == 2
    [node] = rewritten_of(lambda growing, x: growing.map([x, growing.constant((1, 1))], ("mul", 0, 1)), (2, 4)).nodes
    assert len(node.inputs) == 1
