"""The least input, by hand: a chain of windows, and a Linear that knows one size."""

from __future__ import annotations

import pytest
from torch import nn

import kaiyan
from kaiyan.spec.error import KaiyanError


def test_the_least_input_of_two_convolutions_and_a_pool() -> None:
    """(n − 4) // 2 ≥ 3 for the second kernel of 3: n = 10."""
    model = nn.Sequential(nn.Conv2d(3, 4, 5), nn.MaxPool2d(2), nn.Conv2d(4, 4, (3, 1)))
    found = kaiyan.least_input(model, (1, 3, 32, 32))
    assert [(a.axis, a.least, a.path) for a in found.axes] == [(2, 10, "2"), (3, 6, "1")]
    assert "Kernel size can't be greater" in str(found)


def test_a_linear_layer_knows_one_size() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 6 * 6, 2))
    assert [(a.least, a.path) for a in kaiyan.least_input(model, (1, 3, 8, 8)).axes] == [(8, "2"), (8, "2")]


def test_a_size_that_does_not_run_is_refused() -> None:
    with pytest.raises(KaiyanError, match="does not run"):
        kaiyan.least_input(nn.Conv2d(3, 4, 9), (1, 3, 8, 8))
