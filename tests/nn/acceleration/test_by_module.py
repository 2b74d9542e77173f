"""Layers replaced where they stand: right values are the model's own outputs under torch."""

from __future__ import annotations

import copy
import pickle
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations, prune

import kaiyan
from kaiyan.nn import accelerate
from kaiyan.nn.acceleration import replacement as replacement_module
from kaiyan.nn.acceleration.by_module import by_module
from kaiyan.nn.acceleration.deferred import read
from kaiyan.nn.acceleration.own_forward import OwnForward
from kaiyan.nn.acceleration.replacement import Replacement

if TYPE_CHECKING:
    from clock import Clock


@pytest.fixture(autouse=True)
def small_outputs_wait_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is left because another process slowed it down."""
    monkeypatch.setattr(replacement_module, "WORTH_WAITING", 0)
    monkeypatch.setattr("kaiyan.nn.acceleration.rehearsal.SLOWER", 1e9)


class Untraceable(nn.Module):
    """Looks at its numbers, as torch.fx cannot."""

    def forward(self, x: Tensor) -> Any:
        y = self.compute(x)
        return y if float(x.sum()) > -1e9 else x

    def compute(self, x: Tensor) -> Any:
        raise NotImplementedError


def _lived(model: nn.Module) -> Any:
    torch.manual_seed(0)
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.running_mean is not None:
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)  # type: ignore[arg-type]
            if module.affine:
                nn.init.uniform_(module.weight, 0.5, 2)
                nn.init.normal_(module.bias)
    return model.eval()


def _taken(model: nn.Module, *x: Tensor) -> tuple[Any, dict[str, str], dict[str, str]]:
    """The model taken module by module, its layers and what was left; it equals the original on three inputs."""
    quick, made, left = by_module(copy.deepcopy(model), x, "default")
    others = [x, tuple(torch.cat([t, t.flip(0) * 0.5]) for t in x)]
    if x[0].ndim == 4:
        others.append(tuple(functional.pad(t, (2, 3, 1, 0)) for t in x))
    with torch.no_grad():
        for inputs in others:
            _alike(quick(*(t.clone() for t in inputs)), model(*(t.clone() for t in inputs)))
    return quick, made, {name: str(reason) for name, reason in left.items()}


def _alike(a: Any, b: Any) -> None:
    assert type(read(a)) is type(b)
    if isinstance(b, Tensor):
        torch.testing.assert_close(read(a), b, rtol=1e-4, atol=1e-4 * float(b.abs().max()))
    elif isinstance(b, (tuple, list)):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            _alike(one, other)


def _uses(quick: nn.Module, layer: Any, x: Tensor) -> set[tuple[bool, bool, str | None]]:
    """What the layer is computed with in a call."""
    layer.forward.forget()
    layer.forward.watched = True
    with torch.no_grad():
        quick(x)
    return {tuple(use) for kernel in layer.forward.convs() for use in kernel.uses}


class ConvNorm(Untraceable):
    def __init__(self, conv: nn.Module, norm: nn.Module, act: Any = functional.relu) -> None:
        super().__init__()
        self.conv, self.norm, self.act = conv, norm, act

    def compute(self, x: Tensor) -> Any:
        return self.act(self.norm(self.conv(x)))


CHAINS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "conv1d": (lambda: ConvNorm(nn.Conv1d(3, 5, 3), nn.BatchNorm1d(5)), (2, 3, 20)),
    "conv2d": (lambda: ConvNorm(nn.Conv2d(3, 5, 3, 2, 1, bias=False), nn.BatchNorm2d(5)), (2, 3, 12, 11)),
    "conv3d": (lambda: ConvNorm(nn.Conv3d(3, 5, 3), nn.BatchNorm3d(5, affine=False)), (2, 3, 6, 5, 7)),
    "transposed groups": (
        lambda: ConvNorm(nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2), nn.BatchNorm2d(6), nn.SiLU(inplace=True)),
        (2, 4, 7, 6),
    ),
    "depthwise": (lambda: ConvNorm(nn.Conv2d(4, 4, 3, groups=4), nn.BatchNorm2d(4), nn.ReLU6()), (2, 4, 9, 8)),
    "linear": (lambda: ConvNorm(nn.Linear(6, 9), nn.BatchNorm1d(9), nn.GELU()), (12, 6)),
    "synchronised": (lambda: ConvNorm(nn.Conv2d(3, 5, 3), nn.SyncBatchNorm(5), nn.Hardswish()), (2, 3, 9, 8)),
    "in place": (lambda: ConvNorm(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU(inplace=True)), (2, 3, 9, 8)),
    "method": (lambda: ConvNorm(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), lambda y: y.sigmoid()), (2, 3, 9, 8)),
    "written": (lambda: ConvNorm(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), lambda y: y.relu_().add_(1)), (2, 3, 9, 8)),
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_norm_and_an_activation_are_computed_with_the_convolution_that_they_follow(name: str) -> None:
    make, shape = CHAINS[name]
    quick, made, left = _taken(_lived(make()), x := torch.randn(shape))
    assert (list(made), left) == (["conv"], {})
    ((norm, _, activation),) = _uses(quick, quick.conv, x)
    assert norm
    assert activation is not None


@pytest.mark.parametrize("act", [nn.Mish(), nn.LeakyReLU(), nn.GELU(approximate="tanh"), functional.elu, nn.Softmax(1)])
def test_a_norm_is_folded_where_the_activation_is_none_of_ours(act: Any) -> None:
    quick, _, _ = _taken(_lived(ConvNorm(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), act)), x := torch.randn(2, 3, 9, 8))
    assert _uses(quick, quick.conv, x) == {(True, False, None)}


class Block(Untraceable):
    def __init__(self, C: int, K: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(C, K, 3, stride, 1, bias=False), nn.BatchNorm2d(K)
        self.conv2, self.bn2 = nn.Conv2d(K, K, 3, 1, 1, bias=False), nn.BatchNorm2d(K)
        self.relu = nn.ReLU(inplace=True)
        self.down = nn.Sequential(nn.Conv2d(C, K, 1, stride, bias=False), nn.BatchNorm2d(K)) if C != K else None

    def compute(self, x: Tensor) -> Any:
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        out += x if self.down is None else self.down(x)
        return self.relu(out)


def test_a_residual_sum_is_computed_with_the_convolution() -> None:
    model = _lived(nn.Sequential(Block(3, 8, 2), Block(8, 8)))
    quick, made, left = _taken(model, x := torch.randn(1, 3, 16, 15))
    assert len(made) == 5
    assert not left
    assert _uses(quick, quick[1].conv2, x) == {(True, True, "relu")}


class Domains(Untraceable):
    """Switchable norms: which one follows is not known from the example."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norms = nn.Conv2d(3, 5, 3), nn.ModuleList([nn.BatchNorm2d(5) for _ in range(3)])
        self.domain = 0

    def compute(self, x: Tensor) -> Any:
        y = self.conv(x)
        return functional.relu(self.norms[self.domain](y)) if self.domain < 3 else y


