"""Steps that gather many numbers into one give what torch gives, wherever their arrays lie."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gathered import CASES, NATIVE_STEPS, differs
from placed import Laid, defined, run
from torch.nn import functional

from kaiyan.engine.codegen.language.compile import compiled
from kaiyan.engine.codegen.language.target import TARGETS, Target
from kaiyan.program.graph import Node
from kaiyan.program.room import PlanningRoom

CHANNELS_LAST = (0, 2, 3, 1)


def pooled(kind: str, kernel: int, stride: int, padding: int = 0, dilation: int = 1) -> Node:
    pairs = {
        word: (number, number)
        for word, number in zip(
            ("kernel", "stride", "padding", "dilation"), (kernel, stride, padding, dilation), strict=True
        )
    }
    return Node("pool", ("x",), "y", {"kind": kind, **pairs, **PLAIN})


PLAIN = {"ceil_mode": False, "count_include_pad": True, "divisor_override": None}


def reduced(kind: str, *axes: int, keep: bool = False) -> Node:
    return Node("reduce", ("x",), "y", {"kind": kind, "axes": axes, "keep": keep})


def done(node: Node, arrays: list[Any], shape: tuple[int, ...], *, order: Any = None, threads: int = 1) -> Any:
    laid = []
    for array in arrays:
        laid.append(Laid(array.shape, array.dtype.name, order if array.ndim == 4 else None))
        laid[-1].array[...] = array
    output = Laid(shape, arrays[0].dtype.name, order if len(shape) == 4 else None)
    return run(NATIVE_STEPS[node.operation], node, laid, output, threads)


@pytest.mark.parametrize("operation", CASES)
def test_random_cases_equal_torch(operation: str) -> None:
    draw = np.random.default_rng(sum(operation.encode()))
    for _ in range(20):
        assert differs(draw, CASES[operation](draw, str(draw.choice(["float32", "float32", "float64"])))) == ""


@pytest.mark.parametrize("name", ["avx2", "generic"])
def test_narrower_machines_compute_the_same(name: str) -> None:
    ours = [sys.executable, str(Path(__file__).parents[1] / "gathered.py"), "3", "5"]
    ran = subprocess.run(ours, env=os.environ | {"KAIYAN_TARGET": name}, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert ran.stdout.split() == [word for operation in CASES for word in (operation, "5")]


@pytest.mark.parametrize("order", [None, CHANNELS_LAST])
@pytest.mark.parametrize("operation", ["pool", "reduce", "group_norm", "softmax", "layer_norm", "matmul"])
def test_two_threads_give_the_same_bits(operation: str, order: Any) -> None:
    x = np.random.default_rng(1).standard_normal((2, 40, 60, 61)).astype(np.float32)
    node, arrays, shape = {
        "pool": (pooled("average", 3, 2, 1), [x], (2, 40, 30, 31)),
        "reduce": (reduced("sum", 0, 2, 3), [x], (40,)),
        "group_norm": (Node("group_norm", ("x",), "y", {"groups": 8, "eps": 1e-5} | BARE), [x], x.shape),
        "layer_norm": (Node("layer_norm", ("x",), "y", {"axes": 1, "eps": 1e-5} | BARE), [x], x.shape),
        "softmax": (Node("softmax", ("x",), "y", {"axis": 1}), [x], x.shape),
        "matmul": (Node("matmul", ("a", "b"), "y", {}), [x, x.swapaxes(2, 3).copy()], (2, 40, 60, 60)),
    }[operation]
    alone, together = (done(node, arrays, shape, order=order, threads=threads) for threads in (1, 2))
    assert alone.tobytes() == together.tobytes()


BARE = {"weight": False, "bias": False}


def test_a_window_beside_the_input_has_no_greatest() -> None:
    x = np.ones((1, 1, 2, 2), np.float32)
    expected = functional.max_pool2d(torch.from_numpy(x), 2, 1, 1, 3).numpy()
    node = pooled("max", 2, 1, 1, 3)
    assert np.isneginf(expected).all()
    assert np.array_equal(defined(node, [x]), expected)
    assert np.array_equal(done(node, [x], expected.shape), expected)


def test_padding_never_wins_and_nothing_is_no_number() -> None:
    x = np.full((1, 2, 5, 5), -7, np.float32)
    x[0, 1, 2, 2] = np.nan
    for order in (None, CHANNELS_LAST):
        got = done(pooled("max", 3, 2, 1), [x], (1, 2, 3, 3), order=order)
        assert (got[0, 0] == -7).all()
        assert np.isnan(got[0, 1]).tolist() == [[False] * 3, [False, True, False], [False] * 3]


@pytest.mark.parametrize("kind", ["max", "average"])
def test_one_window_over_all_is_a_reduction(kind: str) -> None:
    x = np.arange(2 * 3 * 70 * 70, dtype=np.float32).reshape(2, 3, 70, 70)
    expected = {"max": x.max((2, 3)), "average": x.astype(np.float64).mean((2, 3))}[kind]
    assert np.array_equal(done(pooled(kind, 70, 70), [x], (2, 3, 1, 1))[..., 0, 0], expected.astype(np.float32))


def test_rows_longer_than_the_cache_are_pooled_in_parts() -> None:
    x = np.random.default_rng(0).standard_normal((1, 2, 30_001)).astype(np.float32)
    node = Node(
        "pool", ("x",), "y", {"kind": "max", "kernel": (3,), "stride": (2,), "padding": (1,), **PLAIN, "dilation": (1,)}
    )
    expected = functional.max_pool1d(torch.from_numpy(x), 3, 2, 1).numpy()
    assert np.array_equal(done(node, [x], expected.shape), expected)


@pytest.mark.parametrize("order", [None, CHANNELS_LAST])
def test_a_window_that_no_row_holds_is_refused(order: Any) -> None:
    x = Laid((1, 17, 1, 20_000), "float32", order)
    node = Node(
        "pool", ("x",), "y",
        {"kind": "max", "kernel": (1, 3), "stride": (1, 1), "padding": (0, 0), "dilation": (1, 9000), **PLAIN},
    )  # fmt: skip
    assert NATIVE_STEPS["pool"].refuses(node, [x.place], Laid((1, 17, 1, 2000), "float32", order).place)


def test_a_long_sum_is_nearer_than_torch() -> None:
    x = np.random.default_rng(2).uniform(0, 1, 3_000_001).astype(np.float32)
    true = x.astype(np.float64).sum()
    ours = done(reduced("sum", 0, keep=True), [x], (1,))[0]
    assert abs(ours - true) <= abs(float(torch.from_numpy(x).sum()) - true) + 2.0**-23 * true


def test_sums_of_doubles_lose_nothing_and_keep_infinities() -> None:
    x = np.full(10_000, 0.1)
    assert done(reduced("sum", 0, keep=True), [x], (1,))[0] == pytest.approx(math.fsum(x), rel=2.0**-52)
    x[17] = np.inf
    assert done(reduced("sum", 0, keep=True), [x], (1,))[0] == np.inf
    x[18] = -np.inf
    assert np.isnan(done(reduced("sum", 0, keep=True), [x], (1,))[0])


def test_nothing_summed_is_zero_and_its_mean_no_number() -> None:
    x = np.zeros((3, 0), np.float32)
    assert done(reduced("sum", 1), [x], (3,)).tolist() == [0, 0, 0]
    assert np.isnan(done(reduced("mean", 1), [x], (3,))).all()
    nowhere = Laid((3, 0), "float32").place
    assert NATIVE_STEPS["reduce"].refuses(reduced("max", 1), [nowhere], Laid((3,), "float32").place)


@pytest.mark.parametrize(
    "node",
    [reduced("max", 1), pooled("max", 2, 2), Node("softmax", ("x",), "y", {"axis": 1})],
    ids=lambda node: node.operation,
)
def test_nothing_is_done_for_an_empty_output(node: Node) -> None:
    x = Laid((0, 2, 4, 4), "float32").place
    assert NATIVE_STEPS[node.operation].calls(node, [x], x, PlanningRoom()) == []


def test_an_empty_product_is_zero() -> None:
    a, b = np.zeros((2, 0), np.float32), np.zeros((0, 3), np.float32)
    assert done(Node("matmul", ("a", "b"), "y", {}), [a, b], (2, 3)).tolist() == [[0] * 3] * 2


def test_far_from_zero_a_norm_is_as_right_as_torch() -> None:
    x = (np.random.default_rng(4).standard_normal((50, 768)) + 1000).astype(np.float32)
    node = Node("layer_norm", ("x",), "y", {"axes": 1, "eps": 1e-6} | BARE)
    true = functional.layer_norm(torch.from_numpy(x).double(), (768,), eps=1e-6).numpy()
    torch_apart = np.abs(functional.layer_norm(torch.from_numpy(x), (768,), eps=1e-6).numpy() - true).max()
    assert np.abs(done(node, [x], x.shape) - true).max() <= torch_apart


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("threads", [1, 2])
def test_groups_of_few_channels_that_lie_among_others_are_normed_in_parts(dtype: str, threads: int) -> None:
    draw = np.random.default_rng(5)
    x = (draw.standard_normal((2, 36, 18, 11)) + 3).astype(dtype)
    weight, bias = (draw.standard_normal(36).astype(dtype) for _ in range(2))
    node = Node("group_norm", ("x", "w", "b"), "y", {"groups": 9, "eps": 1e-5, "weight": True, "bias": True})
    wide, scale, shift = (torch.from_numpy(array).double() for array in (x, weight, bias))
    true = functional.group_norm(wide, 9, scale, shift, 1e-5).numpy()
    place = Laid(x.shape, dtype, CHANNELS_LAST).place
    assert len(NATIVE_STEPS["group_norm"].calls(node, [place, place, place], place, PlanningRoom())) == 3
    got = done(node, [x, weight, bias], x.shape, order=CHANNELS_LAST, threads=threads)
    assert np.abs(got - true).max() < {"float32": 3e-6, "float64": 1e-14}[dtype]


def test_shares_of_masked_places_are_zero() -> None:
    x = np.zeros((2, 9))
    x[0, 4:] = -np.inf
    x[1] = -np.inf
    got = done(Node("softmax", ("x",), "y", {"axis": 1}), [x], x.shape)
    assert got[0].tolist() == [0.25] * 4 + [0.0] * 5
    assert np.isnan(got[1]).all()


def test_axes_that_no_nest_holds_are_refused() -> None:
    x = Laid((2, 2, 2, 2), "float32", (2, 0, 3, 1))
    y = Laid((2, 2, 2, 2), "float32")
    node = Node("layer_norm", ("x",), "y", {"axes": 4, "eps": 1e-5} | BARE)
    assert NATIVE_STEPS["layer_norm"].refuses(node, [x.place], y.place)
    assert not NATIVE_STEPS["layer_norm"].refuses(node, [y.place], y.place)


@pytest.mark.parametrize("operation", NATIVE_STEPS)
def test_other_types_are_refused(operation: str) -> None:
    draw = np.random.default_rng(3)
    case = CASES[operation](draw, "float32")
    halves = [Laid(array.shape, "float16").place for array in case.arrays]
    assert NATIVE_STEPS[operation].refuses(case.node, halves, Laid(case.expected.shape, "float16").place)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_every_routine_compiles_for_every_target(target: Target) -> None:
    draw = np.random.default_rng(8)
    for draws in CASES.values():
        case = draws(draw, "float32")
        places = [Laid(array.shape, "float32").place for array in case.arrays]
        output = Laid(case.expected.shape, "float32").place
        for call in NATIVE_STEPS[case.node.operation].calls(case.node, places, output, PlanningRoom()):
            assert not isinstance(call.routine, int)
            assert compiled(call.routine, target)[:4] == b"\x7fELF"
