"""The owner of plans and routines: one way to forget, then everything chooses again; a new algorithm is a row."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

import kaiyan
from kaiyan.engine import wisdom
from kaiyan.engine.algorithm import Plain
from kaiyan.engine.algorithms import ALGORITHMS
from kaiyan.engine.planner import PLANNER
from kaiyan.engine.problem import Problem
from kaiyan.ops.gradients import weight_gradient
from kaiyan.program.choices import Choices, candidates
from kaiyan.reference.forward import forward
from kaiyan.show.sentence import sentence
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.engine.algorithm import Routine
    from kaiyan.show.sentence import Sentence

SOURCE = Path(kaiyan.__file__).parent
SPEC = Conv(8, 8, 3, padding=1, bias=False, rank=2)
SHAPE = (1, 8, 16, 16)


@pytest.fixture(autouse=True)
def own_wisdom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("KAIYAN_CACHE", str(tmp_path))
    PLANNER.forget()
    yield
    PLANNER.forget()


class Square:
    """A made-up row: inputs of as many rows as columns, by the definition, which it says is quick."""

    name = "square"
    arrays = ("numpy",)
    calls = 0

    def refuses(self, problem: Problem) -> Sentence | None:
        rows, columns = problem.input_shape[-2:]
        return None if rows == columns else sentence("not-square", "the picture is not square")

    def error(self, problem: Problem) -> float:
        del problem
        return 1.0

    def seconds(self, problem: Problem) -> float:
        del problem
        return 1e-9

    def build(self, problem: Problem) -> Routine:
        def routine(x: Any, weight: Any, bias: Any) -> Any:
            self.calls += 1
            return forward(x, weight, bias, problem.spec)

        return Plain(routine)


@pytest.fixture
def square(monkeypatch: pytest.MonkeyPatch) -> Square:
    row = Square()
    monkeypatch.setattr(PLANNER, "algorithms", (row, *ALGORITHMS))
    PLANNER.forget()
    return row


def test_a_new_algorithm_is_one_row(square: Square) -> None:
    plan = kaiyan.plan(SPEC, SHAPE)
    assert (plan.algorithm, plan.chosen.name) == (square, "square")
    x, w = np.ones(SHAPE, np.float32), np.ones((8, 8, 3, 3), np.float32)
    right = kaiyan.conv(x[..., :15], w, padding=1)
    assert square.calls == 0
    y = kaiyan.conv(x, w, padding=1)
    assert square.calls == 1
    np.testing.assert_array_equal(y[..., :14], right[..., :14])


def test_a_new_algorithm_says_why_it_refuses(square: Square) -> None:
    plan = kaiyan.plan(SPEC, (1, 8, 16, 15))
    refusals = {row.name: str(row.refusal) for row in plan.rows if row.refusal is not None}
    assert refusals["square"] == "the picture is not square"
    assert plan.algorithm is not square


def test_a_new_algorithm_is_lifted_to_other_arrays(square: Square) -> None:
    y = kaiyan.conv(torch.ones(SHAPE), torch.ones(8, 8, 3, 3), padding=1)
    assert (square.calls, y[0, 0, 1, 1].item()) == (1, 72)


def test_a_new_algorithm_is_tuned(square: Square) -> None:
    plan = kaiyan.tune(SPEC, SHAPE, seconds=0.02)
    measured = {row.name: row.measured for row in plan.rows if row.measured is not None}
    assert square.calls > 1
    assert wisdom.known(plan.problem) == measured
    assert "square" in measured


def _layer(x: torch.Tensor) -> Any:
    layer = kaiyan.nn.Conv2d(8, 8, 3, padding=1, bias=False).requires_grad_(False)
    return lambda: layer(x)


def _prepared(x: torch.Tensor) -> Any:
    ready = kaiyan.prepare(SPEC, torch.ones(8, 8, 3, 3))
    return lambda: ready(x)


def _gradient(x: torch.Tensor) -> Any:
    layer = kaiyan.nn.Conv2d(8, 8, 3, padding=1, bias=False)

    def step() -> None:
        torch.autograd.backward(layer(x.clone().requires_grad_()).sum())

    return step


@pytest.mark.parametrize("user", [_layer, _prepared, _gradient])
def test_what_was_used_before_takes_what_tuning_chose(user: Any) -> None:
    call = user(torch.ones(SHAPE))
    before = _chosen(call)
    kaiyan.tune(SPEC, SHAPE, kind="torch", seconds=0.01)
    for problem in before:
        able = [algorithm.name for _, algorithm in PLANNER.able(problem)]
        slow = next(name for name in reversed(able) if name != PLANNER.plan(problem).algorithm.name)
        wisdom.learn(problem, {slow: 1e-12})
    PLANNER.forget()
    after = _chosen(call)
    assert before.keys() == after.keys()
    assert all(before[problem] != after[problem] for problem in before)


def _chosen(call: Any) -> dict[Problem, str]:
    """What a call asks the planner for: each problem's algorithm."""
    chosen: dict[Problem, str] = {}
    plan = PLANNER.plan

    def told(problem: Problem) -> Any:
        chosen[problem] = plan(problem).algorithm.name
        return plan(problem)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(PLANNER, "plan", told)
        call()
    assert chosen
    return chosen


