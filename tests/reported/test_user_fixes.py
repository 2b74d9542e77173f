"""What a user would do first, where another change only makes the model run: each fix is carried out and looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

import kaiyan

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.explain.diagnosis.diagnose import Diagnosis


def failed(run: Callable[[], Any], model: nn.Module, *inputs: Tensor) -> Diagnosis:
    """The diagnosis of what ``run`` raises."""
    with pytest.raises((RuntimeError, TypeError, ValueError, AssertionError), match=r".") as caught:
        run()
    return kaiyan.diagnose(caught.value, model, inputs)


def mended(model: nn.Module, x: Tensor) -> tuple[Diagnosis, Tensor]:
    """The diagnosis of a model that fails, and what it gives with the first fix in."""
    torch.manual_seed(0)
    why = failed(lambda: model(x), model, x)
    assert why.fixes[0].tried
    fixed, inputs = why.fixes[0].apply(model, (x,))
    return why, fixed(*inputs)


class LeNet(nn.Module):
    """A view of -1 rows, which mixes samples at some sizes."""

    def __init__(self, least: int = 16 * 5 * 5) -> None:
        super().__init__()
        self.a, self.b, self.pool = nn.Conv2d(3, 6, 5), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2)
        self.least, self.head = least, nn.Linear(least, 10)

    def forward(self, x: Tensor) -> Any:
        x = self.pool(nn.functional.relu(self.b(self.pool(nn.functional.relu(self.a(x))))))
        x = x.view(-1, self.least)
        return self.head(x)


@pytest.mark.parametrize("size", [64, 96, 224])
@pytest.mark.parametrize("batch", [2, 4])
def test_no_size_is_offered_at_which_a_view_mixes_the_samples(size: int, batch: int) -> None:
    model, x = LeNet(), torch.rand(batch, 3, size, size)
    for fix in failed(lambda: model(x), model, x).fixes:
        if fix.tried:
            fixed, inputs = fix.apply(model, (x,))
            assert fixed(*inputs).shape == (batch, 10)


FLAT = [
    nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 26 * 26, 3)),
    nn.Sequential(nn.Conv2d(1, 8, 3), nn.Dropout(0.1), nn.MaxPool2d(2), nn.GELU(), nn.Flatten(), nn.Linear(1352, 3)),
]


@pytest.mark.parametrize("model", FLAT)
def test_one_picture_before_an_activation_and_a_flatten_is_a_batch_of_one(model: nn.Module) -> None:
    why, y = mended(model, torch.rand(1, 28, 28))
    assert (why.code, y.shape, "unsqueeze(0)" in str(why.fixes[0].after)) == ("K005", (1, 3), True)


class Words(nn.Module):
    """An embedding whose features a convolution takes on axis 1."""

    def __init__(self) -> None:
        super().__init__()
        self.e, self.c = nn.Embedding(50, 16), nn.Conv1d(16, 8, 3, padding=1)

    def forward(self, x: Tensor) -> Any:
        return self.c(self.e(x))


class Recurrent(nn.Module):
    """A recurrent layer before a convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.r, self.c = nn.GRU(5, 16, batch_first=True), nn.Conv1d(16, 8, 3, padding=1)

    def forward(self, x: Tensor) -> Any:
        y, _ = self.r(x)
        return self.c(y)


@pytest.mark.parametrize(
    ("model", "x"),
    [
        (Words(), torch.ones(4, 20, dtype=torch.long)),
        (Words(), torch.ones(1, 7, dtype=torch.long)),
        (nn.Sequential(nn.Embedding(50, 16), nn.Conv1d(16, 8, 3, padding=1)), torch.ones(4, 20, dtype=torch.long)),
        (nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Conv1d(16, 8, 3, padding=1)), torch.rand(4, 20, 5)),
        (Recurrent(), torch.rand(4, 20, 5)),
    ],
)
def test_features_before_a_convolution_are_turned_not_the_layer_changed(model: nn.Module, x: Tensor) -> None:
    why, y = mended(model, x)
    assert "transpose(1, 2)" in str(why.fixes[0].after)
    assert y.shape == (x.shape[0], 8, x.shape[1])


class Joined(nn.Module):
    """A concatenation that forgot its axis."""

    def forward(self, x: Tensor) -> Any:
        a, b = self.a(x), self.b(x)
        return self.c(torch.cat((a, b)))

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 1), nn.Conv2d(8, 2, 1)


