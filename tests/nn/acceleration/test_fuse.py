"""What is fused gives what stood there: random models that write over their tensors, and sums of every kind."""

from __future__ import annotations

import copy
import random
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from kaiyan import nn as ours
from kaiyan.nn.acceleration.accelerate import accelerate
from kaiyan.nn.acceleration.graph import by_graph
from kaiyan.nn.acceleration.prepared import Prepared

if TYPE_CHECKING:
    from torch import fx

STEPS = (
    "conv", "conv", "conv", "norm", "relu", "relu_", "relu(inplace=True)", "nn.ReLU(inplace=True)", "view",
    "a + b", "a += b", "b -= a", "mul_",
)  # fmt: skip


class Program(nn.Module):
    """Steps drawn at random on tensors of one shape: some read two, some write over one that others read later."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        choose = random.Random(seed)
        torch.manual_seed(seed)
        self.convs = nn.ModuleList(nn.Conv2d(4, 4, 3, padding=1) for _ in range(3))
        self.norm, self.relu = nn.BatchNorm2d(4), nn.ReLU(inplace=True)
        nn.init.uniform_(self.norm.running_mean, -1, 1)  # type: ignore[arg-type]
        self.steps = [
            (choose.choice(STEPS), choose.choice((0, 0, 0, 1)), choose.randrange(9))
            for _ in range(choose.randrange(3, 9))
        ]
        self.read = choose.randrange(9)

    def forward(self, x: Tensor) -> Tensor:
        held = [x * 1]
        for step, i, j in self.steps:
            a, b = held[-1 - min(i, len(held) - 1)], held[j % len(held)]
            held.append(self._step(step, a, b, self.convs[j % 3]))
        return held[-1] * 2 + held[self.read % len(held)]

    def _step(self, step: str, a: Any, b: Any, conv: nn.Module) -> Tensor:
        if step == "a += b":
            a += b
            return a  # type: ignore[no-any-return]
        if step == "b -= a":
            b -= a * 0.25
            return b  # type: ignore[no-any-return]
        known: dict[str, Any] = {
            "conv": conv, "norm": self.norm, "relu": functional.relu, "nn.ReLU(inplace=True)": self.relu,
            "relu_": lambda a: a.relu_(), "relu(inplace=True)": lambda a: functional.relu(a, inplace=True),
            "view": lambda a: a.view(a.shape), "a + b": lambda a: a + b, "mul_": lambda a: a.mul_(1.5),
        }  # fmt: skip
        return known[step](a)  # type: ignore[no-any-return]


def _graph(model: nn.Module, *inputs: Tensor) -> fx.GraphModule:
    quick, _, _ = by_graph(copy.deepcopy(model).eval(), inputs, "default")
    return quick  # type: ignore[return-value]


def _prepared(graph: nn.Module) -> list[Prepared]:
    return [layer for layer in graph.modules() if isinstance(layer, Prepared)]


def _alike(found: Tensor, right: Tensor) -> None:
    torch.testing.assert_close(found, right, rtol=1e-4, atol=1e-5 * float(right.abs().max()))


def test_a_model_that_writes_over_its_tensors_is_fused_only_where_nobody_sees_it() -> None:
    activated = 0
    for seed in range(150):
        model = Program(seed).eval()
        x = torch.randn(1, 4, 6, 5)
        with torch.no_grad():
            graph = _graph(model, x)
            _alike(graph(x), model(x))
            _alike(graph(torch.cat([x, 2 * x])), model(torch.cat([x, 2 * x])))
        activated += sum(layer.activation is not None for layer in _prepared(graph))
    assert activated > 15


def _input_before_the_activation(conv: Any, _: Any, x: Tensor) -> Tensor:
    y = conv(x)
    x.mul_(1.01)
    return functional.relu(y)


def _input_by_another_name(conv: Any, norm: Any, x: Tensor) -> Tensor:
    y, flat = conv(x), x.view(-1)
    flat.mul_(1.01)
    return norm(y)  # type: ignore[no-any-return]


def _summand_after_the_sum(conv: Any, norm: Any, x: Tensor) -> Tensor:
    first, second = conv(x), norm(x)
    total = first + second
    second.mul_(1.01)
    return functional.relu(total)


def _summand_that_is_read_again(conv: Any, _: Any, x: Tensor) -> Tensor:
    total = x
    total += conv(x)
    return total + 1.01 * x


@pytest.mark.parametrize("run", [
    _input_before_the_activation, _input_by_another_name, _summand_after_the_sum, _summand_that_is_read_again,
])  # fmt: skip
def test_nothing_is_read_after_it_was_written_over(run: Any) -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4)

        def forward(self, x: Tensor) -> Tensor:
            return run(self.conv, self.norm, x * 1)  # type: ignore[no-any-return]

    model, x = Model().eval(), torch.randn(1, 4, 7, 7)
    with torch.no_grad():
        _alike(_graph(model, x)(x), model(x))


class Placed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.place = nn.Parameter(torch.randn(1, 4, 5, 5))

    def forward(self, _: Tensor) -> Tensor:
        return self.place


class Sum(nn.Module):
    def __init__(self, other: nn.Module) -> None:
        super().__init__()
        self.conv, self.other = nn.Conv2d(4, 4, 3), other

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return functional.relu(self.conv(x) + self.other(y))


@pytest.mark.parametrize(("other", "sizes"), [
    (Placed(), ((3, 4, 7, 7), (1, 4, 5, 5))), (nn.AdaptiveAvgPool2d(1), ((2, 4, 9, 8), (2, 4, 3, 3))),
    (nn.Identity(), ((1, 4, 7, 7), (3, 4, 5, 5))),
], ids=["a parameter for the batch", "one number for a picture", "more than the convolution gives"])  # fmt: skip
def test_a_summand_may_be_broadcast_on_other_inputs(other: Any, sizes: tuple[tuple[int, ...], ...]) -> None:
    model = Sum(other).eval()
    alike = (3, 3) if isinstance(other, nn.AdaptiveAvgPool2d) else (7, 7)
    with torch.no_grad():
        graph = _graph(model, torch.randn(1, 4, *alike), torch.randn(1, 4, 5, 5))
        x, y = (torch.randn(shape) for shape in sizes)
        _alike(graph(x, y), model(x, y))
    assert [layer.activation for layer in _prepared(graph)] == ["relu"]


@pytest.mark.parametrize("place", [1, 2])
def test_a_norm_or_an_activation_with_hooks_is_left(place: int) -> None:
    model = nn.Sequential(nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4), nn.ReLU()).eval()
    nn.init.uniform_(model[1].running_mean)  # type: ignore[arg-type]
    model[place].register_forward_hook(lambda *seen: seen[-1] * 1.001)
    x = torch.randn(1, 4, 6, 6)
    with torch.no_grad():
        graph = _graph(model, x)
        torch.testing.assert_close(graph(x), model(x), rtol=1e-5, atol=1e-5)
    assert len(_prepared(graph)) == 1


class OwnForward(ours.Conv2d):
    def forward(self, input: Tensor) -> Any:
        return super().forward(input) * 1.001


class OwnStep(nn.Conv2d):
    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return super()._conv_forward(input, weight * 1.001, bias)  # type: ignore[no-any-return]


def _patched(layer: Any) -> Any:
    plain = layer.forward
    layer.forward = lambda x: plain(x) * 1.001
    return layer


@pytest.mark.parametrize("make", [
    lambda: OwnForward(4, 4, 3), lambda: OwnStep(4, 4, 3), lambda: _patched(nn.Conv2d(4, 4, 3)),
], ids=["a subclass of ours", "a step of torch's", "an attribute"])  # fmt: skip
def test_a_forward_of_its_own_is_kept(make: Any) -> None:
    model, x = nn.Sequential(nn.Conv2d(4, 4, 3), make()).eval(), torch.randn(1, 4, 8, 8)
    quick = accelerate(model, x)
    with torch.no_grad():
        torch.testing.assert_close(quick(x), model(x), rtol=1e-5, atol=1e-5)
    assert len(quick.report.layers) == 1
    assert len(quick.report.left) == 1


def test_a_computed_weight_leaves_the_others_fused() -> None:
    class Standardised(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 3)

        def forward(self, x: Tensor) -> Tensor:
            weight = self.second.weight - self.second.weight.mean()
            return functional.conv2d(functional.relu(self.first(x)), weight)

    report = accelerate(Standardised(), torch.randn(1, 4, 9, 9)).report
    assert report.traced
    assert [row.name for row in report.layers] == ["first"]
    assert [str(reason) for reason in report.left.values()] == ["its weight or settings are computed"]


class Optional(nn.Module):
    """torch.fx follows the wrong way: its mask is never None."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 64, 3)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.conv(x) if mask is None else self.conv(x * mask)  # type: ignore[no-any-return]


class Viewed(nn.Module):
    """It views what lies so in one layout only."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 64, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x).view(-1)  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", [Optional, Viewed])
def test_a_way_that_fails_is_passed_by_without_a_word(kind: type[nn.Module], capfd: pytest.CaptureFixture[str]) -> None:
    model, x = kind().eval(), torch.randn(1, 4, 65, 65)  # large enough to be faster for certain
    quick = accelerate(model, x)
    with torch.no_grad():
        _alike(quick(x), model(x))
    assert capfd.readouterr() == ("", "")
    assert [row.name for row in quick.report.layers] == ["conv"]
