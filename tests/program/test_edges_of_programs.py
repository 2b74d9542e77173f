"""What a careful reader of the room found: views of constants, mixed types, empty parts, memory that has to go."""

from __future__ import annotations

import os
import signal
from threading import Event, Thread
from time import sleep
from typing import Any

import numpy as np
import pytest
from graph_nets import Net, residual_net

from kaiyan.engine.codegen.language import compile as compiling
from kaiyan.engine.codegen.running.threads import holding
from kaiyan.program.choices import Choices
from kaiyan.program.graph import Graph, Input, Node
from kaiyan.program.memory import Weights
from kaiyan.program.program import PLANS, Program
from kaiyan.program.strips import chains
from kaiyan.show.error import KaiyanError

CONV = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)}


def numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def assert_defined(graph: Graph, *arrays: Any, choices: Choices | None = None) -> None:
    program = Program(graph, guarded=True)
    if choices is not None:
        program.choose(choices, *arrays)
    for found, right in zip(program(*arrays), graph.computed(arrays), strict=True):
        assert (found.shape, found.dtype) == (right.shape, right.dtype)
        np.testing.assert_allclose(found, right, rtol=0, atol=2e-5 * max(float(np.abs(right).max(initial=0)), 1e-6))


def test_weights_may_be_views_of_one_constant() -> None:
    nodes = (
        Node("expand", ("v",), "e", {"sizes": (64, 64)}),
        Node("permute", ("e",), "p", {"axes": (1, 0)}),
        Node("reshape", ("e",), "wa", {"sizes": (64, 64, 1, 1)}),
        Node("reshape", ("p",), "wb", {"sizes": (64, 64, 1, 1)}),
        Node("convolution", ("x", "wa"), "y", CONV),
        Node("convolution", ("x", "wb"), "z", CONV),
    )
    graph = Graph((Input("x", (2, 64, 9, 9)),), ("y", "z"), nodes, {"v": numbers(64)})
    assert_defined(graph, numbers(2, 64, 9, 9, seed=1))


def test_a_linear_weight_may_be_one_row_for_many() -> None:
    nodes = Node("expand", ("w",), "e", {"sizes": (64, 64)}), Node("linear", ("x", "e"), "y", {})
    graph = Graph((Input("x", (40, 64)),), ("y",), nodes, {"w": numbers(1, 64)})
    assert_defined(graph, numbers(40, 64, seed=1))


def test_parts_of_a_concatenation_may_be_of_several_types() -> None:
    nodes = (
        Node("cast", ("x",), "v", {"dtype": "float64"}),
        Node("map", ("a",), "m", {"terms": (("relu", 0),)}),
        Node("concatenate", ("m", "v"), "c", {"axis": 0}),
    )
    graph = Graph((Input("x", (4, 8)), Input("a", (4, 8))), ("c", "v"), nodes, {})
    assert_defined(graph, numbers(4, 8), numbers(4, 8, seed=1))


def test_steps_without_calls_are_timed_too() -> None:
    nodes = (
        Node("map", ("x",), "y", {"terms": (("relu", 0),)}),
        Node("slice", ("y",), "e", {"axis": 0, "start": 0, "stop": 0, "step": 1}),
        Node("map", ("y",), "z", {"terms": (("exp", 0),)}),
    )
    program = Program(Graph((Input("x", (4, 8)),), ("y", "e", "z"), nodes, {}))
    with program.timing() as outer:
        with program.timing() as inner:
            program(numbers(4, 8))
        program(numbers(4, 8))
    assert len(inner) == len(outer) == 1
    assert {"y", "z"} <= inner[0].keys()


@pytest.mark.parametrize("order", ["<", ">"])
def test_numbers_of_another_machine_and_of_no_axis(order: str) -> None:
    nodes = (Node("map", ("x", "s", "w"), "y", {"terms": (("mul", 0, 1), ("add", 3, 2))}),)
    graph = Graph((Input("x", (4, 8)), Input("s", ())), ("y",), nodes, {"w": numbers(8).astype(f"{order}f4")})
    for scale in (np.float32(2), np.array(2, f"{order}f4")):
        assert_defined(graph, numbers(4, 8, seed=1).astype(f"{order}f4").astype(np.float32), scale)


def test_a_pad_without_a_value_is_zeros() -> None:
    nodes = (Node("pad", ("x",), "y", {"padding": ((0, 0), (1, 2)), "mode": "constant"}),)
    assert_defined(Graph((Input("x", (4, 8)),), ("y",), nodes, {}), numbers(4, 8))


