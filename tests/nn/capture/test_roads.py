"""A model that nobody else holds is run without TorchDynamo's questions, and never gives an old answer for it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules import conv

from kaiyan.nn import accelerate
from kaiyan.nn.acceleration.as_program import Programmed

SCALE = 2.0


@pytest.fixture(autouse=True)
def compiled_anew() -> None:
    """Numbers that have changed once are inputs for TorchDynamo from then on, in every network of the class."""
    torch.compiler.reset()


class Net(nn.Module):
    """Looks at a number of the module, of its class, and at a function and a number beside it."""

    shift = 1.0

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm, self.last = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Conv2d(8, 4, 1)
        self.settings = {"gain": 3.0}

    @property
    def two(self) -> float:
        return 2.0

    def forward(self, x: Tensor, wants_sum: bool = True, mask: Any = None) -> dict[str, Any]:
        y = self.last(F.relu(self.norm(self.first(x)))) * SCALE * self.settings["gain"] * self.two + self.shift
        return {"maps": y, "sum": y.sum((-1, -2)) if wants_sum else None, "mask": mask}


def made(model: nn.Module, *inputs: Tensor) -> Programmed:
    """As programs that are nobody else's."""
    quick = Programmed(model.eval(), inputs, "default")
    quick.keep_to_itself()
    return quick


def travelled(quick: Programmed, *inputs: Any, **named: Any) -> tuple[Any, bool]:
    """The answer, and whether TorchDynamo was asked."""
    asked = []
    captured = quick._captured

    def ask(*given: Any, **others: Any) -> Any:
        asked.append(1)
        return captured(*given, **others)

    quick._captured = ask  # type: ignore[assignment]
    try:
        return quick(*inputs, **named), bool(asked)
    finally:
        quick._captured = captured


def assert_known(quick: Programmed, model: nn.Module, *inputs: Any, **named: Any) -> None:
    """From the second call on nobody asks, and the answer is the model's."""
    right = model(*inputs, **named)
    for is_first in (True, False, False):
        answer, was_asked = travelled(quick, *inputs, **named)
        torch.testing.assert_close(answer, right, rtol=1e-4, atol=1e-4)
        assert was_asked == is_first


def assert_asked(quick: Programmed, model: nn.Module, *inputs: Any, **named: Any) -> None:
    """Every call asks, and the answer is the model's each time."""
    for _ in range(3):
        right = model(*inputs, **named)
        answer, was_asked = travelled(quick, *inputs, **named)
        torch.testing.assert_close(answer, right, rtol=1e-4, atol=1e-4)
        assert was_asked


