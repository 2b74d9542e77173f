"""The activations against torch's, on every kind of number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch.nn import functional

from kaiyan.reference.activation import ACTIVATIONS

if TYPE_CHECKING:
    from kaiyan.reference.dtype import Numbers

NUMBERS = np.array(
    [-np.inf, -800.0, -9.0, -3.0, -2.5, -1e-300, -0.0, 0.0, 0.5, 2.9, 3.0, 5.9, 6.0, 6.5, 800.0, np.inf, np.nan]
)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_an_activation_is_torchs(name: str, dtype: type) -> None:
    y: Numbers = np.asarray(NUMBERS, dtype)
    with np.errstate(invalid="ignore"):
        found = ACTIVATIONS[name](y)
    right = getattr(functional, name)(torch.from_numpy(y)).numpy()
    if name == "gelu":
        right[y == np.inf] = np.inf  # torch 2.13 says NaN
    near = 1e-6 if name == "gelu" else 1e-45  # 1 + erf loses digits, and torch's way loses others
    np.testing.assert_allclose(found, right, rtol=1e-6, atol=near)
    assert found.dtype == dtype


def test_there_are_no_others() -> None:
    assert list(ACTIVATIONS) == ["relu", "relu6", "silu", "hardswish", "sigmoid", "tanh", "gelu"]
