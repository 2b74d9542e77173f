"""Rewrites of graphs whose sizes are not known: right for every size, held against the graph before at several."""

from __future__ import annotations

import operator
from contextlib import suppress
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from random_graphs import random_arrays, random_graph

from kaiyan.program.graph import Graph, Input, Node
from kaiyan.program.rewrites import rewritten
from kaiyan.program.rewrites.draft import Redraft
from kaiyan.program.rewrites.kinds import broadcast
from kaiyan.program.rewrites.sizes import Reckoned, amounts
from kaiyan.program.size import Symbolic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _opened(graph: Graph) -> Graph:
    """The same graph for inputs of any size."""
    inputs = tuple(
        replace(given, shape=tuple(Symbolic(f"{given.name}_{axis}") for axis in range(len(given.shape))))
        for given in graph.inputs
    )
    return replace(graph, inputs=inputs)


def _number(amount: Any, symbols: Mapping[str, int]) -> int:
    """What a reckoned size is for these symbols; raises ``KeyError`` where it says that it is not known."""
    if not isinstance(amount, Reckoned):
        return int(amount)
    return sum(count * prod(_factor(factor, symbols) for factor in factors) for factors, count in amount.terms)


def _factor(factor: tuple[Any, ...], symbols: Mapping[str, int]) -> int:
    word, *parts = factor
    if not parts:
        return symbols[word]
    compute = _OPERATORS[word]
    left, right = (_number(part, symbols) for part in parts)
    return compute(left, right)


_OPERATORS: dict[str, Callable[[int, int], int]] = {"//": operator.floordiv, "%": operator.mod}


def _shapes(graph: Graph, more: int) -> list[tuple[int, ...]]:
    """The inputs' shapes, all but the channels larger by some."""
    return [
        tuple(n + more * (axis != 1) for axis, n in enumerate(given.shape) if isinstance(n, int))
        for given in graph.inputs
    ]


def _runs(graph: Graph, shapes: list[tuple[int, ...]]) -> Graph | None:
    """The graph at these shapes; None where its settings, such as sizes of a reshape, ask for others."""
    with suppress(ValueError):
        known = graph.at(shapes)
        kinds = known.kinds()
        with np.errstate(all="ignore"):
            computed = known.computed(random_arrays(known, 0))
        return known if [array.shape for array in computed] == [kinds[name].shape for name in known.outputs] else None
    return None


@pytest.mark.parametrize("first", [0, 40, 80])
def test_a_graph_rewritten_before_its_sizes_are_known_is_right_for_all(first: int) -> None:
    others = 0
    for seed in range(first, first + 40):
        graph = random_graph(seed, "float64")
        open_graph = _opened(graph)
        fewer = rewritten(open_graph)
        for more in (0, 1, 2):
            known = _runs(open_graph, _shapes(graph, more))
            assert known is not None or more
            if known is None:
                continue
            others += bool(more)
            arrays = random_arrays(known, seed)
            with np.errstate(all="ignore"):
                before, after = known.computed(arrays), fewer.at(_shapes(graph, more)).computed(arrays)
            for y, z in zip(before, after, strict=True):
                assert y.shape == z.shape
                assert np.abs(y - z).max(initial=0) <= 1e-9 * max(1, np.abs(y).max(initial=0))
    assert others > 20


def test_sizes_reckoned_with_symbols_are_those_that_the_operations_give() -> None:
    known_ones = 0
    for seed in range(60):
        graph = random_graph(seed, "float64")
        draft = Redraft(_opened(graph))
        symbols = {f"{given.name}_{axis}": int(n) for given in graph.inputs for axis, n in enumerate(given.shape)}  # type: ignore[arg-type]
        kinds = graph.kinds()
        for name, kind in draft.kinds.items():
            assert kind is not None
            for size, wanted in zip(kind.shape, kinds[name].shape, strict=True):
                with suppress(KeyError):
                    assert _number(size, symbols) == wanted, (seed, name)
                    known_ones += 1
    assert known_ones > 1000


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ("(h - 1)//2 + 1", "(h + 1)//2", True),
        ("h//2", "(h + 1)//2", False),
        ("2*(h + w) - h", "h + 2*w", True),
        ("(4*h + 6)//2", "2*h + 3", True),
        ("(h + 5)//4", "1 + (h + 1)//4", True),
        ("n*h*w//(h*w)", "n", True),
        ("n*h//w", "n", False),
        ("h % 4", "h - h//4*4", True),
        ("h//-2", "-(h//2)", False),
    ],
)
def test_two_sizes_are_one_where_they_are_equal_for_every_input(left: str, right: str, equal: bool) -> None:
    assert (amounts(Symbolic(left)) == amounts(Symbolic(right))) is equal


def test_a_residual_is_taken_where_its_open_size_is_known_to_be_the_same_and_not_else() -> None:
    convolution = {
        "kernel": (3, 3), "stride": (2, 2), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1,
        "padding_mode": "zeros", "transposed": False, "output_padding": (0, 0), "bias": False, "residual": False,
        "activation": None,
    }  # fmt: skip
    point = convolution | {"kernel": (1, 1), "padding": ((0, 0), (0, 0))}
    weights = {"three": np.ones((2, 2, 3, 3)), "one": np.ones((2, 2, 1, 1))}
    shape = (Symbolic("n"), 2, Symbolic("h"), Symbolic("w"))
    same = (
        Node("convolution", ("x", "three"), "a", convolution),
        Node("convolution", ("x", "one"), "b", point),
        Node("map", ("a", "b"), "y", {"terms": (("add", 0, 1),)}),
    )
    graph = Graph((Input("x", shape, "float64"),), ("y",), same, weights)
    assert [node.operation for node in rewritten(graph).nodes] == ["convolution", "convolution"]
    other = (same[0], same[1], Node("map", ("a", "z"), "y", {"terms": (("add", 0, 1),)}))
    second = Input("z", (Symbolic("n"), 2, Symbolic("k"), Symbolic("w")), "float64")
    graph = Graph((Input("x", shape, "float64"), second), ("y",), other, weights)
    assert [node.operation for node in rewritten(graph).nodes] == ["convolution", "map"]


def test_a_size_that_is_not_known_is_the_number_that_it_meets() -> None:
    h, w = amounts((Symbolic("h"), Symbolic("w")))
    assert broadcast([(h, 1, h, w), (5, w, 1, h)], "y")[:3] == (5, w, h)
    assert broadcast([(h,), (w,)], "y") not in ((h,), (w,))
