from __future__ import annotations

import os
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from graph_nets import Net, residual_net

from kaiyan.engine.codegen.running.threads import holding
from kaiyan.program.choices import Choices
from kaiyan.program.graph import Graph, Input, Node
from kaiyan.program.lowering import Native
from kaiyan.program.place import Pointer, SharedCalls, kernels
from kaiyan.program.program import PLANS, Program
from kaiyan.program.strips import chains
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Sequence


def picture(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def assert_close(found: list[Any], right: list[Any], tolerance: float = 2e-6) -> None:
    assert len(found) == len(right)
    for ours, theirs in zip(found, right, strict=True):
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * max(float(np.abs(theirs).max()), 1e-30))


@pytest.mark.parametrize("guarded", [True, False])
def test_a_program_of_any_size_gives_what_the_definitions_give(guarded: bool) -> None:
    graph = residual_net()
    program = Program(graph, guarded=guarded)
    for shape in ((1, 3, 20, 24), (2, 3, 7, 9), (1, 3, 1, 1), (3, 3, 33, 18)):
        x = picture(*shape)
        assert_close(program(x), graph.at([shape]).computed([x]))


@pytest.mark.parametrize("order", [(0, 2, 3, 1), (0, 1, 3, 2), (3, 2, 1, 0)])
def test_an_input_may_lie_as_it_likes_and_is_not_written_to(order: tuple[int, ...]) -> None:
    program = Program(residual_net(), guarded=True)
    x = picture(2, 3, 16, 12)
    lies = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
    backwards = np.ascontiguousarray(x[:, :, ::-1])[:, :, ::-1]
    right = program(x)
    for given in (lies, backwards, x.astype(">f4")):
        before = given.tobytes()
        assert_close(program(given), right, 1e-6)
        assert given.tobytes() == before


def test_the_bits_do_not_depend_on_the_number_of_threads() -> None:
    program, x = Program(residual_net()), picture(1, 3, 64, 48)
    answers = []
    for threads in (1, 2, 3):
        with holding(threads):
            answers.append([y.tobytes() for y in program(x)])
    assert answers[0] == answers[1] == answers[2]


def test_two_threads_call_one_program_at_once() -> None:
    program = Program(residual_net())
    pictures = [picture(1, 3, 32, 32, seed=i) for i in range(24)]
    right = [program(x)[0] for x in pictures]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda x: program(x)[0], pictures))
    assert all(np.array_equal(a, b) for a, b in zip(found, right, strict=True))


@pytest.mark.parametrize("is_read_again", [False, True])
@pytest.mark.parametrize("last", [True, False])
def test_a_sum_lies_where_what_is_added_lay_and_is_the_same(last: bool, is_read_again: bool) -> None:
    net = Net()
    wide = net.conv("x", 3, 256, 1, activation="relu")
    summed = net.conv(net.conv(wide, 256, 64, 1), 64, 256, 1, residual=wide)
    again = net.conv(net.conv(summed, 256, 64, 1), 64, 256, 1, residual=summed, activation="relu")
    graph = net.graph(net.conv(again, 256, 8, 1), *([wide] if is_read_again else []))
    lean = 0
    for height, width in ((28, 28), (27, 29), (7, 7), (1, 56)):
        x = picture(2, 3, height, width)
        right, plain, guarded = graph.at([x.shape]).computed([x]), Program(graph), Program(graph, guarded=True)
        for threads in (1, 2):
            with holding(threads):
                for program in (plain, guarded):
                    program.choose(Choices(channels_last=last), x)
                answers = plain(x)
                assert_close(answers, right, 1e-5)
                assert [y.tobytes() for y in answers] == [y.tobytes() for y in guarded(x)]
                lean += plain.report(x).arena < 1.6 * 4 * 256 * 2 * height * width  # less than two wide values
    assert lean == 0 if is_read_again else lean >= last


def test_a_program_is_asked_what_it_does_while_threads_call_it() -> None:
    net = Net()
    program = Program(net.graph(net.conv("x", 3, 4, 1)))
    pictures = [picture(1, 3, 4, width) for width in range(3, 3 + PLANS)]
    right = [program(x)[0] for x in pictures]
    before, over = sys.getswitchinterval(), Event()

    def call(turn: int) -> bool:
        order = [*range(turn, PLANS), *range(turn)] * 60
        return all(np.array_equal(program(pictures[i])[0], right[i]) for i in order)

    def look() -> int:
        asked = 0
        while not over.is_set():
            program.algorithm("v0"), program.is_channels_last, program.chosen([(1, 3, 4, 2)])
            asked += 1
        return asked

    try:
        sys.setswitchinterval(1e-6)
        with ThreadPoolExecutor(4) as threads:
            looking = [threads.submit(look) for _ in range(2)]
            try:
                answers = list(threads.map(call, range(2)))
            finally:
                over.set()
            assert all(task.result() > 0 for task in looking)
    finally:
        sys.setswitchinterval(before)
    assert all(answers)


