"""Inputs by name are tried on fixes as those by position are, also where the forward takes them by name only."""

from __future__ import annotations

from collections import UserDict
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import kaiyan
from kaiyan.trace.lend import Keywords, arguments
from kaiyan.trace.record import record


class Named(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(channels, 8, 3), nn.Linear(8, 2)

    def forward(self, x: Tensor, *, scale: float = 1.0, mask: Any = None) -> Tensor:
        y: Tensor = self.fc(self.conv(x).mean((2, 3))) * scale
        return y if mask is None else y * mask["of"]


class Only(Named):
    def forward(self, *, x: Tensor, scale: float = 1.0) -> Tensor:  # type: ignore[override]
        return super().forward(x, scale=scale)


X = torch.rand(1, 3, 9, 9)
GIVEN: dict[str, tuple[type[Named], Any]] = {
    "by name": (Named, {"x": X}),
    "with a setting": (Named, {"x": X, "scale": 2.0}),
    "with a dict": (Named, {"x": X, "mask": {"of": torch.ones(2)}}),
    "only by name": (Only, {"x": X, "scale": 2.0}),
    "a user's mapping": (Only, UserDict({"x": X})),
    "by position": (Named, (X,)),
    "by position and name": (Named, (X, Keywords(scale=2.0))),
}


@pytest.mark.parametrize("kind", GIVEN)
def test_a_fix_is_tried_with_inputs(kind: str) -> None:
    make, inputs = GIVEN[kind]
    error = record(make(4), inputs).error
    assert isinstance(error, RuntimeError)
    found = kaiyan.diagnose(error, make(4), inputs)
    assert (found.code, found.path) == ("K001", "conv")
    assert any(fix.tried for fix in found.fixes)
    assert record(make(3), inputs).error is None
    summary = kaiyan.summary(make(4), input_data=inputs)
    assert summary.diagnosis is not None
    assert summary.diagnosis.path == "conv"


def test_what_a_failed_call_was_given_by_name_is_read_from_it() -> None:
    model = Only(4)
    with pytest.raises(RuntimeError) as caught:
        model(x=X, scale=3.0)
    found = kaiyan.diagnose(caught.value)
    assert (found.code, found.path) == ("K001", "conv")
    assert any(fix.tried for fix in found.fixes)


def test_arguments_are_taken_apart_as_a_call_takes_them() -> None:
    assert arguments(X) == ((X,), {})
    assert arguments([1, 2]) == ((1, 2), {})
    assert arguments({"a": 1}) == ((), {"a": 1})
    assert arguments((1, Keywords(a=2))) == ((1,), {"a": 2})
    assert arguments((1, {"a": 2})) == ((1, {"a": 2}), {})
