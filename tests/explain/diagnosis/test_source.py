"""A fix in the words of the user's own constructor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 (as users write it)

import kaiyan

if TYPE_CHECKING:
    from kaiyan.explain.diagnosis.diagnose import Diagnosis


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(8, 32, kernel_size=3, stride=2, padding=1),
        )
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(32 * 6 * 6, 10))

    def forward(self, x: torch.Tensor) -> Any:
        return self.head(self.features(x))


class Flat(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 32, 3, stride=2, padding=1)
        self.fc = nn.Linear(32 * 7 * 7, 10)

    def forward(self, x: torch.Tensor) -> Any:
        x = F.max_pool2d(F.relu(self.conv(x)), 2)
        return self.fc(torch.flatten(x, 1))


class Listed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(3, 8, 3), nn.Conv2d(9, 8, 3)])

    def forward(self, x: torch.Tensor) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x


def _diagnosed(model: nn.Module, x: torch.Tensor) -> Diagnosis:
    with pytest.raises(RuntimeError) as caught:
        model(x)
    return kaiyan.diagnose(caught.value, model, x)


def test_a_layer_among_others_is_mended_on_its_own_line() -> None:
    fix = _diagnosed(Small(), torch.zeros(1, 3, 12, 12)).fixes[0]
    assert fix.before == "nn.Conv2d(8, 32, kernel_size=3, stride=2, padding=1),"
    assert fix.after == "nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1),"
    assert fix.line is not None
    with open(__file__, encoding="utf-8") as source:  # noqa: PTH123
        assert source.read().splitlines()[fix.line.number - 1].strip() == fix.before


def test_three_ways_out_of_a_wrong_linear() -> None:
    model, x = Flat(), torch.zeros(1, 3, 12, 12)
    found = _diagnosed(model, x)
    assert [fix.after for fix in found.fixes] == [
        "self.fc = nn.Linear(288, 10)",
        "x = F.adaptive_avg_pool2d(F.max_pool2d(F.relu(self.conv(x)), 2), (7, 7))",
        "x = F.interpolate(x, (28, 28))",
    ]
    assert "1568 = 32·7·7" in str(found.cause)
    assert "288 = 32·3·3" in str(found.cause)
    for fix in found.fixes:
        mended, inputs = fix.apply(model, x)
        assert fix.tried
        assert mended(*inputs).shape == (1, 10)


def test_two_layers_on_one_line_are_told_apart() -> None:
    model = Small()
    model.features[2] = nn.Conv2d(16, 32, 3, stride=2, padding=1)
    fix = next(fix for fix in _diagnosed(model, torch.zeros(1, 3, 8, 8)).fixes if "Linear" in (fix.after or ""))
    assert fix.after == "self.head = nn.Sequential(nn.Flatten(), nn.Linear(512, 10))"


def test_a_setting_that_was_not_written_is_added() -> None:
    class Padded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3)
            self.fc = nn.Linear(8 * 8 * 8, 10)

        def forward(self, x: torch.Tensor) -> Any:
            return self.fc(torch.flatten(self.conv(x), 1))

    fixes = _diagnosed(Padded(), torch.zeros(1, 3, 8, 8)).fixes
    assert "self.conv = nn.Conv2d(3, 8, 3, padding=1)" in [fix.after for fix in fixes]


def test_a_layer_whose_line_is_not_found_is_written_by_pytorch() -> None:
    fix = _diagnosed(Listed(), torch.zeros(1, 3, 8, 8)).fixes[0]
    assert fix.line is None
    assert (fix.before or "").startswith("Conv2d(9, 8")


class Block(nn.Module):
    def __init__(self, C: int, K: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(C, K, 3, stride=stride, padding=1)

    def forward(self, x: torch.Tensor) -> Any:
        return F.relu(x + self.conv(x))


def test_a_skip_goes_through_a_convolution_of_one_tap() -> None:
    model, x = nn.Sequential(Block(8, 8, 1), Block(8, 16, 2), Block(16, 24, 2)), torch.zeros(2, 8, 13, 16)
    fix = _diagnosed(model, x).fixes[0]
    assert (
        fix.after
        == "self.shortcut = nn.Conv2d(8, 16, kernel_size=1, stride=2)\nreturn F.relu(self.shortcut(x) + self.conv(x))"
    )
    mended, inputs = fix.apply(model, x)
    assert mended(*inputs).shape == (2, 24, 4, 4)
