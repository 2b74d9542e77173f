"""A training that is advanced step by step: the same steps as ``kaiyan.train`` takes, to the bit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import isfinite
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.nn import functional as F  # noqa: N812 (what everyone calls it)

from kaiyan.learn.training.finite import are_finite, first_gone, gone
from kaiyan.learn.training.losses import loss_of
from kaiyan.learn.training.random_numbers import number
from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.studio.answers.digits.lenet import lenet
from kaiyan.studio.answers.digits.pictures import columns, digit_pictures

if TYPE_CHECKING:
    from torch import Tensor

    from kaiyan.learn.training.examples import Examples

_MOST_STEPS = 500
"""Of one question: others wait meanwhile."""
_WHOLE = {"seed": (0, 2**32 - 1), "batch": (1, 512), "width": (1, 16), "steps": (1, _MOST_STEPS)}
_REAL = {"rate": (0.0, 100.0), "momentum": (0.0, 0.999)}


@dataclass(frozen=True, slots=True)
class DigitSettings:
    """How it is trained: the learning ``rate``, examples of a ``batch``, and ``width``, the first layer's kernels."""

    seed: int = 0
    rate: float = 0.02
    momentum: float = 0.9
    batch: int = 32
    width: int = 8

    def changed(self, facts: dict[str, Any]) -> DigitSettings:
        """With those that are given; raises ``KaiyanError`` for one that is out of bounds."""
        return replace(self, **{name: setting(name, facts[name]) for name in self.__slots__ if name in facts})


def setting(name: str, value: Any) -> Any:
    """A number within its bounds; raises ``KaiyanError`` for any other."""
    low, high = _WHOLE.get(name) or _REAL[name]
    kinds = (int,) if name in _WHOLE else (int, float)
    if type(value) not in kinds or not low <= value <= high:
        raise KaiyanError("digits-setting", "{name} is {value}; {kinds} from {low} to {high} can be taken", name=name,
                          value=repr(value)[:40], kinds=_kinds(name), low=low, high=high)  # fmt: skip
    return value


def _kinds(name: str) -> Sentence:
    return sentence("digits-whole", "whole numbers") if name in _WHOLE else sentence("digits-real", "numbers")


class Judgement(NamedTuple):
    """The mean loss over a part of the pictures, and how many of them are told right."""

    loss: float
    right: int
    pictures: int


@dataclass(slots=True)
class DigitRun:
    """A network, where it began, and how far it has come: ``step`` steps, ``epoch`` times through the pictures."""

    settings: DigitSettings
    model: torch.nn.Sequential = field(init=False)
    start: Tensor = field(init=False)
    step: int = 0
    epoch: int = 0
    milliseconds: float | None = None
    _learned: Examples = field(init=False)
    _optimizer: torch.optim.SGD = field(init=False)
    _order: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(number(self.settings.seed, "model"))
            self.model = lenet(self.settings.width)
        self.start = self.kernels()
        self._learned = replace(digit_pictures().learned, batch=self.settings.batch)
        self._order = self._learned.order(self.settings.seed, 0)
        self._optimizer = torch.optim.SGD(
            self.model.parameters(), lr=self.settings.rate, momentum=self.settings.momentum
        )

    def turn(self, facts: dict[str, Any]) -> None:
        """Takes another learning rate or momentum from the next step on, where they are given."""
        self.settings = self.settings.changed({name: facts[name] for name in facts if name in ("rate", "momentum")})
        for group in self._optimizer.param_groups:
            group.update(lr=self.settings.rate, momentum=self.settings.momentum)

    def advance(self, steps: int) -> None:
        """So many steps; raises ``TrainingError`` at the first whose loss or gradient is not finite."""
        began = perf_counter()
        for _ in range(steps):
            self._advance_one()
        self.milliseconds = 1000 * (perf_counter() - began) / steps

    def _advance_one(self) -> None:
        place = self.step - self.epoch * len(self._order)
        inputs, digits = (column[self._order[place]] for column in columns(self._learned))
        with torch.enable_grad():
            self._optimizer.zero_grad()
            loss = F.cross_entropy(self.model(inputs), digits)
            loss.backward()  # type: ignore[no-untyped-call]
        gradients = [weight.grad for weight in self.model.parameters() if weight.grad is not None]
        if not (isfinite(loss.item()) and are_finite(gradients)):
            found = first_gone(self.model, loss_of("cross_entropy", digits), inputs, digits)
            raise gone(self.step + 1, place + 1, self.epoch + 1, loss.item(), found)
        self._optimizer.step()
        self.step += 1
        if place + 1 == len(self._order):
            self.epoch += 1
            self._order = self._learned.order(self.settings.seed, self.epoch)

    def kernels(self) -> Tensor:
        """A copy of the first layer's kernels (width, 1, 5, 5)."""
        return self.model.get_parameter("conv1.weight").detach().clone()

    @torch.no_grad()
    def shares(self, inputs: Tensor) -> Tensor:
        """The share of each digit (N, 10) that the network gives pictures (N, 1, 8, 8)."""
        found: Tensor = self.model(inputs).softmax(1)
        return found

    @torch.no_grad()
    def judged(self, part: Examples) -> Judgement:
        """How it does on a part of the pictures."""
        inputs, digits = columns(part)
        output = self.model(inputs)
        return Judgement(
            float(F.cross_entropy(output, digits)), int((output.argmax(1) == digits).sum()), len(digits)
        )  # fmt: skip
