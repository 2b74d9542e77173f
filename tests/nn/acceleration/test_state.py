"""What a call changes is found wherever it stands."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from kaiyan.nn.acceleration.state import changes
from kaiyan.trace.copied import copied


class Counts(nn.Module):
    """Keeps a number."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return x


@pytest.mark.parametrize("place", range(6))
@pytest.mark.filterwarnings("ignore")
def test_what_changes_in_one_of_many_torchscript_parts_is_found(place: int) -> None:
    model = nn.Sequential(*(torch.jit.script(Counts()) for _ in range(6)))
    after = copied(model)
    assert changes(model, after) == ()
    after[place].calls.add_(1)  # type: ignore[operator]
    assert changes(model, after) == (f"{place}.calls",)