def test_what_only_torch_computes_is_said_where_torch_is_not() -> None:
    node = Node("foreign", ("x",), "y", {"shape": (4, 8), "dtype": "float32", "name": "aten.sort"})
    with pytest.raises(KaiyanError) as caught:
        Program(Graph((Input("x", (4, 8)),), ("y",), (node,), {}))(numbers(4, 8))
    assert (caught.value.code, caught.value.facts["name"]) == ("program-foreign", "aten.sort")


def test_two_chains_do_not_share_a_layer() -> None:
    net = Net()
    x = net.conv("x", 3, 16, 1)
    for _ in range(2):
        x = net.conv(net.conv(x, 16, 16, 3, groups=16), 16, 16, 1)
    graph, picture = net.graph(x).at([(1, 3, 12, 12)]), numbers(1, 3, 12, 12)
    listed = chains(graph)
    names = [node.output for chain in listed for node in chain]
    assert len(names) == len(set(names)) == 5
    assert_defined(graph, picture, choices=Choices(strips={chain[-1].output: 4 for chain in listed}))


def test_a_residual_that_two_layers_of_a_chain_read_stays_where_it_is() -> None:
    net = Net()
    first, other = net.conv("x", 3, 16, 1), net.conv("x", 3, 16, 1)
    wide = net.conv(other, 16, 16, 1, residual=first)
    taps, settings = net.constant(16, 1, 1, 3), {"stride": (1, 1), "dilation": (1, 1), "groups": 16}
    moved = net.add("convolution", wide, taps, padding=((0, 0), (1, 1)), **settings)
    graph, picture = net.graph(net.conv(moved, 16, 16, 1, residual=first)).at([(1, 3, 12, 14)]), numbers(1, 3, 12, 14)
    (chain,) = chains(graph)
    assert len(chain) == 3
    program = Program(graph)
    with holding(1):
        for rows in (2, 5, 12, 40):
            program.choose(Choices(strips={chain[-1].output: rows}), picture)
            np.testing.assert_allclose(program(picture)[0], graph.computed([picture])[0], rtol=0, atol=2e-5)


def test_a_chain_whose_weight_is_not_finite_is_no_chain() -> None:
    net = Net()
    y = net.conv(net.conv("x", 3, 16, 1), 16, 16, 3, groups=16)
    graph = net.graph(y).at([(1, 3, 12, 12)])
    assert len(chains(graph)) == 1
    net.constants["w2"][0, 0, 0, 0] = np.inf
    assert chains(graph) == []


def test_memory_of_sizes_that_are_gone_is_given_back() -> None:
    long, short = Program(residual_net()), Program(residual_net())
    sizes = range(8, 8 + 3 * PLANS)
    for program, asked in ((long, sizes), (short, sizes[-PLANS:])):
        for size in asked:
            program(numbers(1, 3, size, size))
    last = numbers(1, 3, sizes[-1], sizes[-1])
    assert long.report(last).weights == short.report(last).weights


def test_a_size_that_is_asked_for_again_stays() -> None:
    program, kept = Program(residual_net()), numbers(1, 3, 8, 8)
    plan = program.planned([kept])
    for size in range(9, 9 + 2 * PLANS):
        program(kept)
        program(numbers(1, 3, size, 8))
    assert program.planned([kept]) is plan


def test_a_child_does_not_wait_for_a_thread_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Weights.place
    program, x = Program(residual_net()), numbers(1, 3, 16, 16)

    def slowly(*given: Any) -> Any:
        sleep(0.4)
        return place(*given)

    monkeypatch.setattr(Weights, "place", slowly)
    thread = Thread(target=program, args=(x,))
    thread.start()
    sleep(0.2)
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        os._exit(0 if program(x)[0].shape == (1, 10) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    thread.join()


def test_a_child_compiles_what_stands_by_though_the_parent_was_compiling() -> None:
    net, x = Net(), numbers(1, 3, 24, 24)
    graph = net.graph(net.conv("x", 3, 32, 3)).at([x.shape])
    program = Program(graph)
    program.choose(Choices(dict.fromkeys([node.output for node in graph.nodes], "winograd F(4,3)")), x)
    program(x)
    started, over = Event(), Event()

    def compile_long() -> None:
        with compiling._LOCK:
            started.set()
            over.wait(30)

    thread = Thread(target=compile_long)
    thread.start()
    started.wait()
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        x[0, 0, 3, 3] = np.inf
        os._exit(0 if program(x)[0].shape == (1, 32, 24, 24) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    over.set()
    thread.join()
