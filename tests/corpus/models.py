"""Networks to measure on, in plain PyTorch with random weights: what people run, by its published definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d, pad

if TYPE_CHECKING:
    from collections.abc import Callable


def conv_norm(
    C: int, K: int, kernel: int, stride: int = 1, groups: int = 1, act: type[nn.Module] | None = nn.ReLU
) -> nn.Sequential:
    """Convolution, BatchNorm and, where there is one, an activation; padded by half the kernel."""
    layers: list[nn.Module] = [
        nn.Conv2d(C, K, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(K),
    ]
    return nn.Sequential(*layers, *([act(inplace=True)] if act is not None else []))


class Residual(nn.Module):
    """A ResNet block: the body, what carries x beside it, their sum, ReLU."""

    def __init__(self, C: int, K: int, stride: int, body: nn.Module) -> None:
        super().__init__()
        self.body = body
        self.beside = conv_norm(C, K, 1, stride, act=None) if stride > 1 or C != K else None
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.body(x)
        y += x if self.beside is None else self.beside(x)
        return self.relu(y)  # type: ignore[no-any-return]


def _basic(C: int, K: int, stride: int) -> nn.Module:
    return Residual(C, K, stride, nn.Sequential(conv_norm(C, K, 3, stride), conv_norm(K, K, 3, act=None)))


def _bottleneck(C: int, K: int, stride: int) -> nn.Module:
    width = K // 4
    body = [conv_norm(C, width, 1), conv_norm(width, width, 3, stride), conv_norm(width, K, 1, act=None)]
    return Residual(C, K, stride, nn.Sequential(*body))


def _resnet(block: Callable[[int, int, int], nn.Module], depths: tuple[int, ...], widths: tuple[int, ...]) -> nn.Module:
    stages, C = [], 64
    for number, (depth, K) in enumerate(zip(depths, widths, strict=True)):
        for i in range(depth):
            stages.append(block(C, K, 2 if number and not i else 1))
            C = K
    stem = [conv_norm(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)]
    return nn.Sequential(*stem, *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(C, 1000))


def resnet18() -> nn.Module:
    """ResNet-18."""
    return _resnet(_basic, (2, 2, 2, 2), (64, 128, 256, 512))


def resnet50() -> nn.Module:
    """ResNet-50, the stride on its 3x3 convolutions."""
    return _resnet(_bottleneck, (3, 4, 6, 3), (256, 512, 1024, 2048))


def vgg16() -> nn.Module:
    """VGG-16 without BatchNorm."""
    layers: list[nn.Module] = []
    C = 3
    for K in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0):
        layers += [nn.Conv2d(C, K, 3, padding=1), nn.ReLU(inplace=True)] if K else [nn.MaxPool2d(2)]
        C = K or C
    head = [nn.Linear(25088, 4096), nn.ReLU(inplace=True), nn.Linear(4096, 4096), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7), nn.Flatten(), *head, nn.Linear(4096, 1000))


class Squeeze(nn.Module):
    """Squeeze and excitation: channels weighed by what the whole picture says."""

    def __init__(self, C: int, width: int, act: type[nn.Module], gate: type[nn.Module]) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc1, self.fc2 = nn.Conv2d(C, width, 1), nn.Conv2d(width, C, 1)
        self.act, self.gate = act(), gate()

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(self.fc2(self.act(self.fc1(self.pool(x)))))  # type: ignore[no-any-return]


class Inverted(nn.Module):
    """An inverted residual: expand, depthwise, perhaps squeeze, project; x is added where shapes allow."""

    def __init__(
        self, C: int, width: int, K: int, kernel: int, stride: int, act: type[nn.Module], squeeze: nn.Module | None
    ) -> None:
        super().__init__()
        expand = [conv_norm(C, width, 1, act=act)] if width != C else []
        weigh = [squeeze] if squeeze is not None else []
        self.body = nn.Sequential(
            *expand,
            conv_norm(width, width, kernel, stride, groups=width, act=act),
            *weigh,
            conv_norm(width, K, 1, act=None),
        )
        self.added = stride == 1 and C == K

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.added else self.body(x)  # type: ignore[no-any-return]


def mobilenet_v2() -> nn.Module:
    """MobileNetV2."""
    layers: list[nn.Module] = [conv_norm(3, 32, 3, 2, act=nn.ReLU6)]
    C = 32
    for t, K, n, s in (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ):
        for i in range(n):
            layers.append(Inverted(C, C * t, K, 3, 1 if i else s, nn.ReLU6, None))
            C = K
    head = [conv_norm(C, 1280, 1, act=nn.ReLU6), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2)]
    return nn.Sequential(*layers, *head, nn.Linear(1280, 1000))


def _eighths(value: float) -> int:
    rounded = max(8, int(value + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * value else rounded


def mobilenet_v3() -> nn.Module:
    """MobileNetV3-Large."""
    rows = (
        (3, 16, 16, 0, 0, 1), (3, 64, 24, 0, 0, 2), (3, 72, 24, 0, 0, 1), (5, 72, 40, 1, 0, 2), (5, 120, 40, 1, 0, 1),
        (5, 120, 40, 1, 0, 1), (3, 240, 80, 0, 1, 2), (3, 200, 80, 0, 1, 1), (3, 184, 80, 0, 1, 1),
        (3, 184, 80, 0, 1, 1), (3, 480, 112, 1, 1, 1), (3, 672, 112, 1, 1, 1), (5, 672, 160, 1, 1, 2),
        (5, 960, 160, 1, 1, 1), (5, 960, 160, 1, 1, 1),
    )  # fmt: skip
    layers: list[nn.Module] = [conv_norm(3, 16, 3, 2, act=nn.Hardswish)]
    C = 16
    for kernel, width, K, weighed, hard, stride in rows:
        squeeze = Squeeze(width, _eighths(width / 4), nn.ReLU, nn.Hardsigmoid) if weighed else None
        layers.append(Inverted(C, width, K, kernel, stride, nn.Hardswish if hard else nn.ReLU, squeeze))
        C = K
    head = [conv_norm(C, 960, 1, act=nn.Hardswish), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(960, 1280)]
    return nn.Sequential(*layers, *head, nn.Hardswish(), nn.Dropout(0.2), nn.Linear(1280, 1000))


def efficientnet_b0() -> nn.Module:
    """EfficientNet-B0."""
    layers: list[nn.Module] = [conv_norm(3, 32, 3, 2, act=nn.SiLU)]
    C = 32
    rows = (
        (1, 3, 16, 1, 1),
        (6, 3, 24, 2, 2),
        (6, 5, 40, 2, 2),
        (6, 3, 80, 3, 2),
        (6, 5, 112, 3, 1),
        (6, 5, 192, 4, 2),
        (6, 3, 320, 1, 1),
    )
    for t, kernel, K, n, s in rows:
        for i in range(n):
            squeeze = Squeeze(C * t, max(C // 4, 1), nn.SiLU, nn.Sigmoid)
            layers.append(Inverted(C, C * t, K, kernel, 1 if i else s, nn.SiLU, squeeze))
            C = K
    head = [conv_norm(C, 1280, 1, act=nn.SiLU), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2)]
    return nn.Sequential(*layers, *head, nn.Linear(1280, 1000))


class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of (N, C, H, W)."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class NextBlock(nn.Module):
    """A ConvNeXt block: depthwise 7x7, LayerNorm, two linear layers with GELU, a scale for each channel, and x."""

    def __init__(self, C: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm, self.act = nn.LayerNorm(C, eps=1e-6), nn.GELU()
        self.wide, self.narrow = nn.Linear(C, 4 * C), nn.Linear(4 * C, C)
        self.scale = nn.Parameter(torch.full((C, 1, 1), 1e-1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.narrow(self.act(self.wide(y)))
        return x + self.scale * y.permute(0, 3, 1, 2)  # type: ignore[no-any-return]


def convnext_tiny() -> nn.Module:
    """ConvNeXt-T."""
    layers: list[nn.Module] = [nn.Conv2d(3, 96, 4, 4), ChannelNorm(96, eps=1e-6)]
    C = 96
    for number, depth in enumerate((3, 3, 9, 3)):
        if number:
            layers += [ChannelNorm(C, eps=1e-6), nn.Conv2d(C, 2 * C, 2, 2)]
            C *= 2
        layers += [NextBlock(C) for _ in range(depth)]
    head = [nn.AdaptiveAvgPool2d(1), ChannelNorm(C, eps=1e-6), nn.Flatten()]
    return nn.Sequential(*layers, *head, nn.Linear(C, 1000))


class LargeKernel(nn.Module):
    """A RepLKNet block after its small kernel is merged: 1x1, depthwise 31x31, 1x1, and x; then a feed-forward pair."""

    def __init__(self, C: int, kernel: int) -> None:
        super().__init__()
        self.before = nn.BatchNorm2d(C)
        self.body = nn.Sequential(conv_norm(C, C, 1), conv_norm(C, C, kernel, groups=C), conv_norm(C, C, 1, act=None))
        self.norm = nn.BatchNorm2d(C)
        self.wide, self.act, self.narrow = conv_norm(C, 4 * C, 1, act=None), nn.GELU(), conv_norm(4 * C, C, 1, act=None)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.body(self.before(x))
        return x + self.narrow(self.act(self.wide(self.norm(x))))  # type: ignore[no-any-return]


def replknet_block() -> nn.Module:
    """One block of RepLKNet-31B's first stage."""
    return LargeKernel(128, 31)


