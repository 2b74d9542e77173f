"""Rewrites: the graph computes the same by the definitions of its operations, in fewer steps.

What each rewrite is to leave is written by hand; the numbers are those of the graph before, in float64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from program.random_graphs import Growing, random_arrays, random_graph

from kaiyan.program.graph import Graph, Input, Node
from kaiyan.program.operations import OPERATIONS
from kaiyan.program.rewrites import rewritten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CONVOLUTION: dict[str, Any] = {
    "kernel": (3, 3), "stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1,
    "padding_mode": "zeros", "transposed": False, "output_padding": (0, 0), "bias": False, "residual": False,
    "activation": None,
}  # fmt: skip
_EACH = 60


def _agree(before: Sequence[Any], after: Sequence[Any], share: float) -> None:
    """Same shapes, types, NaN and infinities; numbers differ by a share of the largest."""
    for y, z in zip(before, after, strict=True):
        assert y.shape == z.shape
        assert y.dtype == z.dtype
        finite = np.isfinite(y)
        assert (np.isnan(y) == np.isnan(z)).all()
        assert (y[np.isinf(y)] == z[np.isinf(y)]).all()
        largest = max(1.0, np.abs(y[finite]).max(initial=0))
        assert np.abs(y[finite] - z[finite]).max(initial=0) <= share * largest


def _computed(graph: Graph, arrays: Sequence[Any]) -> list[Any]:
    with np.errstate(all="ignore"):
        return graph.computed(arrays)


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
        _agree(_computed(graph, arrays), _computed(fewer, arrays), 1e-9)
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
        for name, array in zip(graph.outputs, _computed(graph, random_arrays(graph, seed)), strict=True):
            assert (kinds[name].shape, kinds[name].dtype) == (array.shape, array.dtype.name)
    assert seen == set(OPERATIONS) - {"foreign"}


def _grown(make: Callable[[Growing, str], Any], shape: Sequence[int] = (2, 4, 7, 6)) -> Graph:
    """The graph of what ``make`` puts behind one input; what it gives are the outputs."""
    growing = Growing(3, "float64", jumps=False)
    outputs = make(growing, growing.input(shape))
    outputs = (outputs,) if isinstance(outputs, str) else outputs
    return Graph(tuple(growing.inputs), tuple(outputs), tuple(growing.nodes), growing.constants)


def _after(make: Callable[[Growing, str], Any], shape: Sequence[int] = (2, 4, 7, 6)) -> Graph:
    """The same rewritten, and held against what it was."""
    graph = _grown(make, shape)
    arrays = random_arrays(graph, 1)
    fewer = rewritten(graph)
    _agree(_computed(graph, arrays), _computed(fewer, arrays), 1e-12)
    return fewer


def _operations(graph: Graph) -> list[str]:
    return [node.operation for node in graph.nodes]


def _convolution(growing: Growing, x: str, K: int = 4, **given: Any) -> str:
    settings = CONVOLUTION | given
    C, groups = growing.shape(x)[1], settings["groups"]
    sizes = (C, K // groups) if settings["transposed"] else (K, C // groups)
    weight = growing.constant((*sizes, *settings["kernel"]), 0.2)
    bias = [growing.constant((K,))] * settings["bias"]
    return growing.put("convolution", [x, weight, *bias], **settings)


def _normed(growing: Growing, x: str) -> str:
    shape = (growing.shape(x)[1], 1, 1)
    return growing.map([x, growing.constant(shape), growing.constant(shape)], ("mul", 0, 1), ("add", 3, 2))


@pytest.mark.parametrize(
    "given",
    [
        {}, {"bias": True}, {"groups": 2}, {"transposed": True}, {"transposed": True, "groups": 2, "bias": True},
        {"padding": ((0, 0), (0, 0))}, {"padding": ((0, 0), (0, 0)), "groups": 4},
    ],
)  # fmt: skip
def test_norms_and_activations_behind_a_convolution_go_into_it(given: dict[str, Any]) -> None:
    def make(growing: Growing, x: str) -> str:
        return growing.map([_normed(growing, _convolution(growing, x, **given))], ("clip", 0, 0.0, 6.0))

    [node] = _after(make).nodes
    assert node.operation == "convolution"
    assert node.settings["activation"] == "relu6"
    assert node.settings["bias"]


@pytest.mark.parametrize("terms", [(("sub", 0.5, 0),), (("neg", 0),), (("div", 0, 3.0), ("add", -1.0, 1))])
def test_a_number_that_all_channels_share_goes_into_the_convolution(terms: tuple[tuple[Any, ...], ...]) -> None:
    assert _operations(_after(lambda growing, x: growing.map([_convolution(growing, x)], *terms))) == ["convolution"]


def test_a_linear_layer_takes_scale_residual_and_activation() -> None:
    def make(growing: Growing, x: str) -> str:
        weight, scale = growing.constant((6, 6)), growing.constant((6,))
        y = growing.put("linear", [x, weight], bias=False, residual=False, activation=None)
        total = growing.map([x, growing.map([y, scale], ("mul", 1, 0))], ("add", 0, 1))
        return growing.map([total], ("sigmoid", 0), ("mul", 0, 1))

    [node] = _after(make).nodes
    assert node.settings["residual"]
    assert node.settings["activation"] == "silu"


def test_of_two_convolutions_the_later_one_takes_the_other_as_its_residual() -> None:
    def make(growing: Growing, x: str) -> str:
        first = _normed(growing, _convolution(growing, x))
        second = _normed(growing, _convolution(growing, x))
        return growing.map([growing.map([second, first], ("add", 0, 1))], ("relu", 0))

    first, second = _after(make).nodes
    assert second.inputs[-1] == first.output
    assert second.settings["activation"] == "relu"


def test_a_convolution_moves_behind_the_residual_that_it_takes() -> None:
    def make(growing: Growing, x: str) -> str:
        y = _convolution(growing, x)
        mean = growing.put("reduce", [x], axes=(1,), kind="mean", keep=True)
        other = growing.put("expand", [mean], sizes=(2, 4, 7, 6))
        gate = growing.put("softmax", [x], axis=1)
        return growing.map([y, other, gate], ("add", 0, 1), ("mul", 3, 2))

    assert _operations(_after(make)) == ["reduce", "expand", "softmax", "convolution", "map"]


def test_what_two_read_is_not_folded() -> None:
    def make(growing: Growing, x: str) -> tuple[str, str]:
        y = _convolution(growing, x)
        return growing.map([y], ("relu", 0)), y

    assert _operations(_after(make)) == ["convolution", "map"]


def test_an_addition_of_another_shape_is_no_residual() -> None:
    def make(growing: Growing, x: str) -> str:
        mean = growing.put("reduce", [x], axes=(2, 3), kind="mean", keep=True)
        return growing.map([_convolution(growing, x), mean], ("add", 0, 1))

    assert _operations(_after(make)) == ["reduce", "convolution", "map"]


@pytest.mark.parametrize("word", ["mul", "add", "div"])
@pytest.mark.parametrize("number", [np.inf, np.nan, 1e300, 1e-320, 0.0])
def test_constants_that_leave_the_numbers_are_not_folded(word: str, number: float) -> None:
    def make(growing: Growing, x: str) -> str:
        y = _convolution(growing, x)
        growing.constants["odd"] = np.full((4, 1, 1), 1.0)
        growing.constants["odd"][2] = number
        growing.kinds["odd"] = growing.kinds[growing.constant((4, 1, 1))]
        for name in [name for name in growing.constants if name.startswith("c")]:
            growing.constants[name] = growing.constants[name] * 1e10
        return growing.map([y, "odd"], (word, 0, 1))

    graph = _grown(make)
    arrays = random_arrays(graph, 2)
    fewer = rewritten(graph)
    _agree(_computed(graph, arrays), _computed(fewer, arrays), 1e-12)
    if not np.isfinite(number):
        assert _operations(fewer) == ["convolution", "map"]


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"padding": ((0, 0), (0, 0))}, []),
        ({"padding": ((0, 0), (0, 0)), "groups": 2, "bias": True}, []),
        ({"padding_mode": "reflect"}, []),
        ({"padding": ((0, 0), (0, 0)), "transposed": True}, ["map"]),
        ({}, ["map"]),
    ],
)
def test_the_mean_and_deviation_of_pictures_go_into_the_first_layer_where_it_pads_nothing(
    given: dict[str, Any], left: list[str]
) -> None:
    def make(growing: Growing, x: str) -> str:
        mean, deviation = growing.constant((4, 1, 1)), growing.constant((1, 4, 1, 1), 0.1, 0.5)
        return _convolution(growing, growing.map([x, mean, deviation], ("sub", 0, 1), ("div", 3, 2)), **given)

    fewer = _after(make)
    assert _operations(fewer) == [*left, "convolution"]
    assert all(node.settings["terms"] == (("sub", 0, 1),) for node in fewer.nodes[:-1])


@pytest.mark.parametrize(
    ("mode", "value", "own", "left"),
    [
        ("constant", 0.0, ((1, 0), (0, 0)), []),
        ("constant", 1.0, ((0, 0), (0, 0)), ["pad"]),
        ("reflect", 0.0, ((0, 0), (0, 0)), []),
        ("circular", 0.0, ((0, 0), (0, 0)), []),
        ("replicate", 0.0, ((0, 0), (0, 0)), []),
        ("replicate", 0.0, ((1, 0), (0, 0)), ["pad"]),
    ],
)
def test_a_pad_goes_into_the_convolution(mode: str, value: float, own: Any, left: list[str]) -> None:
    def make(growing: Growing, x: str) -> str:
        y = growing.put("pad", [x], padding=((0, 0), (0, 0), (2, 1), (0, 3)), mode=mode, value=value)
        return _convolution(growing, y, padding=own)

    assert _operations(_after(make)) == [*left, "convolution"]


@pytest.mark.parametrize(
    ("given", "before", "value", "left"),
    [
        ({}, (1, 1), 0.0, []),
        ({"count_include_pad": True, "padding": (1, 1), "kernel": (5, 5)}, (1, 1), 0.0, []),
        ({"padding": (1, 1), "kernel": (5, 5)}, (1, 1), 0.0, ["pad"]),
        ({"ceil_mode": True}, (1, 1), 0.0, ["pad"]),
        ({"kind": "max"}, (1, 1), float("-inf"), []),
        ({"kind": "max"}, (1, 1), 0.0, ["pad"]),
        ({}, (1, 0), 0.0, ["pad"]),
    ],
)
def test_a_pad_goes_into_pooling_where_that_is_exact(
    given: dict[str, Any], before: tuple[int, int], value: float, left: list[str]
) -> None:
    settings = {
        "kind": "average", "kernel": (3, 2), "stride": (2, 2), "padding": (0, 0), "dilation": (1, 1),
        "ceil_mode": False, "count_include_pad": False, "divisor_override": None,
    } | given  # fmt: skip

    def make(growing: Growing, x: str) -> str:
        y = growing.put("pad", [x], padding=((0, 0), (0, 0), before, before), mode="constant", value=value)
        return growing.put("pool", [y], **settings)

    assert _operations(_after(make)) == [*left, "pool"]


def test_concatenations_are_flat_and_what_is_cut_out_of_one_is_its_part() -> None:
    def make(growing: Growing, x: str) -> tuple[str, str, str]:
        y = growing.map([x], ("sin", 0))
        inner = growing.put("concatenate", [x, y], axis=1)
        whole = growing.put("concatenate", [inner, y], axis=1)
        part = growing.put("slice", [whole], axis=1, start=4, stop=8, step=1)
        half = growing.put("slice", [whole], axis=1, start=9, stop=12, step=2)
        return whole, part, half

    whole, cut = _after(make).nodes[1:]
    assert whole.inputs == ("x0", "v0", "v0")
    assert (cut.inputs, cut.settings) == (("v0",), {"axis": 1, "start": 1, "stop": 4, "step": 2})


def test_views_that_change_nothing_go_and_views_of_views_are_one() -> None:
    def make(growing: Growing, x: str) -> tuple[str, str, str]:
        turned = growing.put("permute", [growing.put("permute", [x], axes=(0, 2, 3, 1))], axes=(0, 3, 1, 2))
        whole = growing.put("slice", [turned], axis=2, start=0, stop=7, step=1)
        flat = growing.put("reshape", [growing.put("reshape", [whole], sizes=(8, 42))], sizes=(2, -1))
        first = growing.put("slice", [x], axis=2, start=1, stop=7, step=2)
        return whole, flat, growing.put("slice", [first], axis=2, start=1, stop=3, step=1)

    graph = _after(make)
    assert graph.outputs[0] == "x0"
    assert _operations(graph) == ["reshape", "slice"]


def test_what_is_made_of_constants_is_computed_but_not_what_would_be_large() -> None:
    def make(growing: Growing, x: str) -> tuple[str, str]:
        small = growing.map([growing.constant((6,)), growing.constant((6,))], ("mul", 0, 1))
        wide = growing.put("expand", [growing.constant((1, 1))], sizes=(100, 100))
        return growing.map([x, small], ("add", 0, 1)), wide

    assert _operations(_after(make)) == ["expand", "map"]


def test_the_same_is_computed_once_and_the_unread_not_at_all() -> None:
    def make(growing: Growing, x: str) -> tuple[str, str]:
        for _ in range(3):
            growing.put("softmax", [x], axis=1)
        return "v0", "v2"

    graph = _after(make)
    assert graph.outputs == ("v0", "v0")
    assert len(graph.nodes) == 1


def test_a_product_with_a_constant_matrix_is_a_linear_layer() -> None:
    def make(growing: Growing, x: str) -> str:
        y = growing.put("matmul", [x, growing.constant((6, 5))])
        return growing.map([y, growing.constant((5,))], ("add", 0, 1))

    [node] = _after(make).nodes
    assert (node.operation, node.settings["bias"]) == ("linear", True)


def test_maps_are_joined_but_never_where_a_small_one_would_be_computed_often() -> None:
    def make(growing: Growing, x: str) -> tuple[str, str]:
        small = growing.map([growing.put("reduce", [x], axes=(2, 3), kind="mean", keep=True)], ("exp", 0))
        y = growing.map([growing.map([x], ("sin", 0)), small], ("mul", 0, 1))
        return growing.map([y, x], ("add", 0, 1), ("cos", 2)), x

    assert _operations(_after(make)) == ["reduce", "map", "map"]


def test_joined_maps_stay_within_their_bounds() -> None:
    def make(growing: Growing, x: str) -> str:
        y = x
        for _ in range(20):
            y = growing.map([y, growing.put("softmax", [y], axis=1)], ("add", 0, 1), ("sin", 2), ("abs", 3), ("exp", 4))
            y = growing.map([y, y], ("sub", 0, 0.5), ("mul", 0, 2))
        for _ in range(30):
            y = growing.map([y, growing.constant((7, 6))], ("add", 0, 1), ("sin", 2))
        return y

    maps = [node for node in _after(make).nodes if node.operation == "map"]
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
    [node] = _after(lambda growing, x: growing.map([x], *terms)).nodes
    assert node.settings["terms"] == ((word, 0),)


_NOT_SAID = [
    (("sigmoid", 0), ("mul", 1, 1)), (("add", 0, 3.0), ("relu6", 1), ("mul", 1, 2), ("div", 3, 6.0)),
    (("clip", 0, 0.0, 5.0),), (("div", 0, 1.4), ("erf", 1), ("add", 2, 1.0), ("mul", 0, 3), ("mul", 4, 0.5)),
]  # fmt: skip


@pytest.mark.parametrize("terms", _NOT_SAID)
def test_functions_that_are_nearly_such_stay(terms: tuple[tuple[Any, ...], ...]) -> None:
    [node] = _after(lambda growing, x: growing.map([x], *terms)).nodes
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
