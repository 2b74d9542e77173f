"""Public reports of models spoiled by what makes them faster, each tried on accelerate: the model on its own is right.

The number in a test's name is the row of the second round of reported cases; what follows it are its siblings.
"""

from __future__ import annotations

import copy
import ctypes
import itertools
import random
import warnings
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from kaiyan.nn import accelerate
from kaiyan.nn.acceleration import settling
from kaiyan.nn.acceleration.as_program import Programmed
from kaiyan.trace.copied import copied


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def _share(a: Tensor, b: Tensor) -> float:
    return float((a - b).abs().max() / b.abs().max().clamp_min(1e-30))


def _same(quick: nn.Module, model: nn.Module, x: Any, tolerance: float = 1e-4) -> None:
    """One call of each, under one seed: alike in numbers, sizes, types and strides; the model is not moved by it."""
    given = x if isinstance(x, tuple) else (x,)
    with torch.no_grad():
        torch.manual_seed(1)
        right = copied(model).eval()(*copied(given))
        torch.manual_seed(1)
        answer = quick(*copied(given))
    assert answer.shape == right.shape
    assert answer.dtype == right.dtype
    assert answer.stride() == right.stride()
    assert _share(answer.double(), right.double()) < tolerance


def _accounted(quick: Any, model: nn.Module) -> None:
    """Every convolution is in the report: among the layers, or left with a reason."""
    names = {
        name or type(layer).__name__
        for name, layer in model.named_modules()
        if isinstance(layer, (nn.Conv1d, nn.Conv2d, nn.Conv3d))
    }
    assert names <= {row.name for row in quick.report.layers} | set(quick.report.left)


def _replaced(report: Any) -> set[str]:
    """The layers that were replaced, or would have been but that torch is faster on sizes as small as these."""
    slower = ("torch computes it in", "torch runs the model in")
    faster = {name for name, reason in report.left.items() if str(reason).startswith(slower)}
    return {row.name for row in report.layers} | faster


def _lived(model: nn.Module) -> nn.Module:
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
            nn.init.normal_(module.running_mean)  # type: ignore[arg-type]
            nn.init.uniform_(module.running_var, 0.5, 2)  # type: ignore[arg-type]
            if module.affine:
                nn.init.uniform_(module.weight, 0.5, 2)
    return model.eval()


UPS: dict[str, Any] = {
    **{f"2-D of {g} groups": (lambda g=g: nn.ConvTranspose2d(4, 8, 3, 2, 1, 1, groups=g), nn.BatchNorm2d, (2, 4, 9, 7))
       for g in (1, 2, 4)},
    "1-D": (lambda: nn.ConvTranspose1d(4, 8, 3, 2, 1, 1, groups=2), nn.BatchNorm1d, (2, 4, 9)),
    "3-D": (lambda: nn.ConvTranspose3d(4, 8, 3, 2, 1, 1, groups=2), nn.BatchNorm3d, (1, 4, 5, 4, 3)),
}  # fmt: skip


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("name", UPS)
def test_a1_a_norm_behind_a_transposed_convolution_of_groups(name: str, affine: bool) -> None:
    make, norm, shape = UPS[name]
    made: Any = norm
    model = _lived(nn.Sequential(make(), made(8, affine=affine)))
    quick = accelerate(model, torch.randn(shape))
    _same(quick, model, torch.randn(shape), 1e-5)
    assert [row.name for row in quick.report.layers] == ["0"]
    if isinstance(quick.model, Programmed):
        assert [node.operation for node in quick.model.programs[0].graph.nodes] == ["convolution"]
    else:
        assert not any(isinstance(module, norm) for module in quick.modules())


