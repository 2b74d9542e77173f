"""A model in training mode, in whole or in part, runs as in evaluation: and that is said."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from kaiyan.nn import accelerate
from kaiyan.show.i18n import say

X = torch.randn(2, 3, 24, 24, generator=torch.Generator().manual_seed(0))


def _net() -> nn.Sequential:
    head = nn.Sequential(nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8))
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Dropout(0.5), nn.ReLU(), head).eval()


def _said(model: nn.Module) -> list[str]:
    notes = [note for note in accelerate(model, X).report.notes if note.code.endswith("was-training")]
    assert not any(say(note, "zh").isascii() for note in notes)
    return [str(note) for note in notes]


@torch.no_grad()
def test_a_model_in_training_mode_runs_as_in_evaluation_and_that_is_said() -> None:
    model = _net().train()
    quick = accelerate(model, X)
    assert model.training
    notes = [note for note in quick.report.notes if note.code.endswith("was-training")]
    assert [str(note) for note in notes] == [
        "the model was in training mode: Kaiyan runs it in eval mode, as after model.eval()"
    ]
    answer = quick(X)
    torch.testing.assert_close(answer, model.eval()(X), rtol=1e-4, atol=1e-4)
    assert (answer - model.train()(X)).abs().max() > 0.1


@pytest.mark.parametrize(
    ("training", "named"),
    [(["1"], "1"), (["4"], "4"), (["4.1", "2"], "2, 4.1"), (["0", "1", "2", "3"], "0, 1, 2, …")],
)
def test_parts_in_training_mode_are_named(training: list[str], named: str) -> None:
    model = _net()
    for path in training:
        model.get_submodule(path).train()
    assert _said(model) == [
        f"the model was in training mode in part ({named}): Kaiyan runs it in eval mode, as after model.eval()"
    ]


def test_of_a_model_in_evaluation_nothing_is_said() -> None:
    assert _said(_net()) == []


@torch.no_grad()
def test_as_a_backend_of_torch_it_stays_in_training_mode() -> None:
    model: Any = _net()
    model[1].train()
    mean = model[1].running_mean.clone()
    compiled: Any = torch.compile(model, backend="kaiyan")
    answer = compiled(X)
    assert not torch.equal(model[1].running_mean, mean)
    torch.testing.assert_close(answer, model(X), rtol=1e-4, atol=1e-4)
