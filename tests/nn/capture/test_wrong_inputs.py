"""What a model refuses it refuses as a program too, in its own words, and goes on as a program."""

from __future__ import annotations

import copy
import threading
from types import FunctionType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from kaiyan.nn.acceleration.as_program import Programmed
from kaiyan.nn.capture.captured import Captured, captured
from kaiyan.nn.capture.roads import observed


class Picky(nn.Module):
    """Asks for channels itself."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)
        self.refusals = 0

    def forward(self, x: Tensor, scale: float = 1.0) -> Tensor:
        if x.shape[1] == 5:
            self.refusals += 1
            raise ValueError(f"3 channels, not {x.shape[1]}")
        answer: Tensor = self.norm(self.conv(x)).relu() * scale
        return answer + self.refusals


class Parted(Picky):
    """The same in two graphs, with a count between them."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.last = nn.Conv2d(8, 4, 3)

    def forward(self, x: Tensor, scale: float = 1.0) -> Tensor:
        self.calls += 1
        y = super().forward(x, scale)
        torch._dynamo.graph_break()
        answer: Tensor = self.last(y) + self.calls
        return answer


def _plain() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 4, 3)).eval()


X = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
WRONG: dict[str, tuple[Any, ...]] = {
    "channels": (X[:, :1],),
    "its own refusal": (torch.randn(2, 5, 16, 16),),
    "two axes": (X[0, 0],),
    "no batch": (X[0],),
    "five axes": (X[None],),
    "too small": (X[..., :1, :1],),
    "double": (X.double(),),
    "whole numbers": (X.long(),),
    "a word": ("a",),
    "None": (None,),
    "an array": (X.numpy(),),
    "a list": ([X, X],),
    "none": (),
    "three": (X, 1.0, X),
}


def _refusal(model: Any, inputs: tuple[Any, ...]) -> Exception:
    try:
        with torch.no_grad():
            model(*inputs)
    except Exception as error:  # noqa: BLE001 (which one is the question)
        return error
    pytest.fail("it is not refused")


@torch.no_grad()
def _assert_by_programs(made: Any, model: nn.Module, *sizes: tuple[int, ...]) -> None:
    """All that it computes it computes by programs, at sizes that it knows and others."""
    for size in sizes:
        with observed() as runs:
            x = torch.randn(size)
            torch.testing.assert_close(made(x), model(x), rtol=1e-4, atol=1e-4)
        assert runs
        assert None not in runs


@pytest.mark.parametrize("make", [_plain, lambda: Picky().eval()], ids=["plain", "picky"])
def test_it_raises_what_the_model_raises_and_stays_a_program(make: Any, capfd: pytest.CaptureFixture[str]) -> None:
    model = make()
    made = captured(model, (X,))
    _assert_by_programs(made, model, (2, 3, 20, 24))
    for number, inputs in enumerate(WRONG.values()):
        for _ in range(2):
            found, wanted = _refusal(made, inputs), _refusal(copy.deepcopy(model), inputs)
            assert (type(found), str(found)) == (type(wanted), str(wanted))
            assert found.__cause__ is found.__context__ is None
        vars(made.model).update(refusals=0)
        _assert_by_programs(made, model, (2, 3, 16, 16), (2, 3, 20, 24), (3, 3, 40 + number, 25))
    assert capfd.readouterr() == ("", "")


@torch.no_grad()
def test_a_model_that_changed_before_it_refused_is_looked_at_again() -> None:
    model = Picky().eval()
    quick = Programmed(model, (X,), "default")
    quick.keep_to_itself()
    for _ in range(2):
        torch.testing.assert_close(quick(X), model(X), rtol=1e-4, atol=1e-4)
    for _ in range(2):
        found, wanted = _refusal(quick, WRONG["its own refusal"]), _refusal(model, WRONG["its own refusal"])
        assert (type(found), str(found)) == (type(wanted), str(wanted))
    torch.testing.assert_close(quick(X), model(X), rtol=1e-4, atol=1e-4)
    assert model.refusals == 2


@torch.no_grad()
def test_calls_of_what_nobody_else_holds_ask_nothing_again_after_a_refusal() -> None:
    model = _plain()
    quick = Programmed(model, (X,), "default")
    quick.keep_to_itself()
    for number, inputs in enumerate(WRONG.values()):
        _refusal(quick, inputs)
        for x in (X, torch.randn(2, 3, 18, 19 + number)):
            torch.testing.assert_close(quick(x), model(x), rtol=1e-4, atol=1e-4)
        assert len(quick._roads._known) == 2
        assert not quick._children.is_lent


@torch.no_grad()
def test_a_copy_stays_a_program_too() -> None:
    model = _plain()
    other = copy.deepcopy(Programmed(model, (X,), "default"))
    for _ in range(2):
        for inputs in WRONG.values():
            _refusal(other, inputs)
        _assert_by_programs(other._captured, model, (2, 3, 16, 16), (2, 3, 20, 24))


