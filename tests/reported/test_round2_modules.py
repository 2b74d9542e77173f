"""Round two, a8 and a17, F7, F23 and F32: models taken layer by layer. Right is what the model itself gives."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations

from kaiyan.nn import accelerate

Shape = tuple[int, ...]


@pytest.fixture(autouse=True)
def no_layer_is_left_for_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaiyan.nn.acceleration.rehearsal.SLOWER", 1e9)
    monkeypatch.setattr("kaiyan.nn.acceleration.slower.SLOWEST", 0.1)
    monkeypatch.setattr("kaiyan.nn.acceleration.replacement.WORTH_WAITING", 0)


def _lived(model: nn.Module) -> Any:
    torch.manual_seed(0)
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.get_buffer("running_mean").normal_()
            module.get_buffer("running_var").uniform_(0.5, 2)
    return model.eval()


def _accelerated(model: nn.Module, *shapes: Shape) -> Any:
    """The model accelerated on the first shape; it answers as the original on all, and every convolution is named."""
    before = {key: value.clone() for key, value in model.state_dict().items()}
    x = torch.randn(shapes[0])
    with torch.no_grad():
        quick = accelerate(model, x)
        for other in (x, *(torch.randn(shape) for shape in shapes)):
            _alike(quick(other.clone()), model(other.clone()))
    report = quick.report
    named = {row.name for row in report.layers} | set(report.left)
    assert {name for name, layer in model.named_modules() if isinstance(layer, nn.modules.conv._ConvNd)} <= named
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    return quick


def _alike(a: Any, b: Any) -> None:
    assert type(a) is type(b)
    if isinstance(b, Tensor):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4 * float(b.abs().max()))
        assert a.stride() == b.stride()
    elif isinstance(b, dict):
        assert list(a) == list(b)
        for key in b:
            _alike(a[key], b[key])
    elif isinstance(b, (tuple, list)):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            _alike(one, other)
    elif hasattr(b, "__dict__"):
        _alike(vars(a), vars(b))
    else:
        assert a == b


def _rows(quick: Any) -> set[str]:
    return {row.name for row in quick.report.layers}


def _left(quick: Any) -> dict[str, str]:
    return {name: str(reason) for name, reason in quick.report.left.items()}


class CondConv(nn.Module):
    """timm's: a weight for every sample, all of them in one grouped convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, 1, 1)
        self.weight = nn.Parameter(torch.randn(4, 6 * 8 * 3 * 3) * 0.1)
        self.routing = nn.Linear(8, 4)
        self.last = nn.Conv2d(6, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.first(x)
        routes = torch.sigmoid(self.routing(y.mean((2, 3))))
        B, C, H, W = y.shape
        weight = torch.matmul(routes, self.weight).view(B * 6, C, 3, 3)
        y = functional.conv2d(y.reshape(1, B * C, H, W), weight, None, 1, 1, 1, B)
        out: Tensor = self.last(y.view(B, 6, y.shape[-2], y.shape[-1]))
        return out


def test_a8_weights_of_every_sample() -> None:
    quick = _accelerated(_lived(CondConv()), (4, 3, 13, 17), (1, 3, 13, 17), (2, 3, 21, 9))
    assert {"first", "last"} <= _rows(quick)


class Asks(nn.Module):
    """Two convolutions, and a question that torch.fx cannot answer."""

    def __init__(self, ask: Any) -> None:
        super().__init__()
        self.a, self.norm, self.b, self.ask = nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.Conv2d(6, 4, 3, 2, 1), ask

    def forward(self, x: Tensor) -> Tensor:
        factor = self.ask(self, x)
        y: Tensor = self.b(functional.relu(self.norm(self.a(x))))
        return y * factor if y.shape[-1] > 1 and bool(y.abs().sum() > 0) else y


QUESTIONS: dict[str, Any] = {
    "the type of the first parameter": lambda m, x: (
        torch.ones(1, dtype=next(m.parameters()).dtype).sum() * x.new_ones(1)
    ),
    "the device": lambda m, _: torch.ones(1, device=next(m.a.parameters()).device),
    "channels": lambda m, x: m.a.in_channels == x.shape[1] and m.b.out_channels,
    "the kernel": lambda m, _: m.a.kernel_size[0] - m.b.padding[0] + m.b.stride[0] + m.b.dilation[1] + m.b.groups,
    "the weight": lambda m, _: m.a.weight.abs().mean() + m.b.bias.sum(),
    "its class": lambda m, _: 2.0 if isinstance(m.a, nn.Conv2d) and type(m.b) is nn.Conv2d else -1.0,
    "its name": lambda m, _: float(sum("Conv" in type(layer).__name__ for layer in m.modules())),
    "how many parameters": lambda m, _: float(sum(p.numel() for p in m.parameters())),
    "the state": lambda m, _: float(len(m.state_dict())) + m.state_dict()["a.weight"].sum(),
    "the mode": lambda m, _: 3.0 if m.a.padding_mode == "zeros" and not m.a.transposed else 1.0,
    "output_padding": lambda m, _: float(sum(m.a.output_padding)) + 1,
    "children": lambda m, _: float(len(list(m.children()))),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a17_code_that_asks_its_layers_keeps_them(name: str) -> None:
    quick = _accelerated(_lived(Asks(QUESTIONS[name])), (2, 3, 12, 11), (1, 3, 12, 11), (3, 3, 20, 21))
    assert not quick.report.traced
    assert _rows(quick) == {"a", "b"}
    assert _left(quick) == {}
    assert next(quick.parameters()).dtype is torch.float32


def test_a17_a_traced_net_has_parameters_too() -> None:
    quick = accelerate(_lived(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())), torch.randn(1, 3, 9, 9))
    assert quick.report.traced
    assert next(quick.parameters()).shape == (4, 3, 3, 3)


class Same(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        h, w = (max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in
                zip(x.shape[-2:], self.kernel_size, self.stride, strict=True))  # fmt: skip
        if h > 0 or w > 0:
            x = functional.pad(x, [w // 2, w - w // 2, h // 2, h - h // 2])
        return functional.conv2d(x, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


class Standardised(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        weight = functional.batch_norm(
            self.weight.reshape(1, self.out_channels, -1), None, None, training=True, momentum=0.0, eps=1e-6
        ).reshape_as(self.weight)
        return functional.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class Timm(nn.Module):
    """An EfficientNet's block as timm writes it: padded by the input's size, norm with its activation, a gate."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.bn1 = Same(3, 8, 3, 2, bias=False), nn.BatchNorm2d(8)
        self.blocks = nn.ModuleList(
            nn.ModuleDict({
                "expand": nn.Conv2d(8, 16, 1, bias=False), "bn": nn.BatchNorm2d(16),
                "depth": Same(16, 16, 5, 1, groups=16, bias=False), "bn2": nn.BatchNorm2d(16),
                "reduce": nn.Conv2d(16, 4, 1), "gate": nn.Conv2d(4, 16, 1),
                "project": Standardised(16, 8, 1, bias=False), "bn3": nn.BatchNorm2d(8),
            }) for _ in range(2)
        )  # fmt: skip
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.silu(self.bn1(self.stem(x)), inplace=True)
        for block in self.blocks:
            y = functional.silu(block["bn"](block["expand"](x)))  # type: ignore[index]
            y = functional.silu(block["bn2"](block["depth"](y)))  # type: ignore[index]
            gate = block["gate"](functional.silu(block["reduce"](y.mean((2, 3), keepdim=True))))  # type: ignore[index]
            y = block["bn3"](block["project"](y * torch.sigmoid(gate)))  # type: ignore[index]
            x = x + y if x.shape == y.shape else y
        out: Tensor = self.head(x.flatten(2).mean(-1))
        return out


@dataclass
class UNetOutput:
    sample: Tensor
    skips: tuple[Tensor, ...] = ()


class Diffusers(nn.Module):
    """A U-Net with a time and flags, GroupNorm, a dataclass for its output."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_in, self.time = nn.Conv2d(3, 8, 3, padding=1), nn.Linear(4, 8)
        self.down, self.mid, self.up = (
            nn.Conv2d(8, 8, 3, 2, 1),
            nn.Conv2d(8, 8, 3, padding=1),
            nn.Conv2d(16, 8, 3, padding=1),
        )
        self.norm, self.conv_out = nn.GroupNorm(4, 8), nn.Conv2d(8, 3, 3, padding=1)

    def forward(self, sample: Tensor, timestep: float = 3.0, *, return_dict: bool = True) -> UNetOutput | tuple[Tensor]:
        time = torch.arange(4, dtype=self.conv_in.weight.dtype) * timestep
        x = self.conv_in(sample) + self.time(functional.silu(time))[None, :, None, None]
        skip = x
        if sample.shape[-1] % 2 == 0:
            x = functional.interpolate(self.mid(self.down(x)), size=skip.shape[-2:], mode="nearest")
        x = self.up(torch.cat([x, skip], 1))
        x = self.conv_out(functional.silu(self.norm(x)))
        return UNetOutput(x, (skip,)) if return_dict else (x,)


class Residual(nn.Module):
    def __init__(self, C: int, dilation: int, norm: Any) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            [norm(nn.Conv1d(C, C, 3, padding=dilation, dilation=dilation)), norm(nn.Conv1d(C, C, 1))]
        )

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for conv in self.convs:
            y = conv(functional.leaky_relu(y, 0.1))
        return x + y


class Vocoder(nn.Module):
    """HiFi-GAN's generator with its weight_norm left on."""

    def __init__(self, norm: Any) -> None:
        super().__init__()
        self.pre, self.ups = norm(nn.Conv1d(6, 12, 7, padding=3)), nn.ModuleList()
        self.blocks = nn.ModuleList()
        for i in range(2):
            self.ups.append(norm(nn.ConvTranspose1d(12 // 2**i, 6 // 2**i, 4, 2, padding=1)))
            self.blocks.append(nn.ModuleList(Residual(6 // 2**i, d, norm) for d in (1, 3)))
        self.post = norm(nn.Conv1d(3, 1, 7, padding=3))

    def forward(self, x: Tensor, g: Tensor | None = None) -> Tensor:
        x = self.pre(x)
        for up, blocks in zip(self.ups, self.blocks, strict=True):
            x = up(functional.leaky_relu(x, 0.1))
            outputs: Any = [block(x) for block in blocks]  # type: ignore[attr-defined]
            x = sum(outputs) / len(outputs)
        return torch.tanh(self.post(x if g is None else x + g))


class Causal(nn.Module):
    """Encodec's: what is padded is found from the length, the convolution stands two modules deeper."""

    def __init__(self, C: int, K: int, kernel: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.conv = nn.Sequential(OrderedDict(conv=nn.Conv1d(C, K, kernel, stride, dilation=dilation)))

    def forward(self, x: Tensor) -> Tensor:
        conv: Any = self.conv.conv
        reach = (conv.kernel_size[0] - 1) * conv.dilation[0] + 1
        before = reach - conv.stride[0]
        frames = (x.shape[-1] - reach + before) / conv.stride[0] + 1
        after = (int(-(-frames // 1)) - 1) * conv.stride[0] + reach - before - x.shape[-1]
        y: Tensor = self.conv(functional.pad(x, (before, max(after, 0)), mode="reflect"))
        return y


class Encodec(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            Causal(1, 4, 7), nn.ELU(), Causal(4, 8, 4, 2), nn.ELU(), Causal(8, 8, 3, dilation=2)
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return y


class Tdnn(nn.Module):
    """speechbrain's TDNN block: time last is made first and back, reflect padding from the kernel."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.fc = nn.Conv1d(5, 8, 5, dilation=2), nn.BatchNorm1d(8), nn.Conv1d(8, 4, 1)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        x = x.transpose(1, -1)
        pad = self.conv.dilation[0] * (self.conv.kernel_size[0] - 1) // 2
        if x.shape[-1] > pad:
            x = functional.pad(x, (pad, pad), mode="reflect")
        x = self.norm(functional.relu(self.conv(x)))
        if lengths is not None:
            x = x * lengths
        mean, std = x.mean(-1, keepdim=True), x.std(-1, keepdim=True).clamp_min(1e-5)
        return self.fc((x - mean) / std).transpose(1, -1)  # type: ignore[no-any-return]


class ModelOutput(OrderedDict[str, Any]):
    """transformers' kind of answer: keys, and attributes of the same names."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Transformers(nn.Module):
    """A ConvNext's stages and a mixer with flags."""

    def __init__(self) -> None:
        super().__init__()
        self.patch, self.depth = nn.Conv2d(3, 8, 4, 4), nn.Conv2d(8, 8, 7, padding=3, groups=8)
        self.norm, self.up, self.down = nn.LayerNorm(8), nn.Linear(8, 32), nn.Linear(32, 8)

    def forward(self, pixel_values: Tensor, output_hidden_states: bool | None = None) -> Any:
        if pixel_values.shape[1] != self.patch.in_channels or output_hidden_states:
            raise ValueError("channels")
        x = self.patch(pixel_values.to(dtype=self.patch.weight.dtype))
        y = self.norm(self.depth(x).permute(0, 2, 3, 1))
        y = x + self.down(functional.gelu(self.up(y))).permute(0, 3, 1, 2)
        return ModelOutput(last_hidden_state=y, pooler_output=y.mean((-2, -1)))


class Pyramid(NamedTuple):
    fine: Tensor
    coarse: Tensor | None


class Shared(nn.Module):
    """F32: one stem under two names, and one head for every level."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.block = nn.Sequential(self.conv, nn.BatchNorm2d(6), nn.ReLU(inplace=True))
        self.head, self.up = nn.Conv2d(6, 2, 1), nn.ConvTranspose2d(6, 6, 2, 2)

    def forward(self, x: Tensor) -> Pyramid:
        y = self.block(x)
        z = self.up(functional.max_pool2d(y, 2), output_size=None)
        return Pyramid(self.head(y), self.head(z) if x.shape[-1] > 4 else None)


MODELS: dict[str, tuple[Any, tuple[Shape, ...], int]] = {
    "timm": (Timm, ((2, 3, 17, 18), (1, 3, 17, 18), (2, 3, 24, 31)), 12),
    "diffusers": (Diffusers, ((2, 3, 16, 16), (1, 3, 16, 16), (1, 3, 24, 20)), 6),
    "vocoder of old": (lambda: Vocoder(nn.utils.weight_norm), ((1, 6, 20), (2, 6, 20), (1, 6, 33)), 12),
    "vocoder": (lambda: Vocoder(parametrizations.weight_norm), ((1, 6, 20), (2, 6, 20), (1, 6, 33)), 12),
    "spectral": (lambda: Vocoder(parametrizations.spectral_norm), ((1, 6, 20), (2, 6, 20)), 12),
    "encodec": (Encodec, ((1, 1, 64), (2, 1, 64), (1, 1, 77)), 3),
    "speechbrain": (Tdnn, ((2, 30, 5), (1, 30, 5), (2, 41, 5)), 2),
    "transformers": (Transformers, ((2, 3, 32, 32), (1, 3, 32, 32), (1, 3, 40, 24)), 4),
    "shared": (Shared, ((2, 3, 12, 12), (1, 3, 12, 12), (1, 3, 16, 20)), 3),
}


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
@pytest.mark.parametrize("name", MODELS)
def test_f23_models_as_libraries_write_them(name: str) -> None:
    make, shapes, layers = MODELS[name]
    quick = _accelerated(_lived(make()), *shapes)
    assert _left(quick) == {}
    assert len(_rows(quick)) >= layers
    assert quick.report.difference < 1e-4


class Reads(nn.Module):
    """F32: Mamba's convolution, whose weight alone is read; and one that only training needs."""

    def __init__(self, read: Any) -> None:
        super().__init__()
        self.proj, self.conv1d, self.auxiliary = nn.Conv1d(4, 8, 1), nn.Conv1d(8, 8, 4, groups=8), nn.Conv1d(8, 2, 1)
        self.read = read

    def forward(self, x: Tensor) -> Tensor:
        y = functional.pad(self.proj(x), (3, 0))
        y = functional.silu(self.read(y, self.conv1d))
        return y if not bool(y.isnan().any()) else x


READS: dict[str, Any] = {
    "as a function": lambda y, conv: functional.conv1d(y, conv.weight, conv.bias, groups=8),
    "squeezed": lambda y, conv: functional.conv1d(y, conv.weight.squeeze(1).unsqueeze(1), conv.bias, groups=8),
    "by hand": lambda y, conv: torch.einsum("nctk,ck->nct", y.unfold(2, 4, 1), conv.weight[:, 0]) + conv.bias[:, None],
    "by its method": lambda y, conv: conv._conv_forward(y, conv.weight, conv.bias),
    "its forward called past hooks": lambda y, conv: type(conv).forward(conv, y),
}


@pytest.mark.parametrize("name", READS)
def test_f32_a_convolution_whose_weight_is_read_says_so(name: str) -> None:
    quick = _accelerated(_lived(Reads(READS[name])), (2, 4, 20), (1, 4, 20), (1, 4, 31))
    assert _rows(quick) == {"proj"}
    assert _left(quick) == {
        "conv1d": "its forward is never called, only its weight is read",
        "auxiliary": "it is not called with this input",
    }  # fmt: skip


def test_f7_one_layer_that_cannot_be_taken_leaves_the_others() -> None:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.hooked, self.b = (nn.Conv2d(3, 3, 3, padding=1) for _ in range(3))
            self.up, self.whole = nn.ConvTranspose2d(3, 3, 3, 2), nn.Conv2d(3, 3, 1)
            self.hooked.register_forward_hook(lambda *_: None)
            self.whole.weight = nn.Parameter(self.whole.weight.to(torch.complex64))
            self.whole.bias = None

        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = self.b(self.hooked(self.a(x)))
            y = self.up(y, output_size=[2 * n + 2 for n in y.shape[-2:]])
            magnitude: Tensor = self.whole(y.to(torch.complex64)).abs()
            return y + magnitude if bool(y.sum() < 1e9) else y

    quick = _accelerated(_lived(Mixed()), (2, 3, 9, 8), (1, 3, 9, 8), (1, 3, 12, 13))
    assert _rows(quick) == {"a", "b"}
    left = _left(quick)
    assert left["hooked"] == "it has hooks"
    assert left["up"] == "output_size is given when it is called"
    assert set(left) == {"hooked", "up", "whole"}
