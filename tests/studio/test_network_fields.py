"""Fields of a network's maps are what gradients reach: autograd through positive weights, in which nothing cancels.

Where every weight is positive and activations are left out, the derivative of a value by a pixel is above zero exactly
where the value sees the pixel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from kaiyan import networks
from kaiyan.nn import Conv2d, ConvTranspose2d
from kaiyan.studio.answers.network.opened import Network, opened
from kaiyan.studio.answers.network.preparing import plain

SIDE = (23, 30)


def network(model: nn.Module, size: tuple[int, int, int] = (3, *SIDE)) -> Network:
    return opened(model, "net", "net", preparation=plain(size, torch.float32))


def positive(model: nn.Module) -> nn.Module:
    """The model in double precision with positive weights; activations do nothing, the largest is the mean."""
    model = model.double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.abs_().add_(0.1)
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, (nn.ReLU, nn.ReLU6)):
                setattr(module, name, nn.Identity())
            if isinstance(child, nn.MaxPool2d):
                setattr(module, name, nn.AvgPool2d(child.kernel_size, child.stride, child.padding))
    return model


def reached(value: Tensor, x: Tensor) -> tuple[int, int, int, int]:
    """Top, left, height, width of the pixels that a value has a derivative by; nothing else is known of it."""
    (gradient,) = torch.autograd.grad(value, x, retain_graph=True)
    hit = gradient[0].abs().sum(0) > 0
    rows, columns = hit.any(1).nonzero().flatten().tolist(), hit.any(0).nonzero().flatten().tolist()
    return rows[0], columns[0], rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1


class Residual(nn.Module):
    """A strided block beside a strided shortcut, then one with an identity."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 5, stride=2, padding=2)
        self.body = nn.Sequential(
            nn.Conv2d(4, 6, 3, stride=2, padding=1), nn.ReLU(inplace=True), nn.Conv2d(6, 6, 3, padding=1)
        )
        self.short = nn.Conv2d(4, 6, 1, stride=2)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Any:
        x = self.pool(self.stem(x))
        out = self.body(x)
        out += self.short(x)
        return out


class Branches(nn.Module):
    """Channels that see different things, laid one behind the other."""

    def __init__(self) -> None:
        super().__init__()
        self.small, self.large = nn.Conv2d(3, 2, 1), nn.Conv2d(3, 3, 5, padding=2, dilation=1)

    def forward(self, x: Tensor) -> Any:
        return torch.cat([self.small(x), self.large(x), x], 1)


class Shuffled(nn.Module):
    """ShuffleNet: grouped convolutions with their channels mixed in between."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(4, 4, (3, 1), groups=2)
        self.then = nn.Conv2d(4, 4, (1, 3), groups=2)

    def forward(self, x: Tensor) -> Any:
        left, right = torch.cat([x, x[:, :1]], 1).chunk(2, 1)
        x = torch.cat([left, self.first(torch.cat([left, right], 1))[:, :2, :1] + right], 1)
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        return self.then(x)


class UNet(nn.Module):
    """Down, up by enlarging and by a transposed convolution, and a skip."""

    def __init__(self) -> None:
        super().__init__()
        self.down = Conv2d(3, 4, 3, stride=2, padding="same")
        self.up = ConvTranspose2d(4, 4, 3, stride=2, padding="same")
        self.last = nn.Conv2d(8, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Any:
        low = self.down(x)
        near = F.interpolate(low, size=x.shape[2:], mode="nearest")
        return self.last(torch.cat([self.up(low)[:, :, : x.shape[2], : x.shape[3]], near], 1))


class Squeeze(nn.Module):
    """Channels weighed by what all of the picture says."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Any:
        x = self.conv(x)
        return x * self.fc(x.mean((2, 3))).view(1, -1, 1, 1)


class Turned(nn.Module):
    """Channels last in between, as ConvNeXt has them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc, self.last = nn.Conv2d(3, 4, 3), nn.Linear(4, 5), nn.Conv2d(5, 5, 3, groups=5)

    def forward(self, x: Tensor) -> Any:
        x = self.fc(self.conv(x).permute(0, 2, 3, 1))
        return self.last(x.permute(0, 3, 1, 2))


class Expanded(nn.Module):
    """Channels of zeros, and one value repeated over all of space."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 5, padding=2)

    def forward(self, x: Tensor) -> Any:
        y = torch.cat([self.conv(x), torch.zeros_like(x[:, :2])], 1)
        return y + self.conv(x).mean((2, 3), keepdim=True)[:, :1].expand_as(y) * 0.5


