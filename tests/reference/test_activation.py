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


@pytest.mark.parametrize("name", ["relu", "relu6", "silu", "hardswish"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_an_activation_is_torchs(name: str, dtype: type) -> None:
    y: Numbers = np.asarray(NUMBERS, dtype)
    with np.errstate(invalid="ignore"):
        found = ACTIVATIONS[name](y)
    np.testing.assert_allclose(found, getattr(functional, name)(torch.from_numpy(y)).numpy(), rtol=1e-6, atol=1e-300)
    assert found.dtype == dtype


def test_there_are_no_others() -> None:
    assert list(ACTIVATIONS) == ["relu", "relu6", "silu", "hardswish"]