@torch.no_grad()
def test_calls_alike_ask_nothing() -> None:
    model, x = Net(), torch.randn(2, 3, 9, 8)
    quick = made(model, x)
    assert_known(quick, model, x)
    assert_known(quick, model, x, wants_sum=False)
    assert_known(quick, model, x, False, 2)
    assert_known(quick, model, torch.randn(1, 3, 20, 9))
    assert_known(quick, model, x.to(memory_format=torch.channels_last))
    answer, was_asked = travelled(quick, other := torch.randn(2, 3, 9, 8))
    assert not was_asked
    torch.testing.assert_close(answer, model(other), rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_what_accelerate_gives_asks_nothing() -> None:
    model, x = Net().eval(), torch.randn(1, 3, 12, 12)
    quick = accelerate(model, x)
    quick(x)
    (programmed,) = (module for module in [quick.model] if isinstance(module, Programmed))
    answer, was_asked = travelled(programmed, x)
    assert not was_asked
    torch.testing.assert_close(answer, model(x), rtol=1e-4, atol=1e-4)


def _weight(quick: Programmed, model: Any) -> None:
    nets: tuple[Any, Any] = quick.model, model
    for net in nets:
        net.first.weight.mul_(2)


def _first_parameter(quick: Programmed, model: Any) -> None:
    for net in (quick, model):
        next(iter(net.parameters())).mul_(0.5)


def _state(quick: Programmed, model: Any) -> None:
    other = Net()
    quick.load_state_dict({f"model.{name}": value for name, value in other.state_dict().items()})
    model.load_state_dict(other.state_dict())


def _layer(quick: Programmed, model: Any) -> None:
    quick.model.last = model.last = nn.Conv2d(8, 4, 1)


def _setting(quick: Programmed, model: Any) -> None:
    own: Any = quick.model
    own.settings["gain"] = model.settings["gain"] = 5.0


def _hook(quick: Programmed, model: Any) -> None:
    nets: tuple[Any, Any] = quick.model, model
    for net in nets:
        net.first.register_forward_hook(lambda *given: given[2] * 2)


def _training(quick: Programmed, model: Any) -> None:
    for net in (quick, model):
        net.get_submodule("model.norm" if net is quick else "norm").eps = 10.0


@pytest.mark.parametrize("change", [_weight, _first_parameter, _state, _layer, _setting, _hook, _training])
@torch.no_grad()
def test_whoever_is_handed_a_part_may_change_it(change: Any) -> None:
    model, x = Net().eval(), torch.randn(2, 3, 9, 8)
    quick = made(model, x)
    assert_known(quick, model, x)
    change(quick, model)
    assert_asked(quick, model, x)


@torch.no_grad()
def test_what_is_outside_may_change(monkeypatch: pytest.MonkeyPatch) -> None:
    model, x = Net().eval(), torch.randn(2, 3, 9, 8)
    quick = made(model, x)
    assert_known(quick, model, x)
    for holder, name, value in (
        (Net, "shift", 7.0), (Net, "two", property(lambda _: 9.0)), (F, "relu", torch.sigmoid),
        (vars(conv)["F"], "conv2d", lambda *given: torch.conv2d(*given) * 2),
    ):  # fmt: skip
        monkeypatch.setattr(holder, name, value)
        torch.testing.assert_close(quick(x), model(x), rtol=1e-4, atol=1e-4)
    monkeypatch.setitem(globals(), "SCALE", 11.0)
    torch.testing.assert_close(quick(x), model(x), rtol=1e-4, atol=1e-4)


GAINS = [2.0, 3.0]
TABLE = torch.ones(4, 1, 1)


class Kind:
    """A class that an instance holds, as a copy of it does."""

    gain = 2.0


class Looking(nn.Module):
    """Looks at something that is not its own, and that may change."""

    both = 1

    def __init__(self, what: str) -> None:
        super().__init__()
        self.conv, self.what, self.kind, self.plain = nn.Conv2d(3, 4, 3), what, Kind, Plain()

    def forward(self, x: Tensor) -> Any:
        y = self.conv(x)
        if self.what == "length":
            return y * len(GAINS)
        if self.what == "entry":
            return y * GAINS[0]
        if self.what == "tensor":
            return y * TABLE
        if self.what == "kind":
            return y * self.kind.gain
        return self.plain(y)


class Plain(nn.Module):
    """A layer whose class has a number of the same name and value as another."""

    both = 1

    def forward(self, x: Tensor) -> Tensor:
        return x * self.both


def _changed(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if what == "length":
        monkeypatch.setattr(f"{__name__}.GAINS", GAINS)
        GAINS.append(4.0)
    elif what == "entry":
        GAINS[0] += 1.0
    elif what == "tensor":
        TABLE.mul_(3)
    elif what == "kind":
        monkeypatch.setattr(Kind, "gain", 7.0)
    else:
        monkeypatch.setattr(Plain, "both", 5)


@pytest.mark.parametrize("what", ["length", "entry", "tensor", "kind", "class"])
@torch.no_grad()
def test_what_stands_beside_a_model_may_change_and_stay_the_same_thing(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, x = Looking(what).eval(), torch.randn(1, 3, 8, 8)
    quick = made(model, x)
    for _ in range(3):
        torch.testing.assert_close(quick(x), model(x), rtol=1e-4, atol=1e-4)
    _changed(what, monkeypatch)
    for _ in range(3):
        torch.testing.assert_close(quick(x), model(x), rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_whoever_unpacks_the_children_holds_them() -> None:
    for hand in (dict, list, lambda held: {**held}, lambda held: held | {}, lambda held: held.copy()):
        quick = made(Net(), torch.randn(1, 3, 8, 8))
        hand(quick._modules)
        assert quick._children.is_lent


@pytest.mark.filterwarnings("ignore")  # torch's compiler says which functions it looks into
@torch.no_grad()
def test_within_another_compiled_model() -> None:
    model, x = Net().eval(), torch.randn(1, 3, 8, 8)
    quick = accelerate(model, x)
    whole = torch.compile(lambda given: quick(given)["maps"].relu(), backend="eager")
    for _ in range(3):
        torch.testing.assert_close(whole(x), model(x)["maps"].relu(), rtol=1e-4, atol=1e-4)


class Counting(nn.Module):
    """Changes what it holds: a number, a list, a buffer."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.conv, self.what, self.calls, self.seen = nn.Conv2d(1, 2, 3), what, 0, [0.0]
        self.total = nn.Buffer(torch.zeros(()))

    def forward(self, x: Tensor) -> Any:
        if self.what == "number":
            self.calls += 1
        elif self.what == "list":
            self.seen[0] += 2.0
        elif self.what == "buffer":
            self.total.add_(1)
        elif self.what == "print":
            print("seen")
        elif self.what == "input":
            x.add_(1)
        y = self.conv(x) * (1 + self.calls) + self.seen[0] + self.total
        return (y, x) if self.what == "itself" else y


@pytest.mark.parametrize("what", ["number", "list", "buffer", "print", "input", "itself"])
@torch.no_grad()
def test_a_call_that_does_more_is_made_whole(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    model = Counting(what).eval()
    quick = made(model, torch.zeros(1, 1, 6, 6))
    capsys.readouterr()
    for _ in range(4):
        ours, theirs = torch.zeros(1, 1, 6, 6), torch.zeros(1, 1, 6, 6)
        torch.testing.assert_close(quick(ours), model(theirs))
        assert torch.equal(ours, theirs)
    assert capsys.readouterr().out.count("seen") == (8 if what == "print" else 0)
    if what == "itself":
        assert quick(ours)[1] is ours


def _within(scale: float) -> nn.Module:
    class Inside(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3)

        def forward(self, x: Tensor) -> Any:
            return self.conv(x) * scale

        def turn(self, number: float) -> None:
            nonlocal scale
            scale = number

    return Inside().eval()


@torch.no_grad()
def test_a_number_of_an_enclosing_function_is_asked_for() -> None:
    model: Any = _within(2.0)
    x = torch.randn(1, 1, 6, 6)
    quick = made(model, x)
    assert_asked(quick, model, x)
    model.turn(5.0)
    torch.testing.assert_close(quick(x), model(x))


@torch.no_grad()
def test_torchs_modes_are_asked_for() -> None:
    model, x = Net().eval(), torch.randn(2, 3, 9, 8)
    quick = made(model, x)
    assert_known(quick, model, x)
    with torch.autocast("cpu", torch.bfloat16):
        assert quick(x)["maps"].dtype == model(x)["maps"].dtype
    with torch.inference_mode():
        torch.testing.assert_close(quick(x), model(x), rtol=1e-4, atol=1e-4)
    each = torch.func.vmap(lambda one: quick(one[None])["sum"])(x)
    torch.testing.assert_close(each[:, 0], model(x)["sum"], rtol=1e-4, atol=1e-3)


@torch.no_grad()
def test_one_tensor_for_two_inputs() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3)

        def forward(self, x: Tensor, y: Tensor) -> list[Any]:
            return [self.conv(x) + self.conv(y), (y.relu(),)]

    model, x, y = Both().eval(), torch.randn(1, 1, 6, 6), torch.randn(1, 1, 6, 6)
    quick = made(model, x, y)
    assert_known(quick, model, x, y)
    assert_known(quick, model, y=y, x=x)
    assert_asked(quick, model, x, x)


def test_a_gradient_is_torchs() -> None:
    model, x = Net().eval(), torch.randn(1, 3, 8, 8, requires_grad=True)
    quick = made(model, x.detach())
    with torch.no_grad():
        assert_known(quick, model, x)
    quick(x)["sum"].sum().backward()
    assert x.grad is not None


@torch.no_grad()
def test_two_threads_at_once() -> None:
    model, x = Net().eval(), torch.randn(2, 3, 9, 8)
    quick, right = made(model, x), model(x)["maps"]
    wrong: list[bool] = []

    def ask() -> None:
        with torch.no_grad():
            wrong.extend(not torch.allclose(quick(x)["maps"], right, rtol=1e-4, atol=1e-4) for _ in range(50))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [False] * 150
