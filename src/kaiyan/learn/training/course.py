"""All that a run was asked for, read and checked, before anything of it is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import torch

from kaiyan.learn.training.frozen import checked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import nn

    from kaiyan.learn.training.examples import Examples
    from kaiyan.learn.training.losses import Criterion


@dataclass(frozen=True)
class Course:
    """What is trained, on what, and how; every process gets a copy of it."""

    model: nn.Module
    data: Examples
    validation: Examples | None
    loss: Criterion
    optimizer: Any
    rate: float
    schedule: Any
    epochs: int
    seed: int
    masks: Mapping[str, Any]
    folder: Path | None
    save_every: float
    progress: bool
    lang: str
    devices: int
    accelerator: str
    start: dict[str, Any] | None = field(default=None, repr=False)

    @property
    def steps(self) -> int:
        """Steps of all epochs."""
        return self.epochs * len(self.data.order(self.seed, 0))

    @property
    def frozen(self) -> int:
        """How many taps stay as they are."""
        return checked(self.model, self.masks)

    def identity(self) -> dict[str, Any]:
        """What makes a run this run and no other: a state is taken up by a run that says the same of itself."""
        layers = {name: [*weight.shape, str(weight.dtype)] for name, weight in self.model.named_parameters()}
        return {
            "model": type(self.model).__name__, "parameters": layers, "seed": self.seed, "len(data)": len(self.data),
            "batch": self.data.batch, "data[0]": _digest(*self.data.first(self.seed)), "loss": self.loss.name,
            "optimizer": _named(self.optimizer), "rate": self.rate, "schedule": _named(self.schedule),
            "steps": self.steps if self.schedule is not None else 0,
            "len(validation)": len(self.validation) if self.validation else 0,
            "masks": {name: _digest(torch.as_tensor(mask)) for name, mask in sorted(self.masks.items())},
            "devices": self.devices,
        }  # fmt: skip


def _digest(*values: Any) -> str:
    """A short name for the numbers of tensors."""
    digest = sha256()
    for value in values:
        if isinstance(value, torch.Tensor):
            digest.update(repr((tuple(value.shape), str(value.dtype))).encode())
            digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
        else:
            digest.update(type(value).__name__.encode())
    return digest.hexdigest()[:12]


def _named(setting: Any) -> str:
    """A word, or what a function is called, with the arguments that it was given in advance."""
    if setting is None or isinstance(setting, str):
        return str(setting)
    given = getattr(setting, "keywords", {})
    inner = getattr(setting, "func", setting)
    options = ", ".join(f"{name}={value!r}" for name, value in sorted(given.items()))
    return f"{getattr(inner, '__qualname__', type(inner).__name__)}({options})"
