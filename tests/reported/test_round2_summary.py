"""Round two, rows b1 to b10 of summary: parameters and shapes are those of the reports, or counted by hand."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import kaiyan


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        act = nn.PReLU()
        self.blocks = nn.ModuleList(nn.ModuleList([nn.Linear(4, 4), act, nn.Linear(4, 4), act]) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            for layer in block.children():
                x = layer(x)
        return x


def test_b1_one_activation_of_many_parents_is_counted_once() -> None:
    """Six Linear(4, 4) of 20 and one PReLU of 1; torchinfo#327."""
    found = kaiyan.summary(Shared(), (1, 4))
    assert (found.parameters, found.layers[0].parameters) == (121, 121)


def test_b2_a_tied_head_is_counted_once() -> None:
    """torchinfo#377."""
    model = nn.Sequential(nn.Embedding(50, 8), nn.Linear(8, 50, bias=False))
    model[1].weight = model[0].weight
    found = kaiyan.summary(model, input_data=torch.zeros(2, 5, dtype=torch.long))
    assert (found.parameters, found.layers[0].parameters) == (400, 400)


def test_b5_a_recurrent_layer_gives_all_its_tensors() -> None:
    """pytorch-summary#143: 2 directions of 2 layers."""
    found = kaiyan.summary(nn.LSTM(5, 7, 2, bidirectional=True), (2, 3, 5))
    assert found.parameters == sum(p.numel() for p in nn.LSTM(5, 7, 2, bidirectional=True).parameters()) == 1904 + 168
    assert [seen.shape for seen in found.layers[0].outputs] == [(2, 3, 14), (4, 3, 7), (4, 3, 7)]


class Batched(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.fc = nn.Embedding(9, 4), nn.Linear(4, 2)

    def forward(self, batch: dict[str, Any]) -> Tensor:
        return self.fc(self.words(batch["ids"]) + self.words(batch["more"]["types"]))  # type: ignore[no-any-return]


def test_b7_dicts_of_whole_numbers_are_given() -> None:
    """torchinfo#141."""
    batch = {"ids": torch.zeros(2, 3, dtype=torch.long), "more": {"types": torch.ones(2, 3, dtype=torch.int32)}}
    for data in ([batch], {"batch": batch}):
        found = kaiyan.summary(Batched(), input_data=data)
        assert found.error is None
        assert found.layers[0].outputs[0].shape == (2, 3, 2)


@pytest.mark.parametrize("training", [True, False])
def test_b8_statistics_and_modes_stay(training: bool) -> None:
    """torchinfo#21, thop PR#145."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout()).train(training)
    before = copy.deepcopy(model.state_dict())
    kaiyan.summary(model, (2, 3, 8, 8), col_names=("time",))
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert model.training is training
    assert model[1].training is training


def test_b9_a_batch_of_one_in_training_gives_the_whole_table() -> None:
    """torchinfo#18; torchinfo itself runs in eval mode."""
    model = nn.Sequential(nn.Linear(13, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
    found = kaiyan.summary(model, (1, 13))
    assert [layer.kind for layer in found.layers if not layer.failed] == [
        "Sequential",
        "Linear",
        "BatchNorm1d",
        "Linear",
    ]
    assert (found.error, found.layers[-1].outputs[0].shape) == (None, (1, 2))
    assert "in training mode it fails at 1: Expected more than 1 value per channel" in str(found)
    assert "训练模式下在 1 出错" in found.text("zh")
    assert "in training mode" not in str(kaiyan.summary(model.eval(), (1, 13)))
    assert all(module.training is False for module in model.modules())


def test_b9_of_another_failure_nothing_is_hidden() -> None:
    model = nn.Sequential(nn.Linear(13, 8), nn.BatchNorm1d(8), nn.Linear(7, 2))
    assert "it fails here" in str(kaiyan.summary(model, (1, 13)))


class TextCNN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.conv, self.fc = nn.Embedding(50, 8), nn.Conv1d(8, 4, 3), nn.Linear(4, 2)

    def forward(self, ids: Tensor) -> Tensor:
        return self.fc(self.conv(self.words(ids).transpose(1, 2)).amax(-1))  # type: ignore[no-any-return]


@pytest.mark.parametrize("dtypes", ["int64", torch.int64, "torch.long", [torch.int32], ["long"]])
def test_b10_the_type_of_a_size_can_be_said(dtypes: Any) -> None:
    found = kaiyan.summary(TextCNN(), (2, 5), dtypes=dtypes)
    assert (found.error, found.parameters, found.remarks) == (None, 510, ())
    assert found.macs == 2 * 3 * 4 * 8 * 3 + 2 * 4 * 2
    assert kaiyan.least_input(TextCNN(), (2, 5), dtypes=dtypes).axes[0].least == 3


def test_b10_the_type_is_found_where_an_input_is_looked_up() -> None:
    found = kaiyan.summary(TextCNN(), (2, 5))
    assert (found.error, found.layers[0].outputs[0].shape) == (None, (2, 2))
    assert "input 1 is taken as int64, because words uses it as indices" in str(found)
    assert [(a.axis, a.least) for a in kaiyan.least_input(TextCNN(), (2, 2)).axes] == [(1, 3)]


class Bag(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.kinds, self.fc = nn.Embedding(9, 4), nn.EmbeddingBag(3, 4), nn.Linear(6, 4)

    def forward(self, x: Tensor, ids: Tensor, kinds: Tensor, mask: Tensor) -> Tensor:
        y = self.fc(x) + self.words(ids).mean(1) + self.kinds(kinds)
        return y[mask] if mask.dtype == torch.bool else y * mask  # type: ignore[no-any-return]


def test_b10_each_of_many_inputs_has_its_type() -> None:
    sizes = [(2, 6), (2, 5), (2, 3), (2, 1)]
    found = kaiyan.summary(Bag(), sizes)
    assert [seen.dtype for seen in found.layers[0].inputs] == ["float32", "int64", "int64", "float32"]
    found = kaiyan.summary(Bag(), sizes, dtypes=["float32", None, "int32", "bfloat16"])
    assert [seen.dtype for seen in found.layers[0].inputs] == ["float32", "int64", "int32", "bfloat16"]


class OneHot(nn.Module):
    def forward(self, ids: Tensor) -> Tensor:
        return nn.functional.one_hot(ids, 7)


class Picked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.zeros(9, 4))

    def forward(self, ids: Tensor) -> Tensor:
        return self.table[ids]


@pytest.mark.parametrize("model", [OneHot(), Picked()])
def test_b10_other_ways_of_looking_up(model: nn.Module) -> None:
    found = kaiyan.summary(model, (2, 5))
    assert found.error is None
    assert found.layers[0].inputs[0].dtype == "int64"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"input_size": (2, 5), "dtypes": "int46"}, "there is no type 'int46'"),
        ({"input_size": (2, 5), "dtypes": ["int64", "int64"]}, "2 types were given for 1 inputs"),
        ({"input_size": (2, 5.5)}, "is not a shape"),
    ],
)
def test_b10_what_is_no_type_is_refused(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(kaiyan.KaiyanError, match=words):
        kaiyan.summary(TextCNN(), **asked)
