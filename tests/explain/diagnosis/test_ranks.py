"""Inputs of another rank, where PyTorch's words speak of something else."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import kaiyan


def test_a_single_picture_is_told_from_a_wrong_linear() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 6 * 6, 10))
    with pytest.raises(RuntimeError, match="mat1 and mat2") as caught:
        model(torch.zeros(3, 8, 8))
    found = kaiyan.diagnose(caught.value, model, torch.zeros(3, 8, 8))
    assert found.code == "K005"
    assert found.fixes[0].after == "x = x.unsqueeze(0)"
    assert found.fixes[0].tried


@pytest.mark.parametrize(
    ("pool", "shape"),
    [(nn.MaxPool3d(2), (2, 4, 8)), (nn.MaxPool2d(2), (8, 8)), (nn.AvgPool2d(2), (1, 2, 3, 8, 8))],
)
def test_a_pooling_of_another_rank(pool: nn.Module, shape: tuple[int, ...]) -> None:
    with pytest.raises((RuntimeError, ValueError)) as caught:
        pool(torch.zeros(shape))
    found = kaiyan.diagnose(caught.value, pool, torch.zeros(shape))
    assert found.code == "K005"
    mended, inputs = found.fixes[0].apply(pool, torch.zeros(shape))
    mended(*inputs)


def test_a_word_of_output_padding() -> None:
    layer = nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1, output_padding="full")  # type: ignore[arg-type]
    with pytest.raises(TypeError) as caught:
        layer(torch.zeros(1, 4, 5, 5))
    assert kaiyan.diagnose(caught.value, layer, torch.zeros(1, 4, 5, 5)).code == "K016"
