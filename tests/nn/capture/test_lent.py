"""Whoever changes what a model looks at, by whatever way, gets the answer of the model as it is then."""

from __future__ import annotations

import copy
import enum
import sys
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

from kaiyan.nn.acceleration.as_program import Programmed

if TYPE_CHECKING:
    from collections.abc import Callable

GAINS = {"gain": 2.0}
SEEN: list[Any] = []
VIEW = MappingProxyType(GAINS)


class Global:
    """Has no gain, until somebody gives it one."""


class Mode(enum.Enum):
    """Members are shared by copies."""

    LOUD = 1


class Settings:
    """A class that is no module, with a number of the same name and value as one."""

    both = 1


@pytest.fixture(autouse=True)
def compiled_anew() -> None:
    torch.compiler.reset()


class Base(nn.Module):
    """A convolution, times what ``gain`` says."""

    both = 1

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.meta, self.mode, self.settings = nn.Conv2d(3, 4, 3), {"gain": 3.0}, Mode.LOUD, Settings()

    def gain(self, _: Tensor) -> Any:
        return 1.0

    def forward(self, x: Tensor) -> Any:
        return self.conv(x) * self.gain(x)


class OfInput(Base):
    def gain(self, x: Tensor) -> Any:
        return x.scale  # type: ignore[attr-defined]


class OfAbsent(Base):
    def gain(self, _: Tensor) -> Any:
        return getattr(Global, "gain", 1.0)


class OfMode(Base):
    def gain(self, _: Tensor) -> Any:
        return getattr(self.mode, "loudness", 1.0)


class OfSettings(Base):
    def gain(self, _: Tensor) -> Any:
        return self.settings.both + self.both


class OfView(Base):
    def gain(self, _: Tensor) -> Any:
        return len(VIEW)


class OfModule(Base):
    def gain(self, _: Tensor) -> Any:
        return sys.modules["torch_mine"].SCALE


class OfModes(Base):
    def gain(self, _: Tensor) -> Any:
        return 5.0 if torch.are_deterministic_algorithms_enabled() else 1.0


class ByDefault(Base):
    def forward(self, x: Tensor, gains: Any = GAINS) -> Any:
        return self.conv(x) * gains["gain"]


def _make_module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("torch_mine")
    module.SCALE = 2.0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch_mine", module)
    return module


def _double(self: Any, x: Tensor) -> Any:
    return self.conv(x) * 2


CHANGES: list[tuple[type[Base], Callable[[pytest.MonkeyPatch, Tensor], Any]]] = [
    (OfInput, lambda _, x: setattr(x, "scale", 5.0)),
    (OfAbsent, lambda patch, _: patch.setattr(Global, "gain", 7.0, raising=False)),
    (OfMode, lambda _, __: setattr(Mode.LOUD, "loudness", 7.0)),
    (OfSettings, lambda patch, _: patch.setattr(Settings, "both", 7)),
    (OfView, lambda patch, _: patch.setitem(GAINS, "more", 1.0)),
    (OfModule, lambda _, __: setattr(sys.modules["torch_mine"], "SCALE", 7.0)),
    (ByDefault, lambda patch, _: patch.setitem(GAINS, "gain", 7.0)),
    (Base, lambda patch, _: patch.setattr(Base, "forward", _double)),
    (OfModes, lambda _, __: torch.use_deterministic_algorithms(mode=True)),
]


@pytest.mark.parametrize(("kind", "change"), CHANGES, ids=[f"{kind.__name__}" for kind, _ in CHANGES])
@torch.no_grad()
def test_what_is_changed_is_seen(kind: type[Base], change: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    _make_module(monkeypatch)
    model, x = kind().eval(), torch.randn(1, 3, 8, 8)
    x.scale = 2.0  # type: ignore[attr-defined]
    quick = made(model, x)
    for _ in range(3):
        torch.testing.assert_close(quick(x), model(x), rtol=1e-4, atol=1e-4)
    change(monkeypatch, x)
    try:
        for _ in range(3):
            torch.testing.assert_close(quick(x), model(x), rtol=1e-4, atol=1e-4)
    finally:
        torch.use_deterministic_algorithms(mode=False)


def made(model: nn.Module, x: Tensor) -> Programmed:
    """As programs that are nobody else's."""
    quick = Programmed(model, (x,), "default")
    quick.keep_to_itself()
    return quick


class Hooked(Base):
    pass


class Broken(Base):
    def inner(self, x: Tensor) -> Any:
        return self.conv(x)

    def forward(self, x: Tensor) -> Any:
        for _ in range(1):
            torch._dynamo.graph_break()
            SEEN.append(1)
            y = self.inner(x)
        return y


@pytest.mark.parametrize("kind", [Hooked, Broken])
@torch.no_grad()
def test_what_a_call_does_beside_its_answer_is_done_each_time(kind: type[Base]) -> None:
    model, x = kind().eval(), torch.randn(1, 3, 8, 8)
    if kind is Hooked:
        model.register_forward_hook(lambda *given: SEEN.append(given[2].shape))
    quick = made(model, x)
    SEEN.clear()
    for _ in range(4):
        quick(x)
    assert len(SEEN) == 4


class Handing(Base):
    def forward(self, x: Tensor, what: str = "") -> Any:
        y = self.conv(x) * self.meta["gain"]
        return (y, self.meta) if what == "meta" else (y, self.conv.weight) if what == "weight" else y


@pytest.mark.parametrize("what", ["meta", "weight"])
@torch.no_grad()
def test_an_answer_may_hand_out_a_part(what: str) -> None:
    model, x = Handing().eval(), torch.randn(1, 3, 8, 8)
    quick = made(model, x)
    for net in (quick, model):
        for _ in range(3):
            net(x)
            part = net(x, what)[1]
        if what == "meta":
            part["gain"] = 7.0
        else:
            part.mul_(3)
    for _ in range(2):
        torch.testing.assert_close(quick(x), model(x), rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_a_copy_that_shares_the_model_is_seen_to_change_it() -> None:
    x = torch.randn(1, 3, 8, 8)
    quick = made(Base().eval(), x)
    quick(x)
    quick(x)
    other: Any = copy.copy(quick)
    other.model.conv.weight.mul_(3)
    torch.testing.assert_close(quick(x), quick.model(x), rtol=1e-4, atol=1e-4)
    twin, inner = copy.deepcopy([quick, quick.model])
    for _ in range(2):
        twin(x)
    held: Any = inner
    held.conv.weight.mul_(3)
    torch.testing.assert_close(twin(x), inner(x), rtol=1e-4, atol=1e-4)


class Teacher(nn.Module):
    """Stands where it stands, in copies too."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Any:
        return self.conv(x)

    def __deepcopy__(self, memo: Any) -> Teacher:
        return self


@torch.no_grad()
def test_a_layer_that_copies_share_is_seen_to_change() -> None:
    teacher, x = Teacher(), torch.randn(1, 3, 8, 8)
    quick = made(nn.Sequential(teacher, nn.ReLU()).eval(), x)
    for _ in range(3):
        quick(x)
    teacher.conv.weight.mul_(3)
    torch.testing.assert_close(quick(x), teacher(x).relu(), rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_eval_hands_out_nothing_and_what_is_lent_is_let_go() -> None:
    x = torch.randn(1, 3, 8, 8)
    quick = made(Base().eval(), x)
    quick(x)
    quick.eval()
    assert not quick._children.is_lent
    assert quick._roads._known
    quick.state_dict()
    quick(x)
    assert not quick._roads._known
