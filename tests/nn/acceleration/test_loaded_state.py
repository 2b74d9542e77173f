"""The state of what accelerate gives is the model's, under the model's names, and can be loaded like the model's."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
import torch
from corpus.models import Inverted, Residual, Squeeze, conv_norm
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

import kaiyan
from kaiyan.nn import accelerate
from kaiyan.nn.acceleration import accelerate as module
from kaiyan.nn.acceleration import by_module as rows
from kaiyan.nn.acceleration.as_program import Programmed, as_program
from kaiyan.nn.acceleration.graph import NotAGraphError
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.nn.acceleration.accelerated import Accelerated


def _net(seed: int, first: Any = nn.Conv2d) -> Any:
    torch.manual_seed(seed)
    norm = nn.BatchNorm2d(8)
    nn.init.uniform_(norm.running_mean, -0.5, 0.5)  # type: ignore[arg-type]
    nn.init.uniform_(norm.running_var, 0.5, 1.5)  # type: ignore[arg-type]
    return nn.Sequential(first(3, 8, 3), norm, nn.ReLU(), nn.Conv2d(8, 4, 3)).eval()


def _normed(C: int, K: int, kernel: int) -> Any:
    return weight_norm(nn.Conv2d(C, K, kernel))


X = torch.randn(1, 3, 24, 24, generator=torch.Generator().manual_seed(0))


def _by(monkeypatch: pytest.MonkeyPatch, way: str, model: nn.Module) -> Accelerated:
    """The model accelerated in this way, faster or not."""

    def refused(*_: Any) -> None:
        raise NotAGraphError(sentence("program-no-layers", "no layer of it becomes a part of a program"))

    for other in ("_as_program", "_as_graph", "_by_module"):
        if other != way:
            monkeypatch.setattr(module, other, refused)
    monkeypatch.setattr(module, "refuse_slower", lambda *_: None)
    monkeypatch.setattr(rows, "rehearsed", lambda *_: {})
    monkeypatch.setattr("kaiyan.nn.acceleration.as_program.as_program", as_program)
    quick = accelerate(model, X)
    assert isinstance(quick.model, Programmed) == (way == "_as_program")
    assert quick.is_replaced == (way != "none")
    return quick


@torch.no_grad()
@pytest.mark.parametrize("first", [nn.Conv2d, _normed])
def test_a_program_has_the_state_of_its_model_and_takes_another(monkeypatch: pytest.MonkeyPatch, first: Any) -> None:
    model, other = _net(0, first), _net(1, first)
    quick = _by(monkeypatch, "_as_program", model)
    for net in (other, model):
        quick(X)
        was_lent = quick.model._children.is_lent
        assert str(quick.load_state_dict(net.state_dict())) == "<All keys matched successfully>"
        torch.testing.assert_close(quick(X), net(X), rtol=1e-4, atol=1e-4)
        assert quick.model._children.is_lent == was_lent == (first is _normed)
    torch.save(quick.state_dict(), file := io.BytesIO())
    file.seek(0)
    saved = torch.load(file, weights_only=True)
    assert list(saved) == list(model.state_dict())
    assert all(torch.equal(value, saved[name]) for name, value in model.state_dict().items())


@torch.no_grad()
def test_a_state_of_which_torch_keeps_the_tensors_is_written_to_later(monkeypatch: pytest.MonkeyPatch) -> None:
    quick, other = _by(monkeypatch, "_as_program", _net(0)), _net(1)
    quick.load_state_dict(other.state_dict(), assign=True)
    torch.testing.assert_close(quick(X), other(X), rtol=1e-4, atol=1e-4)
    quick(X)
    other[0].weight.mul_(2)
    torch.testing.assert_close(quick(X), other(X), rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_what_is_missing_is_said_in_the_models_names(monkeypatch: pytest.MonkeyPatch) -> None:
    quick, other = _by(monkeypatch, "_as_program", _net(0)), _net(1)
    quick(X)
    state = {name: value for name, value in other.state_dict().items() if name != "3.bias"}
    with pytest.raises(RuntimeError, match=r'Sequential:\s+Missing key\(s\) in state_dict: "3.bias". $'):
        quick.load_state_dict(state)
    assert quick.load_state_dict(state, strict=False).missing_keys == ["3.bias"]
    other[3].bias.copy_(quick.state_dict()["3.bias"])
    torch.testing.assert_close(quick(X), other(X), rtol=1e-4, atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("way", ["_as_program", "_by_module", "none"])
def test_as_a_part_it_has_the_names_of_the_model_too(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    quick, other = _by(monkeypatch, way, _net(0)), _net(1)
    whole, wanted = (nn.Sequential(body, nn.Flatten()) for body in (quick, other))
    quick(X)
    assert list(whole.state_dict()) == list(wanted.state_dict())
    assert str(whole.load_state_dict(wanted.state_dict())) == "<All keys matched successfully>"
    torch.testing.assert_close(whole(X), wanted(X), rtol=1e-4, atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("way", ["_by_module", "none"])
def test_where_no_layer_was_folded_it_is_the_same(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    quick, other = _by(monkeypatch, way, _net(0)), _net(1)
    assert list(quick.state_dict()) == list(other.state_dict())
    quick.load_state_dict(other.state_dict())
    torch.testing.assert_close(quick(X), other(X), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("way", "first"), [("_as_graph", nn.Conv2d), ("_by_module", _normed)])
def test_what_was_folded_takes_its_own_state_alone(monkeypatch: pytest.MonkeyPatch, way: str, first: Any) -> None:
    quick, other = _by(monkeypatch, way, _net(0, first)), _by(monkeypatch, way, _net(1, first))
    for is_strict in (True, False):
        with pytest.raises(kaiyan.KaiyanError) as caught:
            quick.load_state_dict(_net(1, first).state_dict(), strict=is_strict)
        assert caught.value.code == "state-of-folded"
    quick.load_state_dict(other.state_dict())
    torch.testing.assert_close(quick(X), other(X), rtol=1e-4, atol=1e-4)


def _blocks() -> nn.Module:
    gated = Inverted(8, 24, 8, 3, 1, nn.SiLU, Squeeze(24, 6, nn.SiLU, nn.Sigmoid))
    return nn.Sequential(conv_norm(3, 8, 3, 2), gated, Residual(8, 8, 1, conv_norm(8, 8, 3)), nn.Conv2d(8, 5, 1)).eval()


@torch.no_grad()
def test_a_larger_model_is_loaded_and_answers_other_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    model, other = _blocks(), _blocks()
    quick = _by(monkeypatch, "_as_program", model)
    quick.load_state_dict(other.state_dict())
    for size in (24, 40):
        x = torch.randn(2, 3, size, size)
        torch.testing.assert_close(quick(x), other(x), rtol=1e-4, atol=1e-4)
