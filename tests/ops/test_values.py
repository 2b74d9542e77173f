"""Values, on NumPy and torch, against loops written out here: numpy.pad borders, then one window at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from strategies import MODES, NUMPY_MODES, fitted

import kaiyan
from kaiyan.reference.backward import bias_gradient, input_gradient, weight_gradient
from kaiyan.spec.conv import Conv

Case = tuple[Conv, tuple[int, ...]]


def _integers(shape: tuple[int, ...], seed: int) -> Any:
    return np.random.default_rng(seed).integers(-5, 6, shape).astype(np.float64)


def _options(spec: Conv) -> dict[str, Any]:
    common = {"stride": spec.stride, "padding": spec.padding, "dilation": spec.dilation, "groups": spec.groups}
    return common | (
        {"output_padding": spec.output_padding} if spec.transposed else {"padding_mode": spec.padding_mode}
    )


def _computed(spec: Conv, x: Any, w: Any, b: Any) -> Any:
    return (kaiyan.conv_transpose if spec.transposed else kaiyan.conv)(x, w, b, **_options(spec))


def _arrays(spec: Conv, shape: tuple[int, ...], seed: int) -> tuple[Any, Any, Any]:
    bias = _integers((spec.channels[1],), seed + 2) if spec.bias else None
    return _integers(shape, seed), _integers(spec.weight_shape, seed + 1), bias


def looped(spec: Conv, x: Any, w: Any, b: Any) -> Any:
    """One window at a time, by the definition."""
    C, K = spec.channels
    G = spec.groups
    mode = NUMPY_MODES[spec.padding_mode]
    filling = {"constant_values": 3 if spec.padding_mode == "constant(3)" else 0} if mode == "constant" else {}
    x = np.pad(x, ((0, 0), (0, 0), *spec.pads(x.shape)), mode, **filling)  # type: ignore[call-overload]
    sizes = [(n - a.dilation * (a.kernel - 1) - 1) // a.stride + 1 for n, a in zip(x.shape[2:], spec.axes, strict=True)]
    y = np.zeros((len(x), K, *[max(size, 0) for size in sizes]))
    for n, k, *place in np.ndindex(*y.shape):
        g = k // (K // G)
        channels = slice(g * (C // G), (g + 1) * (C // G))
        window: Any = tuple(
            slice(o * a.stride, o * a.stride + a.dilation * (a.kernel - 1) + 1, a.dilation)
            for o, a in zip(place, spec.axes, strict=True)
        )
        y[(n, k, *place)] = (x[(n, channels, *window)] * w[k]).sum()
    return y if b is None else y + b.reshape(-1, *[1] * len(spec.axes))


def scattered(spec: Conv, x: Any, w: Any, b: Any) -> Any:
    """Every input laid into the full output, then the crop."""
    C, K = spec.channels
    G = spec.groups
    full = [
        max((n - 1) * a.stride + a.dilation * (a.kernel - 1) + 1, 0)
        for n, a in zip(x.shape[2:], spec.axes, strict=True)
    ]
    crops = spec.pads(x.shape)
    output_padding = [getattr(a, "output_padding", 0) for a in spec.axes]
    room = [f + p + max(-after, 0) for f, p, (_, after) in zip(full, output_padding, crops, strict=True)]
    y = np.zeros((len(x), K, *room))
    for n, c, *place in np.ndindex(*x.shape):
        g = c // (C // G)
        window: Any = tuple(
            slice(i * a.stride, i * a.stride + a.dilation * (a.kernel - 1) + 1, a.dilation)
            for i, a in zip(place, spec.axes, strict=True)
        )
        y[(n, slice(g * (K // G), (g + 1) * (K // G)), *window)] += x[(n, c, *place)] * w[c]
    kept: Any = (..., *(slice(before, n - max(after, 0)) for n, (before, after) in zip(room, crops, strict=True)))
    y = y[kept]
    return y if b is None else y + b.reshape(-1, *[1] * len(spec.axes))


@given(case=fitted(transposed=False), seed=st.integers(0, 99))
def test_conv_equals_a_loop_over_windows(case: Case, seed: int) -> None:
    spec, shape = case
    x, w, b = _arrays(spec, shape, seed)
    y = _computed(spec, x, w, b)
    assert y.shape == spec.output_shape(shape)
    if 0 not in shape[2:]:
        np.testing.assert_array_equal(y, looped(spec, x, w, b))


@given(case=fitted(transposed=True), seed=st.integers(0, 99))
def test_conv_transpose_equals_a_loop_over_inputs(case: Case, seed: int) -> None:
    spec, shape = case
    x, w, b = _arrays(spec, shape, seed)
    y = _computed(spec, x, w, b)
    assert y.shape == spec.output_shape(shape)
    if 0 not in shape[2:]:
        np.testing.assert_array_equal(y, scattered(spec, x, w, b))


@given(case=fitted(), seed=st.integers(0, 99))
def test_tensors_give_what_arrays_give(case: Case, seed: int) -> None:
    spec, shape = case
    x, w, b = _arrays(spec, shape, seed)
    y = _computed(spec, *(None if a is None else torch.from_numpy(a) for a in (x, w, b)))
    assert tuple(y.shape) == spec.output_shape(shape)
    np.testing.assert_array_equal(y.numpy(), _computed(spec, x, w, b))


@given(case=fitted())
def test_shapes_are_torchs_where_torch_has_the_case(case: Case) -> None:
    spec, shape = case
    pads = spec.pads(shape)
    if len(spec.axes) > 3 or 0 in shape or any(before != after for before, after in pads):
        return
    x, w = torch.empty(shape, device="meta"), torch.empty(spec.weight_shape, device="meta")
    padding = tuple(before for before, _ in pads)
    name = f"conv{'_transpose' if spec.transposed else ''}{len(spec.axes)}d"
    extra = {"output_padding": spec.output_padding} if spec.transposed else {}
    y = getattr(torch.nn.functional, name)(
        x, w, stride=spec.stride, padding=padding, dilation=spec.dilation, groups=spec.groups, **extra
    )
    assert tuple(y.shape) == spec.output_shape(shape)


@given(case=fitted(transposed=False, modes=("zeros",)), seed=st.integers(0, 99))
def test_transposed_is_the_adjoint_of_forward(case: Case, seed: int) -> None:
    spec, shape = case
    x, w, _ = _arrays(spec, shape, seed)
    y = _computed(spec, x, w, None)
    v = _integers(y.shape, seed + 3)
    back = input_gradient(v, w, spec, shape)
    assert (y * v).sum() == (x * back).sum()
    pads = spec.pads(shape)
    covered = [
        (m - 1) * a.stride + a.dilation * (a.kernel - 1) + 1 - sum(p)
        for m, a, p in zip(y.shape[2:], spec.axes, pads, strict=True)
    ]
    missing = tuple(n - m for n, m in zip(shape[2:], covered, strict=True))
    legal = all(0 <= m < max(a.stride, a.dilation) for m, a in zip(missing, spec.axes, strict=True))
    if legal and min(covered) > 0 and 0 not in shape[2:]:
        options: dict[str, Any] = {"stride": spec.stride, "dilation": spec.dilation, "groups": spec.groups}
        found = kaiyan.conv_transpose(v, w, padding=pads, output_padding=missing, **options)
        np.testing.assert_array_equal(found, back)


@given(case=fitted(), seed=st.integers(0, 99))
def test_gradients_are_the_derivatives(case: Case, seed: int) -> None:
    spec, shape = case
    x, w, _ = _arrays(spec, shape, seed)
    dx, dw = _integers(shape, seed + 4), _integers(spec.weight_shape, seed + 5)
    y = _computed(spec, x, w, None)
    v = _integers(y.shape, seed + 3)
    gx, gw = input_gradient(v, w, spec, shape), weight_gradient(v, x, spec)
    assert (gx.shape, gw.shape) == (shape, spec.weight_shape)
    assert ((_computed(spec, x + dx, w, None) - y) * v).sum() == (gx * dx).sum()  # a convolution is linear in x
    assert ((_computed(spec, x, w + dw, None) - y) * v).sum() == (gw * dw).sum()  # and in w
    np.testing.assert_array_equal(bias_gradient(v), v.sum((0, *range(2, v.ndim))))


@given(n=st.integers(3, 9), m=st.integers(3, 9), shift=st.integers(-9, 9), dilation=st.integers(1, 3))
def test_a_shift_of_the_input_shifts_the_output(n: int, m: int, shift: int, dilation: int) -> None:
    x, w = _integers((2, 2, n, m), 1), _integers((3, 2, 3, 2), 2)
    options: dict[str, Any] = {"padding": "same", "padding_mode": "circular", "dilation": dilation}
    moved = kaiyan.conv(np.roll(x, shift, 3), w, **options)
    np.testing.assert_array_equal(moved, np.roll(kaiyan.conv(x, w, **options), shift, 3))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("padding", [1, ((0, 2), (3, 1)), "same", "causal"])
def test_autograd_is_intact_for_every_border(mode: str, padding: Any) -> None:
    torch.manual_seed(0)
    x, w, b = (torch.randn(s, dtype=torch.float64, requires_grad=True) for s in ((1, 2, 4, 3), (4, 1, 2, 3), (4,)))
    assert torch.autograd.gradcheck(
        lambda x, w, b: kaiyan.conv(x, w, b, stride=2, padding=padding, padding_mode=mode, groups=2), (x, w, b)
    )


@pytest.mark.parametrize("padding", [1, ((0, 1), (1, 0)), "same", "same_lower", "causal"])
def test_autograd_is_intact_for_transposed(padding: Any) -> None:
    torch.manual_seed(0)
    x, w, b = (torch.randn(s, dtype=torch.float64, requires_grad=True) for s in ((1, 2, 4, 3), (2, 3, 2, 3), (3,)))
    assert torch.autograd.gradcheck(
        lambda x, w, b: kaiyan.conv_transpose(x, w, b, stride=2, padding=padding), (x, w, b)
    )


def test_autograd_is_intact_where_the_reference_computes() -> None:
    torch.manual_seed(0)
    x, w, b = (
        torch.randn(s, dtype=torch.float64, requires_grad=True) for s in ((1, 2, 3, 2, 3, 2), (2, 1, 2, 2, 1, 2), (2,))
    )
    assert torch.autograd.gradcheck(
        lambda x, w, b: kaiyan.conv(x, w, b, padding="same", padding_mode="symmetric", groups=2, stride=2), (x, w, b)
    )


@pytest.mark.parametrize("layout", ["channels_last", "sliced", "expanded", "flipped"])
def test_strides_are_honoured(layout: str) -> None:
    x = torch.arange(240.0).reshape(2, 3, 8, 5)
    views = {
        "channels_last": x.to(memory_format=torch.channels_last),
        "sliced": torch.stack([x, -x], dim=-1)[..., 0],
        "expanded": x[:1].expand(2, 3, 8, 5),
        "flipped": x.flip(2),
    }
    view, w = views[layout], torch.arange(54.0).reshape(2, 3, 3, 3)
    right = torch.nn.functional.conv2d(view.contiguous(), w, padding=1)
    assert torch.equal(kaiyan.conv(view, w, padding=1), right)
    np.testing.assert_array_equal(kaiyan.conv(view.numpy(), w.numpy(), padding=1), right.numpy())