def test_behind_a_break_it_raises_what_the_model_raises_and_has_run_once() -> None:
    model = Parted().eval()
    made = captured(model, (X,))
    assert not made.is_one_graph
    for name in ("too small", "double", "channels"):
        x = X[..., :4, :4] if name == "too small" else WRONG[name][0]
        found, wanted = _refusal(made, (x,)), _refusal(model, (x,))
        assert (type(found), str(found)) == (type(wanted), str(wanted))
    own: Any = made.model
    assert own.calls == model.calls == 3
    _assert_by_programs(made, model, (2, 3, 16, 16), (2, 3, 20, 24))


class Sized(nn.Module):
    """One graph for small pictures, two for large ones."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.last = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        if x.shape[-1] > 20:
            torch._dynamo.graph_break()
        answer: Tensor = self.last(y.relu())
        return answer


@torch.no_grad()
def test_where_the_graph_ends_at_another_size_the_answer_stands_and_two_programs_follow() -> None:
    model = Sized().eval()
    made = captured(model, (X,))
    assert made.is_one_graph
    large = torch.randn(1, 3, 30, 30)
    torch.testing.assert_close(made(large), model(large), rtol=1e-4, atol=1e-4)
    with observed() as runs:
        torch.testing.assert_close(made(large), model(large), rtol=1e-4, atol=1e-4)
    assert len(runs) == 2
    assert None not in runs
    _assert_by_programs(made, model, (2, 3, 16, 16), (2, 3, 18, 18))


@torch.no_grad()
def test_a_first_call_that_is_refused_is_no_first_call() -> None:
    model = _plain()
    made = Captured(copy.deepcopy(model))
    _refusal(made, WRONG["channels"])
    _assert_by_programs(made, model, (2, 3, 16, 16), (2, 3, 20, 24))
    assert made._first_sizes == [X.shape]


def test_in_parts_too_it_stays_programs_after_its_own_refusal() -> None:
    model = Parted().eval()
    made = captured(model, (X,))
    for x in (WRONG["its own refusal"][0], torch.randn(1, 5, 20, 20)):
        found, wanted = _refusal(made, (x,)), _refusal(model, (x,))
        assert (type(found), str(found)) == (type(wanted), str(wanted))
        _assert_by_programs(made, model, (2, 3, 16, 16), (2, 3, 20, 24))


@torch.no_grad()
def test_models_in_which_graphs_end_are_compiled_in_other_threads_meanwhile() -> None:
    """Torch notes for all threads that a graph must not end."""
    made = captured(_plain(), (X,))
    faults: list[str] = []

    def compiles() -> None:
        try:
            while not is_over.is_set():
                torch.compile(FunctionType(_between.__code__.replace(), globals()), backend="eager")(X)
        except Exception as error:  # noqa: BLE001 (it is told in the test's own thread)
            faults.append(str(error))

    is_over = threading.Event()
    thread = threading.Thread(target=compiles)
    thread.start()
    try:
        for size in range(20, 30):
            made(torch.randn(1, 3, size, 20))
            _refusal(made, (torch.randn(1, 4, size, 20),))
    finally:
        is_over.set()
        thread.join()
    assert faults == []


def _between(x: Tensor) -> Tensor:
    x = x + 1
    torch._dynamo.graph_break()
    return x * 2


@torch.no_grad()
def test_what_is_refused_again_and_again_takes_no_program_away() -> None:
    model = Parted().eval()
    made = captured(model, (X,))
    wrong = torch.randn(2, 5, 16, 16)
    for turn in range(2 * torch._dynamo.config.recompile_limit):
        with pytest.raises(ValueError, match="3 channels, not 5"):
            made(wrong)
        with observed() as runs:
            made(torch.randn(1, 3, 20 + turn, 18))
        assert len(runs) == 2
        assert None not in runs
    with pytest.raises(ValueError, match="3 channels, not 5"):
        made(torch.randn(2, 5, 17, 16))
    with observed() as runs:
        made(X)
    assert len(runs) == 2
    assert None not in runs


@torch.library.custom_op("kaiyan_tests::elsewhere", mutates_args=())
def _elsewhere(x: Tensor) -> Tensor:
    """Twice its input, by what another thread compiles."""
    found: list[Tensor] = []
    thread = threading.Thread(target=lambda: found.append(torch.compile(_twice, backend="eager")(x)), daemon=True)
    thread.start()
    thread.join(60)
    assert found, "the other thread waits"
    return found[0]


@_elsewhere.register_fake
def _(x: Tensor) -> Tensor:
    return torch.empty_like(x)


def _twice(x: Tensor) -> Tensor:
    return 2 * x


class Elsewhere(nn.Module):
    """A step of it waits for another thread that compiles."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.last(_elsewhere(self.first(x)))
        return answer


@torch.no_grad()
def test_while_a_new_size_runs_other_threads_compile() -> None:
    model = Elsewhere().eval()
    made = captured(model, (X,))
    assert made.is_one_graph
    for side in (20, 22):
        x = torch.randn(1, 3, side, side)
        torch.testing.assert_close(made(x), model(x), rtol=1e-4, atol=1e-4)
