"""Convolutions and the pooling behind them, some rows at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from graph_nets import Net

from kaiyan.engine.codegen.running.threads import holding
from kaiyan.program.choices import Choices
from kaiyan.program.graph import Input
from kaiyan.program.lowering import Native
from kaiyan.program.place import SharedCalls
from kaiyan.program.program import Program
from kaiyan.program.size import Symbolic
from kaiyan.program.strips import chains, rows_within

if TYPE_CHECKING:
    from kaiyan.program.graph import Graph

POOL = {"kind": "max", "kernel": (3, 3), "stride": (2, 2), "padding": (1, 1), "dilation": (1, 1), "ceil_mode": False}


def pooled_net(channels: int = 3, stride: int = 2, taps: int = 7, pool: dict[str, Any] | None = None) -> Graph:
    """A stem: a convolution and its pooling; its sums are negative too, so that padding is not zeros."""
    net = Net()
    y = net.conv("x", channels, 24, taps, stride=stride)
    settings = {**POOL, "count_include_pad": True, "divisor_override": None, **(pool or {})}
    asked = Input("x", (Symbolic("n"), channels, Symbolic("h"), Symbolic("w")))
    return net.graph(net.add("pool", y, **settings), inputs=(asked,))


def picture(*shape: int) -> Any:
    return np.random.default_rng(1).standard_normal(shape).astype(np.float32)


def assert_same_bits(graph: Graph, x: Any, rows: int, threads: int, algorithms: dict[str, str]) -> Program:
    """In strips of so many rows as apart; the program that was asked."""
    program = Program(graph, guarded=True)
    with holding(threads):
        program.choose(Choices(algorithms), x)
        right = program(x)[0]
        program.choose(Choices(algorithms, strips={chains(graph.at([x.shape]))[0][-1].output: rows}), x)
        for _ in range(2):
            assert np.array_equal(program(x)[0], right)
    np.testing.assert_allclose(right, graph.at([x.shape]).computed([x])[0], rtol=0, atol=1e-4)
    return program


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize(
    "pool",
    [
        {},
        {"kernel": (2, 2), "padding": (0, 0)},
        {"kernel": (3, 2), "stride": (1, 1), "padding": (1, 0)},
        {"kernel": (2, 2), "stride": (3, 3), "padding": (0, 0), "ceil_mode": True},
        {"kernel": (3, 3), "dilation": (2, 2), "ceil_mode": True},
        {"kernel": (5, 3), "stride": (2, 1), "padding": (2, 1)},
    ],
    ids=str,
)
def test_a_stem_and_its_pooling_give_the_same_bits(
    pool: dict[str, Any], threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kaiyan.program.strips._EVEN", 1e9)
    graph = pooled_net(pool=pool)
    (conv,) = [node.output for node in graph.nodes if node.operation == "convolution"]
    for shape in ((1, 3, 61, 47), (2, 3, 40, 24), (3, 3, 22, 21)):
        for rows in (1, 2, 5, 64):
            program = assert_same_bits(graph, picture(*shape), rows, threads, {conv: "direct"})
        with holding(threads):
            items = program.planned([picture(*shape)]).lowered.items
        (last,) = [item for item in items if isinstance(item, Native) and item.within]
        assert any(isinstance(call, SharedCalls) for call in last.calls) == (threads > 1)


def test_sums_by_points_run_apart_since_their_rounding_depends_on_where_a_strip_begins() -> None:
    graph, x = pooled_net(16, 1, 3), picture(1, 16, 96, 40)
    conv, pool = (node.output for node in graph.nodes)
    for threads in (1, 2):
        for algorithm, is_within in (("winograd F(3,3)", False), ("direct", True)):
            program = assert_same_bits(graph, x, 4, threads, {conv: algorithm})
            with holding(threads):
                program.planned([x])
            assert program.within(pool) == ((conv,) if is_within else ())


SINGLE = {"stride": (1, 1), "dilation": (1, 1), "bias": False, "activation": "relu", "residual": False}


@pytest.mark.parametrize(("side", "taps", "pad"), [(14, 3, 2), (14, 3, 3), (28, 5, 4), (7, 1, 1), (9, 3, 1)])
def test_rows_of_padding_beyond_a_kernel_find_room_or_run_apart(side: int, taps: int, pad: int) -> None:
    net = Net()
    wide = net.add("convolution", "x", net.constant(64, 16, 1, 1), padding=((0, 0), (0, 0)), groups=1, **SINGLE)
    weight = net.constant(64, 1, taps, taps)
    each = net.add("convolution", wide, weight, padding=((pad, pad), (pad, pad)), groups=64, **SINGLE)
    last = net.add("convolution", each, net.constant(16, 64, 1, 1), padding=((0, 0), (0, 0)), groups=1, **SINGLE)
    graph, x = net.graph(last, inputs=(Input("x", (1, 16, side, side)),)), picture(1, 16, side, side)
    right = Program(graph)(x)[0]
    for rows in (2, 4, 40):
        program = Program(graph, guarded=True)
        with holding(1):
            program.choose(Choices(strips={last: rows}), x)
            assert np.array_equal(program(x)[0], right)
    assert bool(chains(graph)) == (pad < taps)


def test_a_window_as_high_as_the_last_strip_is_still_several() -> None:
    graph, x = pooled_net(taps=3, stride=1, pool={"stride": (1, 1), "padding": (1, 0)}), picture(1, 3, 8, 3)
    (conv, pool) = (node.output for node in graph.nodes)
    right = graph.at([x.shape]).computed([x])[0]
    for rows in (1, 2, 4, 6, 8):
        program = Program(graph, guarded=True)
        with holding(1):
            program.choose(Choices({conv: "direct"}, strips={pool: rows}), x)
            np.testing.assert_allclose(program(x)[0], right, rtol=0, atol=1e-4)


def test_one_channel_or_column_runs_apart_since_it_lies_both_ways() -> None:
    assert chains(pooled_net().at([(1, 3, 32, 32)]))
    assert chains(pooled_net().at([(1, 3, 32, 2)])) == []
    graph = pooled_net()
    weight, bias = graph.nodes[0].inputs[1:3]
    single = {weight: graph.constants[weight][:1], bias: graph.constants[bias][:1]}
    assert chains(replace(graph, constants={**graph.constants, **single}).at([(1, 3, 32, 32)])) == []


def test_a_first_layer_with_strips_in_its_padding_alone_runs_apart() -> None:
    net = Net()
    weight = net.constant(16, 3, 3, 3)
    wide = net.add("convolution", "x", weight, padding=((4, 4), (4, 4)), groups=1, **SINGLE)
    pooled = net.add(
        "pool",
        wide,
        **POOL | {"kernel": (2, 2), "padding": (0, 0), "count_include_pad": True, "divisor_override": None},
    )
    graph, x = net.graph(pooled, inputs=(Input("x", (1, 3, 20, 20)),)), picture(1, 3, 20, 20)
    assert chains(graph) == []
    program = Program(graph, guarded=True)
    program.tune(x)
    np.testing.assert_allclose(program(x)[0], graph.computed([x])[0], rtol=0, atol=1e-4)


def test_what_is_averaged_read_twice_or_given_out_is_no_chain() -> None:
    assert len(chains(pooled_net().at([(1, 3, 32, 32)]))) == 1
    assert chains(pooled_net(pool={"kind": "average"}).at([(1, 3, 32, 32)])) == []
    graph = pooled_net()
    conv, pool = (node.output for node in graph.nodes)
    assert chains(replace(graph, outputs=(conv, pool)).at([(1, 3, 32, 32)])) == []


def test_strips_have_an_even_number_of_rows() -> None:
    graph = pooled_net().at([(1, 3, 224, 224)])
    (chain,) = chains(graph)
    passing = 24 * 112 * 4 * 2
    assert [rows_within(chain, graph.kinds(), size * passing) for size in (0, 1, 3, 9, 1000)] == [1, 1, 2, 8, 56]
