"""Decoders: unpooling without its indices, transposed convolutions that end at another size, widths without heads.

Sizes are counted by hand: stride 2, kernel 3 and padding 1 take 28 to 14 and 7, and back from 7 to 13 and 25.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from failing import diagnosed, diagnosed_model
from torch import Tensor, nn


class Decoder(nn.Module):
    def __init__(self, pool: nn.Module, between: nn.Module | None = None) -> None:
        super().__init__()
        self.pool = pool
        self.between = between or nn.Identity()
        self.unpool = nn.MaxUnpool2d(2)

    def forward(self, x: Tensor) -> Any:
        x, indices = self.pool(x)
        return self.unpool(self.between(x), indices)


class Blind(Decoder):
    def forward(self, x: Tensor) -> Any:
        x, _ = self.pool(x)
        return self.unpool(x)


class Short(Decoder):
    def forward(self, x: Tensor) -> Any:
        x, indices = self.pool(x)
        return self.unpool(x, indices.int())


class Sized(Decoder):
    def forward(self, x: Tensor) -> Any:
        x, indices = self.pool(x)
        return self.unpool(x, indices, output_size=(12, 12))


def pooling() -> nn.Module:
    return nn.MaxPool2d(2, return_indices=True)


def test_a_convolution_that_shrinks_the_map_is_padded() -> None:
    diagnosis = diagnosed_model(Decoder(pooling(), nn.Conv2d(1, 1, 3)), torch.zeros(1, 1, 8, 8))
    assert diagnosis.code == "K076"
    assert "(1, 1, 2, 2)" in str(diagnosis.cause)
    assert diagnosis.fixes[0].tried
    assert "padding=1" in (diagnosis.fixes[0].after or "")


def test_an_unpooling_without_indices_is_told_where_they_come_from() -> None:
    diagnosis = diagnosed_model(Blind(pooling()), torch.zeros(1, 1, 8, 8))
    assert diagnosis.code == "K076"
    assert "return_indices=True" in str(diagnosis.fixes[0].sentence)


@pytest.mark.parametrize("batch", [1, 2], ids=["too few values to unpack", "a batch of two unpacks, by mischance"])
def test_a_pooling_that_gives_no_indices_is_named(batch: int) -> None:
    diagnosis = diagnosed_model(Decoder(nn.MaxPool2d(2)), torch.zeros(batch, 1, 8, 8))
    assert diagnosis.code == "K076"
    assert "return_indices=True" in str(diagnosis.fixes[0].sentence)
    assert diagnosis.fixes[0].tried == (batch == 1)


def test_indices_of_another_type() -> None:
    diagnosis = diagnosed_model(Short(pooling()), torch.zeros(1, 1, 8, 8))
    assert (diagnosis.code, diagnosis.fixes[0].after) == ("K076", "indices.long()")


def test_a_size_that_no_unpooling_gives_names_those_that_it_gives() -> None:
    model, x = Sized(pooling()), torch.zeros(1, 1, 8, 8)
    with pytest.raises(ValueError, match="between 6 and 10") as raised:
        model(x)
    diagnosis = diagnosed(lambda: raise_again(str(raised.value)))
    assert diagnosis.code == "K076"
    assert "7 to 9" in str(diagnosis.cause)


def raise_again(message: str) -> None:
    raise ValueError(message)


def test_unpacking_that_has_no_pooling_is_not_one() -> None:
    assert diagnosed(lambda: raise_again("not enough values to unpack (expected 2, got 1)")).code == "K000"


def autoencoder(encoder: tuple[nn.Module, ...], decoder: tuple[nn.Module, ...]) -> nn.Module:
    return nn.Sequential(*encoder, nn.ReLU(), *decoder)


def test_a_decoder_that_ends_at_25_is_led_to_28() -> None:
    model = autoencoder(
        (nn.Conv2d(1, 4, 3, 2, 1), nn.Conv2d(4, 8, 3, 2, 1)),
        (nn.ConvTranspose2d(8, 4, 3, 2, 1), nn.ReLU(), nn.ConvTranspose2d(4, 1, 3, 2, 1)),
    )
    x = torch.zeros(2, 1, 28, 28)
    diagnosis = diagnosed(lambda: nn.L1Loss()(model(x), x), model, x)
    fix = next(fix for fix in diagnosis.fixes if "output_padding" in str(fix.sentence))
    assert fix.tried
    changed, inputs = fix.apply(model, (x,))
    assert changed(*inputs).shape == x.shape


def test_a_size_that_no_output_padding_gives_is_not_promised() -> None:
    model = autoencoder((nn.Conv2d(1, 4, 3, 2, 1),), (nn.ConvTranspose2d(4, 1, 3, 2, 1),))
    x = torch.zeros(2, 1, 28, 28)
    diagnosis = diagnosed(lambda: nn.L1Loss()(model(x), torch.zeros(2, 1, 40, 40)), model, x)
    assert [fix for fix in diagnosis.fixes if "output_padding" in str(fix.sentence)] == []


class Attending(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.head = nn.Linear(32, 5)

    def forward(self, x: Tensor) -> Any:
        x, _ = self.attention(x, x, x)
        return self.head(x)


@pytest.mark.parametrize(("heads", "after"), [(3, "MultiheadAttention(32, 2,"), (2, "MultiheadAttention(32, heads,")])
def test_an_attention_gets_the_width_of_its_input_and_heads_that_divide_it(heads: int, after: str) -> None:
    diagnosis = diagnosed_model(Attending(30, heads), torch.zeros(2, 7, 32))
    assert diagnosis.code == "K046"
    assert (diagnosis.fixes[0].tried, after in (diagnosis.fixes[0].after or "")) == (True, True)


def unparametrised() -> Any:
    model = nn.Linear(3, 2)
    return model, torch.optim.SGD(lr=0.1)  # type: ignore[call-arg]


def test_an_optimizer_with_settings_alone_is_given_the_parameters() -> None:
    diagnosis = diagnosed(unparametrised)
    assert diagnosis.code == "K067"
    assert "SGD(model.parameters(), lr=0.1)" in (diagnosis.fixes[0].after or "")
