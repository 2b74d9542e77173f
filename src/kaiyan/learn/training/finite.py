"""Where numbers stopped being numbers: the batch, the first layer, the first gradient."""

from __future__ import annotations

import copy
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from kaiyan.learn.training.error import TrainingError
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.trace.watch import watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from kaiyan.trace.watch import Visit


def are_finite(gradients: list[Tensor]) -> bool:
    """Whether every number of every gradient is finite; squares are not taken, which might not be."""
    if not gradients:
        return True
    return bool(torch.nn.utils.get_total_norm(gradients, norm_type=float("inf")).isfinite())


def gone(step: int, batch: int, epoch: int, loss: float, found: Sentence) -> TrainingError:
    """The refusal to go on: the loss is no number, or the gradient of a loss that is one; both counted from 1."""
    is_data = found.code in ("gone-inputs", "gone-targets")
    return TrainingError(
        "loss-not-finite", "training stopped at step {step} (batch {batch} of epoch {epoch}), the loss is {loss:g}: "
                           "{found}; the weights are those before this step",
        "leave those examples out, or put numbers in place of what is not finite" if is_data
        else "a smaller learning rate, or no 0 and nothing negative under a logarithm or root",
        step=step, batch=batch, epoch=epoch, loss=loss, found=found,
    )  # fmt: skip


def first_gone(model: nn.Module, loss: Callable[[Any, Any], Tensor], inputs: Any, target: Any) -> Sentence:
    """What was first not finite in one step, which is run again on a copy of the model."""
    if _lost(inputs):
        return sentence("gone-inputs", "{count} numbers of its inputs are not finite already", count=_lost(inputs))
    if _lost(target):
        return sentence("gone-targets", "{count} numbers of its targets are not finite already", count=_lost(target))
    watched = copy.deepcopy(model)
    outputs: list[str] = []
    gradients: list[str] = []
    leaves = [name for name, layer in watched.named_modules() if not any(True for _ in layer.children())]
    for name, weight in watched.named_parameters():
        if weight.requires_grad:
            weight.register_hook(partial(_note_gradient, gradients, name))  # type: ignore[no-untyped-call]
    with watch(watched, leaves, after=partial(_note_output, outputs)):
        loss(watched(inputs), target).backward()  # type: ignore[no-untyped-call]
    return _told(outputs, gradients)


def _told(outputs: list[str], gradients: list[str]) -> Sentence:
    gradient = gradients[0] if gradients else "-"
    if outputs:
        return sentence(
            "gone-output", "the first layer whose output is not finite is {layer}, the first gradient {gradient}",
            layer=outputs[0], gradient=gradient,
        )  # fmt: skip
    return sentence("gone-gradient", "every layer's output is finite, the first gradient that is not is {gradient}",
                    gradient=gradient)  # fmt: skip


def _lost(values: Any) -> int:
    return int((~values.isfinite()).sum()) if isinstance(values, Tensor) else 0


def _finite(values: Tensor) -> bool:
    return bool(values.isfinite().all())


def _note_output(outputs: list[str], visit: Visit) -> None:
    if isinstance(visit.output, Tensor) and not _finite(visit.output.detach()):
        outputs.append(visit.path or type(visit.module).__name__)


def _note_gradient(gradients: list[str], name: str, gradient: Tensor) -> None:
    if not _finite(gradient):
        gradients.append(name)
