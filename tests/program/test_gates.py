"""Squeeze and excitation: a gate on each channel, taken into the weight of the layer behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from graph_nets import Net

import kaiyan
from kaiyan.engine.codegen.running.threads import holding
from kaiyan.program.choices import Choices
from kaiyan.program.graph import Graph, Input
from kaiyan.program.program import Program
from kaiyan.program.saved import save

if TYPE_CHECKING:
    from pathlib import Path


def drawn(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def arrays(batch: int, C: int, *sizes: int) -> tuple[Any, Any]:
    """A picture and what its gate is the sigmoid of."""
    return drawn(batch, C, *sizes), 3 * drawn(batch, C, 1, 1, seed=1)


def gated_net(
    x: Any, g: Any, K: int, *, turned: bool = False, residual: bool = False, again: bool = False, kernel: int = 1,
    gate: str = "sigmoid",
) -> Graph:  # fmt: skip
    """A picture times its gate, then a convolution."""
    net, C = Net(), x.shape[1]
    gated = net.add("map", "g", terms=((gate, 0),))
    factors = (gated, "x") if turned else ("x", gated)
    product = net.add("map", *factors, terms=(("mul", 0, 1),))
    added = net.conv("x", C, K, 1) if residual else None
    y = net.conv(product, C, K, kernel, activation="silu", residual=added)
    inputs = tuple(Input(name, array.shape) for name, array in (("x", x), ("g", g)))
    return net.graph(y, *([product] if again else []), inputs=inputs)


def products(program: Program, *given: Any) -> int:
    """Steps that multiply a picture by its gate."""
    return [step.operation for step in program.report(*given).steps].count("map") - 1


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("C", "K", "sizes"),
    [(32, 16, (30, 40)), (144, 24, (19, 23)), (17, 37, (12, 11)), (9, 80, (1, 175)), (480, 80, (14, 14))],
)
def test_a_gate_is_taken_into_the_weight(C: int, K: int, sizes: tuple[int, ...], turned: bool) -> None:
    x, g = arrays(1, C, *sizes)
    graph = gated_net(x, g, K, turned=turned, residual=C == 32)
    plain, guarded = Program(graph), Program(graph, guarded=True)
    [right] = graph.computed([x, g])
    answers = set()
    for threads in (1, 2, 3):
        with holding(threads):
            for program in (plain, guarded):
                [y] = program(x, g)
                assert np.abs(y - right).max() < 2e-6 * np.abs(right).max()
                answers.add(y.tobytes())
                assert products(program, x, g) == 0
            [other] = plain(x, -g)
            assert np.abs(other - graph.computed([x, -g])[0]).max() < 2e-6 * np.abs(right).max()
    assert len(answers) == 1


def test_what_is_no_number_comes_out_as_the_definition_says() -> None:
    x, g = arrays(1, 16, 12, 12)
    graph = gated_net(x, g, 24)
    program = Program(graph)
    assert products(program, x, g) == 0
    for gate in (np.inf, -np.inf, np.nan, 0.0):
        for element in (1.0, 0.0, np.inf, np.nan):
            x[0, 3, 4, 5], g[0, 3] = element, gate
            with np.errstate(invalid="ignore"):
                [right] = graph.computed([x, g])
            [y] = program(x, g)
            for kind in (np.isnan, np.isposinf, np.isneginf):
                assert np.array_equal(kind(y), kind(right)), (gate, element)
            assert np.allclose(y[np.isfinite(right)], right[np.isfinite(right)], atol=1e-4)


@pytest.mark.parametrize(
    ("batch", "K", "kernel", "again", "last"),
    [
        (2, 16, 1, False, True),
        (1, 160, 1, False, True),
        (1, 16, 3, False, True),
        (1, 16, 1, True, True),
        (1, 16, 1, False, False),
    ],
)
def test_where_it_is_no_gain_the_picture_is_multiplied(
    batch: int, K: int, kernel: int, again: bool, last: bool
) -> None:
    x, g = arrays(batch, 32, 14, 14)
    graph = gated_net(x, g, K, again=again, kernel=kernel)
    program = Program(graph, guarded=True)
    program.choose(Choices(channels_last=last), x, g)
    for found, right in zip(program(x, g), graph.computed([x, g]), strict=True):
        assert np.abs(found - right).max() < 1e-5 * np.abs(right).max()
    assert products(program, x, g) == 1


def test_a_factor_that_may_be_large_multiplies_the_picture() -> None:
    x, g = arrays(1, 16, 14, 14)
    graph = gated_net(np.full_like(x, 1e-30), g, 24, gate="exp")
    graph.constants["w0"][:] = 1e15
    given = np.full_like(x, 1e-30), np.full_like(g, np.log(1e25))
    program = Program(graph)
    assert np.allclose(program(*given)[0], graph.computed(list(given))[0], rtol=1e-4)
    assert products(program, *given) == 1


@pytest.mark.parametrize(("C", "sizes"), [(32, (14, 14)), (16, (1, 64)), (8, (33, 3))])
@pytest.mark.parametrize("last", [False, True])
def test_one_filter_lies_both_ways(C: int, sizes: tuple[int, int], last: bool) -> None:
    x, g = arrays(1, C, *sizes)
    graph = gated_net(x, g, 1)
    x = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1) if last else x
    [y] = Program(graph)(x, g)
    assert np.abs(y - graph.computed([x, g])[0]).max() < 1e-5


@pytest.mark.parametrize("rows", [0, 5])
def test_layers_that_may_run_in_strips_are_left_as_they_are(rows: int) -> None:
    x, g = arrays(1, 16, 24, 24)
    net = Net()
    product = net.add("map", "x", net.add("map", "g", terms=(("sigmoid", 0),)), terms=(("mul", 0, 1),))
    wide = net.conv(product, 16, 48, 1, activation="relu")
    y = net.conv(net.conv(wide, 48, 48, 3, groups=48), 48, 8, 1)
    graph = net.graph(y, inputs=(Input("x", x.shape), Input("g", g.shape)))
    program = Program(graph)
    program.choose(Choices(strips={y: rows} if rows else {}), x, g)
    assert np.abs(program(x, g)[0] - graph.computed([x, g])[0]).max() < 1e-4
    assert products(program, x, g) == 1


def test_a_layer_of_a_weight_that_is_no_number_is_left_to_the_definition() -> None:
    x, g = arrays(1, 16, 12, 12)
    graph = gated_net(x, g, 8)
    graph.constants["w0"][2, 3] = np.nan
    [y] = Program(graph)(x, g)
    assert np.array_equal(np.isnan(y), np.isnan(graph.computed([x, g])[0]))


def test_a_saved_network_takes_its_gates_in_too(tmp_path: Path) -> None:
    x, g = arrays(1, 32, 20, 24)
    graph = gated_net(x, g, 16)
    save(graph, tmp_path / "net.kaiyan")
    network = kaiyan.load(tmp_path / "net.kaiyan")
    assert np.array_equal(network(x, g), Program(graph)(x, g)[0])
    assert products(network._program, x, g) == 0


def test_a_gate_is_taken_in_while_programs_are_tuned() -> None:
    x, g = arrays(1, 48, 28, 28)
    graph = gated_net(x, g, 16)
    program = Program(graph)
    choices = program.tune(x, g)
    assert np.abs(program(x, g)[0] - graph.computed([x, g])[0]).max() < 1e-4
    assert products(program, x, g) == (not choices.channels_last)
