"""Losses, targets and what comes after a model, as users broke them (round 2: b10's message, b12, b13, b16, b27).

What is right is known from the losses' definitions: cross entropy takes (N, C, ...) and classes (N, ...), the others
compare number by number; 2704 = 16·13·13 is counted by hand for a LeNet given 64x64.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import torch
from failing import diagnosed
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (its usual name, in lines as users write them)

import kaiyan
from kaiyan.show.i18n import say

if TYPE_CHECKING:
    from kaiyan.explain.diagnosis.diagnose import Diagnosis

pytestmark = pytest.mark.filterwarnings("ignore:Using a target size", "ignore:reduction")


def first(found: Diagnosis) -> str:
    """The first fix's code; it was tried."""
    assert found.fixes[0].tried
    return found.fixes[0].after or ""


class LeNet(nn.Module):
    """For pictures of 32x32: 16·5·5 numbers a sample."""

    def __init__(self) -> None:
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(3, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 20)
        self.fc2 = nn.Linear(20, 10)

    def forward(self, x: Tensor) -> Any:
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        x = x.view(-1, 400)
        return self.fc2(F.relu(self.fc1(x)))


PICTURES, LABELS = torch.zeros(25, 3, 64, 64), torch.zeros(25, dtype=torch.long)


def training() -> Tensor:
    """A step as it is written: a model, a criterion, their tensors in names."""
    net, x, y = LeNet(), PICTURES, LABELS
    criterion = nn.CrossEntropyLoss()
    out = net(x)
    return criterion(out, y)  # type: ignore[no-any-return]


TYPED = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 5)
        self.fc = nn.Linear(400, 10)

    def forward(self, x):
        return self.fc(self.conv(x).view(-1, 400))
