"""Rows c1, c3, c5, c7 and c8 of the second round: they were right, and stay so. The right values are torch's own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations, prune
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, Dataset

import kaiyan
from kaiyan import conv, set_num_threads

if TYPE_CHECKING:
    from collections.abc import Callable

LAYERS: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "Conv1d": ((2, 4, 13), {"dilation": 2, "groups": 2}),
    "Conv2d": ((2, 4, 9, 8), {"padding": 1, "stride": 2}),
    "Conv3d": ((1, 4, 5, 6, 5), {"padding": 1}),
    "ConvTranspose2d": ((2, 4, 6, 5), {"stride": 2, "groups": 2}),
    "ConvTranspose3d": ((1, 4, 3, 4, 3), {"dilation": 2}),
}


def _pair(name: str, **settings: Any) -> tuple[nn.Module, nn.Module]:
    """A layer of ours and torch's with the same numbers."""
    torch.manual_seed(0)
    theirs = getattr(nn, name)(4, 6, 3, **settings)
    ours = getattr(kaiyan.nn, name)(4, 6, 3, **settings)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def _close(a: Any, b: Any, tolerance: float = 1e-5) -> None:
    torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", LAYERS)
def test_c1_a_gradient_penalty_has_torchs_gradients(name: str) -> None:
    shape, settings = LAYERS[name]
    found = []
    for layer in _pair(name, **settings):
        torch.manual_seed(1)
        x = torch.randn(shape, requires_grad=True)
        (slope,) = torch.autograd.grad(layer(x).square().sum(), x, create_graph=True)
        (slope.flatten(1).norm(dim=1) - 1).square().mean().backward()
        found.append([x.grad, *(p.grad if p.grad is not None else torch.zeros(()) for p in layer.parameters())])
    for ours, theirs in zip(*found, strict=True):
        assert ours is not None
        assert theirs is not None
        _close(ours, theirs, 1e-4)


