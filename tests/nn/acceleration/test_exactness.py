"""An answer that is not torch's in float32 is right where it is as near to the model's in float64.

Sines of sums, one in the other, double what rounding makes of each: 1e-7 is some 1e-2 after a few.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from kaiyan.nn.acceleration.as_program import Programmed
from kaiyan.nn.acceleration.case import Question, examine
from kaiyan.nn.acceleration.checking import compare
from kaiyan.nn.acceleration.exactness import _Renumbering, as_near
from kaiyan.nn.acceleration.settling import NotEqualError, settle_as_it_comes

FOLDS = 8


class Folding(nn.Module):
    """Sines of sums, ``folds`` of them. With ``places``, also where the largest is; with ``noise``, no two alike."""

    def __init__(self, folds: int, *, places: bool = False, noise: bool = False) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.layers = nn.ModuleList(nn.Conv2d(8, 8, 1, bias=False) for _ in range(folds))
        for layer in self.layers:
            nn.init.normal_(layer.weight, generator=generator)  # type: ignore[arg-type]
        self.places, self.noise = places, noise

    def forward(self, x: Tensor) -> Any:
        for layer in self.layers:
            x = torch.sin(1.7 * layer(x))
        x = x + 1e-6 * torch.randn_like(x) if self.noise else x
        return (x, x.flatten(1).argmax(1)) if self.places else x


def _pictures() -> Tensor:
    return torch.randn(2, 8, 20, 24, generator=torch.Generator().manual_seed(1))


def _distance(right: Tensor, answer: Tensor) -> float:
    return float((right.double() - answer.double()).abs().max() / right.abs().max())


def _judged(model: nn.Module, change: Any) -> Any:
    """What is said of the model's answer in float64 with every tensor changed."""
    case = examine(model.eval(), (_pictures(),))
    question = case.questions[0]
    exact = Folding(len(model.layers)).double()(_pictures().double())  # type: ignore[arg-type]
    answer = change(exact, question.answer)
    return as_near(case, question, answer, compare(question.answer, answer))


@torch.no_grad()
def test_a_badly_conditioned_model_is_right_where_both_are_as_far() -> None:
    model, x = Folding(FOLDS).eval(), _pictures()
    settled = settle_as_it_comes(examine(model, (x,)), Programmed(model, (x,), "default"))
    exact = Folding(FOLDS).double()(x.double())
    theirs, ours = _distance(exact, model(x)), _distance(exact, settled.quick(x))
    assert min(theirs, settled.difference) > 1e-3
    assert ours < 2 * theirs
    assert [note.code for note in settled.notes] == ["accelerate-as-exact"]


@torch.no_grad()
def test_a_well_conditioned_model_that_is_wrong_is_refused() -> None:
    model, wrong = Folding(1).eval(), Folding(1).eval()
    next(wrong.parameters()).mul_(1.01)
    with pytest.raises(NotEqualError, match="differs by"):
        settle_as_it_comes(examine(model, (_pictures(),)), wrong)


@torch.no_grad()
def test_what_is_farther_than_torch_is_not_right() -> None:
    model = Folding(FOLDS)
    assert _judged(model, lambda exact, _: exact.float()) is not None
    assert _judged(model, lambda exact, theirs: (exact - 1.5 * (theirs - exact)).float()) is not None
    assert _judged(model, lambda exact, theirs: (exact - 3 * (theirs - exact)).float()) is None


@torch.no_grad()
def test_nothing_is_measured_by_an_answer_that_is_none() -> None:
    assert _judged(Folding(4 * FOLDS), lambda exact, theirs: (exact - (theirs - exact)).float()) is None
    assert _judged(Folding(FOLDS, noise=True), lambda exact, _: exact.float()) is None


@torch.no_grad()
@pytest.mark.parametrize("shift", [0, 1])
def test_whole_numbers_are_right_or_wrong(shift: int) -> None:
    def answer(exact: Tensor, theirs: Any) -> Any:
        return (exact - (theirs[0] - exact)).float(), theirs[1] + shift

    assert (_judged(Folding(FOLDS, places=True), answer) is None) == bool(shift)


@torch.no_grad()
def test_a_model_that_knows_float32_alone_is_not_asked() -> None:
    class Single(Folding):
        def forward(self, x: Tensor) -> Any:
            assert x.dtype == torch.float32
            return super().forward(x)

    assert _judged(Single(FOLDS), lambda exact, _: exact.float()) is None


@torch.no_grad()
def test_torch_is_asked_in_other_orders_of_channels() -> None:
    model = Folding(FOLDS).eval()
    case, exact = examine(model, (_pictures(),)), Folding(FOLDS).double()(_pictures().double())
    lucky = Question(case.questions[0].inputs, exact.float())
    rounded = case.questions[0].answer - exact
    for times, is_right in ((1, True), (30, False)):
        answer = (exact - times * rounded).float()
        assert (as_near(case, lucky, answer, compare(lucky.answer, answer)) is not None) == is_right


LAYERS: dict[str, tuple[nn.Module, tuple[int, ...]]] = {
    "conv1d": (nn.Conv1d(7, 5, 3), (2, 7, 9)),
    "conv2d groups": (nn.Conv2d(12, 6, 3, padding="same", groups=3), (2, 12, 9, 8)),
    "conv3d without a batch": (nn.Conv3d(7, 5, 3, bias=False), (7, 5, 6, 7)),
    "depthwise": (nn.Conv2d(6, 12, 3, groups=6), (2, 6, 9, 8)),
    "transposed": (nn.ConvTranspose2d(8, 6, 3, stride=2, output_padding=1), (2, 8, 5, 6)),
    "transposed groups": (nn.ConvTranspose1d(8, 6, 3, groups=2), (2, 8, 9)),
    "linear": (nn.Linear(9, 4), (2, 3, 9)),
}


@torch.no_grad()
@pytest.mark.parametrize("name", LAYERS)
def test_layers_are_the_same_in_another_order_of_channels(name: str) -> None:
    layer, shape = LAYERS[name]
    x = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    layer.double()
    seen = []
    for seed in range(3):
        with _Renumbering(seed):
            seen.append(layer(x))
        torch.testing.assert_close(seen[-1], layer(x), rtol=1e-12, atol=1e-12)
    if name != "depthwise":  # of one channel there is one order
        assert not all(torch.equal(layer(x), y) for y in seen)
