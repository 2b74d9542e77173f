"""Settings of a training read: words from tables, numbers within their bounds."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from kaiyan.learn.training.error import TrainingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler

OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": partial(torch.optim.SGD, momentum=0.9),
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
}
"""Every optimizer that has a name; the learning rate is given beside it."""


def _cosine(optimizer: Optimizer, steps: int) -> LRScheduler:
    return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)


SCHEDULES: dict[str, Callable[[Optimizer, int], LRScheduler]] = {"cosine": _cosine}
"""Every way of the learning rate that has a name, from the optimizer and the number of all steps."""


def chosen(what: str, name: str, table: Mapping[str, Any]) -> Any:
    """The entry of a table. Raises ``TrainingError`` with its words for a name that is none of them."""
    if name in table:
        return table[name]
    raise TrainingError(
        "training-word", "there is no {what} {name!r}; choose from {known}, or give a function",
        what=what, name=name, known=", ".join(table),
    )  # fmt: skip


def optimizer_of(asked: Any, rate: float, parameters: Iterable[Any]) -> Optimizer:
    """The optimizer of a word, or of a function of the parameters such as ``partial(torch.optim.SGD, lr=0.1)``."""
    if isinstance(asked, str):
        return chosen("optimizer", asked, OPTIMIZERS)(parameters, lr=rate)  # type: ignore[no-any-return]
    return asked(parameters)  # type: ignore[no-any-return]


def schedule_of(asked: Any, optimizer: Optimizer, steps: int) -> LRScheduler | None:
    """What moves the learning rate after every step; None leaves it."""
    if asked is None:
        return None
    make = chosen("schedule", asked, SCHEDULES) if isinstance(asked, str) else asked
    return make(optimizer, steps)  # type: ignore[no-any-return]


def at_least(least: int, **settings: object) -> None:
    """Raises ``TrainingError`` for a setting that is no whole number of ``least`` or more."""
    for name, value in settings.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise TrainingError(
                "training-number", "{name} is {value}; it must be a whole number of {least} or more",
                name=name, value=repr(value), least=least,
            )  # fmt: skip