def test_a_fork_goes_on_with_the_program() -> None:
    program, x = Program(residual_net()), picture(1, 3, 32, 32)
    with holding(2):
        right = program(x)[0]
        child = os.fork()
        if child == 0:
            os._exit(0 if np.array_equal(program(x)[0], right) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert np.array_equal(program(x)[0], right)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_what_is_not_finite_stays_where_it_belongs() -> None:
    net = Net()
    y = net.conv("x", 3, 16, 3, activation="relu")
    graph = net.graph(net.conv(y, 16, 16, 3))
    x = picture(1, 3, 24, 24)
    x[0, 1, 5, 5], x[0, 2, 20, 20] = np.inf, np.nan
    program = Program(graph)
    chosen = {node.output: "winograd F(3,3)" for node in graph.nodes}
    program.choose(Choices(chosen), x)
    assert "winograd F(3,3)" in str(program.report(x))
    (found,), (right,) = program(x), graph.at([x.shape]).computed([x])
    finite = np.isfinite(right)
    assert not finite.all()
    assert np.array_equal(np.isfinite(found), finite)
    np.testing.assert_allclose(found[finite], right[finite], rtol=1e-5, atol=1e-4)
    clean = picture(1, 3, 24, 24, seed=1)
    assert_close(program(clean), graph.at([x.shape]).computed([clean]), 5e-6)


def test_as_many_plans_are_kept_as_are_said() -> None:
    program = Program(residual_net())
    for size in range(8, 8 + PLANS + 3):
        program(picture(1, 3, size, 8))
    assert program.plans == PLANS


class _FailsOnce:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        if self.calls == 2:
            raise RuntimeError("the second call fails")
        return np.sort(x, axis=1)


def foreign_net(function: Any) -> Graph:
    net = Net()
    y = net.conv("x", 3, 8, 3, activation="relu")
    z = net.add("foreign", y, shape=(1, 8, 10, 10), dtype="float32", name="sort")
    return replace(net.graph(net.conv(z, 8, 4, 1)), foreign={z: function})


def test_a_step_abroad_that_fails_leaves_the_program_usable() -> None:
    program, x = Program(foreign_net(_FailsOnce())), picture(1, 3, 10, 10)
    first = program(x)[0]
    with pytest.raises(RuntimeError, match="the second call fails"):
        program(x)
    assert np.array_equal(program(x)[0], first)


def test_chains_in_strips_give_the_same_bits() -> None:
    graph, x = residual_net(), picture(2, 3, 29, 26)
    program = Program(graph, guarded=True)
    right = program(x)
    listed = chains(graph.at([x.shape]))
    assert [len(chain) for chain in listed] == [3, 3]
    for rows in (1, 2, 4, 7, 15):
        with holding(1):
            program.choose(Choices(strips={chain[-1].output: rows for chain in listed}), x)
            assert [a.tobytes() for a in program(x)] == [a.tobytes() for a in right]


@pytest.mark.parametrize(("batch", "threads"), [(1, 2), (2, 2), (3, 2), (1, 3), (4, 3), (2, 4), (1, 16)])
def test_chains_shared_by_threads_give_the_same_bits(batch: int, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaiyan.program.strips._EVEN", 1e9)
    graph, x = residual_net(), picture(batch, 3, 29, 26)
    program = Program(graph, guarded=True)
    right = program(x)
    for rows in (1, 4, 9, 40):
        with holding(threads):
            program.choose(Choices(strips={chain[-1].output: rows for chain in chains(graph.at([x.shape]))}), x)
            for _ in range(3):
                assert [a.tobytes() for a in program(x)] == [a.tobytes() for a in right]
            plan = program.planned([x]).lowered
        shared = [call for item in plan.items if isinstance(item, Native) for call in item.calls]
        assert sum(isinstance(call, SharedCalls) for call in shared) == 2


def test_threads_share_a_chain_where_they_make_few_rows_twice() -> None:
    graph = residual_net()
    tall, low = picture(1, 3, 128, 16), picture(1, 3, 16, 16)
    for x, threads, count in ((tall, 2, 2), (tall, 4, 0), (low, 1, 2), (low, 2, 0), (np.repeat(low, 4, 0), 4, 2)):
        program = Program(graph)
        with holding(threads):
            program.choose(Choices(strips={chain[-1].output: 4 for chain in chains(graph.at([x.shape]))}), x)
            assert sum(step.algorithm == "strips" for step in program.report(x).steps) == count


def test_strips_take_less_memory() -> None:
    graph, x = residual_net(), picture(1, 3, 128, 128)
    program = Program(graph)
    with holding(1):
        whole = program.report(x).arena
        program.choose(Choices(strips={chain[-1].output: 4 for chain in chains(graph.at([x.shape]))}), x)
        assert program.report(x).arena < whole


def test_images_in_strips_take_turns_in_memory() -> None:
    chosen, taken = Choices(strips={chain[-1].output: 4 for chain in chains(residual_net().at([(1, 3, 32, 32)]))}), []
    for batch in (1, 8):
        program, x = Program(residual_net()), picture(batch, 3, 32, 32)
        with holding(1):
            program.choose(chosen, x)
            items = [item for item in program.planned([x]).lowered.items if isinstance(item, Native)]
        buffers = [
            {p.buffer for call in kernels(item.calls) for p in call.arguments if isinstance(p, Pointer)}
            for item in items
        ]
        times = Counter(buffer for own in buffers for buffer in own if buffer.role == "arena")
        within = [own for item, own in zip(items, buffers, strict=True) if item.within]
        taken.append([sorted(buffer.size for buffer in own if times[buffer] == 1) for own in within])
    assert taken[0] == taken[1]
    assert [len(sizes) for sizes in taken[0]] == [2, 2]


def taken_by(_: object, finalists: Sequence[Choices]) -> list[float]:
    return [(0.5 if choices.strips else 1.0) if choices.channels_last else 2.0 for choices in finalists]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("worth", [1e9, 0.0])
def test_chains_run_in_strips_where_that_is_faster(worth: float, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaiyan.program.tuning._WORTH", worth)
    monkeypatch.setattr("kaiyan.program.tuning._Bench.raced", taken_by)
    graph, x = residual_net(seed=7), picture(2, 3, 29, 26)
    program = Program(graph)
    with holding(threads):
        choices = program.tune(x)
    chained = {chain[-1].output for chain in chains(graph.at([x.shape]))}
    assert set(choices.strips) == (chained if worth else set())
    answers = []
    for count in (1, 2):
        with holding(count):
            answers.append([y.tobytes() for y in program(x)])
            stripped = {step.name for step in program.report(x).steps if step.algorithm == "strips"}
        assert stripped == set(choices.strips)  # a thread for each image
    assert answers[0] == answers[1]
    assert_close(program(x), graph.at([x.shape]).computed([x]), 1e-5)


def test_measured_choices_are_kept(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAIYAN_CACHE", str(tmp_path))
    graph, x = residual_net(), picture(1, 3, 16, 16)
    chosen = Program(graph).tune(x)
    again = Program(graph)
    assert_close(again(x), graph.at([x.shape]).computed([x]), 5e-6)
    assert again.planned([x]).choices == chosen
    other = Program(residual_net(1))
    other(x)
    assert other.planned([x]).choices == chosen  # the same network with other numbers


@pytest.mark.parametrize(
    ("arrays", "code"),
    [
        ((), "program-input-count"),
        ((np.zeros((1, 3, 4, 4)),), "program-input-dtype"),
        (([[1.0]],), "program-input-kind"),
        ((np.zeros((1, 4, 4, 4), np.float32),), "program-input-shape"),
        ((np.zeros((3, 4, 4), np.float32),), "program-input-shape"),
    ],
)
def test_what_a_program_does_not_take_is_said(arrays: Any, code: str) -> None:
    program = Program(residual_net())
    with pytest.raises(KaiyanError) as caught:
        program(*arrays)
    assert caught.value.code == code


def test_a_symbol_has_one_size() -> None:
    graph = Graph(
        (Input("a", (2,)), Input("b", (2,))), ("c",), (Node("map", ("a", "b"), "c", {"terms": (("add", 0, 1),)}),), {}
    )  # fmt: skip
    with pytest.raises(KaiyanError) as caught:
        graph.at([(2,), (3,)])
    assert caught.value.facts["shape"] == (3,)
