"""A record on meta tensors holds the exception of the real ones, word for word."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from kaiyan.trace.record import record

BROKEN: dict[str, tuple[Any, tuple[int, ...], torch.dtype]] = {
    "channels": (nn.Conv2d(1, 8, 3), (2, 3, 8, 8), torch.float32),
    "groups": (nn.Conv2d(4, 8, 3, groups=2), (2, 3, 8, 8), torch.float32),
    "kernel": (nn.Conv2d(3, 8, 40), (2, 3, 32, 32), torch.float32),
    "rank": (nn.Conv2d(3, 8, 3), (1, 2, 3, 8, 8), torch.float32),
    "linear": (nn.Linear(10, 3), (2, 12), torch.float32),
    "reflect": (nn.ReflectionPad2d(9), (1, 3, 4, 4), torch.float32),
    "transposed": (nn.ConvTranspose2d(1, 8, 3), (1, 3, 4, 4), torch.float32),
    "nothing left": (nn.ConvTranspose2d(3, 8, 1, padding=4), (1, 3, 4, 4), torch.float32),
    "output padding": (nn.ConvTranspose2d(3, 8, 3, output_padding=1), (1, 3, 4, 4), torch.float32),
    "layer norm": (nn.LayerNorm(5), (2, 4), torch.float32),
    "bytes": (nn.Linear(3, 3), (1, 3), torch.uint8),
    "stride 0": (nn.Conv2d(3, 8, 3, stride=0), (1, 3, 8, 8), torch.float32),
    "dilation 0": (nn.Conv2d(3, 8, 3, dilation=0), (1, 3, 8, 8), torch.float32),
    "norm of bytes": (nn.BatchNorm2d(3), (1, 3, 8, 8), torch.uint8),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_exception_is_the_real_one(name: str) -> None:
    model, shape, dtype = BROKEN[name]
    x = torch.zeros(shape, dtype=dtype)
    with pytest.raises(Exception) as right:  # noqa: PT011 (the type is what is compared)
        model(x)
    found = record(model, x)
    assert (type(found.error), str(found.error)) == (right.type, str(right.value))
    assert found.on == "meta"
    assert found.failure is not None
    assert not found.failure.is_module


def test_code_that_needs_values_runs_on_real_tensors() -> None:
    class Net(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x * 2 if x.sum().item() > 1 else x.flatten()

    found = record(Net(), torch.ones(2, 3))
    assert (found.on, found.error, found.outputs[0].shape) == ("real", None, (2, 3))


def test_the_line_is_the_users_own() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x)  # type: ignore[no-any-return]

    line = record(Net(), torch.zeros(1, 3, 8, 8)).calls[1].line
    assert line is not None
    assert line.file == __file__
    assert line.text.startswith("return self.conv(x)")


def test_an_error_that_the_model_catches_is_not_its_error() -> None:
    class Net(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            try:
                return x @ x
            except RuntimeError:
                return x.relu()

    found = record(Net(), torch.zeros(2, 3))
    assert (found.error, found.outputs[0].shape) == (None, (2, 3))
    assert [call.failed for call in found.calls] == [False, True, False]


def test_a_sum_in_place_of_other_sizes_fails_in_torchs_own_words() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 3, stride=2, padding=1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y: torch.Tensor = self.conv(x)
            y += x
            return y

    x = torch.zeros(1, 4, 8, 8)
    with pytest.raises(RuntimeError) as caught:
        Block()(x)
    assert str(record(Block(), x).error) == str(caught.value)


def test_what_wants_values_is_not_asked_of_zeros() -> None:
    """Compressai turns axes by numbers that stand in a tensor: of zeros torch says that they are twice the same."""

    class Turned(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.order = nn.Buffer(torch.tensor([1, 0, 2]))

        def forward(self, x: Tensor) -> Tensor:
            return torch.linalg.inv(x.permute(*self.order)).permute(*self.order)  # type: ignore[no-any-return]

    found = record(Turned(), torch.rand(2, 2, 2) + torch.eye(2))
    assert (found.on, found.error, found.outputs[0].shape) == ("real", None, (2, 2, 2))


class Steered(nn.Module):
    """Takes a gradient in its forward, as energy models and Grad-CAM do."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 1))

    def forward(self, x: Tensor) -> Tensor:
        with torch.enable_grad():
            x = x.detach().requires_grad_(True)
            return torch.autograd.grad(self.net(x).sum(), x)[0]


def test_a_model_that_takes_a_gradient_runs() -> None:
    found = record(Steered(), torch.rand(2, 3, 8, 8))
    assert (found.error, [seen.shape for seen in found.outputs]) == (None, [(2, 3, 8, 8)])
