"""Failures as users met them: the first sentence and the first fix, from real exceptions and from pasted messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

import kaiyan

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.explain.diagnosis.diagnose import Diagnosis


def raised(call: Callable[[], object]) -> Exception:
    with pytest.raises((RuntimeError, ValueError, TypeError)) as caught:
        call()
    return caught.value


def diagnosed(model: nn.Module, x: Tensor) -> Diagnosis:
    return kaiyan.diagnose(raised(lambda: model(x)), model, x)


def words(call: Callable[[], object]) -> Diagnosis:
    """What is made of the message alone."""
    return kaiyan.diagnose(str(raised(call)))


def first(found: Diagnosis) -> str:
    return found.fixes[0].after or str(found.fixes[0].sentence)


@pytest.mark.parametrize("shape", [(14400,), (2, 32, 15, 15)])
def test_a_flatten_that_is_missing_or_took_the_batch_is_heard_in_the_message(shape: tuple[int, ...]) -> None:
    layer = nn.Linear(7200, 10)
    for found in (words(lambda: layer(torch.zeros(shape))), diagnosed(layer, torch.zeros(shape))):
        assert (found.code, first(found)) == ("K031", "x = torch.flatten(x, 1)")


def test_rows_of_a_whole_picture_were_not_flattened() -> None:
    found = words(lambda: nn.Linear(150528, 10, device="meta")(torch.zeros(224, 224, device="meta")))
    assert (found.code, first(found)) == ("K031", "x = torch.flatten(x, 1)")


@pytest.mark.parametrize(("rows", "got", "expected"), [(32, 400, 512), (64, 256, 512), (64, 512, 256), (2, 288, 1568)])
def test_a_flattened_batch_of_another_size_is_not_taken_for_maps(rows: int, got: int, expected: int) -> None:
    found = words(lambda: nn.Linear(expected, 10)(torch.zeros(rows, got)))
    assert found.code == "K012"
    assert found.fixes[0].after == f"in_features={got}"


def test_the_rank_of_the_weight_tells_where_channels_stand() -> None:
    found = words(lambda: nn.Conv1d(6, 32, 5)(torch.zeros(8, 128, 6)))
    assert (found.code, first(found)) == ("K030", "x = x.transpose(1, 2)")


def test_reflection_reads_the_size_of_its_own_axis() -> None:
    found = words(lambda: nn.functional.pad(torch.zeros(1, 3, 2, 2), (3, 3, 3, 3), mode="reflect"))
    assert "has 2, so 1 is the most" in str(found.cause)
    assert first(found) == "padding=1"


def test_a_message_does_not_say_how_much_is_padding() -> None:
    found = words(lambda: nn.Conv2d(3, 8, 3, padding=1)(torch.zeros(1, 3, 0, 0)))
    assert "larger input" in first(found)
    assert "the input was (0, 0)" in str(found.unknown[0])


def test_a_type_asked_for_by_name_may_be_a_losss_target() -> None:
    found = kaiyan.diagnose("RuntimeError: expected scalar type Long but found Float")
    assert first(found) == "y = y.long()"
    assert "target of a loss, or the input of a layer" in str(found.cause)


def test_a_target_that_is_named_is_a_losss() -> None:
    found = kaiyan.diagnose(str(raised(lambda: nn.functional.cross_entropy(torch.zeros(2, 3), torch.zeros(2)))))
    assert first(found) == "target = target.long()"
    assert "layer" not in str(found.cause)


def test_the_target_given_to_a_loss_is_cast_and_tried() -> None:
    loss, y = nn.CrossEntropyLoss(), torch.zeros(2)
    found = kaiyan.diagnose(raised(lambda: loss(torch.zeros(2, 3), y)))
    assert "loss(torch.zeros(2, 3), y.long())" in str(first(found))
    assert found.fixes[0].tried


def test_the_input_of_a_layer_is_made_as_the_weights_are() -> None:
    found = kaiyan.diagnose("RuntimeError: expected scalar type Half but found Float")
    assert [fix.after for fix in found.fixes] == ["y = y.half()", "x = x.float()"]


def test_a_product_of_matrices_is_not_a_linear() -> None:
    error = raised(lambda: torch.rand(3, 4) @ torch.rand(3, 4))
    for found in (kaiyan.diagnose(error), kaiyan.diagnose(str(error))):
        assert "columns of the left matrix: 4; rows of the right one: 3;" in str(found.cause)
        assert "Linear" not in str(found.cause)


def test_a_number_is_not_said_to_be_itself() -> None:
    found = words(lambda: torch.rand(32, 5183) @ torch.rand(17, 10))
    assert "=" not in str(found.cause)


def test_a_latent_vector_has_its_channels_already() -> None:
    model, x = nn.Sequential(nn.ConvTranspose2d(100, 8, 4), nn.ReLU()), torch.zeros(16, 100)
    for found in (diagnosed(model, x), words(lambda: model(x))):
        assert first(found) == "x = x[:, :, None, None]"


class Squeezed(nn.Module):
    """Maps weighed by channel, without the axes that would spread the weights."""

    def __init__(self, *, in_place: bool = False) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 8, 3), nn.Linear(8, 8)
        self.in_place = in_place

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        s = self.fc(x.mean((2, 3)))
        if self.in_place:
            x *= s
            return x
        out: Tensor = x * s
        return out


@pytest.mark.parametrize("in_place", [False, True])
def test_weights_of_channels_are_spread_over_the_places(in_place: bool) -> None:
    model, x = Squeezed(in_place=in_place), torch.zeros(2, 3, 9, 9)
    found = diagnosed(model, x)
    assert "(2, 8, 7, 7) * (2, 8)" in str(found.cause)
    assert "sum" not in str(found.cause)
    assert "s[:, :, None, None]" in first(found)
    mended, inputs = found.fixes[0].apply(model, x)
    assert mended(*inputs).shape == (2, 8, 7, 7)


class Decoder(nn.Module):
    """Half the size, and up again: one short of the skip."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.up = nn.ConvTranspose2d(8, 3, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.up(self.down(x)), self.keep(x)], 1)

    def keep(self, x: Tensor) -> Tensor:
        return x