class JoinedZero(Joined):
    """The same with the axis written."""

    def forward(self, x: Tensor) -> Any:
        both = torch.cat([self.a(x), self.b(x)], dim=0)
        return self.c(both)


@pytest.mark.parametrize("model", [Joined(), JoinedZero()])
def test_a_concatenation_along_the_batch_is_one_of_channels(model: nn.Module) -> None:
    why, y = mended(model, torch.rand(3, 3, 8, 8))
    assert y.shape == (3, 2, 8, 8)
    assert "cat(" in str(why.fixes[0].after)


class Patches(nn.Module):
    """A transformer of pictures; ``mistake`` says what is forgotten."""

    def __init__(self, mistake: str) -> None:
        super().__init__()
        self.mistake, self.cut = mistake, nn.Conv2d(3, 32, 8, 8)
        self.cls = nn.Parameter(torch.zeros(1, 1, 32))
        self.pos = nn.Parameter(torch.zeros(1, 16 if mistake == "pos" else 17, 32))
        layer = nn.TransformerEncoderLayer(32, 4, 32, dropout=0, batch_first=True)
        self.enc, self.head = nn.TransformerEncoder(layer, 1), nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Any:
        t = self.cut(x).flatten(2)
        if self.mistake == "turn":
            return self.head(self.enc(t).mean(1))
        t = t.transpose(1, 2)
        if self.mistake == "cls":
            t = torch.cat([self.cls, t], dim=1)
        else:
            t = torch.cat([self.cls.expand(len(x), -1, -1), t], dim=1)
        return self.head(self.enc(t + self.pos)[:, 0])


@pytest.mark.parametrize(
    ("mistake", "code"), [("cls", "expand(t.size(0), -1, -1)"), ("pos", "(1, 17, 32)"), ("turn", "t.transpose(1, 2)")]
)
def test_what_is_forgotten_in_a_transformer_of_pictures(mistake: str, code: str) -> None:
    why, y = mended(Patches(mistake), torch.rand(2, 3, 32, 32))
    assert code in str(why.fixes[0].after)
    assert y.shape == (2, 10)


class Longest(nn.Module):
    """The greatest over time, as TextCNN takes it, with its places."""

    def __init__(self) -> None:
        super().__init__()
        self.c, self.f = nn.Conv1d(4, 8, 3), nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Any:
        y = self.c(x)
        return self.f(y.max(dim=2))


def test_the_values_of_a_maximum_are_passed_on() -> None:
    model, x = Longest(), torch.rand(3, 4, 9)
    why, y = mended(model, x)
    assert "[0]" in str(why.fixes[0].after)
    assert torch.equal(y, model.f(model.c(x).amax(2)))


def test_a_spectrogram_of_complex_numbers_goes_in_by_its_magnitude() -> None:
    model, x = nn.Conv2d(1, 4, 3), torch.randn(2, 1, 9, 9, dtype=torch.complex64)
    why, y = mended(model, x)
    assert [fix.after for fix in why.fixes] == ["x = x.abs()"]
    assert torch.equal(y, model(x.abs()))


class Detector(nn.Module):
    """Anchors times numbers, which the head gives too few of."""

    def __init__(self) -> None:
        super().__init__()
        self.c, self.h = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 60, 1)

    def forward(self, x: Tensor) -> Any:
        y = self.h(self.c(x))
        n, _, h, w = y.shape
        return y.view(n, 3, 25, h, w)


class Decoder(nn.Module):
    """A Linear that gives other maps than the view takes."""

    def __init__(self) -> None:
        super().__init__()
        self.up, self.c = nn.Linear(10, 8 * 4 * 4), nn.Conv2d(8, 1, 3)

    def forward(self, z: Tensor) -> Any:
        return self.c(self.up(z).view(z.size(0), 8, 7, 7))


@pytest.mark.parametrize(
    ("model", "x", "shape"),
    [
        (Detector(), torch.rand(2, 3, 6, 6), (2, 3, 25, 6, 6)),
        (Decoder(), torch.rand(2, 10), (2, 1, 5, 5)),
    ],
)
def test_a_view_of_each_sample_sets_the_width_of_the_layer_before(model: nn.Module, x: Tensor, shape: Any) -> None:
    assert mended(model, x)[1].shape == shape


