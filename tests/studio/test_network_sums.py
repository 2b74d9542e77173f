"""A value's sum is what torch computes in double precision of the layer's own input, and what the network shows.

The inputs come from hooks on the user's model, not from the run that is asked; the right values from
``torch.nn.functional``, with TensorFlow's pads written by hand.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from kaiyan import networks
from kaiyan.nn import Conv2d, ConvTranspose2d
from kaiyan.pictures.picture import picture
from kaiyan.studio.desk import Desk, Reply

PIXELS = np.ascontiguousarray(np.moveaxis(picture().pixels, 0, -1))


def ask(desk: Desk, kind: str, *parts: bytes, **facts: Any) -> Reply:
    reply = desk.answer({"kind": f"network.{kind}", **facts}, list(parts))
    assert "refusal" not in reply.facts, reply.facts
    return reply


def shown(model: Any, name: str = "model") -> tuple[Desk, list[dict[str, Any]], Tensor]:
    """A desk with a network that was shown the photograph, its layers, and its input."""
    desk = Desk(model)
    layers = ask(desk, "open", name=name).facts["layers"]
    height, width, _ = PIXELS.shape
    ask(desk, "look", PIXELS.tobytes(), slot=0, height=height, width=width)
    return desk, layers, desk.open["network"].slots[0].x


def same_padded(x: Tensor, kernel: int, stride: int) -> Tensor:
    """TensorFlow's SAME by hand: ⌈n / stride⌉ windows, the odd element after."""
    total = [max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in x.shape[2:]]
    return F.pad(x, (total[1] // 2, total[1] - total[1] // 2, total[0] // 2, total[0] - total[0] // 2))


@torch.no_grad()
def in_double(module: Any, x: Tensor) -> Tensor:
    """What a layer of EfficientNet-Lite0 makes, by torch's functions in double precision."""
    x = x.double()
    match module:
        case Conv2d():
            kernel, stride = module.kernel_size[0], module.stride[0]
            return F.conv2d(same_padded(x, kernel, stride), module.weight.double(), stride=stride, groups=module.groups)
        case nn.BatchNorm2d():
            twin = copy.deepcopy(module).double().eval()
            return F.batch_norm(x, twin.running_mean, twin.running_var, twin.weight, twin.bias, eps=module.eps)
        case nn.ReLU6():
            return x.clamp(0, 6)
        case nn.Linear():
            return F.linear(x, module.weight.double(), module.bias.double())
    return x.mean((2, 3), keepdim=True)


def test_twenty_values_of_efficientnet_lite0() -> None:
    model = networks.efficientnet_lite0()
    desk, layers, x = shown(None, "efficientnet_lite0")
    calls: list[tuple[Any, Tensor, Tensor]] = []
    for module in model.modules():
        if not isinstance(module, nn.Dropout) and not any(True for _ in module.children()):
            module.register_forward_hook(lambda own, given, made: calls.append((own, given[0].clone(), made.clone())))
    with torch.no_grad():
        model(x)
    steps = [layer for layer in layers if layer["kind"] != "add"]
    assert len(steps) == len(calls)
    places = np.random.default_rng(1)
    chosen = [int(places.integers(len(steps))) for _ in range(18)] + [len(steps) - 2, len(steps) - 1]
    for number in chosen:
        layer, (module, given, made) = steps[number], calls[number]
        c, i, j = (int(places.integers(layer[key])) for key in ("channels", "height", "width"))
        told = ask(desk, "sum", slot=0, layer=layer["index"], channel=c, row=i, column=j).facts
        place = (0, c, i, j)[: made.ndim]
        assert told["shown"] == pytest.approx(float(made[place]), abs=1e-6)
        assert told["sum64"] == pytest.approx(float(in_double(module, given)[place]), abs=1e-10)
        assert told["residual"] == told["shown"] - told["sum64"]
        assert abs(told["residual"]) < 1e-4


def test_the_skip_is_a_sum_of_two_values() -> None:
    desk, layers, _ = shown(None, "efficientnet_lite0")
    layer = next(layer for layer in layers if layer["kind"] == "add")
    told = ask(desk, "sum", slot=0, layer=layer["index"], channel=3, row=20, column=30).facts
    first, second = (number["value"] for number in told["numbers"])
    before = ask(desk, "sum", slot=0, layer=layer["index"] - 1, channel=3, row=20, column=30).facts
    assert first == before["shown"]
    assert told["sum64"] == first + second
    assert told["shown"] == pytest.approx(told["sum64"], abs=1e-6)


def test_terms_weights_and_border_come_as_bytes() -> None:
    torch.manual_seed(0)
    model: Any = nn.Sequential(nn.Conv2d(3, 4, (3, 2), padding=(1, 0)))
    desk, _, x = shown(model)
    reply = ask(desk, "sum", slot=0, layer=0, channel=1, row=0, column=5)
    values, weights = (np.frombuffer(part, "<f8").reshape(3, 3, 2) for part in reply.parts[:2])
    border = np.frombuffer(reply.parts[2], np.uint8).reshape(3, 3, 2)
    assert (border[:, 0] == 1).all()
    assert (border[:, 1:] == 0).all()
    assert np.array_equal(weights, model[0].weight[1].detach().double().numpy())
    assert np.array_equal(values[:, 1:], x[0, :, 0:2, 5:7].double().numpy())
    assert reply.facts["reads"] == {"first": 0, "rows": [-1, 0, 1], "columns": [5, 6]}
    partials = [group["partial"] for group in reply.facts["groups"]]
    assert sum(partials) + reply.facts["bias"] == pytest.approx(reply.facts["sum64"], abs=1e-12)
    assert partials[2] == pytest.approx(float((values[2] * weights[2]).sum()), abs=1e-12)


class Cat(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Any:
        y = self.conv(x)
        return torch.cat([x, y * 2.0], 1)


class Turned(nn.Module):
    """ConvNeXt's way: channels last for a norm, a linear layer and an activation."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = nn.ModuleList([nn.LayerNorm(3), nn.Linear(3, 5), nn.GELU()][:steps])

    def forward(self, x: Tensor) -> Any:
        x = x.permute(0, 2, 3, 1)
        for step in self.steps:
            x = step(x)
        return x.permute(0, 3, 1, 2)


class HardSwish(nn.Module):
    """An activation as people write their own."""

    def forward(self, x: Tensor) -> Any:
        return x * F.relu6(x + 3.0) / 6.0


class Rewriting(nn.Module):
    """A model that writes into its input, and into what it made before."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2)

    def forward(self, x: Tensor) -> Any:
        x.mul_(2)
        y = self.conv(x)
        y += y.mean()
        return F.relu_(y)


LAYERS: dict[str, Any] = {
    "dilated, grouped": lambda: nn.Conv2d(3, 6, 3, stride=2, dilation=3, padding=2, groups=3),
    "reflect": lambda: nn.Conv2d(3, 4, 5, padding=3, padding_mode="reflect"),
    "constant": lambda: Conv2d(3, 4, 5, stride=3, padding="same_lower", padding_mode="constant(0.5)"),
    "same of torch": lambda: nn.Conv2d(3, 4, (4, 3), padding="same", dilation=(1, 2)),
    "transposed": lambda: nn.ConvTranspose2d(3, 6, 3, stride=2, padding=1, output_padding=1, groups=3),
    "transposed, dilated": lambda: ConvTranspose2d(3, 2, (3, 2), stride=(2, 3), dilation=2, padding=((1, 0), (0, 2))),
    "max pool": lambda: nn.MaxPool2d(3, 2, 1, dilation=2, ceil_mode=True),
    "mean pool": lambda: nn.AvgPool2d(3, 2, 1, ceil_mode=True),
    "mean pool of what is there": lambda: nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False),
    "mean pool, divided": lambda: nn.AvgPool2d((3, 2), 2, divisor_override=7),
    "adaptive": lambda: nn.AdaptiveAvgPool2d((5, 7)),
    "adaptive max": lambda: nn.AdaptiveMaxPool2d((5, 7)),
    "bilinear": lambda: nn.Upsample(scale_factor=1.5, mode="bilinear"),
    "bicubic": lambda: nn.Upsample(size=(9, 11), mode="bicubic", align_corners=True),
    "group norm": lambda: nn.GroupNorm(1, 3),
    "instance norm": lambda: nn.InstanceNorm2d(3, affine=True),
    "batch norm that measures": lambda: nn.BatchNorm2d(3, track_running_stats=False),
    "prelu": lambda: nn.PReLU(3, init=0.3),
    "gelu": nn.GELU,
    "hardswish": lambda: nn.Hardswish(inplace=True),
    "cat": Cat,
    "an activation of the user's": HardSwish,
    "softmax": lambda: nn.Softmax(1),
    "softmax of channels": nn.Softmax2d,
    "log softmax": lambda: nn.LogSoftmax(-1),
    "local response norm": lambda: nn.LocalResponseNorm(2, alpha=3.0, beta=0.6, k=2.0),
    **{f"channels last, {steps}": (lambda steps=steps: Turned(steps)) for steps in (1, 2, 3)},
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_value_of_any_layer_is_its_sum(name: str) -> None:
    """Of several layers the last is given numbers that the first rounded to 32 bits."""
    torch.manual_seed(0)
    model = LAYERS[name]()
    desk, layers, x = shown(nn.Sequential(nn.Identity(), model))
    right = model.double().eval()(x.double()).detach()
    last = layers[-1]
    assert last["sum"] is not None
    assert (last["channels"], last["height"], last["width"]) == right.shape[1:]
    places = np.random.default_rng(2)
    corners = [(0, 0, 0), (last["channels"] - 1, last["height"] - 1, last["width"] - 1)]
    others = [tuple(int(places.integers(last[key])) for key in ("channels", "height", "width")) for _ in range(6)]
    near = 1e-6 if name.startswith(("cat", "channels last")) else 1e-9
    for c, i, j in corners + others:
        told = ask(desk, "sum", slot=0, layer=last["index"], channel=c, row=i, column=j).facts
        assert told["sum64"] == pytest.approx(float(right[0, c, i, j]), abs=near)
        assert told["shown"] == pytest.approx(told["sum64"], abs=1e-3)


class Calling(nn.Module):
    """One function of torch, on a map that a layer made."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.conv, self.function = nn.Conv2d(3, 4, 3, stride=4), function

    def forward(self, x: Tensor) -> Any:
        return self.function(self.conv(x))


def drawn(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(len(shape)))


FUNCTIONS: dict[str, Any] = {
    "conv2d": lambda x: F.conv2d(x, drawn(6, 2, 3, 2).to(x), drawn(6).to(x), (2, 1), (1, 0), groups=2),
    "conv2d, same": lambda x: F.conv2d(x, weight=drawn(2, 4, 4, 3).to(x), padding="same"),
    "conv_transpose2d": lambda x: F.conv_transpose2d(x, drawn(4, 3, 3, 3).to(x), None, 2, padding=1, output_padding=1),
    "max_pool2d": lambda x: F.max_pool2d(x, 3, stride=2, padding=1),
    "avg_pool2d": lambda x: F.avg_pool2d(x, (2, 3)),
    "adaptive": lambda x: F.adaptive_avg_pool2d(x, (3, 5)),
    "mean": lambda x: x.mean((-1, -2), keepdim=True),
    "batch_norm": lambda x: F.batch_norm(x, drawn(4).to(x), drawn(4).to(x), drawn(4).to(x), drawn(4).to(x), eps=0.1),
    "group_norm": lambda x: F.group_norm(x, 2, drawn(4).to(x), drawn(4).to(x), 0.01),
    "interpolate": lambda x: F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False),
    "leaky_relu": lambda x: F.leaky_relu(x, 0.3),
    "clamp": lambda x: x.clamp(-0.1, 0.2),
    "sigmoid": torch.sigmoid,
    "gelu": lambda x: F.gelu(x, approximate="tanh"),
    "weighed": lambda x: x * x.mean((2, 3), keepdim=True),
    "scaled": lambda x: 3 * x,
    "added": lambda x: torch.add(x, x, alpha=2),
    "a number": lambda x: x + 1.5,
    "a bias": lambda x: x + drawn(4, 1, 1).to(x),
    "softmax": lambda x: x.softmax(2),
    "log_softmax": lambda x: F.log_softmax(x, dim=-1),
    "softmax of features": lambda x: F.softmax(x.mean((2, 3)), 1),
    "local_response_norm": lambda x: F.local_response_norm(x, 3, 0.9, k=0.5),
    "matmul": lambda x: x @ x.transpose(2, 3),
    "matmul, repeated": lambda x: torch.matmul(x, drawn(1, x.shape[3], 5).to(x)),
    "matmul, a matrix": lambda x: torch.matmul(x, drawn(x.shape[3], 6).to(x)),
    "mm": lambda x: torch.mm(x.mean((2, 3)), drawn(4, 5).to(x)),
    "attention": lambda x: F.scaled_dot_product_attention(x, x.flip(2), 2 * x),
    "attention, scaled": lambda x: F.scaled_dot_product_attention(x, x, x, scale=0.3),
    "attention, causal": lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True),
    "attention, masked": lambda x: F.scaled_dot_product_attention(x, x, x, drawn(x.shape[2], x.shape[2]) > 0.3),
    "attention, leaning": lambda x: F.scaled_dot_product_attention(x, x, x, drawn(4, 1, x.shape[2]).to(x)),
    "features": lambda x: F.linear(x.mean((2, 3)), drawn(7, 4).to(x), drawn(7).to(x)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_value_of_a_function_is_its_sum(name: str) -> None:
    torch.manual_seed(0)
    model = Calling(FUNCTIONS[name])
    desk, layers, x = shown(model)
    right = model.double()(x.double()).detach()
    last = layers[-1]
    assert last["sum"] is not None
    places = np.random.default_rng(3)
    for _ in range(5):
        c, i, j = (int(places.integers(last[key])) for key in ("channels", "height", "width"))
        told = ask(desk, "sum", slot=0, layer=last["index"], channel=c, row=i, column=j).facts
        assert told["sum64"] == pytest.approx(float(right[(0, c, i, j)[: right.ndim]]), abs=1e-4)
        assert abs(told["residual"]) < 1e-5


def test_a_model_that_writes_into_its_input_is_read_before_it_does() -> None:
    torch.manual_seed(0)
    model: Any = Rewriting()
    desk, layers, x = shown(model)
    kinds = [layer["kind"] for layer in layers]
    assert kinds == ["mul", "Conv2d", "add", "relu"]
    assert layers[0]["sum"] == "product"
    with torch.no_grad():
        y = F.conv2d(2 * x.double(), model.conv.weight.double(), model.conv.bias.double(), 2)
    told = [ask(desk, "sum", slot=0, layer=n, channel=1, row=7, column=9).facts for n in range(4)]
    assert told[0]["numbers"][0]["value"] == pytest.approx(float(x[0, 1, 7, 9]), abs=1e-6)
    assert told[1]["sum64"] == pytest.approx(float(y[0, 1, 7, 9]), abs=1e-9)
    assert told[2]["sum64"] == pytest.approx(float(y[0, 1, 7, 9] + y.mean()), abs=1e-5)
    assert told[3]["sum64"] == pytest.approx(max(told[2]["shown"], 0), abs=1e-9)
    assert torch.equal(desk.open["network"].slots[0].x, x)
