"""The six layers against torch's own: the same where torch can, TensorFlow's rule and plain padding where it cannot."""

from __future__ import annotations

import copy
import inspect
import pickle
import random
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import kaiyan
from kaiyan import nn as ours
from kaiyan.nn.layers import LAYERS

FORWARD = [(nn.Conv1d, ours.Conv1d, 1), (nn.Conv2d, ours.Conv2d, 2), (nn.Conv3d, ours.Conv3d, 3)]
TRANSPOSED = [
    (nn.ConvTranspose1d, ours.ConvTranspose1d, 1),
    (nn.ConvTranspose2d, ours.ConvTranspose2d, 2),
    (nn.ConvTranspose3d, ours.ConvTranspose3d, 3),
]


def _close(found: torch.Tensor, right: torch.Tensor, most: float = 2e-5) -> None:
    assert found.shape == right.shape
    assert found.dtype == right.dtype
    scale = float(right.detach().abs().max()) if right.numel() else 1.0
    assert right.numel() == 0 or float((found - right).detach().abs().max()) <= most * max(scale, 1e-6)


def _settings(choose: random.Random, rank: int) -> tuple[int, int, dict[str, Any]]:
    groups = choose.choice((1, 1, 2, 3))
    C, K = groups * choose.choice((1, 2, 4)), groups * choose.choice((1, 2, 5))
    each = {
        "kernel_size": tuple(choose.choice((1, 2, 3, 5)) for _ in range(rank)),
        "stride": tuple(choose.choice((1, 2, 3)) for _ in range(rank)),
        "dilation": tuple(choose.choice((1, 1, 2)) for _ in range(rank)),
    }
    return C, K, each | {"groups": groups, "bias": choose.random() < 0.5}


@pytest.mark.parametrize(("theirs", "mine"), LAYERS.items())
def test_a_layer_is_made_with_torchs_arguments(theirs: Any, mine: Any) -> None:
    right, found = (inspect.signature(kind).parameters.values() for kind in (theirs, mine))
    assert [(p.name, p.default) for p in found] == [(p.name, p.default) for p in right]


@pytest.mark.parametrize(("theirs", "mine", "rank"), FORWARD)
def test_a_layer_is_torchs_wherever_torch_can(theirs: Any, mine: Any, rank: int) -> None:
    choose = random.Random(rank)
    torch.manual_seed(rank)
    for _ in range(25):
        C, K, settings = _settings(choose, rank)
        reach = [d * (k - 1) + 1 for d, k in zip(settings["dilation"], settings["kernel_size"], strict=True)]
        mode = choose.choice(("zeros", "zeros", "reflect", "replicate", "circular"))
        padding = choose.choice((0, "valid", tuple(choose.randrange(min(3, r)) for r in reach)))
        settings |= {"padding": padding, "padding_mode": mode}
        a, b = theirs(C, K, **settings), mine(C, K, **settings)
        assert [(n, p.shape) for n, p in a.named_parameters()] == [(n, p.shape) for n, p in b.named_parameters()]
        b.load_state_dict(a.state_dict())
        a.load_state_dict(b.state_dict())
        x = torch.randn(2, C, *(r + choose.randrange(1, 7) for r in reach))
        _close(b(x), a(x))
        _close(b(x[0]), a(x[0]))
        with torch.no_grad():
            _close(b(x), a(x))


@pytest.mark.parametrize(("theirs", "mine", "rank"), TRANSPOSED)
def test_a_transposed_layer_is_torchs_wherever_torch_can(theirs: Any, mine: Any, rank: int) -> None:
    choose = random.Random(rank)
    torch.manual_seed(rank)
    for _ in range(25):
        C, K, settings = _settings(choose, rank)
        most = [max(s, d) for s, d in zip(settings["stride"], settings["dilation"], strict=True)]
        settings |= {"padding": choose.choice((0, 1)), "output_padding": tuple(choose.randrange(m) for m in most)}
        a, b = theirs(C, K, **settings), mine(C, K, **settings)
        b.load_state_dict(a.state_dict())
        x = torch.randn(2, C, *(choose.randrange(4, 7) for _ in range(rank)))
        _close(b(x), a(x))
        if all(p < s for p, s in zip(settings["output_padding"], settings["stride"], strict=True)):
            sizes = a(x).shape[2:]
            _close(b(x, output_size=sizes), a(x, output_size=sizes))


def test_an_output_size_that_cannot_be_is_refused_with_those_that_can() -> None:
    layer = ours.ConvTranspose2d(3, 4, 3, stride=2, padding=1)
    with pytest.raises(kaiyan.ConvError, match="the possible sizes are 17 to 18, 15 to 16"):
        layer(torch.ones(1, 3, 9, 8), output_size=(19, 16))


