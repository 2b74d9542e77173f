"""prepare: a weight packed once, a residual and an activation in one pass, results in the caller's own array."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from kaiyan import Conv, ConvError, conv, prepare
from kaiyan.engine.compiled import Compiled
from kaiyan.reference.forward import forward

SPEC = Conv(6, 10, 3, padding=1, stride=(1, 2), rank=2)
ACTIVATIONS: dict[str, Any] = {
    "relu": functional.relu, "relu6": functional.relu6, "silu": functional.silu, "hardswish": functional.hardswish,
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "gelu": functional.gelu,
}  # fmt: skip


def _arrays(dtype: Any = np.float32, spec: Conv = SPEC, shape: tuple[int, ...] = (2, 6, 9, 11)) -> list[Any]:
    rng = np.random.default_rng(0)
    return [rng.integers(-4, 5, s).astype(dtype) for s in (shape, spec.weight_shape, (spec.channels[1],))]


def _last(x: Any) -> Any:
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
@pytest.mark.parametrize(
    "layout", [np.asarray, _last, np.asfortranarray], ids=["channels_first", "channels_last", "fortran"]
)
def test_it_computes_what_conv_does(kind: Any, layout: Any) -> None:
    x, w, b = _arrays()
    right = forward(x, w, b, SPEC)
    prepared = prepare(SPEC, kind(w), kind(b))
    np.testing.assert_array_equal(np.asarray(prepared(kind(layout(x)))), right)
    np.testing.assert_array_equal(np.asarray(prepared(kind(layout(x))[0])), right[0])
    np.testing.assert_array_equal(
        np.asarray(prepared(kind(layout(x[:, :, :5, :7])))), forward(x[:, :, :5, :7], w, b, SPEC)
    )


def test_channels_last_comes_back_channels_last() -> None:
    x, w, b = _arrays()
    assert prepare(SPEC, w, b)(_last(x)).transpose(0, 2, 3, 1).flags.c_contiguous
    tensors = [torch.from_numpy(a) for a in (x, w, b)]
    y = conv(tensors[0].to(memory_format=torch.channels_last), *tensors[1:], stride=(1, 2), padding=1)
    assert y.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
def test_a_residual_and_an_activation_are_torchs(name: str, dtype: Any, kind: Any) -> None:
    x, w, b = _arrays(dtype)
    w /= 8
    residual = np.linspace(-9, 9, 2 * 10 * 9 * 6).reshape(2, 10, 9, 6).astype(dtype)
    y = prepare(SPEC, kind(w), kind(b), activation=name)(kind(x), kind(residual))
    right = ACTIVATIONS[name](
        torch.from_numpy(forward(x.astype("f8"), w.astype("f8"), b.astype("f8"), SPEC) + residual)
    )
    tolerance = {np.float16: 2e-2, np.float32: 1e-5, np.float64: 1e-13}[dtype]
    np.testing.assert_allclose(np.asarray(y, np.float64), right.numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_keeps_nan_and_the_ends_of_the_range(name: str) -> None:
    x = np.array([[[np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30, -1e30, 88.7, -88.7, -104.0, 1e-30]]], np.float32)
    y = prepare(Conv(1, 1, 1, rank=1), np.ones((1, 1, 1), np.float32), np.zeros(1, np.float32), activation=name)(x)
    right = ACTIVATIONS[name](torch.from_numpy(x)).numpy()
    if name == "gelu":
        right[x == np.inf] = np.inf  # torch 2.13 says NaN
    np.testing.assert_allclose(y, right, rtol=1e-5, atol=1e-37)


@pytest.mark.parametrize("layout", [np.asarray, _last], ids=["channels_first", "channels_last"])
def test_the_result_is_written_where_it_is_asked_for(layout: Any) -> None:
    x, w, b = _arrays()
    right = forward(x, w, b, SPEC)
    out = layout(np.full(right.shape, np.nan, np.float32))
    assert prepare(SPEC, w, b)(layout(x), out=out) is out
    np.testing.assert_array_equal(out, right)
    integers = [a.astype(np.int64) for a in (x, w, b)]
    counted = layout(np.zeros(right.shape, np.int64))
    assert prepare(SPEC, *integers[1:])(layout(integers[0]), out=counted) is counted
    np.testing.assert_array_equal(counted, right)


def test_a_number_that_is_not_finite_stays_under_its_kernel() -> None:
    spec = Conv(16, 16, 3, padding=1, rank=2)
    x, w, b = _arrays(np.float32, spec, (1, 16, 24, 24))
    x[0, 3, 10, 10], x[0, 5, 20, 4] = np.nan, np.inf
    with np.errstate(invalid="ignore"):
        right = forward(x, w, b, spec)
    for y in (prepare(spec, w, b)(x), conv(x, w, b, padding=1)):
        np.testing.assert_array_equal(np.isnan(y), np.isnan(right))
        assert np.isnan(y).any()
        assert not np.isnan(y).all()


@pytest.mark.parametrize("layout", [np.asarray, _last], ids=["channels_first", "channels_last"])
@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
def test_a_weight_that_is_not_finite_adds_nothing_on_padding(kind: Any, layout: Any) -> None:
    x, w, b = _arrays()
    w[2, 1, 0, 0], w[5, 0, 2, 2] = np.inf, np.nan
    residual = np.ones((2, 10, 9, 6), np.float32)
    with np.errstate(invalid="ignore"):
        right = np.maximum(forward(x, w, b, SPEC) + residual, 0)
    y = prepare(SPEC, kind(w), kind(b), activation="relu")(kind(layout(x)), kind(residual))
    np.testing.assert_array_equal(np.asarray(y), right)
    assert np.isfinite(right[:, 2, 0]).all()


def test_a_changed_weight_is_seen_by_the_function() -> None:
    x, w, b = _arrays()
    first = conv(x, w, b, stride=(1, 2), padding=1)
    w[3, 2, 1, 1] += 1
    np.testing.assert_array_equal(conv(x, w, b, stride=(1, 2), padding=1), forward(x, w, b, SPEC))
    b[3] += 1
    np.testing.assert_array_equal(conv(x, w, b, stride=(1, 2), padding=1), forward(x, w, b, SPEC))
    tensor = torch.from_numpy(w)
    tensor.data.neg_()
    np.testing.assert_array_equal(conv(torch.from_numpy(x), tensor, torch.from_numpy(b), stride=(1, 2), padding=1),
                                  forward(x, -first.dtype.type(1) * -w, b, SPEC))  # fmt: skip


def test_weights_that_are_gone_are_forgotten() -> None:
    spec = Conv(6, 11, 3, rank=2)
    x, w, _ = _arrays(np.float32, spec)
    held = [w + seed for seed in range(5)]
    for weight in held:
        conv(x, weight)
    kept = next(
        r._kept for r in gc.get_objects() if type(r) is Compiled and r._problem.spec == spec.replace(bias=False)
    )
    assert len(kept) == 5
    del held[1:], weight
    assert len(kept) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"x": [1, 2]}, "x is a list, not a NumPy array or a torch tensor"),
        ({"x": torch.ones(2, 6, 9, 11)}, "the arrays are of different libraries: torch.Tensor, numpy.ndarray"),
        ({"x": np.ones((2, 5, 9, 11), np.float32)}, "the input (2, 5, 9, 11) has 5 channels on axis 1"),
        ({"residual": np.ones((2, 10, 9, 5), np.float32)},
         "residual has shape (2, 10, 9, 5) and type float32, but the output has (2, 10, 9, 6) and float32"),
        ({"residual": np.ones((2, 10, 9, 6))}, "residual has shape (2, 10, 9, 6) and type float64"),
        ({"out": np.ones((2, 10, 9, 7), np.float32)}, "out has shape (2, 10, 9, 7) and type float32"),
        ({"out": np.ones((2, 10, 9, 12), np.float32)[..., ::2]}, "out must be channels_first and without gaps in memory"),
        ({"out": _last(np.ones((2, 10, 9, 6), np.float32))}, "out must be channels_first and without gaps in memory"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(change: dict[str, Any], said: str) -> None:
    x, w, b = _arrays()
    prepared = prepare(SPEC, w, b)
    prepared(x, np.ones((2, 10, 9, 6), np.float32), np.ones((2, 10, 9, 6), np.float32))
    given: dict[str, Any] = {"x": x} | change
    with pytest.raises(ConvError) as caught:
        prepared(**given)
    assert said in str(caught.value)


def test_an_output_that_is_the_input_is_refused() -> None:
    x = np.ones((1, 6, 9, 9), np.float32)
    same = prepare(Conv(6, 6, 3, padding=1, rank=2), np.ones((6, 6, 3, 3), np.float32))
    with pytest.raises(ConvError, match="out shares memory with the input"):
        same(x, out=x)


@pytest.mark.parametrize(
    ("spec", "weight", "options", "said"),
    [
        (SPEC, np.ones((10, 6, 3, 5)), {}, "the weight has shape (10, 6, 3, 5), but nn.Conv2d(6, 10"),
        ("Conv2d(6, 10, 3)", np.ones((10, 6, 3)), {}, "has 2 spatial axes, not 1"),
        (SPEC, np.ones((10, 6, 3, 3)), {"activation": "elu"}, "there is no activation 'elu'"),
        (SPEC, np.ones((10, 6, 3, 3)), {"precision": "best"}, "there is no precision 'best'"),
        (SPEC, [[1]], {}, "weight is a list"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(spec: Any, weight: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConvError) as caught:
        prepare(spec, weight, **options)
    assert said in str(caught.value)


def test_it_says_what_it_is() -> None:
    assert repr(prepare(SPEC, np.ones(SPEC.weight_shape))) == f"prepare({SPEC})"
