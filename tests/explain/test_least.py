"""The least input and the sizes that drop nothing: by hand, and against a run of every size."""

from __future__ import annotations

import random
from time import perf_counter
from typing import Any

import pytest
import torch
from corpus.models import resnet18
from torch import Tensor, nn

import kaiyan
from kaiyan.show.error import KaiyanError
from kaiyan.trace.record import record
from kaiyan.trace.windows import unread


def test_the_least_input_of_two_convolutions_and_a_pool() -> None:
    """(n − 4) // 2 ≥ 3 for the second kernel of 3: n = 10."""
    model = nn.Sequential(nn.Conv2d(3, 4, 5), nn.MaxPool2d(2), nn.Conv2d(4, 4, (3, 1)))
    found = kaiyan.least_input(model, (1, 3, 32, 32))
    assert [(a.axis, a.least, a.path) for a in found.axes] == [(2, 10, "2"), (3, 6, "1")]
    assert "Kernel size can't be greater" in str(found)
    assert found.axes[0].refused == (1, 2, 4, 8, 9)
    assert "9 among them" in str(found)


def test_a_linear_layer_knows_one_size() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 6 * 6, 2))
    assert [(a.least, a.path) for a in kaiyan.least_input(model, (1, 3, 8, 8)).axes] == [(8, "2"), (8, "2")]


def test_a_model_that_runs_with_no_size_is_refused() -> None:
    with pytest.raises(
        KaiyanError, match=r"does not run with \(1, 3, 8, 8\), nor with \d+ other sizes: Given groups=1"
    ):
        kaiyan.least_input(nn.Conv2d(4, 4, 3), (1, 3, 8, 8))


SMALL: dict[str, tuple[nn.Module, tuple[int, ...], list[int]]] = {
    "a kernel": (nn.Conv2d(3, 4, 9), (1, 3, 8, 8), [9, 9]),
    "four halvings": (
        nn.Sequential(nn.Conv2d(3, 4, 3), *[nn.MaxPool2d(2) for _ in range(4)], nn.Conv2d(4, 4, 3)),
        (1, 3, 32, 32),
        [50, 50],
    ),
    "two kernels": (nn.Sequential(nn.Conv2d(3, 4, 4), nn.Conv2d(4, 4, 9)), (1, 3, 11, 11), [12, 12]),
    "a width of its own": (nn.Conv2d(3, 4, (3, 30)), (1, 3, 8, 9), [3, 30]),
    "pooling to nothing": (nn.Sequential(*[nn.MaxPool1d(2) for _ in range(5)]), (1, 1, 20), [32]),
    "one spatial element": (
        nn.Sequential(nn.Conv2d(3, 4, 4, 2, 1), nn.Conv2d(4, 4, 4, 2, 1), nn.InstanceNorm2d(4)),
        (1, 3, 4, 4),
        [4, 4],
    ),
    "a size that a Linear knows": (
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 26 * 26, 2)),
        (1, 3, 32, 32),
        [28, 28],
    ),
    "a size far away": (nn.Sequential(nn.Flatten(), nn.Linear(3 * 101 * 101, 2)), (1, 3, 333, 333), [101, 101]),
}


@pytest.mark.parametrize("kind", SMALL)
def test_it_grows_from_a_size_that_fails(kind: str) -> None:
    """Each by hand: 50 = ((3 · 2) · 2 · 2 · 2) + 2; the least of an axis is with the other as it runs."""
    model, shape, least = SMALL[kind]
    found = kaiyan.least_input(model, shape)
    assert [a.least for a in found.axes] == least
    assert record(model, torch.empty(found.shape)).error is None
    assert record(model, torch.empty(shape)).error is not None
    assert f"it does not run with {shape}: " in str(found)
    assert f"用 {shape} 无法运行" in found.to_markdown("zh")


class Thinking(nn.Module):
    """Needs values, and time."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(4)
        self.gate = nn.Buffer(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        until = perf_counter() + 0.1
        while perf_counter() < until:
            pass
        return self.pool(self.pool(x)) if self.gate.item() < 1 else x


@pytest.mark.parametrize("call", [kaiyan.least_input, kaiyan.whole_sizes])
def test_a_model_that_takes_its_time_is_answered_in_time(call: Any) -> None:
    began = perf_counter()
    assert call(Thinking(), (1, 3, 203, 203), seconds=0.5).axes
    assert perf_counter() - began < 3


def test_what_is_not_known_in_time_is_no_claim() -> None:
    (axis, _) = kaiyan.least_input(Thinking(), (1, 3, 203, 203), seconds=0.0).axes
    assert (axis.least, axis.is_bound, axis.is_certain) == (203, True, False)
    (whole, _) = kaiyan.whole_sizes(Thinking(), (1, 3, 203, 203), seconds=0.0).axes
    assert (whole.below, whole.above, whole.looked) == (None, None, (203, 203))


class Blurred(nn.Module):
    """A strided convolution on a reflected border, as antialiased networks have it."""

    def __init__(self) -> None:
        super().__init__()
        self.blur = nn.Conv2d(3, 3, 4, 2, groups=3)

    def forward(self, x: Tensor) -> Tensor:
        return self.blur(nn.functional.pad(x, (1, 2, 1, 2), mode="reflect"))  # type: ignore[no-any-return]


def test_sizes_behind_a_padding_are_found_and_what_is_looked_at_is_told() -> None:
    model = nn.Sequential(Blurred(), nn.MaxPool2d(2), Blurred(), nn.AvgPool2d(7))
    found = kaiyan.whole_sizes(model, (1, 3, 128, 128))
    for axis in found.axes:
        for n in (axis.below, axis.above):
            assert n is not None
            tried = record(model, torch.empty(1, 3, n, 128))
            assert not [end for end in unread(tried) if end.axis == 0]


@pytest.mark.parametrize("call", [kaiyan.least_input, kaiyan.whole_sizes])
@pytest.mark.parametrize(("size", "words"), [((1, 3, 8.5, 8), "is not a shape"), ("1x3x8", "is not a shape")])
def test_both_go_through_one_door(call: Any, size: Any, words: str) -> None:
    with pytest.raises(KaiyanError, match=words):
        call(nn.Conv2d(3, 4, 3), size)
    with pytest.raises(KaiyanError, match="the model is a type"):
        call(nn.Conv2d, (1, 3, 8, 8))


class _Cross(nn.Module):
    """A U of two levels: its skips fit at multiples of 4 only."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.MaxPool1d(2)
        self.up = nn.ConvTranspose1d(1, 1, 2, 2)

    def forward(self, x: Tensor) -> Tensor:
        half = self.down(x)
        return x + self.up(half + self.up(self.down(half)))  # type: ignore[no-any-return]