class UNet(nn.Module):
    """U-Net with padded convolutions and BatchNorm, two classes."""

    def __init__(self, width: int = 32, depth: int = 4) -> None:
        super().__init__()
        widths = [width * 2**i for i in range(depth + 1)]
        self.down = nn.ModuleList(_double(C, K) for C, K in zip([3, *widths[:-2]], widths[:-1], strict=True))
        self.bottom = _double(widths[-2], widths[-1])
        pairs = [(2 * K, K) for K in reversed(widths[:-1])]
        self.rise = nn.ModuleList(nn.ConvTranspose2d(C, K, 2, 2) for C, K in pairs)
        self.up = nn.ModuleList(_double(C, K) for C, K in pairs)
        self.head = nn.Conv2d(width, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        held = []
        for block in self.down:
            x = block(x)
            held.append(x)
            x = max_pool2d(x, 2)
        x = self.bottom(x)
        for rise, block in zip(self.rise, self.up, strict=True):
            x = block(torch.cat([held.pop(), rise(x)], 1))
        return self.head(x)  # type: ignore[no-any-return]


def _double(C: int, K: int) -> nn.Module:
    return nn.Sequential(*conv_norm(C, K, 3), *conv_norm(K, K, 3))


class Gated(nn.Module):
    """A WaveNet layer: two dilated causal convolutions, one gating the other, a residual and a skip."""

    def __init__(self, C: int, dilation: int) -> None:
        super().__init__()
        self.reach = dilation
        self.filter, self.gate = (nn.Conv1d(C, C, 2, dilation=dilation) for _ in range(2))
        self.out, self.skip = nn.Conv1d(C, C, 1), nn.Conv1d(C, C, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        padded = pad(x, (self.reach, 0))
        y = torch.tanh(self.filter(padded)) * torch.sigmoid(self.gate(padded))
        return x + self.out(y), self.skip(y)


class WaveNet(nn.Module):
    """Three stacks of ten gated layers."""

    def __init__(self, C: int = 64, stacks: int = 3, depth: int = 10) -> None:
        super().__init__()
        self.stem = nn.Conv1d(1, C, 1)
        self.layers = nn.ModuleList(Gated(C, 2**i) for _ in range(stacks) for i in range(depth))
        self.head = nn.Sequential(nn.ReLU(), nn.Conv1d(C, C, 1), nn.ReLU(), nn.Conv1d(C, 256, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        total: Any = 0
        for layer in self.layers:
            x, skip = layer(x)
            total = total + skip
        return self.head(total)  # type: ignore[no-any-return]


def whisper_stem() -> nn.Module:
    """The two convolutions before Whisper-base's encoder."""
    return nn.Sequential(
        nn.Conv1d(80, 512, 3, padding=1), nn.GELU(), nn.Conv1d(512, 512, 3, stride=2, padding=1), nn.GELU()
    )


@dataclass(frozen=True, slots=True)
class Network:
    """A network: what makes it, one input without its batch, where it was published, its published parameters."""

    make: Callable[[], nn.Module]
    shape: tuple[int, ...]
    source: str
    parameters: int | None = None

    def made(self) -> nn.Module:
        """With the same random weights each time, and BatchNorm that is not trivial.

        The output depends on the input: with torch's own weights MobileNetV2's differs by 2e-7 of itself between two
        inputs, and a peer that computes nothing would be right.
        """
        torch.manual_seed(0)
        model = self.make()
        for module in model.modules():
            if isinstance(module, _WEIGHTED):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        _settle(model, torch.randn(2, *self.shape))
        return model.eval()


_WEIGHTED = (nn.Conv1d, nn.Conv2d, nn.ConvTranspose2d, nn.Linear)


@torch.no_grad()
def _settle(model: nn.Module, x: Tensor) -> None:
    """BatchNorm's statistics measured on x, as training would, then disturbed."""
    norms: list[Any] = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        return
    usual = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 1.0
    model.train()(x)
    for norm, momentum in zip(norms, usual, strict=True):
        norm.momentum = momentum
        norm.running_mean += 0.1 * norm.running_var.sqrt() * torch.randn_like(norm.running_mean)
        norm.running_var *= torch.empty_like(norm.running_var).uniform_(0.8, 1.2)


NETWORKS: dict[str, Network] = {
    "resnet18": Network(resnet18, (3, 224, 224), "arXiv:1512.03385", 11_689_512),
    "resnet50": Network(resnet50, (3, 224, 224), "arXiv:1512.03385", 25_557_032),
    "vgg16": Network(vgg16, (3, 224, 224), "arXiv:1409.1556", 138_357_544),
    "mobilenet_v2": Network(mobilenet_v2, (3, 224, 224), "arXiv:1801.04381", 3_504_872),
    "mobilenet_v3_large": Network(mobilenet_v3, (3, 224, 224), "arXiv:1905.02244", 5_483_032),
    "efficientnet_b0": Network(efficientnet_b0, (3, 224, 224), "arXiv:1905.11946", 5_288_548),
    "convnext_tiny": Network(convnext_tiny, (3, 224, 224), "arXiv:2201.03545", 28_589_128),
    "replknet_block": Network(replknet_block, (128, 56, 56), "arXiv:2203.06717"),
    "unet": Network(UNet, (3, 256, 256), "arXiv:1505.04597"),
    "wavenet": Network(WaveNet, (1, 4000), "arXiv:1609.03499"),
    "whisper_stem": Network(whisper_stem, (80, 3000), "arXiv:2212.04356"),
}
