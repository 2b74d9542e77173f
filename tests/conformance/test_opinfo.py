"""Every sample and error input of PyTorch's OpInfo for convolutions; right values are torch.nn.functional's."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

import kaiyan
from kaiyan.ops.operator import conv
from kaiyan.reference.backward import bias_gradient, input_gradient, weight_gradient

NAMES = [f"nn.functional.conv{t}{rank}d" for t in ("", "_transpose") for rank in (1, 2, 3)]
DTYPES = [torch.float32, torch.float64, torch.complex64, torch.complex128, torch.float16, torch.bfloat16]
FORWARD = ("stride", "padding", "dilation", "groups")
TRANSPOSED = ("stride", "padding", "output_padding", "groups", "dilation")
TOLERANCE = {
    torch.float32: 1e-4, torch.complex64: 1e-4, torch.float64: 1e-11, torch.complex128: 1e-11,
    torch.float16: 2**-10, torch.bfloat16: 2**-7,
}  # fmt: skip
LEAST = {"nn.functional.conv1d": 10, "nn.functional.conv2d": 30, "nn.functional.conv3d": 20}
"""Samples in torch 2.13; the transposed have 10 or more."""


@cache
def _operators() -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db
    return {op.name: op for op in op_db if op.name in NAMES}


def _samples(name: str, dtype: torch.dtype) -> list[Any]:
    torch.manual_seed(0)
    return list(_operators()[name].sample_inputs("cpu", dtype))


def _call(name: str, sample: Any) -> tuple[Any, list[Any], dict[str, Any]]:
    """Our function, the tensors (x, weight, bias or None), and the settings by name."""
    transposed = "transpose" in name
    padded: list[Any] = [*sample.args, *[None] * (2 - len(sample.args))]
    weight, bias, *settings = padded
    given = dict(zip(TRANSPOSED if transposed else FORWARD, settings, strict=False)) | sample.kwargs
    bias = given.pop("bias", bias)
    return (kaiyan.conv_transpose if transposed else kaiyan.conv), [sample.input, weight, bias], given


def _arrays(tensors: list[Any]) -> list[Any]:
    return [None if t is None else t.detach().resolve_conj().numpy() for t in tensors]


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_samples_give_torchs_values(name: str, dtype: torch.dtype) -> None:
    samples = _samples(name, dtype)
    for sample in samples:
        function, tensors, given = _call(name, sample)
        wide = [None if t is None else t.to(torch.float32) if dtype in (torch.float16, torch.bfloat16) else t
                for t in tensors]  # fmt: skip
        right = getattr(torch.nn.functional, name.rpartition(".")[2])(*wide, **given)
        ours = function(*tensors, **given)
        assert (ours.dtype, ours.shape) == (dtype, right.shape)
        scale = right.abs().max().item() if right.numel() else 1.0
        assert (ours.to(right.dtype) - right).abs().max().item() <= TOLERANCE[dtype] * max(scale, 1)
        if dtype != torch.bfloat16:  # NumPy has it only through ml_dtypes, tested in tests/reference
            array = torch.from_numpy(function(*_arrays(tensors), **given))
            assert (array.dtype, array.shape) == (dtype, right.shape)
            assert (array.to(right.dtype) - right).abs().max().item() <= TOLERANCE[dtype] * max(scale, 1)
    print(f"OpInfo {name} {dtype}: {len(samples)} samples run, none left out{' but NumPy' * (dtype == torch.bfloat16)}")
    assert len(samples) >= LEAST.get(name, 10)


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128], ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_torchs(name: str, dtype: torch.dtype) -> None:
    for sample in _samples(name, dtype):
        function, tensors, given = _call(name, sample)
        leaves = [None if t is None else t.detach().clone().requires_grad_() for t in tensors]
        y = getattr(torch.nn.functional, name.rpartition(".")[2])(*leaves, **given)
        seed = torch.randn_like(y)
        wanted = [leaf for leaf in leaves if leaf is not None]
        right = torch.autograd.grad(y, wanted, seed)
        ours = torch.autograd.grad(function(*leaves, **given), wanted, seed)
        for a, b in zip(ours, right, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)
        for c, b in zip(_reference_gradients(name, tensors, seed, given), right, strict=False):
            np.testing.assert_allclose(c, b.resolve_conj().numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.complex128], ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_the_operator_of_our_layers_gives_torchs_values_and_gradients(name: str, dtype: torch.dtype) -> None:
    for sample in _samples(name, dtype):
        _, tensors, given = _call(name, sample)
        leaves: list[Any] = [None if t is None else t.detach().clone().requires_grad_() for t in tensors]
        wanted = [leaf for leaf in leaves if leaf is not None]
        right = getattr(torch.nn.functional, name.rpartition(".")[2])(*leaves, **given)
        seed = torch.randn_like(right)
        x, weight, bias = leaves
        unbatched = x.ndim == weight.ndim - 1
        y: Any = conv(x[None] if unbatched else x, weight, bias, str(_spec(name, weight, given)))
        y = y[0] if unbatched else y
        _close(y, right, dtype)
        pairs = zip(torch.autograd.grad(y, wanted, seed), torch.autograd.grad(right, wanted, seed), strict=True)
        for ours, theirs in pairs:
            _close(ours, theirs, dtype)


def _close(found: torch.Tensor, right: torch.Tensor, dtype: torch.dtype) -> None:
    found, right = found.detach(), right.detach()
    scale = max(float(right.abs().max()) if right.numel() else 1.0, 1.0)
    torch.testing.assert_close(found, right, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype] * scale)


def _spec(name: str, w: Any, given: dict[str, Any]) -> kaiyan.Conv:
    transposed, groups = "transpose" in name, given.get("groups", 1)
    channels = (w.shape[0], w.shape[1] * groups) if transposed else (w.shape[1] * groups, w.shape[0])
    return kaiyan.Conv(*channels, tuple(w.shape[2:]), transposed=transposed, rank=w.ndim - 2, **given)


def _reference_gradients(name: str, tensors: list[Any], seed: torch.Tensor, given: dict[str, Any]) -> list[Any]:
    x, w, _ = _arrays(tensors)
    gradient = seed.resolve_conj().numpy()
    unbatched = x.ndim == w.ndim - 1
    if unbatched:
        x, gradient = x[None], gradient[None]
    spec = _spec(name, w, given)
    gx = input_gradient(gradient, w, spec, x.shape)
    return [gx[0] if unbatched else gx, weight_gradient(gradient, x, spec), bias_gradient(gradient)]


@pytest.mark.parametrize("name", [name for name in NAMES if "transpose" not in name])
def test_error_inputs_are_refused_in_our_words(name: str) -> None:
    errors = list(_operators()[name].error_inputs("cpu"))
    refused, computed = [], []
    for error in errors:
        function, tensors, given = _call(name, error.sample_input)
        strided = given.get("padding") == "same" and "strided" in error.error_regex
        mixed = len({t.dtype for t in tensors if t is not None}) > 1
        if strided or mixed:  # what torch refuses and ours computes: "same" at a stride, and promotion by NumPy's rules
            computed.append(error.error_regex)
            ours, right = function(*tensors, **given), _expected(name, tensors, given)
            assert (ours.shape, ours.dtype) == (right.shape, right.dtype)
            torch.testing.assert_close(ours, right, rtol=1e-5, atol=1e-5)
            continue
        refused.append(error.error_regex)
        with pytest.raises(kaiyan.ConvError):
            function(*tensors, **given)
    print(f"OpInfo {name}: {len(errors)} error inputs, {len(refused)} refused; rightly computed: {computed}")
    assert len(refused) >= 7
    assert len(errors) >= 10


def _expected(name: str, tensors: list[Any], given: dict[str, Any]) -> torch.Tensor:
    """The answer of torch once it is helped: types promoted, a strided "same" as every stride-th of the dense one."""
    dtype = np.result_type(*(str(t.dtype).removeprefix("torch.") for t in tensors if t is not None)).name
    alike = [None if t is None else t.to(getattr(torch, dtype)) for t in tensors]
    stride = given.get("stride", 1) if given.get("padding") == "same" else 1
    dense = given if stride == 1 else {**given, "stride": 1}
    y: torch.Tensor = getattr(torch.nn.functional, name.rpartition(".")[2])(*alike, **dense)
    steps = stride if isinstance(stride, tuple) else (stride,) * (tensors[1].ndim - 2)
    kept: Any = (..., *(slice(None, None, s) for s in steps))
    return y[kept]
