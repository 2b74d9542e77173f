"""Receptive fields against the gradient method: what inputs change an output (positive weights: nothing cancels)."""

from __future__ import annotations

import random

import pytest
import torch
from corpus.models import resnet18
from torch import Tensor, nn
from torch.nn.functional import avg_pool1d, interpolate, pad

from kaiyan.trace.fields import receptive_fields
from kaiyan.trace.record import record

SIZE = 240


class Graph(nn.Module):
    """A random network along one axis: chains, sums of branches, concatenations, at every stride."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        draw = random.Random(seed)
        self.kinds = [draw.choice(("chain", "sum", "cat", "pool", "up", "nearest", "pad")) for _ in range(4)]
        self.left = nn.ModuleList(self._conv(draw) for _ in self.kinds)
        self.right = nn.ModuleList(self._conv(draw) for _ in self.kinds)
        self.chain = nn.ModuleList(
            nn.Conv1d(1, 1, draw.choice((1, 2, 3, 5)), draw.choice((1, 2)), 1, draw.choice((1, 2))) for _ in self.kinds
        )
        self.merge = nn.ModuleList(nn.Conv1d(2, 1, 1) for _ in self.kinds)
        self.up = nn.ModuleList(nn.ConvTranspose1d(1, 1, draw.choice((2, 3, 4)), 2, 1) for _ in self.kinds)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, 0.5, 1.5)

    @staticmethod
    def _conv(draw: random.Random) -> nn.Conv1d:
        return nn.Conv1d(1, 1, draw.choice((1, 3, 5)), padding="same", dilation=draw.choice((1, 2, 3)))

    def forward(self, x: Tensor) -> Tensor:
        for i, kind in enumerate(self.kinds):
            x = self._step(i, kind, x)
        return x

    def _step(self, i: int, kind: str, x: Tensor) -> Tensor:
        if kind == "sum":
            x = self.left[i](x) + self.right[i](x)
        elif kind == "cat":
            x = self.merge[i](torch.cat([self.left[i](x), x], 1))
        elif kind == "pool":
            x = avg_pool1d(x, 3, 2, 1)
        elif kind == "up":
            x = self.up[i](x)
        elif kind == "nearest":
            x = interpolate(x, scale_factor=2)
        elif kind == "pad":
            x = pad(x, (2, 1))
        else:
            x = self.chain[i](x)
        return x


@pytest.mark.parametrize("seed", range(40))
def test_a_random_graph_sees_what_its_gradient_reaches(seed: int) -> None:
    model = Graph(seed).double()
    x = torch.ones(1, 1, SIZE, dtype=torch.float64, requires_grad=True)
    found = record(model, x)
    (field,) = receptive_fields(found)[0].axes
    y = model(x)
    for o in range(y.shape[2] // 2, y.shape[2] // 2 + 3):
        (gradient,) = torch.autograd.grad(y[0, 0, o], x, retain_graph=True)
        assert field.inputs(o) == tuple(gradient[0, 0].nonzero().flatten().tolist())


def test_resnet18_ends_at_435() -> None:
    found = record(resnet18(), torch.empty(1, 3, 224, 224, device="meta"))
    known = receptive_fields(found)
    last = next(call for call in found.calls if call.path == "9")
    assert known[last.number].sizes == (435, 435)
    assert known[0].whole


def test_a_function_that_is_not_known_says_so() -> None:
    class Net(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.fft.fft(x).real  # type: ignore[no-any-return]

    assert receptive_fields(record(Net(), torch.zeros(1, 1, 8)))[0].status == "unknown"


def test_a_tensor_that_is_written_in_part_is_not_called_exact() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv1d(2, 2, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = self.conv(x)
            y[:, :1] += y[:, 1:].flip(2)
            return y

    assert receptive_fields(record(Net(), torch.zeros(1, 2, 8)))[0].status == "unknown"


def test_zeros_beside_the_channels_move_nothing_in_space() -> None:
    class Wider(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last = nn.Conv1d(1, 2, 3, 2), nn.Conv1d(4, 1, 3)
            for parameter in self.parameters():
                nn.init.uniform_(parameter, 0.5, 1.5)

        def forward(self, x: Tensor) -> Tensor:
            made: Tensor = self.last(pad(self.first(x), (1, 0, 0, 2)))
            return made

    model, x = Wider(), torch.ones(1, 1, 40, requires_grad=True)
    (field,) = receptive_fields(record(model, x))[0].axes
    (gradient,) = torch.autograd.grad(model(x)[0, 0, 5], x)
    assert field.inputs(5) == tuple(gradient[0, 0].nonzero().flatten().tolist())
