"""A model comes out of every public call as it went in: state, modes, hooks, attributes, gradients, random numbers."""

from __future__ import annotations

import copy
import random
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import kaiyan

if TYPE_CHECKING:
    from collections.abc import Callable

FEATURES = 4 * 12 * 10
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks", "_state_dict_hooks")


class Net(nn.Module):
    """What is easily touched: statistics, dropout, a part in eval mode, a frozen weight, a gradient, a hook."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.bn = nn.BatchNorm2d(4, momentum=0.3)
        self.still = nn.BatchNorm2d(4).eval()
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(features, 2)
        self.note = ["a list of the user's"]
        self.conv.weight.requires_grad_(False)
        self.fc.weight.grad = torch.ones_like(self.fc.weight)
        self.conv.register_forward_hook(lambda _module, _inputs, _output: None)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu_(self.still(self.bn(self.conv(x))))
        return self.fc(self.drop(x).flatten(1))  # type: ignore[no-any-return]


def seen(model: nn.Module, x: Tensor) -> dict[str, Any]:
    """All that a user could find changed."""
    facts: dict[str, Any] = {"input": x.detach().clone().numpy().tolist(), "grad on": torch.is_grad_enabled()}
    for name, tensor in model.state_dict(keep_vars=True).items():
        grad = getattr(tensor, "grad", None)
        facts[name] = (
            id(tensor), tensor._version, str(tensor.device), str(tensor.dtype), tensor.requires_grad,
            tensor.detach().clone().numpy().tolist(), None if grad is None else grad.tolist(),
        )  # fmt: skip
    for path, module in model.named_modules():
        facts[f"{path}: mode"] = module.training
        facts[f"{path}: hooks"] = {name: list(getattr(module, name)) for name in HOOKS}
        facts[f"{path}: attributes"] = sorted((key, id(value)) for key, value in vars(module).items())
        facts[f"{path}: class"] = type(module)
    numpy_state: Any = np.random.get_state()  # noqa: NPY002 - the global one is what a user may lose
    facts["random"] = (torch.get_rng_state().tolist(), random.getstate(), numpy_state[1].tolist())
    return facts


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
