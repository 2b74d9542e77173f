"""Silent traps: each where it is true, shown by torch's own numbers, and each where it must stay silent."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from kaiyan.explain.traps import traps
from kaiyan.show.i18n import say
from kaiyan.trace.record import record


def _codes(model: nn.Module, x: Any) -> list[str]:
    found = record(model, x)
    assert found.error is None
    return [trap.code for trap in traps(found)]


class _Calls(nn.Module):
    """A model that is one function."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, *args: Tensor) -> Tensor:
        return self.function(*args)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("channels", "shape", "found"),
    [
        (32, (1, 32, 32, 3), ["channels-last"]),
        (64, (2, 64, 48, 1), ["channels-last"]),
        (3, (1, 3, 32, 32), []),
        (3, (1, 3, 32, 3), []),
        (64, (1, 64, 4, 4), []),
        (64, (1, 64, 8, 3), []),
    ],
)
def test_nhwc_passes_because_h_equals_in_channels(channels: int, shape: tuple[int, ...], found: list[str]) -> None:
    assert _codes(nn.Conv2d(channels, 8, 3, padding=1), torch.zeros(shape)) == found


def test_the_permutation_that_is_offered_is_of_the_picture() -> None:
    (trap,) = traps(record(nn.Sequential(nn.Conv2d(32, 8, 3, padding=1)), torch.zeros(1, 32, 40, 3)))
    assert trap.path == "0"
    assert "(1, 3, 32, 40)" in str(trap.sentence)
    assert torch.zeros(1, 32, 40, 3).permute(0, 3, 1, 2).shape == (1, 3, 32, 40)


@pytest.mark.parametrize(
    ("layer", "shape", "found"),
    [
        (nn.Conv2d(16, 4, 3), (16, 28, 28), ["batch-as-picture"]),
        (nn.Conv2d(3, 4, 3), (3, 28, 28), []),
        (nn.Conv2d(16, 4, 3), (2, 16, 28, 28), []),
        (nn.Conv1d(16, 4, 3), (2, 16, 28), []),
    ],
)
def test_a_grey_batch_taken_as_one_picture(layer: nn.Module, shape: tuple[int, ...], found: list[str]) -> None:
    assert _codes(layer, torch.zeros(shape)) == found


def test_bytes_wrap_and_it_is_said() -> None:
    x = torch.full((1, 1, 3, 3), 255, dtype=torch.uint8)
    assert (x + x).max() == 254
    assert _codes(_Calls(lambda a: a + a), x) == ["integer-wrap"]
    assert _codes(_Calls(lambda a: F.conv2d(a, torch.ones_like(a))), x) == ["integer-wrap"]


@pytest.mark.parametrize(
    "function",
    [lambda a: a.sum(), lambda a: a.float() + 1, lambda a: a.long() + a, lambda a: a.flatten()],
    ids=["sum", "float", "long", "flatten"],
)
def test_what_does_not_wrap_is_not_said_to(function: Any) -> None:
    assert _codes(_Calls(function), torch.full((2, 2), 255, dtype=torch.uint8)) == []


@pytest.mark.parametrize(("batch", "training", "found"), [(1, True, 1), (2, True, 0), (1, False, 0)])
def test_batch_norm_of_one_sample_in_train_mode(batch: int, training: bool, found: int) -> None:
    model = nn.Sequential(nn.BatchNorm2d(3)).train(training)
    assert _codes(model, torch.zeros(batch, 3, 4, 4)) == ["batch-norm-of-one"] * found


@pytest.mark.parametrize(
    ("dtype", "terms", "found"),
    [
        (torch.float16, 2049, ["lost-ones"]),
        (torch.float16, 2048, []),
        (torch.bfloat16, 257, ["lost-ones"]),
        (torch.bfloat16, 256, []),
        (torch.float32, 5000, []),
    ],
)
def test_sums_of_ones_that_lose_some(dtype: torch.dtype, terms: int, found: list[str]) -> None:
    x = torch.ones(1, terms, 1, 1, dtype=dtype)
    layer = nn.Conv2d(terms, 1, 1, bias=False, dtype=dtype)
    nn.init.ones_(layer.weight)
    assert (layer(x).item() != terms) == bool(found)
    assert _codes(layer, x) == found
    assert _codes(_Calls(lambda a: a.sum()), x) == found


def test_traps_speak_chinese() -> None:
    (trap,) = traps(record(nn.Conv2d(32, 8, 3), torch.zeros(1, 32, 32, 3)))
    assert "NHWC" in say(trap.sentence, "zh")
    assert trap.to_dict()["code"] == "channels-last"
