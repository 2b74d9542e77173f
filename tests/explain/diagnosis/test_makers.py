"""Who made a tensor, and who set a size, is read from the edges of the record; right by reading the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from kaiyan.explain.diagnosis.rehearse import rehearse
from kaiyan.trace.record import record

if TYPE_CHECKING:
    from kaiyan.trace.record import Record


def _failing_layers_maker(model: nn.Module, shape: tuple[int, ...]) -> str | None:
    found: Record = record(model, torch.empty(shape))
    failed = next(call for call in found.layers if call.failed)
    maker = found.maker(failed.inputs[0], failed.number)
    return None if maker is None else f"{maker.path}:{maker.kind}"


def _sizer(model: nn.Module, shape: tuple[int, ...], axis: int = 1) -> str | None:
    run = rehearse(model, (torch.empty(shape),))
    assert run.failed is not None
    step = run.sizer(run.failed.names[0], axis)
    return None if step is None else f"{step.path}:{step.kind}"


class Branches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.a(x) + self.b(x)  # type: ignore[no-any-return]


def test_the_input_of_a_second_branch_was_made_by_nobody() -> None:
    assert _failing_layers_maker(Branches(), (1, 3, 9, 9)) is None
    assert _sizer(Branches(), (1, 3, 9, 9)) is None


class Halved(nn.Module):
    def forward(self, w: Tensor) -> Tensor:
        return w / 2


def test_a_parametrized_weight_is_not_taken_for_the_input() -> None:
    second = nn.Conv2d(6, 6, 3)
    parametrize.register_parametrization(second, "weight", Halved())
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), second).eval()
    assert _failing_layers_maker(model, (1, 3, 9, 9)) == "2:ReLU"
    assert _sizer(model, (1, 3, 9, 9)) == "0:Conv2d"


def test_a_layer_in_place_makes_its_input_anew() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(6, 6, 3))
    assert _failing_layers_maker(model, (1, 3, 9, 9)) == "2:MaxPool2d"
    assert _sizer(model, (1, 3, 9, 9)) == "0:Conv2d"
    assert _sizer(model, (1, 3, 9, 9), axis=3) == "2:MaxPool2d"
    found = record(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(inplace=True)), torch.empty(1, 3, 9, 9))
    written = found.outputs[0]
    relu, conv = found.maker(written), found.maker(written, before=found.layers[-1].number)
    assert relu is not None
    assert conv is not None
    assert (relu.path, conv.path) == ("1", "0")


class Views(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 8, 3), nn.Linear(7, 2)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.conv(x))
        return self.fc(y.view(y.size(0), -1)[:, :].clone())  # type: ignore[no-any-return]


def test_a_view_that_sets_a_size_is_named_and_one_that_keeps_it_is_passed() -> None:
    assert _sizer(Views(), (2, 3, 9, 9)) == ":view"
    assert _sizer(Views(), (2, 3, 9, 9), axis=0) == ":view"


class Joined(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.out = nn.Conv2d(3, 8, 3), nn.Conv2d(3, 8, 3), nn.Conv2d(9, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        two = self.two(x)
        one = self.one(x)
        return self.out(torch.sigmoid(two) * 2 if one.shape == two.shape else one)  # type: ignore[no-any-return]


def test_the_order_of_calls_says_nothing() -> None:
    assert _sizer(Joined(), (1, 3, 9, 9)) == "two:Conv2d"


def test_the_width_of_the_input_is_its_own() -> None:
    assert _sizer(nn.Sequential(nn.ReLU(), nn.BatchNorm2d(3), nn.Conv2d(4, 4, 1)), (1, 3, 9, 9)) is None