class Bottleneck(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(8, 4, 1), nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 8, 1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        identity = x
        y = self.c(self.relu(self.b(self.relu(self.a(x)))))
        y += identity
        return self.relu(y)  # type: ignore[no-any-return]


class InPlace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 6, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        r = functional.relu(self.a(x), inplace=True)
        out: Tensor = functional.relu_(self.b(r))
        out += r
        return out


class TwoNorms(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3)
        self.one, self.two = nn.BatchNorm2d(6), nn.BatchNorm2d(6)

    def forward(self, x: Tensor) -> Tensor:
        return self.one(self.conv(x)) * self.two(self.conv(x))  # type: ignore[no-any-return]


class OneNorm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.norm = nn.Conv2d(3, 6, 3), nn.Conv2d(6, 6, 3), nn.BatchNorm2d(6)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.b(self.norm(self.a(x))))  # type: ignore[no-any-return]


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)
        self.b.weight = self.a.weight
        self.one, self.two = nn.BatchNorm2d(3), nn.BatchNorm2d(3)

    def forward(self, x: Tensor) -> Tensor:
        return self.two(self.b(self.one(self.a(x))))  # type: ignore[no-any-return]


FOLDED: dict[str, tuple[Any, tuple[int, ...]]] = {
    "a3": (lambda: nn.Sequential(Bottleneck(), Bottleneck()), (2, 8, 9, 9)),
    "a5": (InPlace, (2, 3, 9, 9)),
    "a6 two norms": (TwoNorms, (2, 3, 9, 9)),
    "a6 one norm": (OneNorm, (2, 3, 9, 9)),
    "a6 tied": (Tied, (2, 3, 9, 9)),
}


@pytest.mark.parametrize("name", FOLDED)
def test_a3_a5_a6_what_is_shared_or_written_over_is_folded_rightly(name: str) -> None:
    make, shape = FOLDED[name]
    model = _lived(make())
    quick = accelerate(model, torch.randn(shape))
    _same(quick, model, torch.randn(shape), 1e-5)
    _accounted(quick, model)
    assert quick.report.traced


class Patches(nn.Module):
    """What ``how`` makes of a map depends on how it lies in memory."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.a, self.b, self.how = nn.Conv2d(3, 32, 3, padding=1), nn.Conv2d(32, 32, 3, padding=1), how

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.b(self.a(x).relu())
        n, c, h, w = y.shape
        steps = (c * h * w, h * w, 4 * w, 4, w, 1)
        if self.how == "as_strided":
            return y.as_strided((n, c, h // 4, w // 4, 4, 4), steps).mean((-1, -2))
        if self.how == "numpy":
            return torch.from_numpy(y.numpy().ravel(order="K").copy()).cumsum(0)
        if self.how == "set_":
            return torch.empty(0).set_(y.untyped_storage(), 0, (n, c * h * w), (c * h * w, 1)).cumsum(1)
        if self.how == "stride":
            return y * y.stride(1)
        if self.how == "is_contiguous":
            return y if y.is_contiguous() else -y
        memory = bytearray(ctypes.string_at(y.data_ptr(), y.numel() * y.element_size()))
        return torch.frombuffer(memory, dtype=torch.float32).clone().cumsum(0)


@pytest.fixture
def last_is_fastest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The race of layouts is won by the last that is tried, which lays pictures out otherwise than they come."""
    monkeypatch.setattr(
        settling, "least_times", lambda models, _, __: [float(len(models) - i) for i in range(len(models))]
    )


@pytest.mark.usefixtures("last_is_fastest")
@pytest.mark.parametrize("how", ["as_strided", "numpy", "set_", "stride", "is_contiguous", "storage"])
def test_a9_what_reads_the_order_in_memory_reads_the_models(how: str) -> None:
    model, x = Patches(how).eval(), torch.randn(2, 3, 12, 12)
    quick = accelerate(model, x)
    assert quick.layout == "channels_first"
    assert quick.report.difference < 1e-4
    _same(quick, model, x)
    _accounted(quick, model)


@pytest.mark.usefixtures("last_is_fastest")
def test_a9_channels_last_is_still_taken_where_nothing_reads_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    last = "kaiyan.program.tuning._Bench.raced"
    monkeypatch.setattr(last, lambda _, finalists: [2.0 - choices.channels_last for choices in finalists])
    model = nn.Sequential(nn.Conv2d(3, 64, 3), nn.Conv2d(64, 64, 3)).eval()
    quick = accelerate(model, torch.randn(2, 3, 23, 25))
    assert quick.report.layout == "channels_last"
    _same(quick, model, torch.randn(2, 3, 23, 25))


