"""Round two, b12 and b16 in a summary: a view or squeeze that changes the batch is a trap; what is meant is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

import kaiyan

if TYPE_CHECKING:
    from collections.abc import Callable


class LeNet(nn.Module):
    """For pictures of 32x32; HKU-DASC7606-A1#7."""

    def __init__(self, lay: Callable[[Tensor], Tensor], features: int = 400) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 6, 5), nn.Conv2d(6, 16, 5)
        self.lay, self.fc = lay, nn.Linear(features, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.max_pool2d(self.conv1(x).relu(), 2)
        x = nn.functional.max_pool2d(self.conv2(x).relu(), 2)
        return self.fc(self.lay(x))  # type: ignore[no-any-return]


CUT: dict[str, Callable[[Tensor], Tensor]] = {
    "view": lambda x: x.view(-1, 400),
    "reshape": lambda x: x.reshape(-1, 16 * 5 * 5),
    "torch.reshape": lambda x: torch.reshape(x, (-1, 400)),
}


def _codes(model: nn.Module, shape: tuple[int, ...]) -> list[str]:
    return [hint.kind for hint in kaiyan.summary(model, shape).hints if hint.kind.endswith("batch")]


@pytest.mark.parametrize("kind", CUT)
def test_b12_rows_that_are_no_samples_are_a_trap(kind: str) -> None:
    """25 · 16 · 13 · 13 numbers are 169 rows of 400; a sample has 2704."""
    found = kaiyan.summary(LeNet(CUT[kind]), (25, 3, 64, 64))
    (hint,) = (hint for hint in found.hints if hint.kind == "changed-batch")
    assert hint.sentence.facts["rows"] == 169
    assert hint.sentence.facts["features"] == 2704
    assert "turns 25 samples into 169 rows" in str(found)
    assert "把 25 个样本变成 169 行" in found.text("zh")
    mended = LeNet(lambda x: x.view(x.size(0), -1), 2704)
    assert mended(torch.rand(25, 3, 64, 64)).shape == (25, 10)


def test_b12_the_right_size_is_no_trap() -> None:
    assert _codes(LeNet(CUT["view"]), (25, 3, 32, 32)) == []
    assert _codes(LeNet(lambda x: x.flatten(1), 2704), (25, 3, 64, 64)) == []


class Shaped(nn.Module):
    def __init__(self, forward: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.lay = forward

    def forward(self, x: Tensor) -> Any:
        return self.lay(x)


MEANT: dict[str, tuple[Callable[[Tensor], Any], tuple[int, ...]]] = {
    "logits of every token": (lambda x: x.view(-1, 50), (2, 7, 50)),
    "pixels with their channels": (lambda x: x.permute(0, 2, 3, 1).reshape(-1, 16), (2, 16, 4, 4)),
    "frames as a batch and back": (lambda x: x.view(-1, 3, 4, 4).relu().view(2, 5, 3, 4, 4), (2, 5, 3, 4, 4)),
    "windows and back": (lambda x: x.view(-1, 16).relu().view(2, 8, 4), (2, 8, 4)),
    "channel shuffle": (lambda x: x.view(2, 2, 4, 3, 3).transpose(1, 2).reshape(2, 8, 3, 3), (2, 8, 3, 3)),
    "one row of each": (lambda x: x.reshape(x.size(0), -1), (2, 8, 3, 3)),
}


@pytest.mark.parametrize("kind", MEANT)
def test_what_is_meant_is_no_trap(kind: str) -> None:
    lay, shape = MEANT[kind]
    assert _codes(Shaped(lay), shape) == []


SQUEEZED: dict[str, tuple[Callable[[Tensor], Any], tuple[int, ...], list[str]]] = {
    "a batch of one": (lambda x: x.mean((2, 3), keepdim=True).squeeze(), (1, 8, 3, 3), ["lost-batch"]),
    "torch.squeeze": (lambda x: torch.squeeze(x.mean((2, 3), keepdim=True)), (1, 8, 3, 3), ["lost-batch"]),
    "a batch of two": (lambda x: x.mean((2, 3), keepdim=True).squeeze(), (2, 8, 3, 3), []),
    "with an axis": (lambda x: x.mean((2, 3), keepdim=True).squeeze(-1).squeeze(-1), (1, 8, 3, 3), []),
    "given back": (lambda x: x.mean((2, 3), keepdim=True).squeeze()[None], (1, 8, 3, 3), []),
}


@pytest.mark.parametrize("kind", SQUEEZED)
def test_b16_squeeze_of_a_batch_of_one(kind: str) -> None:
    lay, shape, codes = SQUEEZED[kind]
    assert _codes(Shaped(lay), shape) == codes
