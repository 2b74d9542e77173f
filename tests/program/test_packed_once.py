"""Weights are packed once for all sizes: routines that say that they pack alike do, to the bit; plans share them."""

from __future__ import annotations

import gc
import tracemalloc
from collections import defaultdict
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np
from graph_nets import Net, residual_net

from kaiyan.engine.algorithms import ALGORITHMS
from kaiyan.engine.algorithms.phases import Phases
from kaiyan.engine.codegen.running.workspace import WeightBlock, room, taking_from
from kaiyan.engine.generated import Generated, setting
from kaiyan.engine.problem import Problem
from kaiyan.engine.types import types_of
from kaiyan.program.choices import Choices
from kaiyan.program.graph import Input
from kaiyan.program.lowering import lowered
from kaiyan.program.program import PLANS, Program
from kaiyan.program.room import PlanningRoom, Store
from kaiyan.program.size import Symbolic
from kaiyan.program.steps import arranging, convolving, elementwise, gathering, norms, pooling, products
from kaiyan.program.steps.table import STEP_FAMILIES, native_step
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kaiyan.program.graph import Graph
    from kaiyan.reference.dtype import Numbers

SPECS = (
    Conv(20, 70, 3, padding=1, rank=2), Conv(20, 70, 3, stride=2, padding=1, rank=2), Conv(24, 40, 1, rank=2),
    Conv(36, 36, 3, padding=1, groups=36, rank=2), Conv(36, 36, 5, stride=2, padding=2, groups=36, rank=2),
    Conv(3, 33, 7, stride=2, padding=3, rank=2), Conv(8, 12, 3, groups=4, padding=2, dilation=2, rank=2),
    Conv(20, 24, 4, stride=2, padding=1, transposed=True, rank=2), Conv(20, 20, 3, padding=1, transposed=True, rank=2),
    Conv(12, 18, 5, padding=2, rank=1), Conv(6, 9, 3, padding=1, rank=3), Conv(12, 12, (1, 3), padding=(0, 1), rank=2),
    Conv(20, 20, 3, padding=1, rank=2),
)  # fmt: skip
SIZES = {1: ((7,), (64,), (1000,)), 2: ((1, 1), (7, 7), (13, 40), (56, 56)), 3: ((2, 5, 6), (4, 17, 30))}