def test_a_batch_norm_after_a_flatten_is_of_one_axis() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.BatchNorm2d(72))
    why, y = mended(model, torch.rand(2, 1, 8, 8))
    assert "BatchNorm1d(72" in str(why.fixes[0].after)
    assert y.shape == (2, 72)


@pytest.mark.parametrize(("shape", "code"), [((8, 1, 1, 1), ".flatten()"), ((8, 1, 1), ".flatten()")])
def test_what_a_discriminator_gives_is_one_number_a_sample(shape: Any, code: str) -> None:
    class Judge(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.f = nn.Linear(4, 1)

        def forward(self, x: Tensor) -> Any:
            return torch.sigmoid(self.f(x)).reshape(shape)

    model, x = Judge(), torch.rand(8, 4)
    why = failed(lambda: nn.functional.binary_cross_entropy(model(x), torch.ones(8)), model, x)
    assert (why.fixes[0].tried, code in str(why.fixes[0].sentence)) == (True, True)


@pytest.mark.parametrize(
    ("message", "never"),
    [
        ("expected scalar type Float but found Double", ".double()"),
        ("expected scalar type Double but found Float", "x = x.double()"),
        (
            "Got invalid dimensions for input: images for the following indices index: 2 Got: 640 Expected: 224",
            "resize",
        ),
        (
            "Expected 4-dimensional input for 4-dimensional weight [64, 3, 7, 7], but got 3-dimensional input of size "
            "[3, 224, 224] instead",
            "unsqueeze(1)",
        ),
    ],
)
def test_no_fix_of_a_message_makes_it_worse(message: str, never: str) -> None:
    fixes = kaiyan.diagnose(message).fixes
    assert fixes
    assert not [fix for fix in fixes if never in str(fix.after)]


def test_a_skip_of_another_size_has_a_way_out_from_the_message_alone() -> None:
    near = kaiyan.diagnose("Sizes of tensors must match except in dimension 1. Got 64 and 63 in dimension 2")
    far = kaiyan.diagnose("Sizes of tensors must match except in dimension 0. Got 3 and 1 in dimension 1")
    assert "F.interpolate" in str(near.fixes[0].after)
    assert "F.interpolate" not in str(far)
    assert far.fixes


class OneState(nn.Module):
    """An LSTM that is given half of its state."""

    def __init__(self) -> None:
        super().__init__()
        self.r = nn.LSTM(8, 16, batch_first=True)

    def forward(self, x: Tensor) -> Any:
        h = torch.zeros(1, x.size(0), 16)
        y, _ = self.r(x, h)
        return y[:, -1]


@pytest.mark.parametrize("batch", [2, 4])
def test_an_lstm_takes_both_of_its_states(batch: int) -> None:
    model, x = OneState(), torch.rand(batch, 5, 8)
    with pytest.raises((IndexError, RuntimeError)) as caught:
        model(x)
    why = kaiyan.diagnose(caught.value, model, x)
    assert (why.code, why.fixes[0].tried) == ("K045", True)
    fixed, inputs = why.fixes[0].apply(model, x)
    assert torch.equal(fixed(*inputs), model.r(x)[0][:, -1])


@pytest.mark.parametrize("length", [40, 60])
def test_a_clip_that_is_too_short_is_padded_not_stretched(length: int) -> None:
    model = nn.Sequential(nn.Conv1d(1, 4, 80, 4), nn.ReLU(), nn.MaxPool1d(4))
    x = torch.rand(2, 1, length)
    why, _ = mended(model, x)
    assert "interpolate" not in str(why)
    assert "pictures" not in str(why)
    fixed, inputs = why.fixes[0].apply(model, (x,))
    assert torch.equal(inputs[0][..., :length], x)
    assert fixed is not None


def test_a_loss_that_was_not_made_first_is_made_in_its_line() -> None:
    scores, target = torch.rand(4, 3), torch.zeros(4, dtype=torch.long)
    with pytest.raises(RuntimeError) as caught:
        nn.CrossEntropyLoss(scores, target)
    why = kaiyan.diagnose(caught.value)
    assert why.fixes[0].after == "nn.CrossEntropyLoss()(scores, target)"


def test_no_flatten_is_offered_twice() -> None:
    model, x = nn.Sequential(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.Linear(676, 16)), torch.rand(2, 1, 28, 28)
    why, y = mended(model, x)
    assert (why.code, len(why.fixes), y.shape) == ("K031", 1, (2, 16))