class Head(nn.Module):
    def __init__(self, kernel: int = 8) -> None:
        super().__init__()
        self.body, self.head = nn.Conv2d(3, 64, 3, stride=4, padding=1), nn.Conv2d(64, 10, kernel)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.head(self.body(x))
        return y.view(y.shape[0], -1)


class Kept(Head):
    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.head(self.body(x))
        return y.view(y.shape[0], y.shape[1], -1)


class Merged(Head):
    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.body(x)
        return y.view(-1, *y.shape[2:])


@pytest.mark.parametrize("model", [Head(), Kept(), Merged(), Head(1)], ids=["at 1x1", "kept", "samples", "maps"])
def test_a11_a_view_inside_is_legal_at_every_size_that_the_model_takes(model: nn.Module) -> None:
    x = torch.randn(1, 3, 32, 32)
    for _ in range(2):
        quick = accelerate(model.eval(), x)
        for n, size in ((1, 32), (8, 40), (2, 64)):
            _same(quick, model, torch.randn(n, 3, size, size))


@pytest.mark.parametrize("lies", [torch.contiguous_format, torch.channels_last])
def test_a11_answers_lie_as_the_models(lies: torch.memory_format) -> None:
    model = nn.Sequential(nn.Conv2d(3, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 64, 3, padding=1)).eval()
    x = torch.randn(2, 3, 40, 40)
    for _ in range(2):
        quick = accelerate(model, x.contiguous(memory_format=lies))
        _same(quick, model, x)
        _same(quick, model, x.contiguous(memory_format=torch.channels_last))
        _same(quick, model, torch.randn(1, 3, 33, 47))
        quick(x)[0].view(-1)
        quick(x).view(2, -1)


def test_a11_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    model = Head().eval()
    quick = accelerate(model, torch.randn(1, 3, 32, 32))
    with pytest.raises((RuntimeError, ValueError)):
        quick(torch.randn(1, 3, 4, 4))
    assert capfd.readouterr() == ("", "")


class Stream(nn.Module):
    cache: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 2, 3)
        self.register_buffer("cache", torch.zeros(1, 2, 2))

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat([self.cache, x], -1)
        self.cache = x[..., -2:].clone()
        return self.conv(x)  # type: ignore[no-any-return]