def test_routines_that_say_that_they_pack_alike_pack_alike() -> None:
    random = np.random.default_rng(0)
    packed: dict[Any, list[bytes]] = defaultdict(list)
    for number, spec in enumerate(SPECS):
        (C, K), G = spec.channels, spec.groups
        weight = random.standard_normal((K, C // G, *(a.kernel for a in spec.axes))).astype(np.float32)
        bias = random.standard_normal(K).astype(np.float32)
        ways = product(SIZES[len(spec.axes)], ("channels_first", "channels_last"), (1, 2), (1, 4))
        for size, layout, threads, batch in ways:
            shape = (batch, C, *(max(n, a.kernel) for n, a in zip(size, spec.axes, strict=True)))
            problem = Problem(spec, shape, layout=layout, threads=threads)
            for row in ALGORITHMS:
                if isinstance(row, Generated) and not isinstance(row, Phases) and row.refuses(problem) is None:
                    source, cut = setting(problem, types_of(problem)[0])
                    routine = row.routine(row.windows(problem)[0], source, cut)
                    key = number, type(routine).packed.__qualname__, *routine.packing
                    packed[key].append(b"".join(array.tobytes() for array in routine.packed(weight, bias)))
    shared = [made for made in packed.values() if len(made) > 1]
    assert len(shared) > len(SPECS)
    assert all(len(set(made)) == 1 for made in shared)


def test_a_weight_read_both_ways_round_is_packed_for_each() -> None:
    forward, back = (Conv(20, 20, 3, padding=1, rank=2, transposed=turned) for turned in (False, True))
    packings = set()
    for spec in (forward, back):
        problem = Problem(spec, (1, 20, 14, 14))
        rows = [row for row in ALGORITHMS if row.name == "direct"]
        packings.add(rows[0].compiled(problem, types_of(problem)[0]).packing)  # type: ignore[attr-defined]
    assert len(packings) == 2


def test_another_size_reads_the_weights_that_are_packed() -> None:
    program = Program(residual_net())
    sizes = [(n, 3, h, w) for n, h, w in ((1, 32, 32), (2, 32, 32), (1, 32, 48), (3, 48, 32))]
    answers = [program(np.ones(shape, np.float32))[0] for shape in sizes]
    alone = [Program(residual_net()) for _ in sizes]
    for own, shape, answer in zip(alone, sizes, answers, strict=True):
        assert own(np.ones(shape, np.float32))[0].tobytes() == answer.tobytes()
    together, each = program.report(np.ones(sizes[0], np.float32)).weights, [
        own.report(np.ones(shape, np.float32)).weights for own, shape in zip(alone, sizes, strict=True)
    ]  # fmt: skip
    assert max(each) <= together < 0.75 * sum(each)


def _pictures(height: int) -> Numbers:
    return np.ones((1, 256, height, 6), np.float32)


def _deep_net() -> Graph:
    """24 layers whose weights take 57 MB."""
    net = Net()
    x = "x"
    for _ in range(24):
        x = net.conv(x, 256, 256, 3)
    return net.graph(x, inputs=(Input("x", (Symbolic("n"), 256, Symbolic("h"), Symbolic("w")), "float32"),))


def test_memory_of_packed_weights_goes_with_the_plan_that_alone_read_them() -> None:
    graph = _deep_net()
    names = [node.output for node in graph.nodes]
    first = {names[0]: "direct"}
    direct, tiled = (Choices(first | dict.fromkeys(names[1:], row)) for row in ("direct", "winograd F(2,3)"))

    def taken(program: Program, heights: Iterable[int], choices: Choices) -> int:
        """Bytes that are held more once it has run on these sizes."""
        before = tracemalloc.get_traced_memory()[0]
        for height in heights:
            program.choose(choices, x := _pictures(height))
            program(x)
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before

    program = Program(graph)
    tracemalloc.start()
    try:
        own = taken(program, [4], direct)
        at_the_end = own + taken(program, range(5, 5 + PLANS), tiled)
    finally:
        tracemalloc.stop()
    assert program.plans == PLANS
    assert own > 50e6
    assert at_the_end < program.report(_pictures(20)).weights + 0.8 * own


def test_a_weight_is_packed_for_numbers_that_a_routine_cannot_sum_once_they_come() -> None:
    net = Net()
    graph = net.graph(net.conv("x", 64, 64, 3), inputs=(Input("x", (1, 64, 20, 20), "float32"),))
    program, x = Program(graph), np.random.default_rng(0).standard_normal((1, 64, 20, 20)).astype(np.float32)
    program.choose(Choices({"v0": "winograd F(2,3)"}), x)
    assert program.report(x).weights < 1.2 * 16 * 64 * 64 * 4  # 16 products stand for 9 taps; those are not held
    x[0, 3, 4, 5] = np.inf
    for _ in range(2):
        right, found = graph.computed([x])[0], program(x)[0]
        assert np.array_equal(np.isfinite(found), np.isfinite(right))
        np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-4)


def test_a_packed_weight_that_no_plan_reads_is_forgotten() -> None:
    graph, store = residual_net().at([(1, 3, 32, 32)]), Store()
    rooms = [PlanningRoom(store=store) for _ in range(2)]
    strides = [(3 * 32 * 32, 32 * 32, 32, 1)]
    plans = [lowered(graph, strides, room, Choices()) for room in rooms]
    assert len(store.packed) == len(plans[0].weights) > 0
    assert all(a is b for a, b in zip(plans[0].weights, plans[1].weights, strict=True))
    del rooms
    del plans[0]
    assert len(store.packed) > 0
    del plans[0]
    gc.collect()
    assert len(store.packed) == 0


def test_a_block_gives_lines_of_cache_that_nobody_else_has() -> None:
    block = WeightBlock(10_000)
    with taking_from(block):
        arrays = [room((size,), "float32", filled=True) for size in (1, 16, 17, 1000, 900, 5000, 3)]
    assert all(array.ctypes.data % 64 == 0 for array in arrays)
    stretches = sorted((array.ctypes.data, array.ctypes.data + array.nbytes) for array in arrays)
    assert all(end <= start for (_, end), (start, _) in pairwise(stretches))
    assert all(map(block.holds, arrays))
    assert not block.holds(np.zeros(4, np.float32))
    assert not block.holds(room((4,), "float32", filled=True))


def test_the_table_of_steps_names_the_file_of_each() -> None:
    families = (arranging, convolving, elementwise, gathering, norms, pooling, products)
    rows = {row.operation: row for family in families for row in family.ROWS}
    assert {operation: native_step(operation) for operation in STEP_FAMILIES} == rows
    assert native_step("foreign") is None
