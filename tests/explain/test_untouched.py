"""A model comes out of every public call as it went in: state, modes, hooks, attributes, gradients, random numbers."""

from __future__ import annotations

import copy
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING

import pytest
import torch
from lent import Net, seen
from torch import Tensor

import kaiyan

if TYPE_CHECKING:
    from collections.abc import Callable

FEATURES = 4 * 12 * 10


def _failure(model: Net, x: Tensor) -> RuntimeError:
    """What a copy of the model raises, or a message of the kind where it runs."""
    try:
        with torch.random.fork_rng():
            copy.deepcopy(model)(x)
    except RuntimeError as error:
        return error
    return RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x480 and 7x2)")


def _explained(model: Net, x: Tensor, _: RuntimeError) -> None:
    with suppress(RuntimeError), kaiyan.explaining():
        model.fc(x)


def _fixed(model: Net, x: Tensor, error: RuntimeError) -> None:
    for fix in kaiyan.diagnose(error, model, x).fixes:
        fix.apply(model, x)


CALLS: dict[str, Callable[[Net, Tensor, RuntimeError], object]] = {
    "summary": lambda model, x, _: kaiyan.summary(model, input_size=tuple(x.shape)),
    "summary of data": lambda model, x, _: kaiyan.summary(model, input_data=x),
    "summary with times": lambda model, x, _: kaiyan.summary(model, input_data=x, col_names=("time", "algorithm")),
    "whole_sizes": lambda model, x, _: kaiyan.whole_sizes(model, tuple(x.shape)),
    "diagnose": lambda model, x, error: kaiyan.diagnose(error, model, x),
    "explaining": _explained,
    "fix": _fixed,
    "least_input": lambda model, x, _: kaiyan.least_input(model, tuple(x.shape)),
    "shift_report": lambda model, x, _: kaiyan.shift_report(model, x),
}


@pytest.mark.parametrize("features", [FEATURES, 7], ids=["that runs", "that fails"])
@pytest.mark.parametrize("call", CALLS)
def test_a_model_comes_out_as_it_went_in(call: str, features: int) -> None:
    torch.manual_seed(3)
    model, x = Net(features), torch.rand(2, 3, 12, 10)
    error = _failure(model, x)
    before = seen(model, x)
    with nullcontext() if features == FEATURES else suppress(kaiyan.KaiyanError, RuntimeError):
        CALLS[call](model, x, error)
    assert seen(model, x) == before


@pytest.mark.parametrize(
    "touch",
    [
        lambda model, x: model(x),
        lambda model, _: model.eval(),
        lambda model, _: model.zero_grad(),
        lambda model, _: model.fc.register_forward_hook(lambda *_: None),
        lambda model, _: setattr(model, "note", []),
        lambda *_: torch.rand(1),
        lambda _, x: x.mul_(2),
    ],
    ids=["run", "eval", "zero_grad", "hook", "attribute", "random", "input"],
)
def test_a_touch_is_seen(touch: Callable[[Net, Tensor], object]) -> None:
    torch.manual_seed(3)
    model, x = Net(FEATURES), torch.rand(2, 3, 12, 10)
    before = seen(model, x)
    touch(model, x)
    assert seen(model, x) != before
