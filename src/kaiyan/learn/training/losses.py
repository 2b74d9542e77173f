"""What is made small: losses by name, and what must fit before one may be computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor
from torch.nn import functional

from kaiyan.learn.training.error import TrainingError
from kaiyan.learn.training.words import chosen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross_entropy": functional.cross_entropy,
    "mse": functional.mse_loss,
    "l1": functional.l1_loss,
    "bce": functional.binary_cross_entropy_with_logits,
}
"""Every loss that has a name: the mean over a batch of (output, target)."""


@dataclass(frozen=True)
class Criterion:
    """A loss and its name; a function of the user's is asked no questions."""

    name: str
    compute: Callable[[Any, Any], Tensor]

    def __call__(self, output: Any, target: Any) -> Tensor:
        return self.compute(output, target)

    def check(self, output: Any, target: Any, indices: Sequence[int], every: Tensor | None = None) -> None:
        """Raises ``TrainingError`` where output and target, or the labels of ``every`` example, do not go together.

        ``indices`` are the places of the targets among all examples.
        """
        if not (isinstance(output, Tensor) and isinstance(target, Tensor)):
            return
        if counts_classes(output, target) and self.name == "cross_entropy":
            if every is not None:
                _check_labels(every, output.shape[1], range(len(every)))
            _check_labels(target, output.shape[1], indices)
        elif self.name in ("mse", "l1", "bce") and output.shape != target.shape:
            raise TrainingError(
                "target-shape", "the model gives {output}, but the targets of a batch are {target}: {loss} compares "
                                "number by number",
                output=tuple(output.shape), target=tuple(target.shape), loss=self.name,
            )  # fmt: skip


def loss_of(asked: Any, target: Any) -> Criterion:
    """The loss that was asked for; by default cross entropy for whole numbers and the mean square for others."""
    if asked is None:
        whole = isinstance(target, Tensor) and not (target.is_floating_point() or target.is_complex())
        asked = "cross_entropy" if whole else "mse"
    if isinstance(asked, str):
        return Criterion(asked, chosen("loss", asked, LOSSES))
    return Criterion(getattr(asked, "__name__", type(asked).__name__), asked)


def counts_classes(output: Any, target: Any) -> bool:
    """Whether targets are whole numbers that name one of the output's numbers."""
    both = isinstance(output, Tensor) and isinstance(target, Tensor)
    return both and not target.is_floating_point() and output.ndim == target.ndim + 1


def _check_labels(target: Tensor, classes: int, indices: Sequence[int]) -> None:
    wrong = ((target < 0) | (target >= classes)) & (target != IGNORED)
    if not wrong.any():
        return
    first = wrong.flatten(1).any(1).nonzero()[0] if target.ndim > 1 else wrong.nonzero()[0]
    place = int(first)
    raise TrainingError(
        "label-range", "the model tells {classes} classes apart, so labels are 0 to {last}, but example {place} has "
                       "{label} ({count} such labels here)",
        classes=classes, last=classes - 1, place=indices[place],
        label=int(target[wrong][0]), count=int(wrong.sum()),
    )  # fmt: skip


IGNORED = -100
"""The label that torch's cross entropy leaves out."""