def test_forgetting_empties_all_that_is_kept() -> None:
    x, w = np.ones(SHAPE, np.float32), np.ones((8, 8, 3, 3), np.float32)
    kaiyan.conv(x, w, padding=1)
    kaiyan.nn.Conv2d(8, 8, 3).requires_grad_(False)(torch.ones(SHAPE))
    kaiyan.nn.Conv2d(8, 8, 3)(torch.ones(SHAPE)).sum().backward()
    weight_gradient(Conv(8, 8, 3, padding=1, rank=2), x, x)
    candidates(problem := Problem(Conv(8, 8, 3, padding=1, rank=2), SHAPE))
    Choices({"y": "direct"}).algorithm("y", problem)
    assert all(kept.cache_info().currsize for kept in PLANNER._kept)
    era = PLANNER.era
    PLANNER.forget()
    assert not any(kept.cache_info().currsize for kept in PLANNER._kept)
    assert PLANNER.era is not era


def _own_caches(text: str) -> list[str]:
    """Functions of a source that keep routines or plans in a cache of their own."""
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    kept = [f for f in functions if any("cache" in ast.unparse(d) for d in f.decorator_list)]
    words = ("Routine", "Plan", "Prepared", "Callable")
    return [f.name for f in kept if f.returns is not None and any(word in ast.unparse(f.returns) for word in words)]


def test_nobody_else_keeps_plans_or_routines() -> None:
    rooms = [SOURCE / "ops", SOURCE / "nn", *(SOURCE / "engine").glob("*.py"), SOURCE / "engine/algorithms"]
    files = [file for room in rooms for file in ([room] if room.is_file() else room.rglob("*.py"))]
    assert {
        file.name: _own_caches(file.read_text("utf-8")) for file in files if _own_caches(file.read_text("utf-8"))
    } == {}


def test_a_cache_of_ones_own_is_seen() -> None:
    assert _own_caches("@lru_cache(maxsize=4)\ndef routine_of(p: int) -> Routine: ...") == ["routine_of"]


def test_a_plan_is_for_the_threads_that_are_asked_for() -> None:
    big = (1, 64, 112, 112)
    on = {count: kaiyan.plan("Conv2d(64, 64, 3, padding=1)", big, threads=count) for count in (1, 4)}
    assert [(plan.threads, plan.problem.threads) for plan in on.values()] == [(1, 1), (4, 4)]
    assert [row.name for row in on[1].rows] == [row.name for row in on[4].rows]
    one, four = (plan.chosen.seconds for plan in on.values())
    assert one is not None
    assert four is not None
    assert 2 < one / four < 4.1
    with pytest.raises(kaiyan.ConvError, match="threads"):
        kaiyan.plan("Conv2d(64, 64, 3)", big, threads=0)


def test_a_type_error_inside_is_not_run_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def broken(problem: Problem) -> Any:
        del problem
        calls.append(1)
        raise TypeError("a bug of ours")

    monkeypatch.setattr(PLANNER, "routine", broken)
    with pytest.raises(TypeError, match="a bug of ours"):
        kaiyan.conv(np.ones((1, 1, 4)), np.ones((1, 1, 3)), padding=[1])
    assert calls == [1]
