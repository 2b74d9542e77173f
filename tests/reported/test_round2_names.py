"""Names that a model does not have, heads that do not divide, words of padding that were computed, rows of a view.

What is right is what Python and PyTorch are defined to do: a name is read under the name that it was given; a width is
split into equal heads; a view to rows of n numbers makes N·per/n rows of N samples of per numbers each.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from failing import diagnosed
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (its usual name, in lines as users write them)

import kaiyan


class Misnamed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3)
        self.pool1 = nn.MaxPool2d(2)
        self.fc = nn.Linear(72, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.conv1(x))  # type: ignore[operator]
        return self.fc(x.flatten(1))  # type: ignore[no-any-return]


class Unmade(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.conv(x))  # type: ignore[operator, no-any-return]


class Misspelt(nn.Module):
    def __int__(self) -> None:
        self.conv = nn.Conv2d(3, 8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)  # type: ignore[no-any-return]


class Inner(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = Misnamed()

    def forward(self, x: Tensor) -> Tensor:
        return self.stem(x)  # type: ignore[no-any-return]


class Early(nn.Module):
    def __init__(self) -> None:
        self.conv = nn.Conv2d(3, 8, 3)


@pytest.mark.parametrize("model", [Misnamed, Inner])
def test_the_nearest_name_is_offered_in_the_users_line_and_tried(model: type[nn.Module]) -> None:
    found = diagnosed(lambda: model()(torch.zeros(2, 3, 8, 8)))
    assert found.code == "K033"
    assert "Misnamed has no pool; it has conv1, pool1, fc" in str(found.cause)
    assert (found.fixes[0].after or "").startswith("x = self.pool1(self.conv1(x))")
    assert found.fixes[0].tried


def test_a_layer_without_weights_that_was_never_made_is_made() -> None:
    found = diagnosed(lambda: Unmade()(torch.zeros(2, 3, 8, 8)))
    assert found.fixes[0].after == "self.relu = nn.ReLU()"
    assert found.fixes[0].tried


def test_a_constructor_of_another_name_is_named() -> None:
    found = diagnosed(lambda: Misspelt()(torch.zeros(2, 3, 8, 8)))
    assert "spelt __int__" in str(found.cause)
    assert found.fixes[0].after == "def __init__(self):"


def test_layers_before_super_are_preceded_by_it() -> None:
    found = diagnosed(Early)
    assert found.code == "K033"
    assert (found.fixes[0].after or "").splitlines()[0] == "super().__init__()"


def test_a_name_of_a_model_in_the_script_is_mended_there() -> None:
    def script() -> None:
        model = nn.Sequential(nn.Flatten(), Misnamed())[1]
        model.fc1 = model.classifier

    found = diagnosed(script)
    assert "Misnamed has no classifier" in str(found.cause)


def test_what_stands_behind_a_wrapper_is_asked_of_it() -> None:
    def script() -> None:
        model = nn.DataParallel(Misnamed())
        print(model.fc)

    found = diagnosed(script)
    assert found.fixes[0].after == "print(model.module.fc)"


def test_attributes_of_other_objects_are_left_alone() -> None:
    def script() -> None:
        print([].pool)  # type: ignore[attr-defined]

    assert diagnosed(script).code == "K000"


HEADS = {
    "torch": (lambda: nn.MultiheadAttention(30, 4), "num_heads=4 does not divide embed_dim=30", "num_heads=3"),
    "an encoder": (lambda: nn.TransformerEncoderLayer(d_model=30, nhead=4), "nhead=4 does not divide d_model=30",
                   "nhead=3"),
    "a transformer": (lambda: nn.Transformer(d_model=100, nhead=8), "nhead=8 does not divide d_model=100", "nhead=10"),
}  # fmt: skip


@pytest.mark.parametrize(("script", "cause", "fix"), HEADS.values(), ids=HEADS)
def test_heads_that_do_not_divide_are_named_with_legal_ones(script: Any, cause: str, fix: str) -> None:
    found = diagnosed(script)
    assert found.code == "K046"
    assert cause in str(found.cause)
    assert str(found.fixes[0].sentence).startswith(fix)


WORDS = {
    "bert": "The hidden size (30) is not a multiple of the number of attention heads (4)",
    "vit": "The hidden size 30 is not a multiple of the number of attention heads 4.",
    "bart": "embed_dim must be divisible by num_heads (got `embed_dim`: 30 and `num_heads`: 4).",
    "distilbert": "self.n_heads: 4 must divide self.dim: 30 evenly",
    "another": "hidden_size (30) must be divisible by num_attention_heads (4)",
}


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_heads_in_the_words_of_libraries_are_named_with_both_numbers(words: str) -> None:
    found = kaiyan.diagnose(f"ValueError: {words}")
    assert found.code == "K046"
    assert "=4 does not divide " in str(found.cause)
    assert "=30" in str(found.cause)
    assert "=3; possible values: 1, 2, 3, 5, 6, 10, 15, 30" in str(found.fixes[0].sentence)
    assert [str(fix.sentence).split(",")[0][-2:] for fix in found.fixes[1:]] == ["28", "32"]


def test_a_word_of_padding_is_mended_where_it_was_written() -> None:
    def script() -> None:
        pad = "SAME"
        nn.Conv2d(3, 8, 3, padding=pad)

    found = diagnosed(script)
    assert found.code == "K009"
    assert found.fixes[0].after == "pad = 'same'"


@pytest.mark.parametrize(
    "script",
    [
        lambda: nn.Conv2d(3, 8, 3, padding="same".upper()),
        lambda: nn.Conv2d(3, 8, 3, padding="".join(("SA", "ME"))),
        lambda: nn.Conv2d(3, 8, 3, padding={True: "SAME"}[True]),
        lambda: nn.Conv2d(3, 8, 3, padding=f"{'sa'}me".title()),
    ],
    ids=["upper", "joined", "looked up", "formatted"],
)
def test_a_word_of_padding_that_was_computed_gives_way_to_a_literal(script: Any) -> None:
    texts = [fix.after or "" for fix in diagnosed(script).fixes]
    assert "padding='same')" in texts[0]
    assert "padding=1)" in texts[1]


class Rows(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.fc = nn.Linear(400, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(F.max_pool2d(self.conv(x), 2).view(-1, 400))  # type: ignore[no-any-return]


class Classic(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.head = nn.Sequential(
            nn.Linear(16 * 5 * 5, 32),
            nn.Linear(32, 10),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(self.conv(x), 2)
        x = x.view(-1, 16 * 5 * 5)
        return self.head(x)  # type: ignore[no-any-return]


def test_a_view_in_a_model_that_is_no_variable_is_found_with_its_linear() -> None:
    found = diagnosed(lambda: F.cross_entropy(Rows()(torch.zeros(36, 1, 22, 22)), torch.zeros(36, dtype=torch.long)))
    first = found.fixes[0]
    assert "in_features=800 in fc" in str(first.sentence)
    assert first.after is not None
    assert "self.fc = nn.Linear(800, 10)" in first.after
    assert ".flatten(1))" in first.after


def test_a_view_of_a_product_is_found_with_the_linear_in_a_sequential() -> None:
    found = diagnosed(lambda: F.cross_entropy(Classic()(torch.zeros(4, 1, 22, 22)), torch.zeros(4, dtype=torch.long)))
    assert found.fixes[0].after == "x = x.view(x.size(0), -1)\nnn.Linear(1600, 32),"


def test_the_view_that_was_found_is_right() -> None:
    model = Classic()
    model.head[0] = nn.Linear(1600, 32)
    x = F.max_pool2d(model.conv(torch.zeros(4, 1, 22, 22)), 2)
    assert model.head(x.view(x.size(0), -1)).shape == (4, 10)


def test_a_view_in_the_script_before_a_head_that_is_known_is_found_with_the_head() -> None:
    def script() -> None:
        head = nn.Linear(512 * 2 * 2, 10)
        features = torch.zeros(4, 512, 4, 4)
        rows = features.view(-1, 512 * 2 * 2)
        F.cross_entropy(head(rows), torch.zeros(4, dtype=torch.long))

    found = diagnosed(script)
    assert found.fixes[0].after == "rows = features.view(features.size(0), -1)\nhead = nn.Linear(8192, 10)"


def test_no_view_is_spoken_of_where_none_stands() -> None:
    def script() -> None:
        model, x = nn.Linear(3, 1), torch.zeros(4, 3)
        F.mse_loss(model(x), torch.zeros(3, 1))

    found = diagnosed(script)
    assert [fix.after for fix in found.fixes] == ["DataLoader(..., drop_last=True)", None]
    assert "one target per row" in str(found.fixes[1].sentence)


def test_rows_and_targets_that_are_no_multiples_speak_of_no_view() -> None:
    found = diagnosed(lambda: F.mse_loss(torch.zeros(4, 1), torch.zeros(3, 1)))
    assert not any("view" in str(fix.sentence) for fix in found.fixes)