class _Convolved(Dataset[Any]):
    """Samples that are convolved in the worker: by the function, and by an accelerated model."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.weight = torch.randn(6, 4, 3, 3)
        self.model = kaiyan.nn.Conv2d(4, 6, 3, padding=1).requires_grad_(False)

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> Any:
        x = torch.full((1, 4, 32, 32), float(index + 1))
        return conv(x, self.weight, padding=1) + self.model(x)


@pytest.mark.parametrize("start", ["fork", "spawn", "forkserver"])
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_c3_workers_compute_what_their_parent_does(start: str) -> None:
    set_num_threads(2)
    data = _Convolved()
    right = [data[index] for index in range(3)]
    loader = DataLoader(data, batch_size=None, num_workers=1, multiprocessing_context=start, timeout=60)
    for found, known in zip(loader, right, strict=True):
        assert torch.equal(found, known)
    set_num_threads(1)


def _from_batch(C: int, H: int, W: int) -> torch.Tensor:
    whole = torch.randn(2, C, H, W).to(memory_format=torch.channels_last)
    return whole[0].unsqueeze(0)


LAID: dict[str, Callable[[], torch.Tensor]] = {
    "one picture of a batch": lambda: _from_batch(3, 32, 1),
    "one picture, wide": lambda: _from_batch(3, 1, 32),
    "a column": lambda: torch.randn(2, 8).reshape(2, 8, 1, 1).to(memory_format=torch.channels_last),
    "a reshape": lambda: torch.randn(2, 8, 2).transpose(1, 2).reshape(2, 8, 1, 2),
    "one channel": lambda: torch.randn(2, 1, 9, 8).to(memory_format=torch.channels_last),
    "strides that lie": lambda: torch.randn(3 * 32 * 32).as_strided((1, 3, 32, 1), (3, 1, 96, 3)),
}


@pytest.mark.parametrize("name", LAID)
@pytest.mark.parametrize("kernel", [1, 3])
def test_c5_strides_on_axes_of_one_element_are_read_rightly(name: str, kernel: int) -> None:
    torch.manual_seed(0)
    x = LAID[name]()
    w = torch.randn(5, x.shape[1], kernel, kernel)
    right = functional.conv2d(x.contiguous(), w, padding=kernel // 2)
    _close(conv(x, w, padding=kernel // 2), right, 1e-5)
    traced = x.detach().requires_grad_()
    torch.autograd.backward(conv(traced, w, padding=kernel // 2).square().sum())
    other = x.contiguous().requires_grad_()
    torch.autograd.backward(functional.conv2d(other, w, padding=kernel // 2).square().sum())
    assert traced.grad is not None
    assert other.grad is not None
    _close(traced.grad, other.grad, 1e-4)


def _sum(layer: nn.Module, parameters: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    y: torch.Tensor = torch.func.functional_call(layer, parameters, (x[None],)).square().sum()
    return y


def _per_sample(layer: nn.Module, x: torch.Tensor) -> Any:
    parameters = {name: p.detach() for name, p in layer.named_parameters()}
    return torch.func.vmap(torch.func.grad(partial(_sum, layer)), in_dims=(None, 0))(parameters, x)


def _hessian(layer: nn.Module, x: torch.Tensor) -> Any:
    return torch.func.hessian(lambda v: layer(v).square().sum())(x[:1, :, :4, :4])


def _pruned(layer: Any) -> Any:
    return prune.l1_unstructured(layer, "weight", 0.5)  # type: ignore[no-untyped-call]


def _fused(layer: Any) -> Any:
    return nn.utils.fuse_conv_bn_eval(layer, _norm())


TOOLS: dict[str, Callable[[nn.Module, torch.Tensor], Any]] = {
    "checkpoint": lambda layer, x: checkpoint(layer, x.requires_grad_(), use_reentrant=False),
    "per-sample gradients": _per_sample,
    "jacrev": lambda layer, x: torch.func.jacrev(layer)(x[:1, :, :4, :4]),
    "jacfwd": lambda layer, x: torch.func.jacfwd(layer)(x[:1, :, :4, :4]),
    "hessian": _hessian,
    "prune": lambda layer, x: _pruned(layer)(x),
    "weight_norm": lambda layer, x: parametrizations.weight_norm(layer)(x),
    "spectral_norm": lambda layer, x: parametrizations.spectral_norm(layer.eval())(x),
    "fuse_conv_bn_eval": lambda layer, x: _fused(layer.eval())(x),
}


def _norm() -> nn.BatchNorm2d:
    norm = nn.BatchNorm2d(6).eval()
    assert norm.running_mean is not None
    norm.running_mean.add_(torch.arange(6.0))
    return norm


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
def test_c7_training_tools_take_our_layers_for_torchs(tool: str) -> None:
    found = []
    for layer in _pair("Conv2d", padding=1):
        torch.manual_seed(1)
        found.append(TOOLS[tool](layer, torch.randn(2, 4, 7, 6)))
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-4)


def _keep_output(kept: list[torch.Tensor], _: Any, __: Any, y: torch.Tensor) -> None:
    kept.append(y.detach())


def _keep_gradients(kept: list[torch.Tensor], _: Any, before: Any, __: Any) -> None:
    kept.extend(before)


@pytest.mark.parametrize("hook", ["forward", "backward"])
def test_c7_hooks_see_what_torchs_see(hook: str) -> None:
    seen: list[list[torch.Tensor]] = []
    for layer in _pair("Conv2d", padding=1):
        torch.manual_seed(1)
        kept: list[torch.Tensor] = []
        if hook == "forward":
            layer.register_forward_hook(partial(_keep_output, kept))
        else:
            layer.register_full_backward_hook(partial(_keep_gradients, kept))
        layer(torch.randn(2, 4, 7, 6, requires_grad=True)).square().sum().backward()
        seen.append(kept)
    assert seen[0]
    for ours, theirs in zip(*seen, strict=True):
        _close(ours, theirs, 1e-4)


@pytest.mark.parametrize("short", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_c8_halves_and_batch_norm_in_every_layout(short: torch.dtype, layout: torch.memory_format) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()).eval()
    x = torch.randn(2, 3, 17, 18)
    with torch.no_grad():
        right = net(x)
        half = kaiyan.nn.accelerate(net.to(short), x.to(short).to(memory_format=layout))
        found = half(x.to(short).to(memory_format=layout))
    assert found.dtype == short
    unit = 2.0 ** (-10 if short == torch.float16 else -7)
    assert float((found.float() - right).abs().max() / right.abs().max()) < 4 * unit
