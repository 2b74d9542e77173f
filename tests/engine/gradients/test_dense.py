"""The kernels of a dense weight's gradient, against the definition in float64 and against torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import kaiyan
from kaiyan.engine.gradients.dense import Dense
from kaiyan.engine.gradients.winograd import WinogradGradient
from kaiyan.engine.problem import Problem
from kaiyan.reference.backward import weight_gradient as defined
from kaiyan.spec.conv import Conv

LAYERS = [
    pytest.param(Conv(64, 64, 3, padding=1, rank=2), (2, 64, 28, 28), WinogradGradient(), id="3x3"),
    pytest.param(Conv(33, 200, 3, padding="same", rank=2), (3, 33, 9, 13), WinogradGradient(), id="3x3-odd"),
    pytest.param(
        Conv(64, 70, 3, padding=(1, 2), groups=2, rank=2), (2, 64, 14, 14), WinogradGradient(), id="3x3-groups"
    ),
    pytest.param(Conv(64, 128, 3, stride=2, padding=1, rank=2), (2, 64, 29, 30), Dense(), id="3x3-stride"),
    pytest.param(Conv(96, 24, 1, rank=2), (4, 96, 14, 14), Dense(), id="1x1"),
    pytest.param(Conv(16, 40, 1, stride=2, rank=2), (2, 16, 15, 9), Dense(), id="1x1-stride"),
    pytest.param(Conv(16, 16, 5, padding=2, rank=2), (2, 16, 12, 40), Dense(), id="5x5"),
    pytest.param(Conv(20, 17, 9, padding=4, rank=2), (1, 20, 11, 11), Dense(), id="9x9"),
    pytest.param(Conv(32, 32, 2, padding="causal", dilation=8, rank=1), (2, 32, 3000), Dense(), id="causal"),
    pytest.param(Conv(8, 12, 3, padding=1, rank=3), (2, 8, 5, 6, 7), Dense(), id="volume"),
    pytest.param(
        Conv(24, 40, 4, stride=2, padding=1, transposed=True, rank=2), (2, 24, 7, 9), Dense(), id="transposed"
    ),
]


def _arrays(spec: Conv, shape: tuple[int, ...], dtype: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return (
        rng.standard_normal(spec.output_shape(shape)).astype(dtype),
        rng.standard_normal(shape).astype(dtype),
    )


def _last(x: np.ndarray) -> np.ndarray:
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)


def weight_gradient(row: Dense | WinogradGradient, spec: Conv, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The gradient by this row, which does not refuse it."""
    dtype = x.dtype.name
    problem = Problem(spec, x.shape, dtype, dtype, dtype, threads=kaiyan.get_num_threads(), wrt="weight")
    assert row.refuses(problem) is None
    gradient: np.ndarray = row.build(problem)(y, x)
    return gradient


@pytest.mark.parametrize(("spec", "shape", "way"), LAYERS)
@pytest.mark.parametrize(("dtype", "bound"), [("float32", 4e-6), ("float64", 1e-14)])
def test_it_is_the_definition(
    spec: Conv, shape: tuple[int, ...], way: Dense | WinogradGradient, dtype: str, bound: float
) -> None:
    y, x = _arrays(spec, shape, dtype)
    right = defined(y.astype("float64"), x.astype("float64"), spec)
    for found in (weight_gradient(way, spec, y, x), weight_gradient(way, spec, _last(y), _last(x))):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, right, rtol=0, atol=bound * abs(right).max())


@pytest.mark.parametrize(("spec", "shape", "way"), LAYERS)
def test_it_has_the_same_bits_on_any_number_of_threads(
    spec: Conv, shape: tuple[int, ...], way: Dense | WinogradGradient
) -> None:
    y, x = _arrays(spec, shape, "float32")
    before = kaiyan.get_num_threads()
    try:
        found = []
        for threads in (1, 2, 3):
            kaiyan.set_num_threads(threads)
            found.append(weight_gradient(way, spec, y, x))
    finally:
        kaiyan.set_num_threads(before)
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_it_is_nearer_to_the_truth_than_torch() -> None:
    spec, shape = Conv(64, 64, 3, padding=1, rank=2), (8, 64, 56, 56)
    y, x = (torch.from_numpy(array) for array in _arrays(spec, shape, "float32"))

    def torchs(y: torch.Tensor, x: torch.Tensor) -> np.ndarray:
        weight = x.new_empty(spec.weight_shape)
        found = torch.ops.aten.convolution_backward(
            y, x, weight, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, [False, True, False]
        )
        return np.asarray(found[1])

    right = torchs(y.double(), x.double())
    ours = abs(weight_gradient(WinogradGradient(), spec, y.numpy(), x.numpy()) - right).max()
    assert ours < abs(torchs(y, x) - right).max()


@pytest.mark.parametrize("number", [np.inf, -np.inf, np.nan])
def test_a_number_that_is_not_finite_spoils_only_what_it_reaches(number: float) -> None:
    spec, shape = Conv(16, 16, 3, padding=1, rank=2), (1, 16, 12, 12)
    y, x = _arrays(spec, shape, "float32")
    x[0, 3, 0, 0] = number  # under the middle tap and those after it, never under the last row's or column's
    found, right = (
        weight_gradient(WinogradGradient(), spec, y, x),
        defined(y.astype("float64"), x.astype("float64"), spec),
    )
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(right))
    np.testing.assert_allclose(found, right, rtol=1e-3, atol=1e-4)


def test_a_slice_of_a_larger_array_is_read_where_it_lies() -> None:
    spec = Conv(16, 16, 3, padding=1, rank=2)
    wide = np.random.default_rng(1).standard_normal((2, 20, 12, 17)).astype("float32")
    x = wide[:, 2:18, :, 1:13]
    y = _arrays(spec, x.shape, "float32")[0]
    assert np.array_equal(
        weight_gradient(WinogradGradient(), spec, y, x), weight_gradient(WinogradGradient(), spec, y, x.copy())
    )
    sparse = wide[:, :16, ::2, ::2]
    y = _arrays(spec, sparse.shape, "float32")[0]
    np.testing.assert_allclose(
        weight_gradient(WinogradGradient(), spec, y, sparse),
        weight_gradient(WinogradGradient(), spec, y, sparse.copy()),
        rtol=0,
        atol=1e-4,
    )
