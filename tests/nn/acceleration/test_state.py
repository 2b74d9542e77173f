"""What a call changes is found wherever it stands."""

from __future__ import annotations

from typing import Any

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


class Ordered:
    """It keeps two things, and its copies keep them the other way round."""

    def __init__(self) -> None:
        self.first, self.second = 1, {"Layer", "Block", "Stem", "Head"}

    def __deepcopy__(self, memo: object) -> Ordered:
        made = Ordered.__new__(Ordered)
        made.second = {*sorted(self.second, reverse=True)}
        made.first = self.first
        return made


def test_the_order_in_which_a_copy_was_given_its_parts_is_no_change() -> None:
    model: Any = Counts()
    model.kept, model.rows = Ordered(), {"a": 1, "b": 2}
    after = copied(model)
    assert changes(model, after) == ()
    after.kept.second.add("Neck")
    assert changes(model, after) == ("kept.second",)
    after.kept, after.rows = model.kept, {"b": 2, "a": 1}
    assert changes(model, after) == ("rows.key",)
