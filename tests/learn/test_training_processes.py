"""Two processes on gloo learn what one learns, within rounding; what one of them refuses is told by the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

import kaiyan
import kaiyan.learn
import kaiyan.nn
from kaiyan.learn.training.error import TrainingError

if TYPE_CHECKING:
    from pathlib import Path

    from kaiyan.learn.training.training import Training

EPS = 2**-23


def _net() -> nn.Module:
    return nn.Sequential(kaiyan.nn.Conv2d(1, 4, 3, padding="same"), nn.ReLU(), nn.Flatten(), nn.Linear(100, 3))


def _trained(epochs: int, **settings: Any) -> Training:
    """25 examples in batches of 8: the last batch has a single one, so that one of two processes has none."""
    drawn = torch.Generator().manual_seed(1)
    x = torch.rand(25, 1, 5, 5, generator=drawn)
    y = torch.randint(0, 3, (25,), generator=drawn)
    return kaiyan.learn.train(_net, (x, y), epochs=epochs, seed=0, batch=8, optimizer="sgd", rate=0.01,
                              validation=(x[:7], y[:7]), **settings)  # fmt: skip


def test_two_processes_learn_what_one_learns_and_go_on_where_they_were(tmp_path: Path) -> None:
    """Sums of 8 in another order differ by a few roundings; over 8 small steps by far less than 100 of them."""
    one, two = _trained(2), _trained(2, devices=2)
    assert two.processes == 2
    for name, values in one.last.items():
        difference = float((values - two.last[name]).abs().max())
        assert difference <= 100 * EPS * float(values.abs().max()), name
    assert [e.loss for e in two.epochs] == pytest.approx([e.loss for e in one.epochs], rel=100 * EPS)
    assert [e.validation for e in two.epochs] == pytest.approx([e.validation for e in one.epochs], rel=100 * EPS)
    assert [e.accuracy for e in two.epochs] == [e.accuracy for e in one.epochs]
    _trained(1, devices=2, folder=tmp_path)
    resumed = _trained(2, devices=2, folder=tmp_path)
    assert resumed.resumed == 4
    assert all(torch.equal(values, resumed.last[name]) for name, values in two.last.items())


def test_what_the_second_process_refuses_is_told() -> None:
    """The label 5 is in the second half of the only batch's pairs: the first process never sees it."""
    data = [(torch.ones(2), 0), (torch.ones(2), 5)]
    loader: Any = torch.utils.data.DataLoader(data, batch_size=2)  # type: ignore[arg-type]
    with pytest.raises(TrainingError, match="labels are 0 to 2, but example 1 has 5"):
        kaiyan.learn.train(lambda: nn.Linear(2, 3), loader, epochs=1, seed=0, devices=2)
