"""What torch calls the activations of the reference: modules, functions and methods, those in place too."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kaiyan.reference.activation import ACTIVATIONS

_SPELLINGS = {name + mark: name for name in ACTIVATIONS for mark in ("", "_")}
_ROOMS = (torch, F, Tensor)

FUNCTIONS: dict[Any, str] = {
    getattr(room, spelling): name for spelling, name in _SPELLINGS.items() for room in _ROOMS if hasattr(room, spelling)
}
"""By function: ``torch.relu``, ``F.relu``, ``Tensor.relu_``, …"""
METHODS = {spelling: name for spelling, name in _SPELLINGS.items() if hasattr(Tensor, spelling)}
"""By the name of a tensor's method."""
MODULES: dict[type[nn.Module], str] = {
    kind: kind.__name__.lower()
    for kind in vars(nn).values()
    if isinstance(kind, type) and kind.__name__.lower() in ACTIVATIONS
}
"""By a module's class; ``nn.GELU`` only where it is not approximate."""


def is_in_place(function: Any) -> bool:
    """Whether a function of ``FUNCTIONS`` writes to its argument.

    >>> is_in_place(torch.relu_), is_in_place(torch.relu)
    (True, False)
    """
    return str(function.__name__).endswith("_")
