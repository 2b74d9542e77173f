"""How well a model does on examples that it does not learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from kaiyan.learn.training.losses import IGNORED, counts_classes

if TYPE_CHECKING:
    from torch import nn

    from kaiyan.learn.training.course import Course
    from kaiyan.learn.training.crew import Crew


@torch.no_grad()
def judged(model: nn.Module, course: Course, crew: Crew) -> tuple[float, float | None]:
    """The mean loss over the validation examples, and the part of right answers where the targets are classes."""
    assert course.validation is not None
    modes = {layer: layer.training for layer in model.modules()}
    model.eval()
    order = [indices[crew.global_rank :: crew.world_size] for indices in course.validation.order(course.seed, 0)]
    mine = [indices for indices in order if indices]
    loss = right = answers = seen = 0.0
    for indices, batch in zip(mine, course.validation.batches(mine, course.seed, -1), strict=True):
        inputs, target = crew.to_device(batch)
        output = model(inputs)
        course.loss.check(output, target, indices)
        loss += float(course.loss(output, target)) * len(indices)
        seen += len(indices)
        if counts_classes(output, target):
            right += float((output.argmax(1) == target).sum())
            answers += int((target != IGNORED).sum())
    for layer, mode in modes.items():
        layer.training = mode
    if crew.world_size > 1:  # the sums then go from device to device
        mine_alone = crew.to_device(torch.tensor([loss, seen, right, answers], dtype=torch.float64))
        loss, seen, right, answers = crew.all_reduce(mine_alone, reduce_op="sum").tolist()
    return loss / seen, right / answers if answers else None