class Hidden(nn.Module):
    hidden: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.out = nn.Conv1d(2, 2, 3, padding=1), nn.Conv1d(2, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.tanh(self.conv(x))
        self.hidden = y if self.hidden is None else y + 0.5 * self.hidden
        return self.out(self.hidden)  # type: ignore[no-any-return]


class Running(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 2, 3)
        self.register_buffer("mean", torch.zeros(1, 2, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        self.mean.mul_(0.999).add_(y.mean((0, 2), keepdim=True), alpha=0.001)  # type: ignore[operator]
        return y - self.mean  # type: ignore[no-any-return]


class Counts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.calls = nn.Conv1d(2, 2, 3), 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return self.conv(x) * self.calls  # type: ignore[no-any-return]


class Queues(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.memory = nn.Conv1d(2, 2, 3), {"last": []}  # type: ignore[var-annotated]

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        self.memory["last"].append(y.mean())
        return y + sum(self.memory["last"])  # type: ignore[no-any-return]


class Own:
    def __init__(self) -> None:
        self.seen = torch.zeros(2, 1)


class Deep(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.own = nn.Conv1d(2, 2, 3), Own()

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        self.own.seen = self.own.seen * 0.5 + y.mean((0, 2))[:, None]
        return y + self.own.seen


class Draws(nn.Module):
    """Its random numbers are its own."""

    def __init__(self, draws: Any, draw: Any) -> None:
        super().__init__()
        self.conv, self.draws, self.draw = nn.Conv1d(2, 2, 3), draws, draw

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x) + float(self.draw(self.draws))  # type: ignore[no-any-return]


def _uniform(draws: Any) -> Any:
    return draws.random()


def _next(draws: Any) -> Any:
    return next(draws)


def _normal(draws: Any) -> Any:
    return torch.randn(1, generator=draws)


STATES: dict[str, Any] = {
    "python's": lambda: Draws(random.Random(3), _uniform),
    "numpy's": lambda: Draws(np.random.default_rng(3), _uniform),
    "torch's": lambda: Draws(torch.Generator().manual_seed(3), _normal),
    "iterator": lambda: Draws(itertools.count(), _next),
}
STATES |= {kind.__name__: kind for kind in (Stream, Hidden, Running, Counts, Queues, Deep)}


@pytest.mark.parametrize("name", STATES)
def test_a12_a14_the_copy_begins_where_the_model_stands_and_goes_on_as_it_does(name: str) -> None:
    model: Any = STATES[name]().eval()
    with torch.no_grad():
        model(torch.randn(1, 2, 12))
    before = copied(model)
    quick = accelerate(model, torch.randn(1, 2, 12))
    own = copied(model)
    with torch.no_grad():
        for _ in range(6):
            x = torch.randn(1, 2, 12)
            right = own(x)
            assert _share(quick(x), right) < 1e-5
        x = torch.randn(1, 2, 12)
        assert torch.equal(model(x), before(x))  # the model has not moved
    assert quick.report.difference < 1e-5
    assert not quick.report.traced
    assert {row.name for row in quick.report.layers} | set(quick.report.left) >= {"conv"}


def test_a14_a_running_mean_is_not_frozen() -> None:
    model = Running().eval()
    quick, own = accelerate(model, torch.randn(1, 2, 12)), copied(model)
    x = torch.randn(1, 2, 12) + 3
    with torch.no_grad():
        for _ in range(300):
            right, answer = own(x), quick(x)
    assert _share(answer, right) < 1e-4


def _old(name: str, layer: nn.Module) -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(torch.nn.utils, name)(layer)  # type: ignore[no-any-return]


class Feat(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(4, 8, 3)
        self.feat: Any = None

    def forward(self, x: Tensor) -> Tensor:
        self.feat = self.conv(x)
        return self.feat.relu()  # type: ignore[no-any-return]


class Locked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        import threading

        self.conv, self.lock = nn.Conv1d(4, 8, 3), threading.Lock()

    def forward(self, x: Tensor) -> Tensor:
        with self.lock:
            return self.conv(x)  # type: ignore[no-any-return]


def _felt() -> nn.Module:
    model = Feat()
    model(torch.randn(1, 4, 9))
    return model


COPIED: dict[str, Any] = {
    "weight_norm": lambda: nn.Sequential(_old("weight_norm", nn.Conv1d(4, 8, 3))),
    "weight_norm itself": lambda: _old("weight_norm", nn.Conv1d(4, 8, 3)),
    "spectral_norm": lambda: nn.Sequential(_old("spectral_norm", nn.Conv1d(4, 8, 3))),
    "both": lambda: nn.Sequential(_old("weight_norm", nn.Conv1d(4, 8, 3)), nn.ReLU(), nn.Conv1d(8, 8, 3)),
    "kept": _felt,
    "lock": Locked,
}


@pytest.mark.parametrize("name", COPIED)
def test_a15_what_deepcopy_refuses_is_accelerated(name: str) -> None:
    model = COPIED[name]().eval()
    x = torch.randn(1, 4, 30)
    with torch.no_grad():
        model(x)
    quick = accelerate(model, x)
    _same(quick, model, torch.randn(2, 4, 25))
    _accounted(quick, model)


class Vae(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mu, self.sigma, self.out = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3), nn.Conv2d(4, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        mu, sigma = self.mu(x), functional.softplus(self.sigma(x))
        return self.out(mu + sigma * torch.randn_like(mu))  # type: ignore[no-any-return]


class Dithered(nn.Module):
    """Noise of a size that is known without the input: a graph would draw it once."""

    def __init__(self, draw: Any) -> None:
        super().__init__()
        self.conv, self.draw = nn.Conv2d(3, 4, 3), draw

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x) + 1e-5 * self.draw()  # type: ignore[no-any-return]


def _of_torch() -> Tensor:
    return torch.randn(4, 1, 1)


def _of_numpy() -> float:
    return float(np.random.randn())  # noqa: NPY002


def _of_python() -> float:
    return random.random()


class Dropped(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.out = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(functional.dropout(self.conv(x), 0.5, training=True))  # type: ignore[no-any-return]


RANDOM: dict[str, Any] = {
    "VAE": Vae, "dropout": Dropped, "dither": lambda: Dithered(_of_torch), "numpy": lambda: Dithered(_of_numpy),
    "python": lambda: Dithered(_of_python),
}  # fmt: skip


@pytest.mark.parametrize("name", RANDOM)
def test_a16_a_random_model_is_compared_under_one_seed(name: str) -> None:
    model, x = RANDOM[name]().eval(), torch.randn(1, 3, 16, 16)
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()  # noqa: NPY002
    quick = accelerate(model, x)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert np.array_equal(np.random.get_state()[1], before[2][1])  # type: ignore[index]  # noqa: NPY002
    assert len(_replaced(quick.report)) == sum(isinstance(layer, nn.Conv2d) for layer in model.modules())
    for seed in (1, 2):
        torch.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        with torch.no_grad():
            right = model(x)
        torch.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        assert (quick(x) - right).abs().max() < 3e-6
    assert not torch.equal(quick(x), quick(x))


class Writes(nn.Module):
    def __init__(self, how: str) -> None:
        super().__init__()
        self.conv, self.how = nn.Conv2d(3, 8, 3), how

    def forward(self, x: Any) -> Tensor:
        if self.how == "sub_":
            x.sub_(0.5).div_(0.25)
        elif self.how == "+=":
            x += 1
        elif self.how == "setitem":
            x[:, 0] = 0.5
        elif self.how == "dict":
            x = x["x"].mul_(2)
        elif self.how == "slice":
            x[:, :, ::2].add_(1)
        return self.conv(x)  # type: ignore[no-any-return]


@pytest.mark.parametrize("how", ["sub_", "+=", "setitem", "dict", "slice"])
def test_a18_the_input_is_untouched_by_accelerate(how: str) -> None:
    x = torch.rand(1, 3, 12, 12)
    before = x.clone()
    model = Writes(how).eval()
    given = {"x": x} if how == "dict" else x
    quick = accelerate(model, given)
    assert torch.equal(x, before)
    assert _replaced(quick.report) == {"conv"}
    with torch.no_grad():
        assert _share(quick(copied(given)), model(copied(given))) < 1e-5


def test_a18_a_relu_in_place_first_does_not_clip_the_example() -> None:
    x = torch.randn(1, 3, 12, 12)
    before = x.clone()
    model = nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(3, 8, 3)).eval()
    quick = accelerate(model, x)
    assert torch.equal(x, before)
    _same(quick, model, x)


@pytest.mark.parametrize("where", ["conv", "block", "model"])
def test_a20_a_hook_sees_what_it_saw(where: str) -> None:
    model = nn.Sequential(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(inplace=True)), nn.Conv2d(8, 4, 3)).eval()
    seen: list[Tensor] = []
    hooked: Any = {"conv": model[0][0], "block": model[0], "model": model}[where]  # type: ignore[index]
    hooked.register_forward_hook(lambda *seen_: seen.append(seen_[2].clone()))
    x = torch.randn(1, 3, 16, 16)
    quick = accelerate(model, x)
    seen.clear()
    with torch.no_grad():
        model(x)
        quick(x)
    assert len(seen) == 2
    assert isinstance(seen[1], Tensor)
    assert _share(seen[1], seen[0]) < 1e-5


Pair = namedtuple("Pair", ["first", "second"])


@dataclass
class Result:
    y: Tensor
    extra: Any = None


class Options(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.c, self.kind = nn.Conv2d(3, 4, 3), kind

    def forward(self, x: Tensor, mask: Any = None, *, scale: float = 1.0, **more: Any) -> Any:
        y = self.c(x) * scale
        if self.kind == "tuple":
            return (y,) if mask is None else (y, mask)
        if self.kind == "dict":
            return {"y": y} | ({} if mask is None else {"mask": mask}) | more
        if self.kind == "named":
            return Pair(y, mask)
        if self.kind == "slice":
            return [slice(None, y), {"set": {y}}]
        return Result(y, mask)


@pytest.mark.parametrize("kind", ["tuple", "dict", "named", "slice", "dataclass"])
def test_optional_arguments_and_structures_are_the_models(kind: str) -> None:
    model, x, mask = Options(kind).eval(), torch.randn(1, 3, 9, 9), torch.ones(1)
    quick = accelerate(model, x)
    assert _replaced(quick.report) == {"c"}
    assert quick.report.difference < 1e-5
    for named in ({}, {"mask": mask}, {"scale": 2.0}):
        with torch.no_grad():
            right, answer = model(x, **named), quick(x, **named)
        assert type(answer) is type(right)
        leaves = [[right, answer] if not isinstance(right, Result) else [right.y, answer.y]][0]
        for one, other in zip(*(_tensors(leaf) for leaf in leaves), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
        if isinstance(right, dict):
            assert list(answer) == list(right)


def _tensors(answer: Any) -> list[Tensor]:
    if isinstance(answer, Tensor):
        return [answer]
    if isinstance(answer, dict):
        answer = list(answer.values())
    if isinstance(answer, slice):
        return [answer.stop]
    return [t for part in answer for t in _tensors(part)] if isinstance(answer, (list, tuple, set)) else []


class Silent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> None:
        self.conv(x)


def test_an_answer_without_numbers_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaiyan.nn.acceleration.rehearsal.SLOWER", 1e9)
    report = accelerate(Silent().eval(), torch.randn(1, 3, 9, 9)).report
    assert not report.layers
    assert [str(reason) for reason in report.left.values()] == ["the model's output holds no numbers to compare"]


@pytest.mark.parametrize("make", [
    lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 49, 3)),
    lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU()),
    lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.GELU(), nn.Conv2d(8, 4, 1)),
    lambda: nn.Conv2d(3, 8, 3),
    lambda: _Sum(),  # noqa: PLW0108 (it stands below)
], ids=["linear", "norm", "gelu", "convolution", "sum"])  # fmt: skip
def test_c6_under_autocast_the_type_is_torchs(make: Any) -> None:
    model, x = _lived(make()), torch.randn(2, 3, 9, 9)
    quick = accelerate(model, x)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        right, answer = model(x), quick(x)
    assert answer.dtype == right.dtype
    assert _share(answer.double(), right.double()) < 0.03


class _Sum(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.conv(x) + x)


def test_a_deepcopy_begins_again_where_the_accelerated_model_stands() -> None:
    quick = accelerate(Counts().eval(), torch.randn(1, 2, 12))
    x = torch.randn(1, 2, 12)
    quick(x)
    other = copy.deepcopy(quick)
    assert torch.equal(other(x), quick(x))


class Gives(nn.Module):
    """Writes into its input and gives it back beside its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 64, 3)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x.sub_(0.5)
        y: Tensor = self.conv(x)
        return y, x, y[:, ::2]


@pytest.mark.parametrize("lies", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("laid_as", ["channels_first", "channels_last"])
def test_an_answer_that_is_the_input_is_that_tensor_in_either_layout(lies: torch.memory_format, laid_as: str) -> None:
    from kaiyan.nn.acceleration.accelerated import Accelerated

    model, x = Gives().eval(), torch.randn(2, 3, 40, 40).contiguous(memory_format=lies)
    for quick in (accelerate(model, x), Accelerated(copied(model), laid_as, is_laying=True)):
        own, its = x.clone(), x.clone()
        with torch.no_grad():
            right, answer = model(own), quick(its)
        if quick.is_laying and quick.lay_out_as(right, answer, (its,)):
            its = x.clone()
            answer = quick(its)
            assert [part.stride() for part in answer] == [part.stride() for part in right]
        assert answer[1] is its
        assert torch.equal(its, own)
        assert _share(answer[0], right[0]) < 1e-5