def test_an_output_size_is_reached_whatever_the_layer_adds_itself() -> None:
    x = torch.randn(1, 3, 6)
    for extra in range(3):
        theirs = nn.ConvTranspose1d(3, 4, 4, stride=3, output_padding=extra)
        mine = LAYERS[nn.ConvTranspose1d].of(theirs)
        for size in (19, 20, 21):
            _close(mine(x, output_size=[size]), theirs(x, output_size=[size]))


def _tensorflow(n: int, k: int, s: int, d: int) -> tuple[int, int]:
    total = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
    return total // 2, total - total // 2


def test_same_at_any_stride_is_tensorflows_rule() -> None:
    choose = random.Random(0)
    for number in range(3000):
        n, k, s, d = choose.randrange(1, 300), choose.randrange(1, 12), choose.randrange(1, 9), choose.randrange(1, 5)
        layer = ours.Conv1d(1, 1, k, stride=s, dilation=d, padding="same", bias=False)
        assert layer.spec.pads((1, 1, n)) == (_tensorflow(n, k, s, d),)
        if number < 40:
            x = torch.randn(1, 1, n)
            wide = functional.pad(x, _tensorflow(n, k, s, d))
            _close(layer(x), functional.conv1d(wide, layer.weight, stride=s, dilation=d))


@pytest.mark.parametrize(("padding", "sides"), [
    ("causal", (2, 0, 2, 0)), (((1, 2), (0, 3)), (0, 3, 1, 2)), (("causal", "same"), (1, 1, 2, 0)),
    (("same", ((2, 0))), (2, 0, 1, 1)),
])  # fmt: skip
def test_sides_and_axes_may_differ(padding: Any, sides: tuple[int, ...]) -> None:
    layer = ours.Conv2d(2, 3, 3, padding=padding)
    x = torch.randn(2, 2, 6, 7)
    right = functional.conv2d(functional.pad(x, sides), layer.weight, layer.bias)
    _close(layer(x), right)


def test_the_odd_element_stands_before_where_it_is_said() -> None:
    x = torch.randn(1, 1, 10)
    for word, sides in (("same", (1, 2)), ("same_lower", (2, 1))):
        layer = ours.Conv1d(1, 1, 5, stride=2, padding=word)
        _close(layer(x), functional.conv1d(functional.pad(x, sides), layer.weight, layer.bias, stride=2))


@pytest.mark.parametrize(("mode", "numpy_mode", "more"), [
    ("symmetric", "symmetric", {}), ("constant(2.5)", "constant", {"constant_values": 2.5}), ("reflect", "reflect", {}),
])  # fmt: skip
def test_borders_are_numpys(mode: str, numpy_mode: Any, more: dict[str, Any]) -> None:
    layer = ours.Conv2d(2, 3, 3, padding=((1, 2), (2, 0)), padding_mode=mode)
    x = torch.randn(2, 2, 6, 7)
    wide = torch.from_numpy(np.pad(x.numpy(), ((0, 0), (0, 0), (1, 2), (2, 0)), numpy_mode, **more))
    _close(layer(x), functional.conv2d(wide, layer.weight, layer.bias))


def test_transposed_same_gives_the_input_times_the_stride() -> None:
    for stride, kernel in ((2, 3), (3, 2), (2, 4), (1, 5)):
        layer = ours.ConvTranspose2d(2, 3, kernel, stride=stride, padding="same")
        assert layer(torch.ones(1, 2, 5, 7)).shape == (1, 3, 5 * stride, 7 * stride)


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex64, torch.bfloat16, torch.float16])
@pytest.mark.filterwarnings("ignore:Complex modules")
def test_other_types_are_torchs(dtype: torch.dtype) -> None:
    a = nn.Conv2d(3, 4, 3, padding=1).to(dtype)
    b = ours.Conv2d(3, 4, 3, padding=1).to(dtype)
    b.load_state_dict(a.state_dict())
    x = torch.randn(2, 3, 6, 5).to(dtype)
    most = 2e-2 if dtype in (torch.bfloat16, torch.float16) else 1e-5
    _close(b(x).to(torch.complex64), a(x).to(torch.complex64), most)


def test_inputs_of_any_strides_and_sizes() -> None:
    a, b = nn.Conv2d(4, 6, 3, padding=1), ours.Conv2d(4, 6, 3, padding=1)
    b.load_state_dict(a.state_dict())
    whole = torch.randn(2, 8, 12, 10)
    turned, spread = whole[:, 4:].transpose(2, 3), whole[:1, :4].expand(3, -1, -1, -1)
    for x in (whole[:, ::2], whole[:, :4, ::2], turned, spread, whole[:0, :4]):
        _close(b(x), a(x))
        with torch.no_grad():
            _close(b(x), a(x))


def test_channels_last_stays_channels_last() -> None:
    layer = ours.Conv2d(4, 6, 3, padding=1)
    x = torch.randn(2, 4, 8, 8).to(memory_format=torch.channels_last)
    for grad in (True, False):
        with torch.set_grad_enabled(grad):
            assert layer(x).is_contiguous(memory_format=torch.channels_last)


