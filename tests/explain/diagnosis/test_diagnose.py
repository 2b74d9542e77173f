"""A diagnosis: its sentence, its fixes on copies, notes on the user's exception, hooks that go away, the command.

The numbers of the first network are counted by hand: 28 is pooled to 14; stride 2 without padding leaves 6, pooled 3.
"""

from __future__ import annotations

import sys

import pytest
import torch
from torch import nn

import kaiyan
from kaiyan.cli.run import run

MESSAGE = "mat1 and mat2 shapes cannot be multiplied (2x288 and 1568x10)"


def network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, stride=2), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(32 * 7 * 7, 10),
    )  # fmt: skip


def failed(model: nn.Module) -> Exception:
    with pytest.raises(RuntimeError) as caught:
        model(torch.zeros(2, 1, 28, 28))
    return caught.value


def test_a_linear_hears_both_numbers_factored_and_the_layer_that_shrank() -> None:
    found = kaiyan.diagnose(failed(network()))
    assert (found.code, found.path) == ("K012", "5")
    text = found.text("en")
    assert all(word in text for word in ("288 = 32·3·3", "1568 = 32·7·7", "stride-2", "took 14 to 6"))
    assert any("AdaptiveAvgPool2d((7, 7))" in str(fix.sentence) for fix in found.fixes)


def test_every_fix_that_is_offered_makes_a_copy_run_and_leaves_the_model() -> None:
    model = network()
    before = repr(model), {name: value.clone() for name, value in model.state_dict().items()}
    found = kaiyan.diagnose(failed(model), model, torch.zeros(2, 1, 28, 28))
    assert len(found.fixes) >= 2
    for fix in found.fixes:
        mended, inputs = fix.apply(model, torch.zeros(2, 1, 28, 28))
        assert fix.tried
        assert mended(*inputs).shape == (2, 10)
    assert repr(model) == before[0]
    assert all(torch.equal(value, before[1][name]) for name, value in model.state_dict().items())


def test_a_message_alone_is_factored_and_says_that_nothing_was_tried() -> None:
    found = kaiyan.diagnose(MESSAGE)
    assert "1568 = 32·7·7" in found.text("en")
    assert not any(fix.tried for fix in found.fixes)
    assert "not tried" in str(found.unknown[0])


def test_the_note_is_on_the_users_own_exception() -> None:
    with pytest.raises(RuntimeError, match="mat1") as caught, kaiyan.explaining():
        network()(torch.zeros(2, 1, 28, 28))
    assert "K012" in caught.value.__notes__[0]


def test_an_error_that_is_not_known_gets_no_note() -> None:
    with pytest.raises(KeyError) as caught, kaiyan.explaining():
        raise KeyError("mine")
    assert not hasattr(caught.value, "__notes__")


def test_the_hook_is_removed_and_the_one_before_is_back() -> None:
    before = sys.excepthook
    remove = kaiyan.install_explainer()
    assert sys.excepthook is not before
    remove()
    assert sys.excepthook is before


def test_nothing_to_explain_is_refused() -> None:
    with pytest.raises(kaiyan.KaiyanError, match="no error to explain"):
        kaiyan.diagnose(" ")


def test_the_command_explains_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "zh", "diagnose", MESSAGE]) == 0
    assert "288 = 32·3·3" in capsys.readouterr().out


@pytest.mark.parametrize(("code", "exit_code"), [("K012", 0), ("k001", 0), ("K999", 2)])
def test_the_command_knows_codes(code: str, exit_code: int) -> None:
    assert run(["--lang", "en", "diagnose", "--code", code]) == exit_code


def test_every_example_is_understood_as_its_own_code() -> None:
    from kaiyan.explain.diagnosis.causes import CAUSES

    wrong = [(c.code, kaiyan.diagnose(c.example).code) for c in CAUSES if kaiyan.diagnose(c.example).code != c.code]
    assert wrong == []


def test_html_is_escaped_and_short() -> None:
    html = kaiyan.diagnose("RuntimeError: <script> " + "x" * 50_000)._repr_html_()
    assert "<script>" not in html
    assert len(html) < 20_000
