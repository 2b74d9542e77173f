"""What goes into a convolution, a linear layer or a pooling, and what does not; the numbers stay those of before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from random_graphs import Growing, random_arrays
from rewriting import (
    agree,
    computed_by_definition,
    grown,
    operations_of,
    put_convolution,
    put_norm,
    rewritten_of,
)

from kaiyan.program.rewrites import rewritten


@pytest.mark.parametrize(
    "given",
    [
        {}, {"bias": True}, {"groups": 2}, {"transposed": True}, {"transposed": True, "groups": 2, "bias": True},
        {"padding": ((0, 0), (0, 0))}, {"padding": ((0, 0), (0, 0)), "groups": 4},
    ],
)  # fmt: skip
def test_norms_and_activations_behind_a_convolution_go_into_it(given: dict[str, Any]) -> None:
    def make(growing: Growing, x: str) -> str:
        return growing.map([put_norm(growing, put_convolution(growing, x, **given))], ("clip", 0, 0.0, 6.0))

    [node] = rewritten_of(make).nodes
    assert node.operation == "convolution"
    assert node.settings["activation"] == "relu6"
    assert node.settings["bias"]


@pytest.mark.parametrize("terms", [(("sub", 0.5, 0),), (("neg", 0),), (("div", 0, 3.0), ("add", -1.0, 1))])
def test_a_number_that_all_channels_share_goes_into_the_convolution(terms: tuple[tuple[Any, ...], ...]) -> None:
    assert operations_of(rewritten_of(lambda growing, x: growing.map([put_convolution(growing, x)], *terms))) == [
        "convolution"
    ]


def test_a_linear_layer_takes_scale_residual_and_activation() -> None:
    def make(growing: Growing, x: str) -> str:
        weight, scale = growing.constant((6, 6)), growing.constant((6,))
        y = growing.put("linear", [x, weight], bias=False, residual=False, activation=None)
        total = growing.map([x, growing.map([y, scale], ("mul", 1, 0))], ("add", 0, 1))
        return growing.map([total], ("sigmoid", 0), ("mul", 0, 1))

    [node] = rewritten_of(make).nodes
    assert node.settings["residual"]
    assert node.settings["activation"] == "silu"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_convolutions_the_later_one_takes_the_other_as_its_residual(order: tuple[int, int]) -> None:
    def make(growing: Growing, x: str) -> str:
        first = put_norm(growing, put_convolution(growing, x))
        second = put_norm(growing, put_convolution(growing, x))
        return growing.map([growing.map([second, first], ("add", *order))], ("relu", 0))

    first, second = rewritten_of(make).nodes
    assert second.inputs[-1] == first.output
    assert first.output == "v0"
    assert second.settings["activation"] == "relu"


def test_a_convolution_moves_behind_the_residual_that_it_takes() -> None:
    def make(growing: Growing, x: str) -> str:
        y = put_convolution(growing, x)
        mean = growing.put("reduce", [x], axes=(1,), kind="mean", keep=True)
        other = growing.put("expand", [mean], sizes=(2, 4, 7, 6))
        gate = growing.put("softmax", [x], axis=1)
        return growing.map([y, other, gate], ("add", 0, 1), ("mul", 3, 2))

    assert operations_of(rewritten_of(make)) == ["reduce", "expand", "softmax", "convolution", "map"]


def test_what_two_read_is_not_folded() -> None:
    def make(growing: Growing, x: str) -> tuple[str, str]:
        y = put_convolution(growing, x)
        return growing.map([y], ("relu", 0)), y

    assert operations_of(rewritten_of(make)) == ["convolution", "map"]


def test_an_addition_of_another_shape_is_no_residual() -> None:
    def make(growing: Growing, x: str) -> str:
        mean = growing.put("reduce", [x], axes=(2, 3), kind="mean", keep=True)
        return growing.map([put_convolution(growing, x), mean], ("add", 0, 1))

    assert operations_of(rewritten_of(make)) == ["reduce", "convolution", "map"]


@pytest.mark.parametrize("word", ["mul", "add", "div"])
@pytest.mark.parametrize("number", [np.inf, np.nan, 1e300, 1e-320, 0.0])
def test_constants_that_leave_the_numbers_are_not_folded(word: str, number: float) -> None:
    def make(growing: Growing, x: str) -> str:
        y = put_convolution(growing, x)
        growing.constants["odd"] = np.full((4, 1, 1), 1.0)
        growing.constants["odd"][2] = number
        growing.kinds["odd"] = growing.kinds[growing.constant((4, 1, 1))]
        for name in [name for name in growing.constants if name.startswith("c")]:
            growing.constants[name] = growing.constants[name] * 1e10
        return growing.map([y, "odd"], (word, 0, 1))

    graph = grown(make)
    arrays = random_arrays(graph, 2)
    fewer = rewritten(graph)
    agree(computed_by_definition(graph, arrays), computed_by_definition(fewer, arrays), 1e-12)
    if not np.isfinite(number):
        assert operations_of(fewer) == ["convolution", "map"]


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
        return put_convolution(growing, growing.map([x, mean, deviation], ("sub", 0, 1), ("div", 3, 2)), **given)

    fewer = rewritten_of(make)
    assert operations_of(fewer) == [*left, "convolution"]
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
        return put_convolution(growing, y, padding=own)

    assert operations_of(rewritten_of(make)) == [*left, "convolution"]


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
        ({}, (2, 2), 0.0, ["pad"]),
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

    assert operations_of(rewritten_of(make)) == [*left, "pool"]


def test_two_convolutions_that_read_one_pad_both_pad_by_themselves() -> None:
    def make(growing: Growing, x: str) -> tuple[str, str]:
        y = growing.put("pad", [x], padding=((0, 0), (0, 0), (2, 0), (0, 0)), mode="constant", value=0.0)
        none = ((0, 0), (0, 0))
        return put_convolution(growing, y, padding=none), put_convolution(growing, y, padding=none)

    assert operations_of(rewritten_of(make)) == ["convolution", "convolution"]


def test_a_pad_that_one_of_its_readers_cannot_do_stays_for_both() -> None:
    def make(growing: Growing, x: str) -> tuple[str, str]:
        y = growing.put("pad", [x], padding=((0, 0), (0, 0), (2, 0), (0, 0)), mode="constant", value=0.0)
        return put_convolution(growing, y), growing.put("softmax", [y], axis=1)

    assert sorted(operations_of(rewritten_of(make))) == ["convolution", "pad", "softmax"]


def test_scale_and_sum_behind_a_permute_go_into_the_linear_layer_before_it() -> None:
    def make(growing: Growing, x: str) -> str:
        y = growing.put("permute", [x], axes=(0, 2, 3, 1))
        weight, scale = growing.constant((4, 4)), growing.constant((4, 1, 1))
        y = growing.put("linear", [y, weight], bias=False, residual=False, activation=None)
        y = growing.map([growing.put("permute", [y], axes=(0, 3, 1, 2)), scale], ("mul", 0, 1))
        return growing.map([x, y], ("add", 0, 1), ("relu", 2))

    graph = rewritten_of(make)
    assert operations_of(graph) == ["permute", "linear", "permute"]
    [layer] = [node for node in graph.nodes if node.operation == "linear"]
    assert layer.inputs[0] == layer.inputs[-1] == graph.nodes[0].output
    assert layer.settings["activation"] == "relu"


def test_weights_that_a_scale_would_lose_are_not_nought() -> None:
    def make(growing: Growing, x: str) -> str:
        y = put_convolution(growing, x)
        growing.constants["c0"] = growing.constants["c0"] * 1e-200
        return growing.map([y], ("mul", 0, 1e-200))

    graph = grown(make)
    fewer = rewritten(graph)
    assert operations_of(fewer) == ["convolution"]
    assert fewer.constants[fewer.nodes[0].inputs[1]].all()
    x = np.full((2, 4, 7, 6), np.inf)
    x[:, :, :, :3] = 1
    agree(computed_by_definition(graph, [x]), computed_by_definition(fewer, [x]), 1e-12)


def test_a_sum_that_is_scaled_is_no_sum_of_what_was_scaled_alone() -> None:
    def make(growing: Growing, x: str) -> str:
        total = growing.map([put_convolution(growing, x), x], ("add", 0, 1))
        return growing.map([total, growing.constant((4, 1, 1))], ("mul", 0, 1))

    assert operations_of(rewritten_of(make)) == ["convolution", "map"]


@pytest.mark.parametrize("shape", [(4,), (4, 1), (4, 1, 1, 1), (2, 1, 1, 1), (1, 4, 1, 4)])
def test_numbers_along_another_axis_than_the_channels_are_not_folded(shape: tuple[int, ...]) -> None:
    def make(growing: Growing, x: str) -> str:
        return growing.map([put_convolution(growing, x), growing.constant(shape)], ("mul", 0, 1))

    assert operations_of(rewritten_of(make, (4 if shape[0] == 4 else 2, 4, 4, 4))) == ["convolution", "map"]


def test_a_linear_value_that_others_read_keeps_its_map_behind_the_permute() -> None:
    def make(growing: Growing, x: str) -> tuple[str, str]:
        y = growing.put("linear", [x, growing.constant((4, 6))], bias=False, residual=False, activation=None)
        return growing.map([growing.put("permute", [y], axes=(0, 3, 1, 2))], ("relu", 0)), y

    assert operations_of(rewritten_of(make)) == ["linear", "permute", "map"]
