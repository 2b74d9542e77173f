"""Drawing belongs to a place: torch draws what ``torch.manual_seed`` would give it, and nothing is kept of it."""

from __future__ import annotations

import torch

from kaiyan.learn.training.random_numbers import draw_from, number


def test_torch_draws_what_its_own_seed_gives_and_the_calls_that_wait_for_a_device_do_not_grow() -> None:
    draw_from(3, "step", 1)
    drawn, waiting = torch.rand(4), len(torch.cuda._queued_calls)
    draw_from(3, "step", 1)
    assert len(torch.cuda._queued_calls) == waiting or torch.accelerator.is_available()
    torch.manual_seed(number(3, "step", 1))
    assert torch.equal(torch.rand(4), drawn)