def test_a_transposed_convolution_one_short_of_its_skip_is_given_output_padding() -> None:
    found = diagnosed(Decoder(), torch.zeros(1, 3, 32, 32))
    assert "output_padding=" in first(found)
    mended, inputs = found.fixes[0].apply(Decoder(), torch.zeros(1, 3, 32, 32))
    assert mended(*inputs).shape == (1, 6, 32, 32)


@pytest.mark.parametrize(("shape", "line"), [
    ((32, 32, 3), "x = x.permute(2, 0, 1).unsqueeze(0).float() / 255"),
    ((2, 32, 32, 3), "x = x.permute(0, 3, 1, 2).float() / 255"),
])  # fmt: skip
def test_a_picture_of_bytes_with_its_channels_last(shape: tuple[int, ...], line: str) -> None:
    found = diagnosed(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), torch.zeros(shape, dtype=torch.uint8))
    assert first(found) == line


class Residual(nn.Module):
    """A block whose skip was not given the stride of its branch."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(16, 32, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        identity = x
        out: Tensor = self.conv(x)
        out += identity
        return out


def test_a_skip_added_in_place_goes_through_a_shortcut() -> None:
    found = diagnosed(Residual(), torch.zeros(2, 16, 8, 8))
    fix = next(fix for fix in found.fixes if "shortcut" in (fix.after or ""))
    assert fix is found.fixes[0]
    assert "out += self.shortcut(identity)" in (fix.after or "")
    mended, inputs = fix.apply(Residual(), torch.zeros(2, 16, 8, 8))
    assert mended(*inputs).shape == (2, 32, 4, 4)


def test_devices_are_named_where_the_message_names_them() -> None:
    text = "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"
    assert str(kaiyan.diagnose(text).cause).endswith("cuda:0 and cpu")
    assert "(" not in str(kaiyan.diagnose("tensors must lie on the same device, but found others").cause)


def test_output_padding_is_said_in_its_own_numbers() -> None:
    found = words(lambda: nn.ConvTranspose2d(3, 3, 3, stride=2, output_padding=2)(torch.zeros(1, 3, 4, 4)))
    assert "output_padding=(2, 2) chooses one of the sizes that stride (2, 2) skips" in str(found.cause)


@pytest.mark.parametrize("call", [
    lambda: nn.BatchNorm2d(8)(torch.zeros(2, 3, 4, 4)),
    lambda: torch.zeros(2, 3) + torch.zeros(2, 4),
    lambda: torch.cat([torch.zeros(2, 3), torch.zeros(4, 4)]),
    lambda: nn.Conv2d(1, 8, 3)(torch.zeros(2, 3, 4, 4)),
], ids=["norm", "sum", "cat", "conv"])  # fmt: skip
def test_sentences_from_a_message_have_no_holes(call: Callable[[], object]) -> None:
    found = words(call)
    for said in (str(found.cause), *(str(fix.sentence) for fix in found.fixes)):
        assert said == said.strip()
        assert "  " not in said
        assert "1 channels" not in said
        assert not said.startswith("or ")


@pytest.mark.parametrize(("text", "code", "heard"), [
    ("Expected 4-dimensional input for 4-dimensional weight [8, 3, 3, 3], but got 3-dimensional input of size "
     "[3, 32, 32] instead", "K005", "x.unsqueeze(0)"),
    ("size mismatch, m1: [32 x 400], m2: [512 x 10] at /pytorch/aten/src/TH/generic/THTensorMath.cpp:41", "K012",
     "in_features=400"),
    ("Sizes of tensors must match except in dimension 1. Got 64 and 65 in dimension 2", "K022", "has 65"),
])  # fmt: skip
def test_words_of_old_versions_are_understood(text: str, code: str, heard: str) -> None:
    found = kaiyan.diagnose(f"RuntimeError: {text}")
    assert found.code == code
    assert heard in found.text("en")


def test_a_picture_without_its_batch_is_offered_only_axes_that_give_the_rank() -> None:
    text = (
        "Expected 4-dimensional input for 4-dimensional weight 8 3 3 3, but got 3-dimensional input of size [3, 32, 32]"
    )
    assert [fix.after for fix in kaiyan.diagnose(text).fixes] == ["x = x.unsqueeze(0)", "x = x.unsqueeze(1)"]
