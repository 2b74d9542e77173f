"""A model whose every kind of state is easily touched, and all that a user could find changed."""

from __future__ import annotations

import functools
import random
from collections import deque
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable

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


def contents(value: Any) -> Any:
    """What a user finds in it, deep, with the identity of everything that has one."""
    if is_dataclass(value) and not isinstance(value, type):
        return [contents(getattr(value, entry.name)) for entry in fields(value)]
    read = next((read for kinds, read in READ if isinstance(value, kinds)), None)
    if read is not None:
        return read(value)
    return id(value), [contents(cell.cell_contents) for cell in getattr(value, "__closure__", None) or ()]


def _tensor(value: Tensor) -> Any:
    lazy = isinstance(value, nn.parameter.UninitializedTensorMixin)  # type: ignore[attr-defined]
    return id(value), type(value), value._version, None if lazy else value.detach().tolist()


READ: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (Tensor, _tensor),
    (dict, lambda value: (id(value), [(key, contents(entry)) for key, entry in dict.items(value)])),
    ((list, tuple, set, deque), lambda value: (id(value), [contents(entry) for entry in value])),
    (torch.Generator, lambda value: value.get_state().tolist()),
    (np.ndarray, lambda value: value.tolist()),
    (np.random.Generator, lambda value: str(value.bit_generator.state)),
    (functools.partial, lambda value: contents(value.args)),
)


def state(model: nn.Module) -> Any:
    return [(path, type(module), [(k, contents(v)) for k, v in vars(module).items()])
            for path, module in model.named_modules()]  # fmt: skip