def test_another_norm_than_on_the_example_is_the_one_that_counts() -> None:
    model, x = _lived(Domains()), torch.randn(1, 3, 9, 8)
    quick, _, _ = _taken(model, x)
    with torch.no_grad():
        for domain in (1, 2, 3, 0):
            model.domain = quick.domain = domain
            _alike(quick(x), model(x))


class Branches(Untraceable):
    """What follows depends on the size."""

    def __init__(self, other: Any) -> None:
        super().__init__()
        self.conv, self.norm, self.other = nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), other

    def compute(self, x: Tensor) -> Any:
        y = self.conv(x)
        return self.norm(y) if x.shape[-1] == 8 else self.other(self.norm, y)


def _doubled(y: Tensor) -> Tensor:
    return y * 2 + 1


def _scripted(y: Tensor) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        doubled: Tensor = torch.jit.script(_doubled)(y)
    return doubled


OTHERS: dict[str, Any] = {
    "returned": lambda _, y: y,
    "both": lambda norm, y: (y, norm(y), y.mean()),
    "written": lambda norm, y: (y.mul_(2), norm(y), y),
    "added in place": lambda norm, y: (y.add_(1), norm(y)),
    "sliced": lambda norm, y: norm(y[:, :, 1:]),
    "listed": lambda norm, y: torch.cat([y, norm(y)], 1),
    "to numpy": lambda _, y: torch.from_numpy(y.numpy().copy()),
    "viewed": lambda _, y: y.view(y.shape[0], -1).sum(1),
    "copied": lambda _, y: (copy.deepcopy(y), pickle.loads(pickle.dumps(y))),
    "of another shape": lambda _, y: y + torch.ones(5, 1, 1),
    "summed with itself": lambda _, y: (y + y, y * y),
    "out": lambda _, y: torch.add(y, 1, out=torch.empty(0)),
    "assigned": lambda _, y: (y.__setitem__((0, 0), 3.0), y)[1],
    "activated": lambda norm, y: (torch.relu_(y), norm(y), y),
    "seen by a script": lambda norm, y: (_scripted(y), norm(y)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_whoever_else_reads_the_output_finds_it(name: str) -> None:
    _taken(_lived(Branches(OTHERS[name])), torch.randn(2, 3, 9, 8))


class Overwrites(Untraceable):
    def __init__(self, is_always: bool) -> None:
        super().__init__()
        self.conv, self.norm, self.is_always = nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), is_always

    def compute(self, x: Tensor) -> Any:
        x = x * 1
        y = self.conv(x)
        if self.is_always or x.shape[-1] > 8:
            x.mul_(3)
        return self.norm(y), x


def test_an_input_that_is_written_over_before_the_norm_is_read_in_time() -> None:
    quick, made, _ = _taken(_lived(Overwrites(True)), torch.randn(1, 3, 9, 8))
    assert list(made) == ["conv"]
    assert quick.conv.forward.until == ""


def test_an_input_that_is_written_over_later_is_refused_not_wrong() -> None:
    quick, _, _ = by_module(_lived(Overwrites(False)), (torch.randn(1, 3, 9, 8),), "default")
    with torch.no_grad(), pytest.raises(kaiyan.KaiyanError, match="was overwritten before its output was read"):
        quick(torch.randn(1, 3, 9, 9))


def test_changed_norms_and_weights_are_taken_over() -> None:
    model, x = _lived(ConvNorm(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5))), torch.randn(2, 3, 9, 8)
    quick, _, _ = _taken(model, x)
    other = _lived(ConvNorm(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5)))
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.mul_(1.5)
        quick.load_state_dict(other.state_dict())
        _alike(quick(x), other(x))
        quick.norm.running_mean.add_(2)
        other.norm.running_mean.add_(2)
        quick.conv.weight.mul_(3)
        other.conv.weight.mul_(3)
        _alike(quick(x), other(x))
        _alike(quick.double()(x.double()), other.double()(x.double()))
        quick.conv.dilation = other.conv.dilation = (2, 2)
        _alike(quick(x.double()), other(x.double()))


