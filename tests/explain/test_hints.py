"""Hints: each where torch's own numbers show that it is true, and each where it must stay silent."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from corpus.models import resnet18
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

import kaiyan
from kaiyan.explain.hints import hints
from kaiyan.show.i18n import say
from kaiyan.trace.record import record


def _of(kind: str, model: nn.Module, shape: tuple[int, ...]) -> list[Any]:
    found = record(model, torch.empty(shape, device="meta"))
    assert found.error is None
    return [hint for hint in hints(found) if hint.kind == kind]


def _positive(model: nn.Module) -> nn.Module:
    for parameter in model.parameters():
        nn.init.uniform_(parameter, 0.5, 1.5)
    return model


def _read(model: nn.Module, n: int) -> Tensor:
    """Which of ``n`` inputs change any output."""
    x = torch.ones(1, 1, n, requires_grad=True)
    _positive(model)(x).sum().backward()
    assert x.grad is not None
    return x.grad[0, 0] != 0


@pytest.mark.parametrize(
    ("layer", "n", "shift"),
    [(nn.Conv2d(1, 1, 7, 2, 3), 224, 1), (nn.Conv2d(1, 1, 3, 2, 1), 8, 1), (nn.MaxPool2d(3, 2, 1), 8, 1)],
)
def test_windows_lie_elsewhere_than_those_of_same(layer: Any, n: int, shift: int) -> None:
    (hint,) = _of("convention", layer, (1, 1, n, n))
    facts = hint.sentence.facts
    assert facts["shift"] == shift
    x = torch.rand(1, 1, n, n)
    kernel, (before, after) = layer.kernel_size, facts["same"]
    right = F.pad(x, (before, after, before, after), value=float("-inf") if isinstance(layer, nn.MaxPool2d) else 0)
    if isinstance(layer, nn.MaxPool2d):
        moved = F.max_pool2d(right, kernel, 2)
        assert not torch.equal(moved, layer(x))
    else:
        moved = F.conv2d(right, layer.weight, layer.bias, 2)
        assert not torch.allclose(moved, layer(x), atol=1e-3)
    assert moved.shape == layer(x).shape


def test_an_even_kernel_with_half_of_it_as_padding_makes_one_too_many() -> None:
    layer = nn.Conv1d(1, 1, 4, padding=2)
    (hint,) = _of("convention", layer, (1, 1, 10))
    assert hint.sentence.facts["made"] == layer(torch.zeros(1, 1, 10)).shape[2] == 11
    assert (
        hint.sentence.facts["out"]
        == F.conv1d(F.pad(torch.zeros(1, 1, 10), hint.sentence.facts["same"]), layer.weight).shape[2]
    )


@pytest.mark.parametrize(
    ("layer", "n"),
    [
        (nn.Conv2d(1, 1, 3, padding=1), 8),
        (nn.Conv2d(1, 1, 3, 2, 1), 7),
        (nn.Conv2d(1, 1, 4, padding="same"), 8),
        (nn.Conv2d(1, 1, 3, 2), 8),
        (nn.ConvTranspose2d(1, 1, 4, 2, 1), 8),
    ],
)
def test_nothing_is_said_where_both_conventions_agree_or_no_padding_is_meant(layer: nn.Module, n: int) -> None:
    assert not _of("convention", layer, (1, 1, n, n))


def test_rows_that_nothing_reads() -> None:
    model = nn.Sequential(nn.Conv1d(1, 1, 3, padding=1), nn.ReLU(inplace=True), nn.Conv1d(1, 1, 2, 2))
    (hint,) = _of("unread", model, (1, 1, 7))
    assert (hint.path, hint.sentence.facts["count"], hint.sentence.facts["n"]) == ("2", 1, 7)
    pool = nn.MaxPool1d(3)
    (hint,) = _of("unread", pool, (1, 1, 11))
    assert hint.sentence.facts["count"] == int((~_read(nn.AvgPool1d(3), 11)).sum()) == 2


class _Skip(nn.Module):
    """A strided 1x1 beside a strided 3x3: the last column that the one drops is the other's."""

    def __init__(self) -> None:
        super().__init__()
        self.main = nn.Conv1d(1, 1, 3, 2, 1)
        self.short = nn.Conv1d(1, 1, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.main(x) + self.short(x)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("model", "n"),
    [(nn.Conv1d(1, 1, 2, 2), 8), (nn.MaxPool1d(2, ceil_mode=True), 7), (_Skip(), 8), (nn.Conv1d(1, 1, 7, 2, 3), 8)],
)
def test_rows_that_something_reads(model: nn.Module, n: int) -> None:
    assert not _of("unread", model, (1, 1, n))


def _dilated(*dilations: int) -> nn.Module:
    return nn.Sequential(*(nn.Conv1d(1, 1, 3, dilation=d, padding=d) for d in dilations))


