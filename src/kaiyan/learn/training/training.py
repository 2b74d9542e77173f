"""What a training gave: the model, how the loss fell, and the kernels before and after."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from torch import nn

from kaiyan.learn.training.drawing import drawn_training
from kaiyan.pictures.picture import write
from kaiyan.show.sentence import sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Row, Table, headings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL.Image import Image
    from torch import Tensor

    from kaiyan.reference.dtype import Numbers
    from kaiyan.show.sentence import Sentence


@dataclass(frozen=True, slots=True)
class Epoch:
    """One time through the examples: mean losses, the part of right answers, the learning rate at its end, seconds.

    ``loss`` is the mean over the epoch while the weights moved; ``validation`` and ``accuracy`` are those after it, on
    the validation examples, and None where there are none or the targets are no classes.
    """

    number: int
    loss: float
    validation: float | None
    accuracy: float | None
    rate: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Training(Shown):
    """A model that was trained, and the account of it.

    ``model`` holds the weights of ``best_epoch``, in evaluation mode; ``last`` has those that the last step left, by
    name. ``kernels`` has, by layer, the kernels (K, C, *size) before and after. ``resumed`` is the step at which a
    kept state was taken up, or None.
    """

    KIND = "training"
    JSON = (
        "what", "seed", "examples", "batch", "steps", "parameters", "processes", "resumed", "best_epoch", "epochs",
        "notes",
    )  # fmt: skip

    model: nn.Module = field(repr=False)
    seed: int
    examples: int
    batch: int
    steps: int
    processes: int
    resumed: int | None
    best_epoch: int
    epochs: tuple[Epoch, ...]
    kernels: Mapping[str, tuple[Numbers, Numbers]] = field(repr=False)
    last: Mapping[str, Tensor] = field(repr=False)
    notes: tuple[Sentence, ...] = ()

    @property
    def parameters(self) -> int:
        """Numbers that could be learned."""
        return sum(weight.numel() for weight in self.model.parameters() if weight.requires_grad)

    @property
    def best(self) -> Epoch:
        """The epoch whose weights the model holds."""
        return self.epochs[self.best_epoch - 1]

    @property
    def curve(self) -> dict[str, Numbers]:
        """Losses and accuracy by epoch, (epochs,) each; NaN where there is none."""
        names = "loss", "validation", "accuracy"
        columns = {name: [getattr(epoch, name) for epoch in self.epochs] for name in names}
        return {name: np.array([np.nan if n is None else n for n in column]) for name, column in columns.items()}

    @property
    def what(self) -> Sentence:
        """What was done, in one line."""
        return sentence(
            "train-what", "{model} on {examples:,} examples: {epochs} epochs, {steps:,} steps, seed {seed}",
            model=type(self.model).__name__, examples=self.examples, epochs=len(self.epochs), steps=self.steps,
            seed=self.seed,
        )  # fmt: skip

    def table(self) -> Table:
        """A line an epoch, of many epochs every n-th, the best and the last."""
        every = -(-len(self.epochs) // MOST_ROWS)
        shown = [epoch for epoch in self.epochs
                 if epoch.number % every == 0 or epoch.number in (1, self.best_epoch, len(self.epochs))]  # fmt: skip
        rows = tuple(Row(_cells(epoch), mark="chosen" * (epoch.number == self.best_epoch)) for epoch in shown)
        words = headings("epoch", "loss", "validation", "accuracy", "learning rate", "time")
        return Table(words, rows, title=self.what, notes=self.notes, left=frozenset())

    @property
    def sheet(self) -> Image:
        """The learning curve, and the kernels before and after."""
        return drawn_training(self.curve, self.best_epoch, self.kernels)

    def save(self, path: str | Path) -> Path:
        """Writes the sheet; the suffix chooses the format. Raises ``PictureError`` and leaves nothing half-written."""
        write(self.sheet, Path(path))
        return Path(path)

    def _repr_png_(self) -> bytes:
        png = BytesIO()
        self.sheet.save(png, "PNG")
        return png.getvalue()


MOST_ROWS = 20
"""Epochs that are listed, about."""


def kernels(model: nn.Module) -> dict[str, Tensor]:
    """Copies of the kernels of all convolutions, by layer."""
    layers = [(name, layer) for name, layer in model.named_modules() if isinstance(layer, CONVOLUTIONS)]
    return {name: layer.weight.detach().cpu().clone() for name, layer in layers}


CONVOLUTIONS = (
    nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d
)  # fmt: skip
"""torch's layers with kernels, which ours are too."""


def _cells(epoch: Epoch) -> tuple[str, ...]:
    held = "" if epoch.validation is None else f"{epoch.validation:.4g}"
    right = "" if epoch.accuracy is None else f"{epoch.accuracy:.2%}"
    return str(epoch.number), f"{epoch.loss:.4g}", held, right, f"{epoch.rate:.3g}", f"{epoch.seconds:.2f} s"
