"""A watch sees every call of a module in order, with what it gave and took, and leaves no hook behind."""

from __future__ import annotations

import re
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest
import torch
from interrupting import Interrupter
from torch import Tensor, nn

import kaiyan
from kaiyan.trace.watch import watch

if TYPE_CHECKING:
    from kaiyan.trace.watch import Visit

HOOKS = ("_forward_pre_hooks", "_forward_hooks", "_forward_pre_hooks_with_kwargs", "_forward_hooks_with_kwargs",
         "_forward_hooks_always_called")  # fmt: skip


def _hooks(model: nn.Module) -> list[dict[int, Any]]:
    return [dict(vars(module)[table]) for module in model.modules() for table in HOOKS]


class Twice(nn.Module):
    """A block that calls one layer two times, inside another module."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 3)
        self.alias = self.layer
        self.block = nn.Sequential(nn.ReLU())

    def forward(self, x: Tensor, scale: float = 1.0) -> Tensor:
        return self.layer(self.block(self.layer(x))) * scale  # type: ignore[no-any-return]


def test_calls_come_in_the_order_in_which_they_begin_and_a_layer_used_twice_has_two_turns() -> None:
    model = Twice()
    with watch(model) as visits:
        model(torch.zeros(1, 3))
    seen = [(visit.path, visit.turn, visit.failed) for visit in visits]
    assert seen == [
        ("", 0, False), ("layer", 0, False), ("block", 0, False), ("block.0", 0, False), ("layer", 1, False),
    ]  # fmt: skip


def test_what_is_given_and_what_comes_out_is_shown_and_let_go() -> None:
    model, notes = Twice(), []

    def after(visit: Visit) -> Tensor:
        notes.append((len(visit.args), visit.named))
        return visit.output.clone()  # type: ignore[no-any-return]

    with watch(model, after=after) as visits:
        answer = model(torch.ones(1, 3), scale=2.0)
    assert torch.equal(visits[0].kept, answer)
    assert notes[-1] == (1, {"scale": 2.0})
    assert all(visit.output is None and not visit.args and not visit.named for visit in visits)


def test_before_is_asked_before_a_users_hook_and_after_behind_it() -> None:
    layer, order = nn.ReLU(), []
    layer.register_forward_pre_hook(lambda *_: order.append("user's pre-hook"))
    layer.register_forward_hook(lambda *_: order.append("user's hook"))
    with watch(layer, before=lambda _: order.append("before"), after=lambda _: order.append("after")):
        layer(torch.zeros(1))
    assert order == ["before", "user's pre-hook", "user's hook", "after"]


def test_a_call_that_raises_has_failed_and_one_that_gives_nothing_has_not() -> None:
    class Nothing(nn.Module):
        def forward(self, _: Tensor) -> None:
            return None

    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(3, 4))
    with watch(model) as visits, pytest.raises(RuntimeError, match="cannot be multiplied"):
        model(torch.zeros(1, 3))
    assert [(visit.path, visit.failed) for visit in visits] == [("", True), ("0", False), ("1", True)]
    nothing = Nothing()
    with watch(nothing) as visits:
        nothing(torch.zeros(1))
    assert [visit.failed for visit in visits] == [False]


def test_a_failure_that_the_model_catches_is_one_of_the_layer_alone() -> None:
    class Careful(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(2, 2), nn.Linear(3, 3)

        def forward(self, x: Tensor) -> Tensor:
            try:
                return self.first(x)  # type: ignore[no-any-return]
            except RuntimeError:
                return self.second(x)  # type: ignore[no-any-return]

    model = Careful()
    with watch(model) as visits:
        model(torch.zeros(1, 3))
    assert [(visit.path, visit.failed) for visit in visits] == [("", False), ("first", True), ("second", False)]


def test_a_users_hook_that_raises_fails_the_call() -> None:
    model = nn.Sequential(nn.ReLU())

    def refuse(*_: object) -> None:
        raise ValueError("refused")

    model[0].register_forward_pre_hook(refuse)
    with watch(model) as visits, pytest.raises(ValueError, match="refused"):
        model(torch.zeros(1))
    assert [(visit.path, visit.failed) for visit in visits] == [("", True), ("0", True)]


def test_seconds_hold_those_of_what_is_called_inside() -> None:
    class Slow(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            sleep(0.01)
            return x

    model = nn.Sequential(Slow(), Slow())
    with watch(model) as visits:
        model(torch.zeros(1))
    whole, *parts = (visit.seconds for visit in visits)
    assert min(parts) >= 0.01
    assert whole >= sum(parts)


def test_only_modules_at_the_given_paths_are_seen() -> None:
    model = Twice()
    with watch(model, ["block.0", "alias"]) as visits:
        model(torch.zeros(1, 3))
    assert [visit.path for visit in visits] == ["alias", "block.0", "alias"]


def test_an_output_is_changed_for_the_caller() -> None:
    model = nn.Sequential(nn.Identity(), nn.Identity())
    with watch(model, ["0"], change=lambda output: output + 1):
        assert model(torch.zeros(1)).item() == 1
    assert model(torch.zeros(1)).item() == 0


def test_watches_may_be_nested_and_each_sees_all() -> None:
    model = Twice()
    with watch(model) as outer, watch(model) as inner:
        model(torch.zeros(1, 3))
    assert [visit.path for visit in outer] == [visit.path for visit in inner]
    with watch(model) as outer:
        model(torch.zeros(1, 3))
        with watch(model) as inner:
            model(torch.zeros(1, 3))
    assert (len(inner), len(outer)) == (5, 10)


def test_a_users_hooks_stay_and_ours_go_also_where_the_model_raises() -> None:
    model = Twice()
    model.layer.register_forward_hook(lambda *_: None)
    model.block.register_forward_pre_hook(lambda *_: None, with_kwargs=False)
    before = _hooks(model)
    with watch(model):
        assert _hooks(model) != before
    assert _hooks(model) == before
    with pytest.raises(RuntimeError), watch(model):
        model(torch.zeros(1, 4))
    assert _hooks(model) == before


def test_an_interruption_at_any_line_leaves_no_hook_on_the_module() -> None:
    model = nn.Sequential(nn.ReLU())

    def watched() -> None:
        with watch(model, before=lambda _: None, after=lambda _: None):
            model(torch.zeros(1))

    lines = Interrupter(-1).of(watched)
    assert len(lines) > 50
    for at in range(len(lines)):
        Interrupter(at).of(watched)
        assert not any(_hooks(model)), f"interrupted at {lines[at]}"


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")
def test_torchscript_is_watched_from_outside() -> None:
    model = nn.Sequential(torch.jit.script(nn.ReLU()), nn.Flatten())
    with watch(model) as visits:
        model(torch.zeros(1, 2))
    assert [visit.path for visit in visits] == ["", "1"]


def test_hooks_are_hung_in_one_place() -> None:
    source = Path(kaiyan.__file__).parent
    places = {
        str(path.relative_to(source))
        for path in source.rglob("*.py")
        if re.search(r"\.register_\w*forward\w*hook\(|register_module_\w*hook", path.read_text())
    }
    fixes = {place for place in places if place.startswith("explain/diagnosis/")}  # a hook that a user is offered
    shown = {place for place in places if place.startswith("cases/")}  # hooks of torch, as readers will write them
    assert places - fixes - shown == {"trace/watch.py"}
    assert len(fixes) <= 1
