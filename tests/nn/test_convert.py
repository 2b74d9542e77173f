"""convert: the same weights under another library's padding."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

import kaiyan
from kaiyan.nn import convert


def _model() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 8, 7, stride=2, padding=3), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
        nn.Sequential(nn.Conv2d(8, 8, 3, stride=2, padding=1, groups=8), nn.Conv2d(8, 4, 1)),
    )  # fmt: skip


def test_a_network_is_padded_as_tensorflow_does() -> None:
    model: Any = _model().eval()
    ported: Any = convert(model, "tf_same")
    x = torch.randn(2, 3, 32, 32)
    y = functional.conv2d(functional.pad(x, (2, 3, 2, 3)), model[0].weight, model[0].bias, stride=2)
    y = model[2](functional.relu(y))
    inner: Any = model[3]
    y = functional.conv2d(functional.pad(y, (0, 1, 0, 1)), inner[0].weight, inner[0].bias, stride=2, groups=8)
    torch.testing.assert_close(ported(x), inner[1](y), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(ported(x), model(x), atol=1e-2)


def test_what_changed_and_what_did_not_is_said() -> None:
    found = convert(_model(), "TF:SAME").conversion
    assert list(found.changed) == ["0", "3.0"]
    before, after = found.changed["0"]
    assert (str(before.padding), after.padding) == ("((3, 3), (3, 3))", ("same", "same"))
    assert list(found.left) == ["2", "3.1"]
    assert str(found.left["2"]).endswith("pads by itself; pad before it")
    assert str(found.left["3.1"]) == "it has no padding"
    assert "0: nn.Conv2d(3, 8" in str(found)


def test_the_original_is_untouched_and_states_are_alike() -> None:
    model = _model()
    ported = convert(model, "onnx_same_lower")
    assert type(model[0]) is nn.Conv2d
    assert ported.state_dict().keys() == model.state_dict().keys()
    assert ported[0].weight is not model[0].weight
    assert torch.equal(ported[0].weight, model[0].weight)


def test_there_and_back() -> None:
    model = _model().eval()
    back = convert(convert(model, "tf_same"), "torch")
    x = torch.randn(1, 3, 32, 32)
    torch.testing.assert_close(back(x), model(x), rtol=1e-4, atol=1e-5)


def test_a_single_layer_is_converted_itself() -> None:
    layer = convert(nn.Conv1d(2, 2, 3, padding=1), "causal")
    assert layer.spec.pads((1, 2, 9)) == ((2, 0),)


def test_an_unknown_convention_is_refused() -> None:
    with pytest.raises(kaiyan.ConvError, match="there is no convention 'caffe'"):
        convert(_model(), "caffe")


def test_a_layer_that_stands_twice_is_one_layer_still() -> None:
    layer = nn.Conv2d(4, 4, 3, stride=2, padding=1)
    ported: Any = convert(nn.Sequential(layer, nn.ReLU(), layer), "tf_same")
    assert ported[0] is ported[2]
    x = torch.randn(1, 4, 16, 16)
    once = functional.conv2d(functional.pad(x, (0, 1, 0, 1)), layer.weight, layer.bias, stride=2).relu()
    right = functional.conv2d(functional.pad(once, (0, 1, 0, 1)), layer.weight, layer.bias, stride=2)
    torch.testing.assert_close(ported(x), right, rtol=1e-4, atol=1e-5)


class Small(kaiyan.nn.Conv2d):
    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels, 3, stride=2, padding=1)


def test_a_subclass_with_a_constructor_of_its_own_is_converted() -> None:
    ported: Any = convert(nn.Sequential(Small(4)), "tf_same")
    assert ported[0].spec.pads((1, 4, 8, 8)) == ((0, 1), (0, 1))


class Doubled(kaiyan.nn.Conv2d):
    def forward(self, input: torch.Tensor) -> Any:
        return 2 * super().forward(input)


def test_what_cannot_be_replaced_is_left_with_its_reason() -> None:
    hooked = nn.Conv2d(4, 4, 3, padding=1)
    hooked.register_forward_hook(lambda *_: None)
    normalised = torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 4, 3, padding=1))
    model = nn.Sequential(hooked, normalised, Doubled(4, 4, 3, padding=1))
    x = torch.randn(1, 4, 8, 8)
    ported: Any = convert(model, "tf_same")
    assert {name: str(reason) for name, reason in ported.conversion.left.items()} == {
        "0": "it has hooks", "1": "its weight is computed", "2": "Doubled has a forward of its own",
    }  # fmt: skip
    assert torch.equal(ported(x), model(x))