"""


def test_a_view_typed_at_the_prompt_whose_line_is_not_kept_is_called_by_its_name() -> None:
    typed: dict[str, Any] = {}
    exec(TYPED, typed)
    net, x, y = typed["Net"](), torch.zeros(2, 3, 64, 64), torch.zeros(2, dtype=torch.long)
    with pytest.raises(ValueError, match="batch_size") as failure:
        exec("F.cross_entropy(net(x), y)", {"F": F, "net": net, "x": x, "y": y})
    words = str(kaiyan.diagnose(failure.value, net, x)).splitlines()
    assert "2 targets: view makes rows of 400 numbers" in words[0]
    assert not any(line.endswith(": ") for line in words)


def test_b12_a_view_that_makes_rows_of_the_batch_is_named_with_its_line_and_mended() -> None:
    found = diagnosed(training)
    assert found.code == "K050"
    assert "169 rows and 25 targets" in str(found.cause)
    assert "x.view(-1, 400)" in str(found.cause)
    assert found.line is not None
    assert found.line.text == "return criterion(out, y)  # type: ignore[no-any-return]"
    assert first(found) == "x = x.view(x.size(0), -1)\nself.fc1 = nn.Linear(2704, 20)"
    model, inputs = found.fixes[0].apply(LeNet(), PICTURES)
    assert model(*inputs).shape == (25, 10)


def test_b12_the_inputs_are_not_blamed() -> None:
    model, x = LeNet(), PICTURES
    found = diagnosed(lambda: F.cross_entropy(model(x), LABELS), model, x)
    assert "must have been given others" not in str(found)
    assert [str(line) for line in found.unknown] == [
        "the model itself runs on these inputs: the failure comes after it"
    ]


def test_b12_the_message_with_the_model_is_enough() -> None:
    found = kaiyan.diagnose("Expected input batch_size (169) to match target batch_size (25).", LeNet(), PICTURES)
    assert first(found).startswith("x = x.view(x.size(0), -1)")


def test_b12_the_message_alone_says_what_keeps_the_batch() -> None:
    found = kaiyan.diagnose("ValueError: Expected input batch_size (169) to match target batch_size (25).")
    assert "169 rows and 25 targets" in str(found.cause)
    assert found.fixes[0].after == "x = x.view(x.size(0), -1)"


class Reshaped(nn.Module):
    """The same mistake in other words."""

    def __init__(self, way: Any) -> None:
        super().__init__()
        self.conv, self.way, self.head = nn.Conv2d(1, 4, 3), way, nn.Linear(36, 5)

    def forward(self, x: Tensor) -> Any:
        x = self.conv(x)
        if self.way is torch.reshape:
            flat = torch.reshape(x, (-1, 36))
            return self.head(flat)
        return self.head(torch.relu(x).reshape(-1, 36))


@pytest.mark.parametrize("way", [torch.reshape, torch.relu])
def test_other_spellings_of_the_view_are_mended(way: Any) -> None:
    model, x = Reshaped(way), torch.zeros(3, 1, 8, 8)
    found = diagnosed(lambda: F.cross_entropy(model(x), torch.zeros(3, dtype=torch.long)), model, x)
    mended, inputs = found.fixes[0].apply(model, x)
    assert first(found)
    assert mended(*inputs).shape == (3, 5)


class View(nn.Module):
    """A view as a layer, as people write it for a Sequential."""

    def __init__(self, *sizes: int) -> None:
        super().__init__()
        self.sizes = sizes

    def forward(self, x: Tensor) -> Tensor:
        return x.view(*self.sizes)


def test_a_view_that_is_a_layer_becomes_a_flatten() -> None:
    model, x = nn.Sequential(nn.Conv2d(1, 4, 3), View(-1, 36), nn.Linear(36, 5)), torch.zeros(3, 1, 8, 8)
    found = diagnosed(lambda: F.cross_entropy(model(x), torch.zeros(3, dtype=torch.long)), model, x)
    assert "layer '1' (View)" in say(found.cause, "en")
    assert found.fixes[0].tried
    assert found.fixes[0].apply(model, x)[0](x).shape == (3, 5)


def test_a_view_in_the_script_itself_is_named_with_its_line() -> None:
    def script() -> None:
        features = torch.zeros(4, 8, 2, 2)
        rows = features.view(-1, 8)
        F.cross_entropy(rows, torch.zeros(4, dtype=torch.long))

    found = diagnosed(script)
    assert found.fixes[0].before == "rows = features.view(-1, 8)"
    assert found.fixes[0].after == "rows = features.view(features.size(0), -1)"


def test_weights_of_classes_that_are_too_few() -> None:
    found = diagnosed(lambda: F.cross_entropy(torch.zeros(4, 5), LABELS[:4], weight=torch.ones(4)))
    assert (found.code, str(found.cause)) == ("K059", "there are 5 outputs but 4 class weights: each output needs one")


TRACE = """Traceback (most recent call last):
  File "train.py", line 20, in <module>
    loss = criterion(model(x), y)
  File "/opt/lib/python3.10/site-packages/torch/nn/functional.py", line 3163, in {name}
    return torch._C._nn.{name}(input, target)
{words}
"""
PASTED = {
    "a column": ("binary_cross_entropy_with_logits", "ValueError: Target size (torch.Size([4])) must be the same as "
                                                     "input "
                 "size (torch.Size([4, 1]))", "K051", "loss = criterion(model(x), y.unsqueeze(1))"),
    "maps": ("mse_loss", "RuntimeError: The size of tensor a (8) must match the size of tensor b (6) at non-singleton "
             "dimension 3", "K051", "loss = criterion(F.interpolate(model(x), size=y.shape[2:]), y)"),
    "a float": ("cross_entropy", "RuntimeError: expected scalar type Long but found Float", "K053",
                "loss = criterion(model(x), y.long())"),
    "scores": ("binary_cross_entropy", "RuntimeError: all elements of input should be between 0 and 1", "K055",
               "loss = F.binary_cross_entropy_with_logits(model(x), y)"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "words", "code", "line"), PASTED.values(), ids=PASTED)
def test_a_pasted_traceback_is_mended_in_its_own_line(name: str, words: str, code: str, line: str) -> None:
    found = kaiyan.diagnose(TRACE.format(name=name, words=words))
    assert (found.code, found.fixes[0].after) == (code, line)
    assert not found.fixes[0].tried


class Inside(nn.Module):
    """A model that computes its own loss."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 3)

    def forward(self, x: Tensor, labels: Tensor) -> Any:
        scores = self.fc(x)
        return F.cross_entropy(scores, labels)


def test_a_loss_inside_the_model_is_mended_in_its_own_line_and_tried() -> None:
    model, x, labels = Inside(), torch.zeros(4, 8), torch.zeros(4, 1, dtype=torch.long)
    found = diagnosed(lambda: model(x, labels), model, (x, labels))
    assert found.code == "K054"
    assert first(found) == "return F.cross_entropy(scores, labels.squeeze(1))"
    assert found.unknown == ()


def test_b10_indices_must_be_integers() -> None:
    found = diagnosed(lambda: nn.Embedding(9, 4)(torch.zeros(2, 5)))
    assert found.code != "K000"
    assert "x.long()" in str(found)


def test_b13_a_target_without_the_axis_of_one() -> None:
    head, x = (
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 1)),
        torch.zeros(4, 3, 9, 8),
    )

    def given(loss: Any) -> Any:
        target = torch.zeros(4)
        return loss(head(x), target)

    losses: list[Any] = [nn.BCEWithLogitsLoss(), lambda a, b: F.binary_cross_entropy(a.sigmoid(), b)]
    for loss in losses:
        found = diagnosed(partial(given, loss), head, x)
        assert found.code == "K051"
        assert "the output is (4, 1), the target (4,)" in str(found.cause)
        assert ".unsqueeze(1)" in first(found)
        assert "others" not in str(found)


