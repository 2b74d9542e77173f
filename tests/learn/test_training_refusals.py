"""What cannot be trained is refused in one sentence with the user's numbers; what goes wrong says where."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import torch
from filelock import FileLock
from torch import Tensor, nn
from torch.utils.data import Dataset, IterableDataset

import kaiyan
import kaiyan.learn
from kaiyan.learn.training.error import TrainingError
from kaiyan.show.i18n import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

X, Y = torch.arange(12.0).reshape(6, 2), torch.tensor([0, 1, 2, 0, 1, 2])


class Stream(IterableDataset[Any]):
    def __iter__(self) -> Iterator[Any]:
        yield from zip(X, Y, strict=True)


def _classifier() -> nn.Linear:
    return nn.Linear(2, 3)


def _refusal(model: Any = _classifier, data: Any = (X, Y), **settings: Any) -> TrainingError:
    with pytest.raises(TrainingError) as caught:
        kaiyan.learn.train(model, data, **({"epochs": 1, "seed": 0, "batch": 3} | settings))
    assert say(caught.value, "zh") != say(caught.value, "en")
    return caught.value


REFUSED = [
    ({"data": (X[:0], Y[:0])}, "no-examples", "there are no examples to learn from: the data has length 0"),
    ({"data": []}, "no-examples", "the data has length 0"),
    ({"data": (X, Y[:4])}, "examples-differ", "there are 6 inputs and 4 targets"),
    ({"data": Stream()}, "examples-form", "a Stream has no examples that are found by number"),
    ({"data": [(X[0], Y[0], 1)] * 3}, "example-form", "an example is a list of 3"),
    ({"data": (X, torch.tensor([0, 1, 2, 0, 7, 3]))}, "label-range",
     "the model tells 3 classes apart, so labels are 0 to 2, but example 4 has 7 (2 such labels here)"),
    ({"data": list(zip(X, [0, 1, -1, 0, 1, 2], strict=True))}, "label-range", "but example 2 has -1"),
    ({"data": (X, Y.float())}, "target-shape", "the model gives (3, 3), but the targets of a batch are (3,)"),
    ({"loss": "hinge"}, "training-word", "there is no loss 'hinge'; choose from cross_entropy, mse, l1, bce"),
    ({"optimizer": "lion"}, "training-word", "there is no optimizer 'lion'; choose from sgd, adam, adamw"),
    ({"schedule": "steps"}, "training-word", "there is no schedule 'steps'; choose from cosine"),
    ({"epochs": 0}, "training-number", "epochs is 0; it must be a whole number of 1 or more"),
    ({"batch": 2.5}, "training-number", "batch is 2.5"),
    ({"seed": -1}, "training-number", "seed is -1"),
    ({"model": nn.ReLU()}, "nothing-to-learn", "ReLU has no parameter that learns"),
    ({"masks": {"wieght": True}}, "mask-name", "the model has no parameter 'wieght'\n  help: weight"),
    ({"masks": {"weight": [1, 0]}}, "mask-shape", "the mask of weight is (2,), but the parameter is (3, 2)"),
    ({"validation": 0.01}, "validation-part", "validation=0.01 of 6 examples leaves no two parts"),
    ({"accelerator": "gpu", "devices": 64}, "devices-refused", "devices=64, accelerator='gpu' cannot be had here ("),
    ({"accelerator": "abacus"}, "devices-refused", "devices=1, accelerator='abacus' cannot be had here"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "code", "sentence"), REFUSED, ids=[f"{row[1]}-{n}" for n, row in enumerate(REFUSED)])
def test_a_setting_is_refused_in_one_sentence(asked: dict[str, Any], code: str, sentence: str) -> None:
    found = _refusal(**asked)
    assert found.code == code
    assert sentence in str(found)


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file, no folder")
    model = _classifier()
    before = model.weight.detach().clone()
    found = _refusal(model, folder=tmp_path / "file" / "run")
    assert found.code == "folder-refused"
    assert str(tmp_path / "file" / "run") in str(found)
    assert torch.equal(model.weight, before)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has a device that is always full")  # noqa: PTH110
def test_a_full_disk_leaves_the_last_state_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kaiyan.learn.train(_classifier, (X, Y), epochs=1, seed=0, folder=tmp_path)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    (tmp_path / f".checkpoint.pt.{os.getpid()}").symlink_to("/dev/full")
    monkeypatch.setattr("pathlib.Path.glob", lambda *_: [])
    found = _refusal(folder=tmp_path, epochs=2, batch=32)
    assert found.code == "folder-refused"
    assert "No space left on device" in str(found)
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


def test_a_folder_is_one_run_s_at_a_time(tmp_path: Path) -> None:
    with FileLock(tmp_path / "in-use.lock"):
        assert _refusal(folder=tmp_path).code == "folder-in-use"


class Unread(Dataset[Any]):
    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        if index:
            raise FileNotFoundError(2, "No such file or directory", "picture.png")
        return X[index], Y[index]


def test_what_the_data_raises_is_not_taken_for_the_folder_s_and_lets_go_of_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"picture\.png"):
        kaiyan.learn.train(_classifier, Unread(), epochs=1, seed=0, batch=3, folder=tmp_path)
    with FileLock(tmp_path / "in-use.lock", timeout=0):
        pass


def test_a_checkpoint_of_another_model_is_refused_and_stays(tmp_path: Path) -> None:
    kaiyan.learn.train(_classifier, (X, Y), epochs=1, seed=0, batch=3, folder=tmp_path)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    found = _refusal(lambda: nn.Linear(2, 4), folder=tmp_path)
    assert found.code == "other-run"
    assert "its parameters is {'weight': [3, 2, 'torch.float32']" in str(found)
    assert _refusal(folder=tmp_path, seed=1).facts["name"] == "seed"
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


@pytest.mark.parametrize("damage", ["half", "nothing", "other"])
def test_a_damaged_checkpoint_is_refused_and_stays(tmp_path: Path, damage: str) -> None:
    kaiyan.learn.train(_classifier, (X, Y), epochs=1, seed=0, folder=tmp_path)
    path = tmp_path / "checkpoint.pt"
    whole = path.read_bytes()
    path.write_bytes({"half": whole[: len(whole) // 2], "nothing": b"", "other": b"no checkpoint"}[damage])
    left = path.read_bytes()
    assert _refusal(folder=tmp_path, batch=32).code == "checkpoint-damaged"
    assert path.read_bytes() == left


def test_fewer_epochs_than_were_done_are_refused(tmp_path: Path) -> None:
    kaiyan.learn.train(_classifier, (X, Y), epochs=3, seed=0, folder=tmp_path)
    found = _refusal(folder=tmp_path, batch=32, epochs=2)
    assert (found.code, found.facts["done"]) == ("epochs-behind", 3)


class Log(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.log()


def _into_the_log() -> nn.Module:
    first = nn.Linear(2, 2)
    nn.init.constant_(first.weight, 1.0)
    nn.init.constant_(first.bias, 0.0)
    return nn.Sequential(first, Log(), nn.Linear(2, 1))


def test_a_loss_that_is_no_number_says_step_layer_and_gradient() -> None:
    """The fifth example, (-1, -1), goes to the logarithm of a negative number: it is in the third batch of two."""
    x = torch.ones(6, 2)
    x[4] = -1
    model = _into_the_log()
    loader: Any = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, torch.zeros(6, 1)), batch_size=2)
    still = partial(torch.optim.SGD, lr=1e-9)
    found = _refusal(model, loader, optimizer=still)
    assert found.code == "loss-not-finite"
    assert "training stopped at step 3 (batch 3 of epoch 1), the loss is nan" in str(found)
    assert "the first layer whose output is not finite is 1, the first gradient 2." in str(found)
    assert "a smaller learning rate, or no 0 and nothing negative under a logarithm or root" in str(found)
    assert all(weight.isfinite().all() for weight in model.parameters())


def test_a_gradient_that_is_no_number_stops_before_the_weights_do() -> None:
    """The square root has an infinite slope at 0, where its value is finite."""

    class Root(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.zeros(1))

        def forward(self, x: Tensor) -> Tensor:
            return (x * self.scale).sqrt()

    model = Root()
    found = _refusal(model, (torch.ones(3, 1), torch.ones(3, 1)))
    assert "the loss is 1: every layer's output is finite, the first gradient that is not is scale" in str(found)
    assert model.scale.item() == 0


@pytest.mark.parametrize(("place", "said"), [(0, "1 numbers of its inputs"), (1, "1 numbers of its targets")])
def test_numbers_that_are_lost_in_the_data_are_told_apart(place: int, said: str) -> None:
    data = [torch.ones(3, 2), torch.ones(3, 1)]
    data[place][1, 0] = float("nan")
    assert said in str(_refusal(lambda: nn.Linear(2, 1), tuple(data)))
