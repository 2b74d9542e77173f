"""The training itself: epochs, steps, validation, and what is kept after them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from math import isfinite
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch

from kaiyan.learn.training import checkpoint
from kaiyan.learn.training.finite import are_finite, first_gone, gone
from kaiyan.learn.training.frozen import Frozen
from kaiyan.learn.training.judging import judged
from kaiyan.learn.training.progress import bar
from kaiyan.learn.training.random_numbers import draw_from
from kaiyan.learn.training.training import Epoch, kernels
from kaiyan.learn.training.words import optimizer_of, schedule_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn

    from kaiyan.learn.training.course import Course
    from kaiyan.learn.training.crew import Crew


@dataclass
class Standing:
    """How far a run has come: plain numbers, and the weights that were best and that it began with."""

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss: float = 0.0
    seen: int = 0
    seconds: float = 0.0
    best_epoch: int = 0
    best_loss: float = float("inf")
    best: dict[str, Tensor] = field(default_factory=dict)
    before: dict[str, Tensor] = field(default_factory=dict)
    epochs: list[dict[str, Any]] = field(default_factory=list)


def run(crew: Crew, course: Course) -> dict[str, Any]:
    """Trains, from the start or from a kept state: ``state`` and ``standing`` as they are at the end."""
    return _Run(crew, course).outcome()


class _Run:
    """One process's share of a training."""

    def __init__(self, crew: Crew, course: Course) -> None:
        self.crew, self.course = crew, course
        self.plain: nn.Module = crew.to_device(course.model)
        learning = [weight for weight in self.plain.parameters() if weight.requires_grad]
        optimizer = optimizer_of(course.optimizer, course.rate, learning)
        self.schedule = schedule_of(course.schedule, optimizer, course.steps)
        self.bare = optimizer
        self.standing = Standing(before=kernels(self.plain))
        if course.start is not None:
            self._take_up(course.start)
        self.frozen = Frozen(self.plain, course.masks)
        self.model, self.optimizer = crew.setup(self.plain, optimizer)
        self.learning = [weight for weight in self.plain.parameters() if weight.requires_grad]
        self.identity = course.identity() if course.folder is not None and crew.global_rank == 0 else {}
        self.kept_at = perf_counter()
        self.begun = False

    def _take_up(self, start: dict[str, Any]) -> None:
        restore(self.plain, start["model"])
        self.bare.load_state_dict(start["optimizer"])
        if self.schedule is not None:
            self.schedule.load_state_dict(start["schedule"])
        self.standing = Standing(**start["standing"])

    def outcome(self) -> dict[str, Any]:
        course, standing = self.course, self.standing
        shown = bar(course, standing.step) if self.crew.global_rank == 0 and course.progress else None
        try:
            while standing.epoch < course.epochs:
                self._epoch(shown)
        finally:
            if shown is not None:
                shown.close()
        return {"model": weights(self.plain), "standing": asdict(standing)}

    def _epoch(self, shown: Any) -> None:
        standing, course = self.standing, self.course
        began = perf_counter()
        order = course.data.order(course.seed, standing.epoch)[standing.batch :]
        mine = [indices[self.crew.global_rank :: self.crew.world_size] for indices in order]
        fetched = [own or indices[:1] for own, indices in zip(mine, order, strict=True)]
        batches = course.data.batches(fetched, course.seed, standing.epoch)
        for indices, own, (inputs, target) in zip(order, mine, batches, strict=True):
            share = len(own) * self.crew.world_size / len(indices)
            self._step(self.crew.to_device(inputs), self.crew.to_device(target), own, len(indices), share)
            if shown is not None:
                shown.moved(standing)
            self._keep_now_and_then(began)
        self._close_epoch(began)
        if shown is not None:
            shown.told(Epoch(**standing.epochs[-1]))

    def _step(self, inputs: Any, target: Any, indices: Sequence[int], count: int, share: float) -> None:
        """One step; a process's loss weighs as much as its share of the batch, so that their mean is the batch's."""
        standing = self.standing
        draw_from(self.course.seed, "step", standing.step, self.crew.global_rank)
        self.optimizer.zero_grad()
        output = self.model(inputs)
        every = None if self.begun else self.course.data.targets
        self.course.loss.check(output, target, indices or [0], every)
        self.begun = True
        loss = self.course.loss(output, target) * share
        value = float(self.crew.all_reduce(loss.detach(), reduce_op="mean"))
        if not isfinite(value):
            raise self._gone(value, inputs, target)
        self.crew.backward(loss)
        self.frozen.quiet()
        if not are_finite([weight.grad for weight in self.learning if weight.grad is not None]):
            raise self._gone(value, inputs, target)
        self.optimizer.step()
        if self.schedule is not None:
            self.schedule.step()
        self.frozen.put_back()
        standing.step, standing.batch = standing.step + 1, standing.batch + 1
        standing.loss, standing.seen = standing.loss + value * count, standing.seen + count

    def _gone(self, value: float, inputs: Any, target: Any) -> Exception:
        standing = self.standing
        draw_from(self.course.seed, "step", standing.step, self.crew.global_rank)
        found = first_gone(self.plain, self.course.loss, inputs, target)
        return gone(standing.step + 1, standing.batch + 1, standing.epoch + 1, value, found)

    def _close_epoch(self, began: float) -> None:
        standing, course = self.standing, self.course
        held = judged(self.plain, course, self.crew) if course.validation is not None else (None, None)
        standing.epochs.append(
            {
                "number": standing.epoch + 1, "loss": standing.loss / standing.seen, "validation": held[0],
                "accuracy": held[1], "rate": float(self.bare.param_groups[0]["lr"]),
                "seconds": standing.seconds + perf_counter() - began,
            }
        )  # fmt: skip
        if held[0] is not None and held[0] < standing.best_loss:
            standing.best_epoch, standing.best_loss = standing.epoch + 1, held[0]
            standing.best = weights(self.plain)
        standing.epoch, standing.batch = standing.epoch + 1, 0
        standing.loss, standing.seen, standing.seconds = 0.0, 0, 0.0
        self._keep()

    def _keep_now_and_then(self, began: float) -> None:
        if self.course.folder is not None and perf_counter() - self.kept_at >= self.course.save_every:
            before, now = self.standing.seconds, perf_counter()
            self.standing.seconds = before + now - began
            self._keep()
            self.standing.seconds = before

    def _keep(self) -> None:
        if self.course.folder is None or self.crew.global_rank != 0:
            return
        schedule = None if self.schedule is None else self.schedule.state_dict()
        state = {"model": weights(self.plain), "optimizer": self.bare.state_dict(), "schedule": schedule}
        checkpoint.write(self.course.folder, self.identity, state | {"standing": asdict(self.standing)})
        self.kept_at = perf_counter()


def weights(model: nn.Module) -> dict[str, Tensor]:
    """Copies of all parameters and buffers, those too that ``state_dict`` leaves out."""
    everything = [*model.named_parameters(), *model.named_buffers()]
    return {name: values.detach().cpu().clone() for name, values in everything}


@torch.no_grad()
def restore(model: nn.Module, kept: dict[str, Tensor]) -> None:
    """Writes copies back into the model that they were taken of."""
    for name, values in [*model.named_parameters(), *model.named_buffers()]:
        values.copy_(kept[name])
