"""What fails, and its diagnosis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import kaiyan

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from kaiyan.explain.diagnosis.diagnose import Diagnosis


def diagnosed(call: Callable[[], Any], *known: Any) -> Diagnosis:
    """The diagnosis of what a call raises; ``known`` is the model and its inputs, where the diagnosis is told them."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 (torch's and Python's own, of any type)
        return kaiyan.diagnose(error, *known)
    pytest.fail("it runs")


def diagnosed_model(model: nn.Module, *x: Any) -> Diagnosis:
    """The diagnosis of a model that fails on an input, told both."""
    return diagnosed(lambda: model(*x), model, x)