def test_the_layers_are_what_they_were() -> None:
    model = _lived(ConvNorm(nn.Conv2d(3, 5, 3, padding=1), nn.BatchNorm2d(5)))
    quick, _, _ = _taken(model, torch.randn(1, 3, 9, 8))
    assert type(quick.conv) is nn.Conv2d
    assert quick.state_dict().keys() == model.state_dict().keys()
    assert all(torch.equal(value, model.state_dict()[key]) for key, value in quick.state_dict().items())
    for name in (*nn.Conv2d.__constants__, "transposed", "output_padding"):
        assert getattr(quick.conv, name) == getattr(model.conv, name)
    assert next(quick.parameters()).dtype is torch.float32


def test_copies_and_pickles_compute_the_same() -> None:
    x = torch.randn(1, 3, 9, 8)
    model = _lived(nn.Sequential(Block(3, 8, 2)))
    quick, _, _ = _taken(model, x)
    with torch.no_grad():
        for other in (copy.deepcopy(quick), pickle.loads(pickle.dumps(quick))):
            assert torch.equal(other(x), quick(x))
            assert other[0].conv1.forward.layer is other[0].conv1


class Same(nn.Conv2d):
    """As timm pads for TensorFlow's weights: from the input's size."""

    def forward(self, x: Tensor) -> Tensor:
        pads = [max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0) for n, k, s, d in
                zip(x.shape[-2:], self.kernel_size, self.stride, self.dilation, strict=True)]  # fmt: skip
        x = functional.pad(x, [pads[1] // 2, pads[1] - pads[1] // 2, pads[0] // 2, pads[0] - pads[0] // 2])
        return functional.conv2d(x, self.weight, self.bias, self.stride, (0, 0), self.dilation, self.groups)


class Causal(nn.Conv1d):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(functional.pad(x, (self.dilation[0] * (self.kernel_size[0] - 1), 0)))


class Cropped(nn.Conv1d):
    """Pads on both sides and cuts the future off."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x)[..., : -int(self.padding[0])]


class Standardised(nn.Conv2d):
    """timm's weight standardisation: made anew at every call, always the same."""

    def forward(self, x: Tensor) -> Tensor:
        rows = self.weight.reshape(1, self.out_channels, -1)
        weight = functional.batch_norm(rows, None, None, training=True, momentum=0.0, eps=1e-6).reshape_as(self.weight)
        return functional.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class Wrapped(nn.Conv2d):
    """detectron2's: norm and activation are the layer's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.norm = nn.BatchNorm2d(self.out_channels)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)
        return functional.relu_(self.norm(y))


class Clipped(nn.ConvTranspose1d):
    def forward(self, x: Tensor, output_size: Any = None) -> Tensor:
        return super().forward(x, output_size)[..., 1:-1]


class Half(nn.Conv2d):
    """Two convolutions of one layer."""

    def forward(self, x: Tensor) -> Tensor:
        one: Tensor = self._conv_forward(x, self.weight, None)
        other: Tensor = self._conv_forward(x, self.weight.abs(), self.bias)
        return one + other


OWN: dict[str, tuple[Any, tuple[int, ...]]] = {
    "same": (lambda: nn.Sequential(Same(3, 5, 3, 2), nn.BatchNorm2d(5), Same(5, 4, 4, 2)), (2, 3, 11, 12)),
    "causal": (lambda: nn.Sequential(Causal(3, 5, 3, dilation=2), nn.ReLU()), (2, 3, 20)),
    "cropped": (lambda: nn.Sequential(Cropped(3, 5, 3, padding=2), nn.ReLU()), (2, 3, 20)),
    "standardised": (lambda: nn.Sequential(Standardised(3, 5, 3), nn.ReLU()), (2, 3, 9, 8)),
    "wrapped": (lambda: nn.Sequential(Wrapped(3, 5, 3), Wrapped(5, 4, 1)), (2, 3, 9, 8)),
    "clipped": (lambda: nn.Sequential(Clipped(3, 5, 4, 2)), (2, 3, 9)),
    "half": (lambda: nn.Sequential(Half(3, 5, 3)), (2, 3, 9, 8)),
}


@pytest.mark.parametrize("name", OWN)
def test_a_forward_of_its_own_is_kept_and_the_convolution_in_it_taken(name: str) -> None:
    make, shape = OWN[name]
    model = _lived(make())
    _, made, left = _taken(model, torch.randn(shape))
    assert list(made) == [name for name, layer in model.named_modules() if isinstance(layer, nn.modules.conv._ConvNd)]
    assert not left


class Modulated(nn.Conv2d):
    """StyleGAN's: the weight depends on the input."""

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self._conv_forward(x, self.weight * x.mean(), self.bias)
        return y


class Transformed(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        return functional.unfold(x, self.kernel_size).transpose(1, 2) @ self.weight.reshape(self.out_channels, -1).t()


def test_what_is_left_is_said_with_its_own_reason() -> None:
    class Net(Untraceable):
        def __init__(self) -> None:
            super().__init__()
            self.plain, self.hooked, self.modulated = (nn.Conv2d(3, 3, 1) for _ in range(3))
            self.modulated, self.unused = Modulated(3, 3, 1), nn.Conv2d(3, 3, 1)
            self.read, self.integer = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
            self.integer.weight = nn.Parameter(self.integer.weight.to(torch.int32), requires_grad=False)
            self.sized, self.own = nn.ConvTranspose2d(3, 3, 3, 2), Transformed(3, 3, 1)
            self.hooked.register_forward_hook(lambda *_: None)

        def compute(self, x: Tensor) -> Any:
            y = self.modulated(self.hooked(self.plain(x))) * self.read.weight.sum()
            return self.sized(y, output_size=[2 * n + 2 for n in y.shape[-2:]]), self.own(x)

    _, made, left = _taken(_lived(Net()), torch.randn(1, 3, 9, 8))
    assert list(made) == ["plain"]
    assert left == {
        "hooked": "it has hooks", "modulated": "its weight is computed from its input",
        "unused": "it is not called with this input", "read": "its forward is never called, only its weight is read",
        "integer": "its weight is torch.int32", "sized": "output_size is given when it is called",
        "own": "Transformed defines its own forward",
    }  # fmt: skip


FROZEN: dict[str, Any] = {
    "old weight_norm": nn.utils.weight_norm,
    "old spectral_norm": nn.utils.spectral_norm,
    "weight_norm": parametrizations.weight_norm,
    "spectral_norm": parametrizations.spectral_norm,
    "orthogonal": parametrizations.orthogonal,
    "pruned": lambda layer: prune.l1_unstructured(layer, "weight", 0.3),  # type: ignore[no-untyped-call]
}


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
@pytest.mark.filterwarnings("ignore:.*spectral_norm.*:FutureWarning")
@pytest.mark.parametrize("name", FROZEN)
def test_a_weight_that_is_made_of_parameters_is_made_once(name: str) -> None:
    model = _lived(nn.Sequential(FROZEN[name](nn.Conv1d(4, 4, 3, padding=1)), nn.ReLU()))
    x = torch.randn(2, 4, 20)
    with torch.no_grad():
        right = model(x)
        before = {key: value.clone() for key, value in model.state_dict().items()}
        quick = accelerate(model, x)
        _alike(quick(x), right)
        _alike(model(x), right)
        _alike(pickle.loads(pickle.dumps(quick))(x), right)
    assert not quick.report.left
    assert model.state_dict().keys() == before.keys()
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


class Twice(Untraceable):
    """F32: a layer under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.block = nn.Sequential(self.conv, nn.ReLU())

    def compute(self, x: Tensor) -> Any:
        return self.block(self.conv(x))


def test_a_layer_in_two_places_is_replaced_in_both() -> None:
    quick, made, left = _taken(_lived(Twice()), torch.randn(1, 4, 9, 8))
    assert (list(made), left) == (["conv"], {})
    assert quick.conv is quick.block[0]
    assert isinstance(quick.block[0].forward, Replacement)


def test_every_convolution_is_named_once() -> None:
    for make, shape in [*CHAINS.values(), *OWN.values(), (Twice, (1, 4, 9, 8))]:
        model = _lived(make())
        report = accelerate(model, torch.randn(shape)).report
        named = [row.name for row in report.layers] + list(report.left)
        layers = [name for name, layer in model.named_modules() if isinstance(layer, nn.modules.conv._ConvNd)]
        assert set(layers) <= set(named)


@dataclass
class Output:
    logits: Tensor
    hidden: list[Tensor]


class Stages(nn.Module):
    """As diffusers and transformers write: loops, ifs on shapes, keywords, a dataclass."""

    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.ModuleList([Block(3, 6, 2), Block(6, 6)])
        self.head = nn.Linear(6, 4)

    def forward(self, pixel_values: Tensor, return_hidden: bool = True, scale: float | None = None) -> Output:
        hidden = []
        for i, stage in enumerate(self.stages):
            if pixel_values.shape[-1] % 2 and i:
                pixel_values = functional.pad(pixel_values, (0, 1))
            pixel_values = stage(pixel_values)
            hidden.append(pixel_values)
        pooled = pixel_values.mean((2, 3)).to(next(self.parameters()).dtype)
        return Output(self.head(pooled) * (scale or 1.0), hidden if return_hidden else [])


def test_a_model_of_stages_with_a_dataclass_output() -> None:
    model, x = _lived(Stages()), torch.randn(2, 3, 20, 18)
    quick, made, left = by_module(copy.deepcopy(model), (x,), "default")
    assert len(made) == 6
    assert not left
    with torch.no_grad():
        a, b = quick(x, scale=2.0), model(x, scale=2.0)
    _alike([a.logits, *a.hidden], [b.logits, *b.hidden])


def test_a_layer_that_the_model_does_not_run_with_leaves_the_others() -> None:
    class Asks(Untraceable):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.c = (nn.Conv2d(3, 3, 3, padding=1) for _ in range(3))

        def compute(self, x: Tensor) -> Any:
            if "forward" in vars(self.b):
                raise TypeError("b is not what it was")
            return self.c(self.b(self.a(x)))

    _, made, left = _taken(_lived(Asks()), torch.randn(1, 3, 9, 8))
    assert list(made) == ["a", "c"]
    assert left == {"b": "the model does not run with it replaced: b is not what it was"}


def test_a_layer_whose_output_differs_is_named_with_by_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Replacement.output

    def wrong(self: Replacement, kernel: Any, x: Tensor) -> Tensor:
        return right(self, kernel, x) * (1.5 if self.layer.kernel_size == (1, 1) else 1)

    monkeypatch.setattr(Replacement, "output", wrong)
    model = _lived(ConvNorm(nn.Conv2d(3, 5, 3), nn.Conv2d(5, 5, 1)))
    _, made, left = _taken(model, torch.randn(2, 3, 9, 8))
    assert list(made) == ["conv"]
    assert left == {"norm": "its own output differs by 5.0e-01 of its largest value"}


def test_a_layer_that_torch_computes_faster_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaiyan.nn.acceleration.rehearsal.SLOWER", 0.0)
    _, made, left = _taken(_lived(ConvNorm(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5))), torch.randn(2, 3, 9, 8))
    assert not made
    assert left["conv"].startswith("torch computes it in")


def test_what_the_kernel_cannot_take_is_torchs() -> None:
    model, x = _lived(ConvNorm(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5))), torch.randn(2, 3, 9, 8)
    quick, _, _ = _taken(model, x)
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        assert quick(x).dtype is model(x).dtype
        assert torch.equal(quick(x), model(x))
    with pytest.raises(RuntimeError, match="expected input"):
        quick(torch.randn(2, 4, 9, 8))
    quick.requires_grad_()
    assert torch.equal(quick(x), model(x))
    assert quick(x).requires_grad


def test_inference_mode_runs() -> None:
    model, x = _lived(nn.Sequential(Block(3, 8, 2))), torch.randn(1, 3, 16, 15)
    quick, _, _ = _taken(model, x)
    with torch.inference_mode():
        _alike(quick(x), model(x))


def test_a_varying_weight_is_given_up() -> None:
    layer = OwnForward(Modulated(3, 3, 1), "default")
    with torch.no_grad():
        for _ in range(4):
            x = torch.randn(1, 3, 5, 5)
            torch.testing.assert_close(layer(x), layer.plain(x))
    assert layer.varying
    assert not layer.convs()


class Mamba(nn.Module):
    """The convolution's weight is read by a scan written by hand; its forward never runs."""

    def __init__(self) -> None:
        super().__init__()
        self.proj, self.conv1d = nn.Linear(4, 8), nn.Conv1d(8, 8, 4, groups=8, padding=3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.proj(x).transpose(1, 2)
        if y.shape[-1] > 1:
            y = functional.conv1d(functional.pad(y, (3, 0)), self.conv1d.weight, self.conv1d.bias, groups=8)
        return functional.silu(y[..., : x.shape[1]]).transpose(1, 2)


def test_a_convolution_whose_weight_alone_is_read_says_so() -> None:
    _, made, left = _taken(_lived(Mamba()), torch.randn(2, 10, 4))
    assert list(made) == ["proj"]
    assert left == {"conv1d": "its forward is never called, only its weight is read"}


def test_an_attention_block_is_itself() -> None:
    block = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True).eval()
    _, _, left = _taken(block, torch.randn(2, 10, 16))
    assert set(left.values()) <= {"its forward is never called, only its weight is read"}


def test_random_numbers_and_inputs_are_left_alone() -> None:
    class Noisy(Untraceable):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3)

        def compute(self, x: Tensor) -> Any:
            x.mul_(0.5)
            return self.conv(x + torch.randn_like(x))

    x = torch.randn(1, 3, 9, 8)
    before, state = x.clone(), torch.get_rng_state()
    by_module(_lived(Noisy()), (x,), "default")
    torch.manual_seed(0)
    assert torch.equal(x, before)
    torch.set_rng_state(state)
    _, made, left = by_module(Noisy().eval(), (x,), "default")
    assert (list(made), left) == (["conv"], {})


@pytest.mark.parametrize(("more", "is_left"), [(0.0, False), (0.005, False), (0.02, True)])
def test_a_model_that_is_slower_as_a_whole_is_left(
    more: float, is_left: bool, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, x = _lived(ConvNorm(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5))), torch.randn(2, 3, 9, 8)
    right = Replacement.plain

    def slow(self: Replacement, _: Any, x: Tensor) -> Any:
        clock.seconds += more  # a call takes a tick beside, and ten times as much is allowed here
        return right(self, x)

    monkeypatch.setattr(Replacement, "output", slow)
    report = accelerate(model, x).report
    assert bool(report.layers) is not is_left
    assert str(report.left.get("conv", "")).startswith("torch runs the model in 1.000 ms, and ") is is_left


class Keeps(Untraceable):
    """Grad-CAM's habit: a map is kept in an attribute; the first block's output is the model's as well."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3)
        self.last, self.last_norm = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)

    def compute(self, x: Tensor) -> Any:
        self.feature = self.conv(x)
        y = torch.relu(self.last_norm(self.last(torch.relu(self.norm(self.feature)))))
        return y, self.last_norm(self.last(y))


def test_what_is_kept_or_given_does_not_wait() -> None:
    model, x = _lived(Keeps()), torch.randn(1, 3, 9, 8)
    quick, made, left = _taken(model, x)
    assert (list(made), left) == (["conv", "last"], {})
    assert (quick.conv.forward.until, quick.last.forward.until) == ("", "norm")
    with torch.no_grad():
        answer = quick(x)
    assert {type(tensor) for tensor in (*answer, quick.feature)} == {Tensor}


def test_an_answer_never_waits() -> None:
    model = _lived(Branches(OTHERS["returned"]))
    quick = accelerate(model, torch.randn(2, 3, 9, 8))
    assert quick.model.conv.forward.until
    with torch.no_grad():
        answer = quick(torch.randn(2, 3, 9, 9))
    assert type(answer) is Tensor


LAYOUTS: dict[str, Any] = {
    "transposed sequence": (nn.Conv1d(4, 6, 3), lambda: torch.randn(2, 9, 4).transpose(1, 2)),
    "transposed groups": (nn.Conv1d(4, 4, 3, groups=4), lambda: torch.randn(1, 9, 4).transpose(1, 2)),
    "to a sequence": (nn.ConvTranspose1d(4, 6, 3), lambda: torch.randn(2, 9, 4).transpose(1, 2)),
    "transposed rows": (nn.Linear(4, 6), lambda: torch.randn(4, 9).t()),
    "channels last": (nn.Conv2d(4, 6, 3), lambda: torch.randn(2, 9, 8, 4).permute(0, 3, 1, 2)),
    "a slice of channels last": (nn.Conv2d(4, 6, 3), lambda: torch.randn(2, 9, 8, 6).permute(0, 3, 1, 2)[:, 1:-1]),
    "turned": (nn.Conv2d(4, 6, 3), lambda: torch.randn(2, 4, 8, 9).transpose(2, 3)),
    "expanded": (nn.Conv2d(4, 6, 3), lambda: torch.randn(2, 4, 1, 1).expand(2, 4, 9, 8)),
    "a slice": (nn.Conv2d(4, 6, 3), lambda: torch.randn(2, 4, 9, 12)[..., 2:-2]),
    "volumes, channels last": (nn.Conv3d(4, 6, 3), lambda: torch.randn(2, 5, 6, 7, 4).permute(0, 4, 1, 2, 3)),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_an_output_lies_in_memory_as_torchs_does(name: str) -> None:
    layer, make = LAYOUTS[name]
    x = make()
    with torch.no_grad():
        y, right = Replacement(layer, "default")(x), layer(x)
    torch.testing.assert_close(y, right, rtol=1e-4, atol=1e-5)
    assert y.stride() == right.stride()


def test_hooks_that_come_later_see_numbers() -> None:
    model, x = _lived(ConvNorm(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5))), torch.randn(2, 3, 9, 8)
    quick, _, _ = _taken(model, x)
    kept: list[Tensor] = []
    for net in (quick, model):
        net.conv.register_forward_hook(lambda *seen: kept.append(seen[-1]))
        net.norm.register_forward_hook(lambda *seen: kept.append(seen[-1]))
        with torch.no_grad():
            net(x)
    assert {type(tensor) for tensor in kept} == {Tensor}
    for one, other in zip(kept[:2], kept[2:], strict=True):
        _alike(one, other)


TRANSFORMS: dict[str, Any] = {
    "vmap": lambda net, x: torch.vmap(net)(x[:, None]).squeeze(1),
    "jvp": lambda net, x: torch.func.jvp(net, (x,), (x,)),
    "compile": lambda net, x: torch.compile(net, backend="eager")(x),
    "export": lambda net, x: torch.export.export(net, (x,)).module()(x),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", TRANSFORMS)
def test_torchs_transforms_pass_through(name: str) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5)

        def forward(self, x: Tensor) -> Any:
            y = torch.relu(self.norm(self.conv(x)))
            return y if x.shape[-1] > 3 else x

    model, x = _lived(Net()), torch.randn(2, 3, 9, 8)
    quick, _, _ = _taken(model, x)
    with torch.no_grad():
        _alike(TRANSFORMS[name](quick, x), TRANSFORMS[name](model, x))
