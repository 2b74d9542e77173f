"""Who made a tensor is read from the edges of the record; right by reading the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from kaiyan.trace.record import record

if TYPE_CHECKING:
    from kaiyan.trace.record import Record


def _failing_layers_maker(model: nn.Module, shape: tuple[int, ...]) -> str | None:
    found: Record = record(model, torch.empty(shape))
    failed = next(call for call in found.layers if call.failed)
    maker = found.maker(failed.inputs[0], failed.number)
    return None if maker is None else f"{maker.path}:{maker.kind}"


class Branches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.a(x) + self.b(x)  # type: ignore[no-any-return]


def test_the_input_of_a_second_branch_was_made_by_nobody() -> None:
    assert _failing_layers_maker(Branches(), (1, 3, 9, 9)) is None


class Halved(nn.Module):
    def forward(self, w: Tensor) -> Tensor:
        return w / 2


def test_a_parametrized_weight_is_not_taken_for_the_input() -> None:
    second = nn.Conv2d(6, 6, 3)
    parametrize.register_parametrization(second, "weight", Halved())
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), second).eval()
    assert _failing_layers_maker(model, (1, 3, 9, 9)) == "2:ReLU"


def test_a_layer_in_place_makes_its_input_anew() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(6, 6, 3))
    assert _failing_layers_maker(model, (1, 3, 9, 9)) == "2:MaxPool2d"
    found = record(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(inplace=True)), torch.empty(1, 3, 9, 9))
    written = found.outputs[0]
    relu, conv = found.maker(written), found.maker(written, before=found.layers[-1].number)
    assert relu is not None
    assert conv is not None
    assert (relu.path, conv.path) == ("1", "0")
