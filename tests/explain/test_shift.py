"""Translation, on models whose answers are known: circular, strided, pooled, and zero-padded convolutions."""

from __future__ import annotations

import io

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from kaiyan.explain.equivariance import ROUNDING, LayerShift, ShiftReport
from kaiyan.explain.shift import shift_report
from kaiyan.show.error import KaiyanError
from kaiyan.show.i18n import say


@pytest.fixture
def picture() -> Tensor:
    return torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def _circular(stride: int = 1) -> nn.Conv2d:
    torch.manual_seed(1)
    return nn.Conv2d(3, 4, 3, stride, padding=1, padding_mode="circular")


def test_a_circular_convolution_is_exactly_equivariant(picture: Tensor) -> None:
    found = shift_report(_circular(), picture)
    assert max(found.layers[0].errors) <= ROUNDING
    assert (found.breaker, found.kept) == (None, None)


def test_stride_2_is_equivariant_at_even_shifts_only_and_is_named(picture: Tensor) -> None:
    found = shift_report(nn.Sequential(_circular(), nn.ReLU(), _circular_of_4()), picture)
    errors = found.layers[2].errors
    assert max(errors[1::2]) <= ROUNDING
    assert min(errors[0::2]) > 0.01
    assert found.breaker is not None
    assert (found.breaker.path, found.breaker.stride, found.breaker.jump) == ("2", 2, 2)
    assert any("2 (Conv2d) breaks translation equivariance: its stride 2" in str(line) for line in found.lines)


def _circular_of_4() -> nn.Conv2d:
    return nn.Conv2d(4, 4, 3, 2, padding=1, padding_mode="circular")


def test_the_jump_of_pooling_is_known_through_functions_between(picture: Tensor) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.pool, self.second = _circular(2), nn.MaxPool2d(2), nn.Conv2d(4, 2, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.second(torch.relu(self.pool(torch.relu(self.first(x)))))  # type: ignore[no-any-return]

    found = shift_report(Net(), picture)
    assert [layer.jump for layer in found.layers] == [2, 4, 4]
    assert max(found.layers[2].errors[3::4]) <= ROUNDING
    assert found.layers[2].errors[1] > 0.01


def test_a_stride_in_a_function_is_named_as_one_before_the_next_layer(picture: Tensor) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = _circular(), nn.Conv2d(4, 2, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.second(F.max_pool2d(self.first(x), 2))  # type: ignore[no-any-return]

    found = shift_report(Net(), picture)
    assert found.breaker is not None
    assert (found.breaker.path, found.breaker.jump) == ("second", 2)
    assert "a function before second (Conv2d) breaks" in str(found.lines[0])


def test_a_model_that_returns_no_tensor_is_refused(picture: Tensor) -> None:
    class Net(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return x, x

    with pytest.raises(KaiyanError, match="returns a tuple"):
        shift_report(Net(), picture)


def test_global_average_pooling_makes_the_answer_invariant(picture: Tensor) -> None:
    pooled = nn.Sequential(_circular(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5))
    found = shift_report(pooled, picture)
    assert found.invariant
    assert found.kept == 1
    assert found.breaker is None


def test_a_linear_layer_on_the_pixels_is_not_invariant(picture: Tensor) -> None:
    torch.manual_seed(1)
    found = shift_report(nn.Sequential(nn.Flatten(), nn.Linear(768, 5)), picture)
    assert not found.invariant
    assert min(found.answer.errors) > 0.01


def test_zero_padding_is_blamed_on_the_border_not_on_a_stride(picture: Tensor) -> None:
    torch.manual_seed(1)
    found = shift_report(nn.Conv2d(3, 4, 3, padding=1), picture)
    assert found.breaker is None
    assert any("the borders change the maps" in str(line) for line in found.lines)


def test_a_border_that_does_as_much_on_the_grid_is_not_taken_for_a_stride() -> None:
    border, stride = LayerShift("", "Conv2d", 2, 2, 8, (0.15, 0.1)), LayerShift("", "Conv2d", 2, 2, 8, (0.3, 0.1))
    assert ShiftReport((border,), border, None).breaker is None
    assert ShiftReport((stride,), stride, None).breaker is stride


def test_dropout_is_asleep_while_a_model_in_train_mode_is_measured(picture: Tensor) -> None:
    found = shift_report(nn.Sequential(_circular(), nn.Dropout()).train(), picture)
    assert max(found.answer.errors) <= ROUNDING


def test_the_model_is_left_as_it_was(picture: Tensor) -> None:
    model = nn.Sequential(_circular(), nn.BatchNorm2d(4), nn.Dropout()).train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    state = torch.random.get_rng_state()
    shift_report(model, picture)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert all(module.training and not module._forward_hooks for module in model.modules())
    assert torch.equal(torch.random.get_rng_state(), state)


def test_the_picture_is_white_where_nothing_changes_and_dark_where_it_does(picture: Tensor) -> None:
    from PIL import Image

    found = shift_report(_circular(2), picture, shifts=2)
    image = Image.open(io.BytesIO(found.png()))
    odd, even = (image.getpixel((220 + 26 * column + 13, 26 + 13)) for column in (0, 1))
    assert even == (255, 255, 255)
    assert odd != even


def test_the_picture_shows_what_the_table_shows_the_border_apart(picture: Tensor) -> None:
    from PIL import Image

    found = shift_report(nn.Conv2d(3, 4, 3, stride=2, padding=1), picture, shifts=2)
    assert found.layers[0].border_error > 0.01
    assert found.table().rows[0].cells[3] == "0.0%"
    assert Image.open(io.BytesIO(found.png())).getpixel((220 + 26 + 13, 26 + 13)) == (255, 255, 255)


def test_facts_and_both_languages(picture: Tensor) -> None:
    found = shift_report(_circular(2), picture)
    assert found.to_dict()["layers"][0]["jump"] == 2
    assert "平移等变性" in say(found.lines[0], "zh")
    assert "✗" in found.to_markdown("en")
    assert len(found._repr_html_().encode()) < 20_000
    assert "Conv2d" in str(found)


@pytest.mark.parametrize("shifts", [0, 16])
def test_more_shifts_than_columns_are_refused(picture: Tensor, shifts: int) -> None:
    with pytest.raises(KaiyanError, match="16 columns"):
        shift_report(_circular(), picture, shifts)


def _sound() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv1d(2, 4, 5, 2), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(4, 3))


@pytest.mark.parametrize("shape", [(2, 100), (3, 2, 100)], ids=["one sound", "a batch"])
def test_sound_is_taken_as_it_is_given_and_a_single_one_as_a_batch_of_one(shape: tuple[int, ...]) -> None:
    sound = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    model = _sound()
    found = shift_report(model, sound, 2)
    assert [layer.jump for layer in found.layers[:2]] == [2, 2]
    assert found.breaker is not None
    assert found.breaker.path == "0"
    batch = sound if sound.ndim == 3 else sound[None]
    with torch.no_grad():
        still, moved = model[0](batch), model[0](batch.roll(2, -1))
    right = (moved.roll(-1, -1) - still).square().mean().sqrt() / still.square().mean().sqrt()
    assert found.layers[0].errors[1] == pytest.approx(right.item(), rel=1e-4)


def test_a_refusal_names_the_shape_that_was_given() -> None:
    with pytest.raises(KaiyanError, match=r"\[3, 1, 100\] to have 2 channels, but got 1"):
        shift_report(_sound(), torch.rand(3, 1, 100), 2)
