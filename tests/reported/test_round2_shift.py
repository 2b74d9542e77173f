"""Kind F20: strides and borders told apart exactly; every model's answer is known from its definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from kaiyan.explain.equivariance import ROUNDING, ShiftReport
from kaiyan.explain.shift import shift_report
from kaiyan.show.error import KaiyanError
from kaiyan.show.i18n import say

if TYPE_CHECKING:
    from collections.abc import Callable


def _picture(width: int = 32) -> Tensor:
    return torch.rand(1, 3, 32, width, generator=torch.Generator().manual_seed(0))


def _conv(C: int = 3, K: int = 8, k: int = 3, **settings: object) -> nn.Conv2d:
    torch.manual_seed(1)
    return nn.Conv2d(C, K, k, **{"padding": k // 2} | settings)  # type: ignore[arg-type]


class Blur(nn.Module):
    """Zhang 2019: [1 2 1] in both directions, each channel by itself, every second column."""

    def __init__(self, C: int, taps: tuple[float, ...] = (1, 2, 1), mode: str = "circular") -> None:
        super().__init__()
        row = torch.tensor(taps)
        self.register_buffer("kernel", (row[:, None] * row / row.sum() ** 2).repeat(C, 1, 1, 1))
        self.C, self.pad, self.mode = C, len(taps) // 2, mode
        self.kernel: Tensor

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(F.pad(x, (self.pad,) * 4, mode=self.mode), self.kernel, stride=2, groups=self.C)


def _inner(report: ShiftReport, layer: int, *, on: bool) -> list[float]:
    measured = report.layers[layer]
    return [e for s, e in enumerate(measured.inner, 1) if e is not None and measured.on_grid(s) == on]


def test_f20_the_reported_network_is_told_apart() -> None:
    net = nn.Sequential(_conv(), nn.MaxPool2d(2), _conv(8), nn.AdaptiveAvgPool2d(1))
    report = shift_report(net, _picture())
    assert report.breaker is not None
    assert (report.breaker.path, report.breaker.kind, report.breaker.stride) == ("1", "MaxPool2d", 2)
    assert str(report.lines[0]).startswith("1 (MaxPool2d) breaks translation equivariance: its stride 2")
    for layer in (0, 1, 2):
        assert max(_inner(report, layer, on=True)) <= ROUNDING
    assert min(_inner(report, 1, on=False)) > 0.1
    assert any("from 0 (Conv2d) on, the borders change the maps too" in str(line) for line in report.lines)
    assert report.layers[0].border is not None
    assert report.layers[0].border > 0.05


BREAKING: dict[str, tuple[Callable[[], nn.Module], str, int]] = {
    "a stride of 2": (lambda: nn.Sequential(_conv(), nn.ReLU(), _conv(8, stride=2)), "2", 2),
    "a stride of 3": (lambda: _conv(stride=3), "", 3),
    "average pooling": (lambda: nn.Sequential(_conv(), nn.AvgPool2d(2)), "1", 2),
    "pooling of 3 by 2": (lambda: nn.Sequential(_conv(), nn.MaxPool2d(3, 2, 1)), "1", 2),
    "dilation and a stride": (lambda: nn.Sequential(_conv(), _conv(8, stride=2, dilation=3, padding=3)), "1", 2),
    "circular": (lambda: nn.Sequential(_conv(padding_mode="circular"), nn.MaxPool2d(2)), "1", 2),
    "reflected": (lambda: nn.Sequential(_conv(padding_mode="reflect"), nn.MaxPool2d(2)), "1", 2),
    "no padding": (lambda: nn.Sequential(_conv(padding=0), nn.MaxPool2d(2)), "1", 2),
    "a blur, then a pooling": (lambda: nn.Sequential(_conv(), Blur(8), nn.MaxPool2d(2)), "2", 2),
}  # fmt: skip


@pytest.mark.parametrize("case", BREAKING)
def test_the_stride_is_named_by_definition_whatever_the_border_does(case: str) -> None:
    make, path, stride = BREAKING[case]
    report = shift_report(make(), _picture(48))
    assert report.breaker is not None
    assert (report.breaker.path, report.breaker.stride) == (path, stride)
    for layer in range(len(report.layers)):
        assert max(_inner(report, layer, on=True), default=0) <= ROUNDING


INNOCENT: dict[str, Callable[[], nn.Module]] = {
    "padding of zeros": lambda: nn.Sequential(_conv(), nn.ReLU(), _conv(8)),
    "a pooling without a stride": lambda: nn.Sequential(_conv(), nn.MaxPool2d(3, 1, 1)),
    "dilation": lambda: _conv(dilation=2, padding=2),
    "blur-pooling": lambda: nn.Sequential(_conv(padding_mode="circular"), Blur(8)),
    "blur-pooling of five taps with zeros": lambda: nn.Sequential(_conv(), Blur(8, (1, 4, 6, 4, 1), "constant")),
    "a pooling of stride 1 and a blur": lambda: nn.Sequential(_conv(), nn.MaxPool2d(2, 1), Blur(8), _conv(8)),
}


@pytest.mark.parametrize("case", INNOCENT)
def test_what_has_no_stride_or_blurs_before_it_is_innocent(case: str) -> None:
    report = shift_report(INNOCENT[case](), _picture())
    assert report.breaker is None
    blurs = any("blurs before its stride of 2" in str(line) for line in report.lines)
    assert blurs == ("blur" in case)


def test_a_circular_border_has_no_share() -> None:
    net = nn.Sequential(_conv(padding_mode="circular"), nn.ReLU(), _conv(8, stride=2, padding_mode="circular"))
    report = shift_report(net, _picture())
    assert [layer.border is not None and layer.border <= ROUNDING for layer in report.layers] == [True] * 3
    assert not any("border" in str(line) for line in report.lines)


def test_free_columns_are_those_whose_fields_stay_inside() -> None:
    report = shift_report(nn.Sequential(_conv(), _conv(8, k=5), _conv(8, stride=2, dilation=2, padding=2)), _picture())
    # fields of 3 and 7 columns: 1 and 3 at each end; then 11, every second column: inputs 2 o - 5 to 2 o + 5
    right = [sum(step * o - half >= 0 and step * o + half < 32 for o in range(n)) / n
             for step, half, n in ((1, 1, 32), (1, 3, 32), (2, 5, 16))]  # fmt: skip
    assert [layer.free for layer in report.layers] == pytest.approx(right)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_picture_smaller_than_the_field_has_nothing_free_and_it_is_said(lang: str) -> None:
    net = nn.Sequential(*[_conv(3 if i == 0 else 8, k=7) for i in range(4)], _conv(8, stride=2))
    report = shift_report(net, _picture(16))
    assert report.layers[-1].free == 0
    assert report.layers[-1].inner == (None,) * 8
    assert report.breaker is None
    said = [say(line, lang) for line in report.lines]
    assert any({"en": "the border affects every column", "zh": "每一列都受边界影响"}[lang] in line for line in said)
    assert not any("no stride was seen" in line for line in said)


def test_a_network_for_one_size_is_measured_up_to_where_others_fail() -> None:
    net = nn.Sequential(_conv(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 16 * 16, 4))
    report = shift_report(net, _picture())
    assert report.breaker is not None
    assert report.breaker.path == "1"
    assert report.layers[0].free == pytest.approx(30 / 32)


def test_strides_that_no_shift_divides_have_a_border_all_the_same() -> None:
    net = nn.Sequential(*[_conv(3 if i == 0 else 8, stride=2) for i in range(4)])
    report = shift_report(net, _picture(64), shifts=3)
    assert report.layers[-1].jump == 16
    assert report.layers[-1].border is not None
    assert report.layers[-1].border > ROUNDING


def test_the_table_has_the_border_and_the_free_columns() -> None:
    report = shift_report(nn.Sequential(_conv(), nn.MaxPool2d(2)), _picture())
    head, first, second = str(report).splitlines()[:3]
    assert head.split()[-2:] == ["border", "free"]
    assert first.split()[-1] == "94%"
    assert second.startswith("✗")
    assert report.to_dict()["layers"][1]["inner"][1] == pytest.approx(0, abs=ROUNDING)


def test_model_input_and_random_state_are_left_as_they_were() -> None:
    class InPlace(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = _conv()

        def forward(self, x: Tensor) -> Tensor:
            return F.max_pool2d(self.conv(x.sub_(0.5)) + torch.rand(1), 2)

    x, model = _picture(), InPlace().train()
    before, state = x.clone(), torch.random.get_rng_state()
    shift_report(model, x)
    assert torch.equal(x, before)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert model.training
    assert not model.conv._forward_hooks


@pytest.mark.parametrize("shifts", [None, 1.5, "x", (), -1, torch.zeros(2)])
def test_shifts_that_are_no_number_are_refused_in_our_words(shifts: object) -> None:
    with pytest.raises(KaiyanError):
        shift_report(_conv(), _picture(), shifts)  # type: ignore[arg-type]