class Pooled(nn.Module):
    """squeeze() where a flatten is meant."""

    def __init__(self, *last: nn.Module) -> None:
        super().__init__()
        self.pool, self.fc, self.last = nn.AdaptiveAvgPool2d(1), nn.Linear(8, 2), nn.Sequential(*last)

    def forward(self, x: Tensor) -> Any:
        x = self.pool(x)
        x = x.squeeze()
        return self.last(self.fc(x))


@pytest.mark.parametrize("last", [nn.Softmax(dim=1), nn.BatchNorm1d(2), nn.LogSoftmax(dim=1)], ids=repr)
def test_b16_squeeze_takes_the_batch_of_one_away(last: nn.Module) -> None:
    model, x = Pooled(last).eval(), torch.zeros(1, 8, 4, 4)
    found = diagnosed(lambda: model(x), model, x)
    assert found.code == "K058"
    assert "(1, 8, 1, 1) became (8,)" in str(found.cause)
    assert first(found) == "x = x.flatten(1)"
    mended, inputs = found.fixes[0].apply(model, x)
    assert mended(*inputs).shape == (1, 2)


class Score(nn.Module):
    """One number a sample, squeezed."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 1)

    def forward(self, x: Tensor) -> Any:
        return torch.squeeze(self.fc(x))


def test_b16_a_squeezed_score_meets_its_target() -> None:
    model, x = Score(), torch.zeros(1, 8)
    found = diagnosed(lambda: F.binary_cross_entropy_with_logits(model(x), torch.zeros(1)), model, x)
    assert found.code == "K058"
    assert first(found) == "return self.fc(x).squeeze(1)"


def test_a_squeeze_of_a_batch_of_two_is_innocent() -> None:
    model, x = Pooled(nn.Conv2d(2, 2, 3)), torch.zeros(2, 8, 4, 4)
    assert diagnosed(lambda: model(x), model, x).code != "K058"


def test_b27_batch_norm_of_one_value_stays_right() -> None:
    class Branch(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.pool, self.norm = nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(3)

        def forward(self, x: Tensor) -> Any:
            return self.norm(self.pool(x))

    model, x = Branch(), torch.zeros(1, 3, 8, 8)
    found = diagnosed(lambda: model(x), model, x)
    assert (found.code, found.path) == ("K020", "norm")
    assert first(found) == "model.eval()"


L = torch.long
LOSSES: dict[str, tuple[str, Tensor, Tensor, str, str]] = {
    "long for classes": ("cross_entropy", torch.zeros(4, 3), torch.zeros(4), "K053", "y.long()"),
    "int32 for classes": ("cross_entropy", torch.zeros(4, 3), torch.zeros(4, dtype=torch.int32), "K053", "y.long()"),
    "long for nll": ("nll_loss", torch.zeros(4, 3), torch.zeros(4), "K053", "y.long()"),
    "float for bce": ("binary_cross_entropy", torch.full((4,), 0.5), torch.zeros(4, dtype=L), "K053", "y.float()"),
    "float for logits": (
        "binary_cross_entropy_with_logits",
        torch.zeros(4),
        torch.zeros(4, dtype=L),
        "K053",
        "y.float()",
    ),
    "double for bce": ("binary_cross_entropy", torch.full((4,), 0.5), torch.zeros(4).double(), "K053", "y.float()"),
    "one-hot of integers": ("cross_entropy", torch.zeros(3, 3), torch.eye(3).long(), "K054", "y.argmax(1)"),
    "one-hot for nll": ("nll_loss", torch.zeros(3, 3), torch.eye(3), "K054", "y.argmax(1)"),
    "a column": ("cross_entropy", torch.zeros(4, 3), torch.zeros(4, 1, dtype=L), "K054", "y.squeeze(1)"),
    "a mask with a channel": (
        "cross_entropy",
        torch.zeros(2, 3, 5, 4),
        torch.zeros(2, 1, 5, 4),
        "K054",
        "y.squeeze(1).long()",
    ),
    "a mask of another size": (
        "cross_entropy",
        torch.zeros(2, 3, 5, 4),
        torch.zeros(2, 7, 6, dtype=L),
        "K054",
        "size=(7, 6)",
    ),
    "classes on the last axis": (
        "cross_entropy",
        torch.zeros(2, 7, 5),
        torch.zeros(2, 7, dtype=L),
        "K054",
        "x.transpose(1, 2)",
    ),
    "classes from one": ("cross_entropy", torch.zeros(3, 3), torch.tensor([1, 2, 3]), "K052", "y - 1"),
    "a border of 255": ("cross_entropy", torch.zeros(3, 3), torch.tensor([0, 2, 255]), "K052", "ignore_index=255"),
    "minus one": ("cross_entropy", torch.zeros(3, 3), torch.tensor([0, 2, -1]), "K052", "ignore_index=-1"),
    "a mask from 0 to 255": ("cross_entropy", torch.zeros(2, 2), torch.tensor([0, 255]), "K052", "y // 255"),
    "scores in bce": (
        "binary_cross_entropy",
        torch.full((4,), 3.0),
        torch.zeros(4),
        "K055",
        "binary_cross_entropy_with_logits(x, y)",
    ),
    "bytes in bce": ("binary_cross_entropy", torch.full((4,), 0.5), torch.full((4,), 255.0), "K055", "y / 255"),
    "labels in bce": (
        "binary_cross_entropy_with_logits",
        torch.zeros(4, 3),
        torch.zeros(4),
        "K051",
        "F.cross_entropy(x, y.long())",
    ),
    "a column in mse": ("mse_loss", torch.zeros(4, 3), torch.zeros(4), "K051", "F.one_hot(y.long(), 3).float()"),
    "maps in l1": ("l1_loss", torch.zeros(2, 3, 8, 8), torch.zeros(2, 3, 6, 5), "K051", "size=(6, 5)"),
    "channels last in mse": (
        "mse_loss",
        torch.zeros(2, 3, 5, 4),
        torch.zeros(2, 5, 4, 3),
        "K051",
        "y.permute(0, 3, 1, 2)",
    ),
    "one target too many axes": (
        "smooth_l1_loss",
        torch.zeros(4, 5, 2),
        torch.zeros(4, 1, 3, 2),
        "K051",
        "the same shape",
    ),
    "rows and columns": ("cross_entropy", torch.zeros(3, 4), torch.zeros(4, dtype=L), "K050", "x.T"),
    "words in a line": ("cross_entropy", torch.zeros(14, 5), torch.zeros(2, 7, dtype=L), "K050", "y.flatten()"),
    "classes in kl": ("kl_div", torch.zeros(4, 3), torch.zeros(4, dtype=L), "K053", "F.nll_loss(x, y)"),
}


LOSSES |= {
    "two things at once": (
        "binary_cross_entropy_with_logits", torch.zeros(4, 1), torch.zeros(4, dtype=L), "K051",
        "y.unsqueeze(1).float()",
    ),
    "three things at once": (
        "cross_entropy", torch.zeros(2, 3, 5, 4), torch.zeros(2, 1, 7, 6), "K054", "y.squeeze(1).long()",
    ),
    "rows of a regression": ("mse_loss", torch.zeros(16, 1), torch.zeros(4, 1), "K050", "view(x.size(0), -1)"),
    "one output": ("cross_entropy", torch.zeros(4, 1), torch.tensor([0, 1, 1, 0]), "K052", "y.float()"),
    "a regression": ("cross_entropy", torch.zeros(4, 1), torch.full((4,), 0.5), "K053", "F.mse_loss(x.squeeze(1), y)"),
    "maps for classes": ("cross_entropy", torch.zeros(4, 3, 5, 5), torch.zeros(4, dtype=L), "K054", "x.mean((2, 3))"),
    "maps of one place": ("cross_entropy", torch.zeros(4, 3, 1, 1), torch.zeros(4, dtype=L), "K054", "x.flatten(1)"),
    "classes for scores": ("cross_entropy", torch.zeros(4, dtype=L), torch.zeros(4, dtype=L), "K053", "before argmax"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "x", "y", "code", "says"), LOSSES.values(), ids=LOSSES)
def test_a_losss_target_is_mended_in_the_users_line(name: str, x: Tensor, y: Tensor, code: str, says: str) -> None:
    call = getattr(F, name)
    kept = x.clone(), y.clone()
    found = diagnosed(lambda: call(x, y))
    assert found.code == code
    assert says in " ".join([found.fixes[0].after or "", str(found.fixes[0].sentence)])
    assert found.fixes[0].tried or says in ("the same shape", "before argmax", "view(x.size(0), -1)")
    assert torch.equal(x, kept[0])
    assert torch.equal(y, kept[1])


@pytest.mark.parametrize("loss", LOSSES)
def test_the_message_alone_is_never_unknown(loss: str) -> None:
    name, x, y, *_ = LOSSES[loss]
    with pytest.raises((RuntimeError, ValueError, IndexError)) as caught:
        getattr(F, name)(x, y)
    found = kaiyan.diagnose(f"{type(caught.value).__name__}: {caught.value}")
    assert found.code != "K000"
    assert found.fixes or found.code == "K021"  # two sizes that do not meet: it may be a loss, it may be a sum
