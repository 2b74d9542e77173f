"""``kaiyan.learn.train``: settings read and checked, a run taken up or begun, its account given."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from kaiyan.learn.training import checkpoint
from kaiyan.learn.training.course import Course
from kaiyan.learn.training.crew import launched
from kaiyan.learn.training.error import TrainingError
from kaiyan.learn.training.examples import Examples, examples
from kaiyan.learn.training.frozen import checked
from kaiyan.learn.training.losses import loss_of
from kaiyan.learn.training.random_numbers import draw_from
from kaiyan.learn.training.run import restore, run
from kaiyan.learn.training.training import Epoch, Training, kernels
from kaiyan.learn.training.words import OPTIMIZERS, SCHEDULES, at_least, chosen
from kaiyan.show.i18n import language
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.trace.undisturbed import undisturbing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from torch import Tensor


@undisturbing
def train(
    model: nn.Module | Callable[[], nn.Module],
    data: Any,
    *,
    epochs: int,
    seed: int,
    loss: str | Callable[[Any, Any], Tensor] | None = None,
    optimizer: str | Callable[[Any], Any] = "adamw",
    rate: float = 1e-3,
    schedule: str | Callable[[Any, int], Any] | None = None,
    batch: int = 32,
    validation: Any = None,
    masks: Mapping[str, Any] | None = None,
    folder: str | Path | None = None,
    save_every: float = 60.0,
    progress: bool | None = None,
    devices: int = 1,
    accelerator: str = "cpu",
) -> Training:
    """Trains a model on examples, in place, and gives the account of it; the model ends in evaluation mode.

    ``model`` is a module of torch or of ``kaiyan.nn``, or a function that makes one: its weights then come from the
    seed too. ``data`` is a pair (inputs, targets) of tensors or arrays, inputs that are their own targets, a list of
    pairs, a Dataset with a length, or a DataLoader, whose batches are taken. ``validation`` has the same forms, or is
    the part of the data that is held back, such as 0.2: the model then ends with the weights of the epoch whose
    validation loss was least.

    ``loss`` is "cross_entropy", "mse", "l1", "bce" (of logits) or a function of (output, target) that gives the mean
    over a batch; by default the first for whole numbers and the second for others. ``optimizer`` is "sgd" (momentum
    0.9), "adam", "adamw", or a function of the parameters; ``rate`` belongs to the words. ``schedule`` is "cosine", or
    a function of the optimizer and the number of steps; it moves after every step.
    ``masks`` has, by the name of a parameter, True or 1 for every tap that learns and False or 0 for those that stay
    what they are, to the bit.

    With a ``folder`` the state is kept there after every epoch and every ``save_every`` seconds. The same call goes on
    from it, and ends on a CPU with the very weights of a run that was not broken: all that is drawn, the order of the
    examples too, depends on the seed and the place in the run alone. The caller's random states are left as they were.
    ``progress`` is shown on standard error, by default where that is a terminal. ``devices`` processes share each
    batch, on an ``accelerator`` "cpu", "gpu", or another of Lightning Fabric's; a script that asks for several needs
    ``if __name__ == "__main__":``.

    Raises ``TrainingError``, a ``KaiyanError``, for settings, data or a folder that cannot be used, and where the loss
    or a gradient is not finite; the weights are then those before that step.

    >>> x = torch.linspace(-1, 1, 64)[:, None]
    >>> line = train(lambda: nn.Linear(1, 1), (x, 3 * x - 1), epochs=100, seed=0, optimizer="sgd", rate=0.1)
    >>> [round(float(line.last[name]), 2) for name in ("weight", "bias")]
    [3.0, -1.0]
    """
    at_least(1, epochs=epochs, batch=batch, devices=devices)
    at_least(0, seed=seed)
    made = _model(model, seed)
    learned, held = _data(data, validation, batch, seed)
    first = learned.first(seed)
    masks = dict(masks or {})
    checked(made, masks)
    for what, word, table in (("optimizer", optimizer, OPTIMIZERS), ("schedule", schedule, SCHEDULES)):
        if isinstance(word, str):
            chosen(what, word, table)
    course = Course(
        made, learned, held, loss_of(loss, first[1]), optimizer, rate, schedule, epochs, seed, masks, None, save_every,
        sys.stderr.isatty() if progress is None else progress, language(), devices, accelerator,
    )  # fmt: skip
    made.train()
    with checkpoint.held(folder) if folder is not None else nullcontext() as path, torch.enable_grad():
        return _account(*_ran(replace(course, folder=path)))


def _ran(course: Course) -> tuple[Course, dict[str, Any]]:
    if course.folder is not None:
        start = checkpoint.read(course.folder, course.identity())
        course = replace(course, start=start)
        done = start["standing"]["epoch"] if start else 0
        if done > course.epochs:
            raise TrainingError(
                "epochs-behind", "{folder} has {done} epochs behind it, and epochs={epochs} asks for fewer",
                "epochs={done}", folder=str(course.folder), done=done, epochs=course.epochs,
            )  # fmt: skip
    return course, launched(course, run)


def _model(model: Any, seed: int) -> nn.Module:
    if not isinstance(model, nn.Module):
        draw_from(seed, "model")
        model = model()
    if not any(weight.requires_grad for weight in model.parameters()):
        raise TrainingError(
            "nothing-to-learn", "{model} has no parameter that learns", model=type(model).__name__
        )  # fmt: skip
    return model  # type: ignore[no-any-return]


def _data(data: Any, validation: Any, batch: int, seed: int) -> tuple[Examples, Examples | None]:
    learned = examples(data, batch)
    if validation is None:
        return learned, None
    if isinstance(validation, float):
        return learned.split(validation, seed)
    return learned, examples(validation, batch, shuffled=False)


def _account(course: Course, outcome: dict[str, Any]) -> Training:
    standing = outcome["standing"]
    restore(course.model, outcome["model"] | standing["best"])
    course.model.zero_grad()
    course.model.eval()
    after = kernels(course.model)
    pairs = {name: (before.numpy(), after[name].numpy()) for name, before in standing["before"].items()}
    return Training(
        course.model, course.seed, len(course.data), course.data.batch, standing["step"], course.devices,
        course.start["standing"]["step"] if course.start else None, standing["best_epoch"] or standing["epoch"],
        tuple(Epoch(**epoch) for epoch in standing["epochs"]), pairs, outcome["model"],
        tuple(_notes(course, standing)),
    )  # fmt: skip


def _notes(course: Course, standing: dict[str, Any]) -> list[Sentence]:
    notes = []
    if standing["best_epoch"]:
        notes.append(sentence(
            "train-best", "the model holds the weights of epoch {epoch}, whose validation loss is least; "
                          "training.last has the last ones", epoch=standing["best_epoch"],
        ))  # fmt: skip
    if course.start:
        notes.append(sentence("train-resumed", "taken up at step {step:,} from {folder}",
                              step=course.start["standing"]["step"], folder=str(course.folder)))  # fmt: skip
    if course.frozen:
        notes.append(sentence("train-masked", "{count:,} masked taps are what they were", count=course.frozen))
    if course.devices > 1 and any(isinstance(layer, NORMS) for layer in course.model.modules()):
        notes.append(sentence(
            "train-norms", "each of the {devices} processes normalised its own part of a batch: one process would not "
                           "give the same", devices=course.devices,
        ))  # fmt: skip
    return notes


NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
"""Layers whose numbers depend on which examples share a batch."""