def test_a_least_that_is_certain_says_nothing_and_one_that_is_not_says_so() -> None:
    (axis,) = kaiyan.least_input(_Cross(), (1, 1, 32)).axes
    assert (axis.least, axis.refused, axis.is_certain) == (4, (1, 2, 3), True)
    found = kaiyan.least_input(_Cross(), (1, 1, 28))
    assert found.axes == (axis,)
    assert "may still work" not in str(found)
    seven = nn.Sequential(nn.Conv1d(1, 1, 3), nn.Flatten(), nn.Linear(5, 1))
    (axis,) = kaiyan.least_input(seven, (1, 1, 7)).axes
    assert (axis.least, axis.refused, axis.is_certain) == (7, (1, 2, 4, 5, 6), False)


def test_the_least_of_a_resnet_takes_few_runs() -> None:
    found = kaiyan.least_input(nn.Sequential(nn.Conv2d(3, 3, 100), resnet18()), (1, 3, 224, 224))
    assert [a.least for a in found.axes] == [100, 100]
    assert all(len(a.refused) < 15 for a in found.axes)


def _chain(seed: int) -> nn.Module:
    draw = random.Random(seed)
    layers: list[nn.Module] = []
    for _ in range(4):
        stride, kernel = draw.choice((1, 2, 3)), draw.choice((2, 3, 5))
        padding = draw.choice((0, 1))
        layers.append(draw.choice((
            nn.Conv1d(1, 1, kernel, stride, padding),
            nn.MaxPool1d(kernel, stride, padding, ceil_mode=draw.random() < 0.2),
            nn.Sequential(nn.BatchNorm1d(1), nn.ReLU(inplace=True)),
            nn.ConvTranspose1d(1, 1, kernel, stride),
        )))  # fmt: skip
    return nn.Sequential(*layers).eval()


@pytest.mark.parametrize("seed", range(25))
def test_sizes_that_drop_nothing_are_those_of_a_run_of_every_size(seed: int) -> None:
    model, size = _chain(seed), 50
    (axis,) = kaiyan.whole_sizes(model, (1, 1, size)).axes

    def whole(n: int) -> bool:
        found = record(model, torch.empty(1, 1, n, device="meta"))
        return found.error is None and not list(unread(found))

    assert axis.below == next((n for n in range(size, 0, -1) if whole(n)), None)
    assert axis.above == next((n for n in range(size, size + 60) if whole(n)), None)
    assert bool(axis.dropped) == (not whole(size))


def test_what_is_dropped_changes_no_output_and_what_is_kept_does() -> None:
    model = nn.Sequential(nn.Conv1d(1, 1, 3, 2), nn.AvgPool1d(3)).eval()
    (axis,) = kaiyan.whole_sizes(model, (1, 1, 30)).axes
    for n in (axis.below, axis.above):
        assert n is not None
        x = torch.ones(1, 1, n, requires_grad=True)
        model(x).sum().backward()
        assert x.grad is not None
        assert bool((x.grad != 0).all())
    assert [(d.path, d.count, d.size) for d in axis.dropped] == [("0", 1, 30), ("1", 2, 14)]


def test_a_resnet_drops_nothing_at_224_and_is_answered_quickly_at_225() -> None:
    model = resnet18().eval()
    found = kaiyan.whole_sizes(model, (1, 3, 224, 224))
    assert [(a.below, a.size, a.above) for a in found.axes] == [(224, 224, 224)] * 2
    assert "nothing is dropped" in str(found)
    pooled = nn.Sequential(nn.AvgPool2d(2), model)
    began = perf_counter()
    found = kaiyan.whole_sizes(pooled, (1, 3, 449, 448))
    assert perf_counter() - began < 10
    assert [(a.below, a.size, a.above) for a in found.axes] == [(448, 449, 450), (448, 448, 448)]
    assert "被丢弃" in found.to_markdown("zh")
    assert "449" in found._repr_html_()
    assert found.to_dict()["axes"][0]["dropped"] == [{"path": "0", "count": 1, "size": 449}]


def test_a_model_that_knows_one_size_has_no_other() -> None:
    model = nn.Sequential(nn.MaxPool1d(4), nn.Flatten(), nn.Linear(7, 1))
    (axis,) = kaiyan.whole_sizes(model, (1, 1, 30)).axes
    assert (axis.below, axis.above) == (28, None)
    assert "none was found" in str(kaiyan.whole_sizes(model, (1, 1, 30)))


def test_whole_sizes_of_a_model_that_does_not_run_are_refused() -> None:
    with pytest.raises(KaiyanError, match="does not run"):
        kaiyan.whole_sizes(nn.Conv2d(3, 4, 9), (1, 3, 8, 8))
