"""How answers lie in memory: in torch's own strides, also where an axis of one leaves them open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

from kaiyan.nn.acceleration.as_program import as_program
from kaiyan.nn.acceleration.by_module import by_module
from kaiyan.nn.acceleration.case import examine
from kaiyan.nn.acceleration.settling import settle
from kaiyan.trace.copied import copied

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.nn.acceleration.accelerated import Accelerated
    from kaiyan.nn.acceleration.case import Case


def _layers(case: Case) -> Accelerated:
    model, sources, _ = by_module(copied(case.model), copied(case.questions[0].inputs), "default")
    assert sources
    return settle(case, model).quick


def _program(case: Case) -> Accelerated:
    return as_program(case, "default")[0].quick


class Sliced(nn.Module):
    def __init__(self, layer: nn.Module, *places: slice) -> None:
        super().__init__()
        self.layer, self.places = layer, places

    def forward(self, x: Tensor) -> Any:
        return self.layer(x)[self.places]


WHOLE, SECOND, FIRST = slice(None), slice(None, None, 2), slice(4)
MODELS: dict[str, Callable[[], nn.Module]] = {
    "series": lambda: Sliced(nn.Conv1d(1, 6, 3, padding=2, dilation=2)),
    "picture": lambda: Sliced(nn.Conv2d(1, 6, 3, padding=1)),
    "volume": lambda: Sliced(nn.Conv3d(1, 6, 3, padding=1)),
    "every second channel": lambda: Sliced(nn.Conv2d(1, 6, 3, padding=1), WHOLE, SECOND),
    "every second of two": lambda: Sliced(nn.Conv2d(1, 2, 3, padding=1), WHOLE, SECOND),
    "some channels": lambda: Sliced(nn.Conv2d(1, 6, 3, padding=1), WHOLE, FIRST),
    "every second row": lambda: Sliced(nn.Conv2d(1, 6, 3, padding=1), WHOLE, WHOLE, SECOND),
    "every second column": lambda: Sliced(nn.Conv2d(1, 6, 3, padding=1), WHOLE, WHOLE, WHOLE, SECOND),
    "every second of both": lambda: Sliced(nn.Conv2d(1, 6, 3, padding=1), WHOLE, SECOND, SECOND),
    "from one pixel": lambda: Sliced(nn.Conv2d(1, 6, 1, stride=2), WHOLE, SECOND),
}


def _first(batch: int, *sizes: int) -> Tensor:
    return torch.randn(batch, 1, *sizes)


def _last(batch: int, *sizes: int) -> Tensor:
    return torch.randn(batch, *sizes, 1).movedim(-1, 1)


@pytest.mark.parametrize("way", [_layers, _program])
@pytest.mark.parametrize("laid", [_first, _last])
@pytest.mark.parametrize("name", MODELS)
def test_answers_lie_as_torchs_where_the_input_has_one_channel(name: str, laid: Any, way: Any) -> None:
    model = MODELS[name]().eval()
    rank = next(layer.weight.ndim for layer in model.modules() if isinstance(layer, nn.modules.conv._ConvNd)) - 2
    with torch.no_grad():
        quick = way(examine(model, (laid(2, *[12] * rank),)))
        for batch, size in ((2, 12), (3, 12), (2, 16), (5, 10)):
            for lies in (_first, _last):
                x = lies(batch, *[size] * rank)
                right, answer = model(x), quick(x)
                torch.testing.assert_close(answer, right, rtol=1e-4, atol=1e-5)
                assert answer.stride() == right.stride(), (batch, size, x.stride())