class Moved(nn.Module):
    """Swin's way of moving a picture, a mirror, and channels and rows in another order."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.last = nn.Conv2d(3, 4, (5, 3)), nn.Conv2d(4, 4, 3, groups=4)
        self.rows, self.order = torch.tensor([7, 0, 0, 18, 3, 4, 5]), torch.tensor([2, 0, 3, 1])

    def forward(self, x: Tensor) -> Any:
        x = torch.roll(self.conv(x), (-3, 2), (2, 3))
        x = torch.cat([x[:, :2], torch.flip(x[:, 2:], (-1,))], 1)
        x = torch.index_select(x, 1, self.order)
        return self.last(torch.index_select(x, 2, index=self.rows))


class NonLocal(nn.Module):
    """Every place asks every other, by products and a softmax, beside what it is itself."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 5, stride=4)
        self.query, self.key, self.value = (nn.Conv2d(4, 4, 1) for _ in range(3))
        self.top = torch.nn.Parameter(torch.rand(1, 4, 1, 1))

    def forward(self, x: Tensor) -> Any:
        x = self.stem(x) + self.top
        n, c, h, w = x.shape
        q, k, v = (own(x).flatten(2) for own in (self.query, self.key, self.value))
        weights = (q.transpose(1, 2) @ k * c**-0.5).softmax(-1)
        return x + (v @ weights.transpose(1, 2)).view(n, c, h, w)


class Scores(NonLocal):
    """How each place fits each other: only the two of them are seen."""

    def forward(self, x: Tensor) -> Any:
        x = self.stem(x).flatten(2)
        return (x.mT @ x)[:, None] * 2.0


