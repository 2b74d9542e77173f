"""How often a model is captured while it is accelerated: each time takes seconds of a large one."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from kaiyan.nn.acceleration.as_program import Programmed, as_program
from kaiyan.nn.acceleration.case import examine
from kaiyan.nn.capture.backend import Backend

PICTURE = torch.randn(1, 3, 24, 20, generator=torch.Generator().manual_seed(0))


def _pictures() -> list[nn.Module]:
    return [nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 4, 3, padding=1)]


def _classifier() -> nn.Module:
    return nn.Sequential(*_pictures(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5)).eval()


def _captures(model: nn.Module, monkeypatch: pytest.MonkeyPatch) -> tuple[int, Any]:
    captured: list[Any] = []
    capture = Backend.__call__

    def counted(self: Backend, *arguments: Any, **options: Any) -> Any:
        captured.append(arguments)
        return capture(self, *arguments, **options)

    monkeypatch.setattr(Backend, "__call__", counted)
    settled, _, _ = as_program(examine(model, (PICTURE,)), "default")
    return len(captured), settled.quick


@pytest.mark.parametrize("model", [_classifier(), nn.Sequential(*_pictures()).eval()])
def test_a_model_is_captured_for_the_example_and_for_other_sizes_alone(
    model: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    count, quick = _captures(model, monkeypatch)
    assert count == 2
    for x in (PICTURE.contiguous(memory_format=torch.channels_last), torch.randn(3, 3, 40, 18)):
        right, answer = quick.model.model(x), quick(x)
        assert answer.stride() == right.stride()
        assert torch.allclose(answer, right, atol=1e-5)


def test_nothing_is_measured_once_the_example_was(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Programmed(_classifier(), (PICTURE,), "default")
    monkeypatch.setattr("kaiyan.program.tuning.tuned", None)  # measuring would fail
    for x in (PICTURE, torch.randn(2, 3, 30, 22), PICTURE.contiguous(memory_format=torch.channels_last)):
        assert torch.allclose(made(x), made.model(x), atol=1e-5)
    assert made.programs
