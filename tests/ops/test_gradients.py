"""Gradients as convolutions: equal to the definition's, exactly, on small whole numbers."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch

import kaiyan
from kaiyan.engine.gradients import depthwise
from kaiyan.engine.problem import Problem
from kaiyan.ops.gradients import input_gradient, weight_gradient
from kaiyan.reference import backward


def _case(choose: random.Random, *, depthwise: bool) -> tuple[kaiyan.Conv, tuple[int, ...]] | None:
    rank, G = choose.choice((1, 2, 2, 3)), choose.choice((1, 1, 2, 3))
    transposed = not depthwise and choose.random() < 0.4
    C = G if depthwise else G * choose.choice((1, 2, 3))
    K = G * choose.choice((1, 2, 5))
    kernel = tuple(choose.choice((1, 2, 3, 4)) for _ in range(rank))
    stride = tuple(choose.choice((1, 1, 2, 3)) for _ in range(rank))
    dilation = tuple(choose.choice((1, 1, 2)) for _ in range(rank))
    sides = tuple((choose.randrange(3), choose.randrange(3)) for _ in range(rank))
    padding: Any = choose.choice((0, 1, 2, "same", "same_lower", "causal", sides))
    shape = (choose.choice((1, 2, 3)), C, *(choose.choice((1, 3, 5, 8, 17)) for _ in range(rank)))
    extra = tuple(choose.randrange(max(s, d)) for s, d in zip(stride, dilation, strict=True))
    output_padding = extra if transposed and not isinstance(padding, str) else 0
    try:
        spec = kaiyan.Conv(
            C, K, kernel, stride=stride, dilation=dilation, padding=padding, groups=G, transposed=transposed,
            output_padding=output_padding, rank=rank, bias=False,
        )  # fmt: skip
        spec.output_shape(shape)
    except kaiyan.ConvError:
        return None
    return spec, shape


@pytest.mark.parametrize("seed", range(3))
def test_gradients_are_the_definitions(seed: int) -> None:
    choose, rng = random.Random(seed), np.random.default_rng(seed)
    tried = 0
    for case in (_case(choose, depthwise=False) for _ in range(50)):
        if case is None:
            continue
        spec, shape = case
        x, w, g = (rng.integers(-4, 5, s).astype("f4") for s in (shape, spec.weight_shape, spec.output_shape(shape)))
        right = backward.input_gradient(g, w, spec, shape), backward.weight_gradient(g, x, spec)
        assert np.array_equal(input_gradient(spec, g, w, shape), right[0]), (spec, shape)
        assert np.array_equal(weight_gradient(spec, g, x), right[1]), (spec, shape)
        tensors = [torch.from_numpy(a) for a in (g, w, x)]
        assert np.array_equal(input_gradient(spec, tensors[0], tensors[1], shape).numpy(), right[0])
        assert np.array_equal(weight_gradient(spec, tensors[0], tensors[2]).numpy(), right[1])
        tried += 1
    assert tried > 25


@pytest.mark.parametrize(("stride", "sides", "n"), [(3, (2, 0), 1), (20, (4, 0), 5), (9, (5, 1), 3)])
def test_a_weight_that_reads_only_padding_has_no_gradient(stride: int, sides: tuple[int, int], n: int) -> None:
    spec = kaiyan.Conv(2, 2, 1, stride=stride, padding=(sides,), bias=False, rank=1)
    found = weight_gradient(spec, np.ones((1, 2, 1)), np.ones((1, 2, n)))
    np.testing.assert_array_equal(found, np.zeros((2, 2, 1)))


@pytest.mark.parametrize("seed", range(4))
def test_the_kernel_of_depthwise_weights_is_the_definition(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(depthwise, "ROOM", 4096)  # so that there are several blocks of channels
    choose, rng = random.Random(seed), np.random.default_rng(seed)
    tried = 0
    for case in (_case(choose, depthwise=True) for _ in range(80)):
        if case is None:
            continue
        spec, shape = case
        for dtype in ("f4", "f8"):
            x, g = (rng.integers(-4, 5, s).astype(dtype) for s in (shape, spec.output_shape(shape)))
            problem = Problem(spec, shape, x.dtype.name, x.dtype.name, x.dtype.name, wrt="weight")
            found = depthwise.DepthwiseGradient().build(problem)(g, x)
            assert np.array_equal(found, backward.weight_gradient(g, x, spec)), (spec, shape)
        tried += 1
    assert tried > 40


def test_many_channels_and_threads_change_nothing() -> None:
    rng = np.random.default_rng(0)
    spec = kaiyan.Conv(40, 80, 7, padding=3, groups=40, rank=2, bias=False)
    x, g = rng.integers(-4, 5, (2, 40, 30, 31)).astype("f4"), rng.integers(-4, 5, (2, 80, 30, 31)).astype("f4")
    right = backward.weight_gradient(g, x, spec)
    before = kaiyan.get_num_threads()
    try:
        for threads in (1, 2, 3):
            kaiyan.set_num_threads(threads)
            assert np.array_equal(weight_gradient(spec, g, x), right)
    finally:
        kaiyan.set_num_threads(before)


@pytest.mark.parametrize("shape", [(8, 16, 9, 9), (1, 3, 9, 9), (1, 16, 8, 9)])
def test_a_gradient_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    spec = kaiyan.Conv(16, 16, 3, padding=1, rank=2)
    with pytest.raises(kaiyan.ConvError, match="the gradient has shape"):
        weight_gradient(spec, np.ones(shape, "float32"), np.ones((1, 16, 9, 9), "float32"))


def test_bytes_in_another_order_are_numbers_all_the_same() -> None:
    spec, rng = kaiyan.Conv(16, 16, 3, padding=1, rank=2), np.random.default_rng(0)
    y, x = (rng.integers(-3, 4, (1, 16, 9, 9)).astype("float32") for _ in range(2))
    assert np.array_equal(weight_gradient(spec, y.astype(">f4"), x.astype(">f4")), weight_gradient(spec, y, x).round())


def test_tensors_that_are_negated_lazily_are_read() -> None:
    z = torch.randn(1, 16, 9, 9, dtype=torch.complex64)
    lazily = z.conj().imag
    assert lazily.is_neg()
    spec, y = kaiyan.Conv(16, 16, 3, padding=1, rank=2), torch.ones(1, 16, 9, 9)
    assert torch.equal(weight_gradient(spec, y, lazily), weight_gradient(spec, y, lazily.clone()))