class Transformer(nn.Module):
    """Pieces of the picture and a place for the answer, as ViT has them."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.patch, self.norm, self.mixed = nn.Conv2d(3, 8, 7, stride=7), nn.LayerNorm(8), nn.Linear(8, 24)
        self.answer, self.head = nn.Parameter(torch.rand(1, 1, 8)), nn.Linear(8, 5)
        self.many = nn.MultiheadAttention(8, 2, batch_first=True)

    def attended(self, x: Tensor) -> Any:
        if self.kind == "many heads":
            return self.many(x, x, x, need_weights=False)[0]
        n, t, c = x.shape
        q, k, v = self.mixed(x).reshape(n, t, 3, 2, c // 2).permute(2, 0, 3, 1, 4).unbind(0)
        return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, t, c)

    def forward(self, x: Tensor) -> Any:
        x = torch.cat([self.answer.expand(len(x), -1, -1), self.patch(x).flatten(2).transpose(1, 2)], 1)
        x = x + self.attended(self.norm(x))
        return self.head(x[:, 0])


MODELS: dict[str, Any] = {
    "moved": Moved,
    "non-local": NonLocal,
    "transformer": lambda: Transformer("attention"),
    "many heads": lambda: Transformer("many heads"),
    "flattened": lambda: nn.Sequential(nn.Conv2d(3, 2, 5, stride=5), nn.Flatten(), nn.Linear(48, 3)),
    "residual": Residual,
    "branches": Branches,
    "shuffled": Shuffled,
    "unet": UNet,
    "squeeze": Squeeze,
    "turned": Turned,
    "expanded": Expanded,
    "dilated": lambda: nn.Sequential(nn.Conv2d(3, 2, 3, dilation=4), nn.Conv2d(2, 2, 2, stride=3)),
    "bilinear": lambda: nn.Sequential(nn.AvgPool2d(3, 2, 1), nn.Upsample(scale_factor=2, mode="bilinear")),
    "reflect": lambda: nn.Sequential(nn.Conv2d(3, 2, 5, padding=2, padding_mode="reflect"), nn.Conv2d(2, 2, 3)),
    "circular": lambda: nn.Sequential(Conv2d(3, 2, 3, stride=2, padding="same", padding_mode="circular")),
    "ceil": lambda: nn.Sequential(nn.AvgPool2d(2, 2, ceil_mode=True), nn.AdaptiveAvgPool2d((5, 4))),
    "padded": lambda: nn.Sequential(nn.ZeroPad2d((0, 3, 1, 0)), nn.Conv2d(3, 2, 4, stride=2)),
    "shuffled pixels": lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.PixelShuffle(2), nn.Conv2d(2, 1, 2)),
    "group norm": lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 1, groups=4)),
    "classifier": lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5)),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_field_of_the_last_layer_is_what_gradients_reach(name: str) -> None:
    torch.manual_seed(0)
    model = MODELS[name]()
    net = network(model)
    field = net.fields[-1]
    assert field.status == "exact"
    x = torch.rand(1, 3, *SIDE, dtype=torch.float64, requires_grad=True)
    y = positive(model)(x)
    last = net.layers[-1]
    places = np.random.default_rng(0)
    for _ in range(12):
        c, i, j = (int(places.integers(n)) for n in (last.channels, last.height, last.width))
        value = y[0, c] if y.ndim == 2 else y[0, c, i, j]
        assert field.box(c, i, j, last.height) == reached(value, x)


def test_maps_with_channels_last_have_fields_too() -> None:
    net = network(Turned())
    layer = net.layers[1]
    assert (layer.call.kind, layer.channels, layer.height, layer.width) == ("Linear", 5, SIDE[0] - 2, SIDE[1] - 2)
    assert net.fields[1].box(2, 4, 6, layer.height) == (4, 6, 3, 3)


def test_holes_are_told() -> None:
    fields = network(nn.Sequential(nn.Conv2d(3, 2, 3, dilation=2), nn.Conv2d(2, 2, 3))).fields
    assert [field.holes for field in fields] == [True, False]


def test_channels_of_a_concatenation_have_their_own_fields() -> None:
    field = network(Branches()).fields[-1]
    assert [field.box(channel, 10, 12, SIDE[0]) for channel in (0, 2, 5)] == [
        (10, 12, 1, 1), (8, 10, 5, 5), (10, 12, 1, 1)
    ]  # fmt: skip


def test_a_window_on_padding_alone_sees_nothing() -> None:
    field = network(nn.Sequential(nn.Conv2d(3, 2, 1, padding=1))).fields[0]
    assert field.ends[0, 0].tolist() == [-1, -2]
    assert field.box(0, 0, 5, SIDE[0] + 2) == (-1, 4, 0, 1)


def test_what_is_not_known_is_said_to_be() -> None:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 3)

        def forward(self, x: Tensor) -> Any:
            x = self.conv(x)
            return F.relu(torch.einsum("nchw,ndhw->ncdh", x, x) + 1)

    fields = network(Mixed()).fields
    assert [field.status for field in fields] == ["exact", "unknown", "unknown", "unknown"]
    assert [field.lost for field in fields] == ["", "einsum", "einsum", "einsum"]


def test_places_that_the_picture_itself_chooses_are_not_known() -> None:
    class Chosen(nn.Module):
        def forward(self, x: Tensor) -> Any:
            return torch.index_select(x, 2, x.mean((1, 3))[0].argsort()) + 1

    assert network(Chosen()).fields[-1].status == "unknown"


def test_what_two_places_see_together_is_told_as_at_most() -> None:
    torch.manual_seed(0)
    model = Scores()
    net = network(model)
    field, last = net.fields[-1], net.layers[-1]
    assert field.status == "bound"
    x = torch.rand(1, 3, *SIDE, dtype=torch.float64, requires_grad=True)
    y = positive(model)(x)
    for i, j in ((0, 0), (3, 20), (last.height - 1, 2)):
        top, left, height, width = field.box(0, i, j, last.height) or (0, 0, 0, 0)
        first, start, high, wide = reached(y[0, 0, i, j], x)
        assert top <= first
        assert left <= start
        assert top + height >= first + high
        assert left + width >= start + wide


def test_a_mask_says_at_most() -> None:
    class Masked(nn.Module):
        def forward(self, x: Tensor) -> Any:
            return F.scaled_dot_product_attention(x, x, x, is_causal=True) + 1

    assert [field.status for field in network(Masked()).fields] == ["bound"]


def test_what_is_written_into_a_part_is_not_known() -> None:
    class Written(nn.Module):
        def forward(self, x: Tensor) -> Any:
            y = x * 2
            y[:, :, 3] = x[:, :, 7]
            return y + 1

    assert network(Written()).fields[-1].status == "unknown"


def test_twenty_places_of_efficientnet_lite0_see_what_gradients_reach() -> None:
    model = networks.efficientnet_lite0(trained=False)
    net = network(model, (3, 224, 224))
    assert all(field.status == "exact" for field in net.fields)
    twin = positive(model)
    kept: dict[str, Tensor] = {}
    convolutions = [layer for layer in net.layers if layer.call.kind == "Conv2d"]
    for layer in convolutions:
        twin.get_submodule(layer.path).register_forward_hook(lambda _, __, y, path=layer.path: kept.update({path: y}))
    x = torch.rand(1, 3, 224, 224, dtype=torch.float64, requires_grad=True)
    twin(x)
    places = np.random.default_rng(0)
    for _ in range(20):
        layer = convolutions[int(places.integers(len(convolutions)))]
        c, i, j = (int(places.integers(n)) for n in (layer.channels, layer.height, layer.width))
        assert net.fields[layer.index].box(c, i, j, layer.height) == reached(kept[layer.path][0, c, i, j], x)
