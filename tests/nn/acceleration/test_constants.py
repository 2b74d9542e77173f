"""A tensor that forward makes of no input is made anew at every call: what is written into it is gone at the next."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from kaiyan.nn import accelerate

if TYPE_CHECKING:
    from collections.abc import Callable


class Marks(nn.Module):
    """Marks of its channels what ``mark`` says, in a tensor that it makes."""

    zeros: Tensor

    def __init__(self, mark: Callable[[Marks, Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.conv, self.mark = nn.Conv2d(3, 10, 3, padding=1), mark
        self.register_buffer("zeros", torch.zeros(10))
        with torch.no_grad():
            self.conv.bias.copy_(torch.arange(10) * 0.1)  # type: ignore[union-attr]

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x).mean((2, 3))
        return y * self.mark(self, y)  # type: ignore[no-any-return]


def _item(_: Marks, y: Tensor) -> Tensor:
    marks = torch.zeros(10)
    marks[y.mean(0).argmax()] = 1
    return marks


def _view(_: Marks, y: Tensor) -> Tensor:
    marks = torch.zeros(2, 10)
    row = marks[0]
    row[y.mean(0).argmax()] = 1
    return marks[0]


def _filled(_: Marks, y: Tensor) -> Tensor:
    return torch.zeros(10).index_fill_(0, y.mean(0).argmax().reshape(1), 1)


def _scattered(_: Marks, y: Tensor) -> Tensor:
    return torch.zeros(10).scatter_(0, y.mean(0).argmax().reshape(1), 1.0)


def _summed(_: Marks, y: Tensor) -> Tensor:
    return torch.relu_(torch.zeros(10).add_(y[0] - 1))


def _of_a_buffer(model: Marks, y: Tensor) -> Tensor:
    marks = (model.zeros * 1).view(2, 5)
    marks[0, y[:, :5].mean(0).argmax()] = 1
    return marks.view(10)


def _out(_: Marks, y: Tensor) -> Tensor:
    marks = torch.zeros(10)
    torch.maximum(marks, y[0] - 1, out=marks)
    return marks


@pytest.mark.parametrize("mark", [_item, _view, _filled, _scattered, _summed, _of_a_buffer, _out])
def test_what_a_model_writes_into_a_tensor_of_its_own_is_gone_at_the_next_call(
    mark: Callable[[Marks, Tensor], Tensor],
) -> None:
    model, x = Marks(mark).eval(), torch.randn(2, 3, 32, 32)
    quick = accelerate(model, x)
    assert quick.report.layers
    with torch.no_grad():
        for level in range(-5, 5):
            other = torch.full_like(x, level * 0.7)
            torch.testing.assert_close(quick(other), model(other), rtol=1e-4, atol=1e-5)


class Gives(nn.Module):
    """Gives back a tensor that it makes, or a view of it."""

    def __init__(self, view: bool) -> None:
        super().__init__()
        self.conv, self.view = nn.Conv2d(3, 10, 3, padding=1), view

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        places = torch.arange(4.0)
        return self.conv(x), places.view(2, 2) if self.view else places


@pytest.mark.parametrize("view", [False, True])
def test_what_a_caller_writes_into_an_answer_is_not_in_the_next_one(view: bool) -> None:
    quick, x = accelerate(Gives(view).eval(), torch.randn(2, 3, 32, 32)), torch.randn(2, 3, 32, 32)
    first = quick(x)[1]
    right = copy.deepcopy(first)
    first += 7
    assert torch.equal(quick(x)[1], right)


def test_a_tensor_that_is_made_and_only_read_leaves_a_graph_a_graph() -> None:
    quick = accelerate(Marks(lambda model, y: y + torch.arange(10.0) + model.zeros).eval(), torch.randn(2, 3, 32, 32))
    assert quick.report.traced
