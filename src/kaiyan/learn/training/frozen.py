"""Taps that stay what they are, to the bit, whatever an optimizer does: decay, momentum, its own arithmetic."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import torch

from kaiyan.learn.training.error import TrainingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn


class Frozen:
    """The masked taps of a model: True learns, False stays.

    They get no gradient, so that no other tap feels them through a norm, and after each step they are written back.
    """

    def __init__(self, model: nn.Module, masks: Mapping[str, Any]) -> None:
        known = dict(model.named_parameters())
        self._kept: list[tuple[nn.Parameter, Tensor, Tensor]] = []
        for name, asked in masks.items():
            weight = known[name]
            stays = ~torch.as_tensor(asked, device=weight.device).bool()
            self._kept.append((weight, stays, weight.detach()[stays].clone()))

    def quiet(self) -> None:
        """Takes the gradients away."""
        for weight, stays, _ in self._kept:
            if weight.grad is not None:
                weight.grad[stays] = 0

    @torch.no_grad()
    def put_back(self) -> None:
        """Writes the taps as they were."""
        for weight, stays, values in self._kept:
            weight[stays] = values


def checked(model: nn.Module, masks: Mapping[str, Any]) -> int:
    """How many taps stay. Raises ``TrainingError`` for a mask of no parameter, or of another shape."""
    known = dict(model.named_parameters())
    count = 0
    for name, asked in masks.items():
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0) if known else []
            raise TrainingError(
                "mask-name", "the model has no parameter {name!r}", *["{near}"] * len(near), name=name,
                near="".join(near),
            )  # fmt: skip
        mask = torch.as_tensor(asked)
        if mask.shape != known[name].shape:
            raise TrainingError(
                "mask-shape", "the mask of {name} is {mask}, but the parameter is {shape}",
                name=name, mask=tuple(mask.shape), shape=tuple(known[name].shape),
            )  # fmt: skip
        count += int((~mask.bool()).sum())
    return count
