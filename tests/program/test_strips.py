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
