"""Nothing that is given is slower than the original: one call more, and nothing else, where no layer is replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

from kaiyan.nn import accelerate
from kaiyan.nn.acceleration.replacement import Replacement

if TYPE_CHECKING:
    from clock import Clock


class Seen(nn.Module):
    """Notes what it is called with; a loop over its numbers cannot be traced."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer
        self.seen: list[Any] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen[:] = [id(x), torch.get_num_threads(), torch.is_grad_enabled()]
        return self.layer(x) if float(x.sum()) > -1e9 else x


@pytest.mark.parametrize("ratio", [0.0, 1e9])
def test_where_no_layer_is_replaced_the_model_is_called_as_it_comes(
    ratio: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kaiyan.nn.acceleration.rehearsal.SLOWER", ratio)
    layer = nn.Conv2d(3, 4, 3) if not ratio else nn.AvgPool2d(3)
    model, x = Seen(layer).eval(), torch.randn(1, 3, 9, 8)
    quick = accelerate(model, x)
    assert not quick.report.layers
    torch.set_num_threads(2)
    answer = quick(x)
    assert quick.model.seen == [id(x), 2, False]
    assert torch.equal(answer, model(x))
    assert answer.stride() == model(x).stride()
    assert not answer.requires_grad


class Looks(nn.Module):
    """It looks at its numbers, and keeps nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) if float(x.sum()) > -1e9 else x


@pytest.mark.parametrize(("more", "is_left"), [(1e-5, False), (3e-5, True), (1e-3, True)])
def test_a_small_model_that_loses_as_a_whole_is_left(
    more: float, is_left: bool, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Replacement.output

    def slow(self: Replacement, *given: Any) -> Any:
        clock.seconds += more  # of a model of 1 ms: 2 % and the jitter of a call are allowed
        return right(self, *given)

    monkeypatch.setattr(Replacement, "output", slow)
    monkeypatch.setattr("kaiyan.nn.acceleration.rehearsal.SLOWER", 1e9)
    monkeypatch.setattr("kaiyan.nn.acceleration.slower.SLOWEST", 0.98)
    quick = accelerate(Looks().eval(), torch.randn(1, 3, 9, 8))
    assert quick.is_replaced is not is_left
    assert str(quick.report.left.get("layer", "")).startswith("torch runs the model in ") is is_left
