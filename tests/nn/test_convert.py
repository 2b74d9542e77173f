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
    assert str(found.left["2"]).endswith("is a pooling with its own padding; pad before it instead")
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
        "0": "it has hooks", "1": "its weight is computed", "2": "Doubled defines its own forward",
    }  # fmt: skip
    assert torch.equal(ported(x), model(x))


SIZES = {
    "transposed without output_padding": nn.ConvTranspose2d(4, 4, 3, stride=2, padding=1),
    "transposed of five": nn.ConvTranspose1d(4, 4, 5, stride=3, padding=2),
    "kernel of four": nn.Conv2d(4, 4, 4, padding=1),
    "patch of seven": nn.Conv2d(4, 4, 7, stride=4, padding=2),
    "more than half": nn.Conv1d(4, 4, 3, padding=2),
    "dilated by two": nn.Conv1d(4, 4, 3, padding=1, dilation=2),
    "discriminator": nn.Conv2d(4, 4, 4, stride=2, padding=1),
    "one axis of two": nn.Conv2d(4, 4, (3, 5), padding=(1, 1)),
    "three dimensions": nn.Conv3d(4, 4, 3, padding=(0, 1, 1)),
}


@pytest.mark.parametrize("word", ["tf_same", "onnx_same_lower", "causal"])
@pytest.mark.parametrize("name", SIZES)
def test_a_layer_whose_output_would_have_another_size_is_named_and_left(name: str, word: str) -> None:
    layer = SIZES[name]
    ported = convert(nn.Sequential(nn.Identity(), layer), word)
    assert type(ported[1]) is type(layer)
    said = str(ported.conversion.left["1"])
    assert said.startswith("its output would change: ")
    n, before, after = (int(word) for word in said.replace(",", " ").split() if word.isdigit())
    axes = len(layer.kernel_size)
    sizes = [tuple(layer(torch.zeros(1, 4, *[n if a == axis else 9 for a in range(axes)])).shape)[2 + axis]
             for axis in range(axes)]  # fmt: skip
    assert before in sizes
    assert after != before


@pytest.mark.parametrize("word", ["tf_same", "onnx_same_lower", "causal"])
def test_no_output_of_a_converted_model_has_another_size(word: str) -> None:
    vocoder = nn.Sequential(
        nn.Conv1d(4, 8, 7, padding=3), nn.ConvTranspose1d(8, 8, 16, 8, padding=4), nn.LeakyReLU(),
        nn.Conv1d(8, 8, 3, padding=3, dilation=3), nn.ConvTranspose1d(8, 4, 5, 5, padding=0), nn.Conv1d(4, 1, 8, 2, 3),
        nn.ConvTranspose1d(1, 1, 3, 2, 1), nn.ConvTranspose1d(1, 1, 3, 2, 1, 1), nn.Conv1d(1, 1, 10, 5, 3, bias=False),
    )  # fmt: skip
    ported = convert(vocoder, word)
    assert len(ported.conversion.changed) + len(ported.conversion.left) == 8
    for n in (40, 41, 47, 64):
        x = torch.randn(2, 4, n)
        assert ported(x).shape == vocoder(x).shape


ODD = {
    "patch": nn.Conv2d(3, 4, 7, stride=4, padding=2),
    "half": nn.Conv2d(3, 4, 3, padding=1),
    "word": nn.Conv2d(3, 4, 4, padding="same"),
    "wide": nn.Conv2d(3, 4, 3, padding=5),
    "transposed": nn.ConvTranspose2d(3, 4, 5, 2, 1, 1),
    "reflected": nn.Conv2d(3, 4, 5, padding=1, padding_mode="reflect"),
    "bare": nn.Conv2d(3, 4, 5),
}


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")
@pytest.mark.parametrize("name", ODD)
def test_a_model_of_torchs_is_torchs_already(name: str) -> None:
    model = nn.Sequential(ODD[name], nn.MaxPool2d(2, 2, 1))
    ported = convert(model, "torch")
    assert not ported.conversion.changed
    assert list(ported.conversion.left) == ["0"]
    assert type(ported[0]) is type(model[0])
    x = torch.randn(1, 3, 16, 17)
    assert torch.equal(ported(x), model(x))


def test_words_of_ours_become_numbers_again_where_the_size_allows() -> None:
    model = nn.Sequential(
        kaiyan.nn.Conv2d(3, 4, 3, stride=2, padding="same"), kaiyan.nn.Conv2d(4, 4, 4, padding="same"),
        kaiyan.nn.Conv2d(4, 4, 5, padding=1),
    )  # fmt: skip
    ported: Any = convert(model, "torch")
    assert list(ported.conversion.changed) == ["0"]
    assert ported[0].padding == (1, 1)
    assert {name: str(reason) for name, reason in ported.conversion.left.items()} == {
        "1": "its output would change: 4 elements give 4 now, and would give 3", "2": "it already uses this padding",
    }  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
def test_what_is_no_plain_module_any_more_is_refused_in_a_sentence() -> None:
    model, x = _model().eval(), torch.randn(1, 3, 32, 32)
    exported = torch.export.export(model, (x,))
    foreign: Any
    for foreign, what in (
        (torch.jit.trace(model, x), "TorchScript"),  # type: ignore[no-untyped-call]
        (torch.jit.script(model), "TorchScript"),
        (exported, "an exported program"), (exported.module(), "a graph"),
    ):  # fmt: skip
        with pytest.raises(kaiyan.KaiyanError, match=f"is {what}: its layers cannot be replaced"):
            convert(foreign, "tf_same")
    with pytest.raises(kaiyan.KaiyanError, match=r"int is not a torch\.nn\.Module"):
        convert(3, "tf_same")  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
def test_what_is_foreign_inside_a_model_is_named() -> None:
    scripted = torch.jit.script(nn.Conv2d(3, 3, 3, padding=1))
    ported = convert(nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), scripted), "tf_same")
    assert list(ported.conversion.changed) == ["0"]
    assert str(ported.conversion.left["1"]) == "it is TorchScript: use the model from before the conversion"


@pytest.mark.filterwarnings("ignore:.*deprecated.*:UserWarning")
def test_a_quantised_layer_is_named() -> None:
    layer = torch.ao.nn.quantized.Conv2d(3, 3, 3, padding=1)  # type: ignore[no-untyped-call]
    ported = convert(nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), layer), "tf_same")
    assert list(ported.conversion.changed) == ["0"]
    assert str(ported.conversion.left["1"]) == "it is quantised: use the model from before quantisation"


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
def test_a_model_that_deepcopy_refuses_is_converted() -> None:
    model = nn.Sequential(nn.utils.weight_norm(nn.Conv1d(3, 3, 3, padding=1)), nn.Conv1d(3, 3, 3, padding=1))
    model[0](torch.randn(1, 3, 9))
    ported = convert(model, "causal")
    assert list(ported.conversion.changed) == ["1"]
    assert str(ported.conversion.left["0"]) == "it has hooks"


def test_an_interrupted_conversion_leaves_the_model_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    model = _model()
    layers, state = list(model.modules()), {key: value.clone() for key, value in model.state_dict().items()}

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(kaiyan.nn.Conv2d, "of", interrupted)
    with pytest.raises(KeyboardInterrupt):
        convert(model, "tf_same")
    assert all(one is other for one, other in zip(model.modules(), layers, strict=True))
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())
    assert not hasattr(model, "conversion")