@pytest.mark.parametrize("dilations", [(2, 2), (2, 4, 8), (4,)])
def test_holes_are_counted_as_the_gradient_sees_them(dilations: tuple[int, ...]) -> None:
    model, n = _dilated(*dilations), 101
    (hint,) = _of("gridding", model, (1, 1, n))
    x = torch.ones(1, 1, n, requires_grad=True)
    _positive(model)(x)[0, 0, n // 2].backward()
    assert x.grad is not None
    reached = x.grad[0, 0].nonzero().flatten()
    assert hint.sentence.facts["size"] == int(reached[-1] - reached[0]) + 1
    assert hint.sentence.facts["holes"] == hint.sentence.facts["size"] - len(reached)


@pytest.mark.parametrize("dilations", [(1, 2, 5), (1, 1), (2, 1)])
def test_no_gridding_where_the_layers_fill_the_holes(dilations: tuple[int, ...]) -> None:
    assert not _of("gridding", _dilated(*dilations), (1, 1, 64))


@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(3, 2, 1), (5, 3, 1), (2, 3, 1), (4, 2, 2)])
def test_a_checkerboard_is_in_the_output_of_ones(kernel: int, stride: int, dilation: int) -> None:
    layer = nn.ConvTranspose1d(1, 1, kernel, stride, dilation=dilation)
    (hint,) = _of("checkerboard", layer, (1, 1, 20))
    with torch.no_grad():
        ones = torch.ones(1, 1, 20), torch.ones(1, 1, kernel)
        y = F.conv_transpose1d(*ones, stride=stride, dilation=dilation)[0, 0, 12:-12]
    assert (y.max(), y.min()) == (hint.sentence.facts["most"], hint.sentence.facts["fewest"])


@pytest.mark.parametrize("layer", [nn.ConvTranspose1d(1, 1, 4, 2, 1), nn.ConvTranspose1d(1, 1, 3, 1),
                                   nn.ConvTranspose1d(1, 1, 6, 3), nn.ConvTranspose1d(1, 1, 4, 2, dilation=3),
                                   nn.Conv1d(1, 1, 3, 2)])  # fmt: skip
def test_even_overlap_is_not_a_checkerboard(layer: nn.Module) -> None:
    assert not _of("checkerboard", layer, (1, 1, 20))


def test_layers_whose_input_sees_everything_already() -> None:
    layers = [nn.Conv2d(1, 1, 3, padding=1) for _ in range(5)]
    model = nn.Sequential(*layers)
    assert [hint.path for hint in _of("covered", model, (1, 1, 7, 7))] == ["3", "4"]
    assert not _of("covered", model, (1, 1, 10, 10))  # 9 at the last one's input
    assert not _of("covered", nn.Sequential(*layers[:4], nn.Conv2d(1, 1, 1)), (1, 1, 9, 9))


def test_grouped_layers_that_wait_for_memory() -> None:
    (hint,) = _of("bandwidth", nn.Conv2d(32, 32, 3, padding=1, groups=32), (1, 32, 56, 56))
    moved = 4 * (2 * 32 * 56 * 56 + 32 * 9 + 32)
    assert hint.sentence.facts["intensity"] == pytest.approx(2 * 32 * 56 * 56 * 9 / moved)
    assert not _of("bandwidth", nn.Conv2d(32, 32, 3, padding=1), (1, 32, 56, 56))
    assert not _of("bandwidth", nn.Conv2d(64, 64, 3, padding=1, groups=2), (1, 64, 56, 56))


def test_silent_traps_are_hints() -> None:
    (hint,) = _of("channels-last", nn.Conv2d(32, 8, 3), (1, 32, 40, 3))
    assert hint.path == ""


def test_resnet18_reads_every_row_and_says_so_in_both_languages() -> None:
    model = resnet18().eval()
    assert not _of("unread", model, (1, 3, 224, 224))
    assert not _of("gridding", model, (1, 3, 224, 224))
    assert _of("unread", nn.Sequential(nn.MaxPool2d(2), model), (1, 3, 225, 224))
    for hint in hints(record(model, torch.empty(1, 3, 224, 224, device="meta"))):
        assert say(hint.sentence, "zh") != say(hint.sentence, "en")


def test_a_kind_is_one_note_and_every_hint_is_in_the_facts() -> None:
    found = kaiyan.summary(nn.Sequential(*(nn.ConvTranspose2d(1, 1, 3, 2) for _ in range(3))), (1, 1, 5, 5))
    assert "0 (and 2 more): outputs get 2 or 1 taps in turn" in str(found)
    assert "棋盘效应" in found.to_markdown("zh")
    assert "checkerboard" in found._repr_html_()
    assert [hint["path"] for hint in found.to_dict()["hints"] if hint["kind"] == "checkerboard"] == ["0", "1", "2"]
