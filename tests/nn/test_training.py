"""LeNet-5 on scikit-learn's digits: our layers learn what torch's learn. Seed 0, one thread."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from kaiyan import nn as ours

SEED = 0


def _lenet(conv: Any) -> nn.Module:
    """LeNet-5 for 16x16 pictures. Source: LeCun et al., Proceedings of the IEEE 86 (1998)."""
    return nn.Sequential(
        conv(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), conv(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(64, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    )  # fmt: skip


def _accuracy(conv: Any) -> float:
    digits = pytest.importorskip("sklearn.datasets").load_digits()
    torch.manual_seed(SEED)
    pictures = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
    x = nn.functional.interpolate(pictures, size=16, mode="bilinear")
    labels = torch.tensor(digits.target)
    order = torch.randperm(len(x))
    train, test = order[:1400], order[1400:]
    model = _lenet(conv)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(30):
        for batch in train[torch.randperm(len(train))].split(64):  # type: ignore[no-untyped-call]
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(x[batch]), labels[batch]).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    with torch.no_grad():
        return float((model(x[test]).argmax(1) == labels[test]).double().mean())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_lenet_reads_digits_as_well_with_our_layers() -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        mine, theirs = _accuracy(ours.Conv2d), _accuracy(nn.Conv2d)
    finally:
        torch.set_num_threads(threads)
    assert mine >= 0.97
    assert abs(mine - theirs) <= 0.01