def test_what_a_layer_is_may_be_changed_later() -> None:
    layer = ours.Conv2d(1, 1, 3)
    assert layer(torch.ones(1, 1, 9, 9)).shape == (1, 1, 7, 7)
    layer.stride, layer.padding = (2, 2), "same"
    assert layer(torch.ones(1, 1, 9, 9)).shape == (1, 1, 5, 5)
    assert str(layer.spec) == "Conv(1, 1, kernel_size=3, stride=2, padding='same', rank=2)"
    layer.stride = [3, 4]  # type: ignore[assignment]
    assert layer(torch.ones(1, 1, 9, 9)).shape == (1, 1, 3, 3)


def test_a_subclass_may_make_its_own_weight() -> None:
    class Standardised(ours.Conv2d):
        def forward(self, input: torch.Tensor) -> Any:
            return self._conv_forward(input, self.weight - self.weight.mean(), self.bias)

    layer = Standardised(2, 3, 3, stride=2, padding="same")
    x = torch.randn(1, 2, 8, 8)
    weight = layer.weight - layer.weight.mean()
    right = functional.conv2d(functional.pad(x, (0, 1, 0, 1)), weight, layer.bias, stride=2)
    _close(layer(x), right)


def test_copies_and_pickles() -> None:
    layer = ours.Conv2d(2, 3, 3, stride=2, padding="same")
    x = torch.randn(1, 2, 7, 7)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(other(x), layer(x))


def test_meta_tensors_give_shapes() -> None:
    layer = ours.Conv2d(3, 4, 3, stride=2, padding="same", device="meta")
    assert layer(torch.ones(1, 3, 9, 9, device="meta")).shape == (1, 4, 5, 5)


def test_meta_tensors_give_shapes_where_numpy_would_be_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaiyan.engine.algorithms.torch.peak_and_bandwidth", lambda: (1e9, 1e8))
    layer = ours.Conv2d(251, 256, 3, stride=2, device="meta")
    with torch.no_grad():
        assert layer(torch.ones(1, 251, 4, 4, device="meta")).shape == (1, 256, 1, 1)


def test_autocast_computes_in_its_type_and_gives_gradients_in_the_weights() -> None:
    layer = ours.Conv2d(3, 4, 3, stride=2, padding="same")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = layer(torch.randn(1, 3, 9, 9))
    assert y.dtype == torch.bfloat16
    y.float().sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.dtype == torch.float32


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64, torch.complex64])
@pytest.mark.filterwarnings("ignore:Complex modules")
def test_autocast_casts_what_torch_casts(dtype: torch.dtype) -> None:
    theirs = nn.Conv2d(3, 4, 3).to(dtype)
    mine, x = ours.Conv2d.of(theirs), torch.randn(1, 3, 6, 6).to(dtype)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        _close(mine(x), theirs(x), 2e-2)


def test_a_refusal_names_the_layer_in_the_model() -> None:
    model = nn.Sequential(nn.Sequential(ours.Conv2d(3, 8, 3), nn.ReLU()), nn.Sequential(ours.Conv2d(4, 8, 3)))
    for grad in (True, False):
        with torch.set_grad_enabled(grad), pytest.raises(kaiyan.ConvError) as refused:
            model(torch.ones(1, 3, 9, 9))
        first = str(refused.value).partition("\n")[0]
        assert first.startswith("1.0, Conv2d(4, 8")
        assert first.endswith("the input (1, 8, 7, 7) has 8 channels on axis 1, but 4 are expected")


@pytest.mark.parametrize("settings", [
    {"kernel_size": 0}, {"kernel_size": 3, "padding": "smae"}, {"kernel_size": 3, "stride": 1.5},
    {"kernel_size": 3, "padding_mode": "mirror"}, {"kernel_size": (3, 3, 3)}, {"kernel_size": 3, "groups": 2},
])  # fmt: skip
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(kaiyan.ConvError):
        ours.Conv2d(3, 4, **settings)


def test_every_layer_of_torch_has_ours() -> None:
    for theirs, mine in LAYERS.items():
        layer: Any = theirs(4, 6, 3, padding=1)
        same: Any = mine.of(layer)
        x = torch.randn(1, 4, *[5] * (same.weight.ndim - 2))
        assert same.weight is layer.weight
        _close(same(x), layer(x))


@pytest.mark.parametrize("shape", [(2, 2, 0), (0, 2, 5)])
def test_gradients_of_nothing_are_nothing(shape: tuple[int, ...]) -> None:
    layer = ours.Conv1d(2, 3, 3, stride=2, padding="same")
    x = torch.zeros(shape, requires_grad=True)
    layer(x).sum().backward()
    assert x.grad is not None
    assert x.grad.shape == shape
    assert layer.weight.grad is not None
    assert not layer.weight.grad.any()
