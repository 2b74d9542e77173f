"""F18 of the second round: what was chosen is chosen again once something was measured, and hangs on nothing hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

import kaiyan
from kaiyan import conv, get_num_threads, padding, prepare, set_num_threads, tune
from kaiyan import plan as planned
from kaiyan.engine import compiled, wisdom
from kaiyan.engine import planner as owner
from kaiyan.engine.lifted import built
from kaiyan.engine.planner import PLANNER
from kaiyan.ops.port import port
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SHAPE = (1, 8, 16, 16)


@pytest.fixture(autouse=True)
def own_wisdom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = get_num_threads()
    monkeypatch.setenv("KAIYAN_CACHE", str(tmp_path))
    PLANNER.forget()
    yield
    set_num_threads(before)
    PLANNER.forget()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the algorithms that were built for a plan, in their order."""
    names: list[str] = []

    def told(algorithm: Any, problem: Any) -> Any:
        names.append(algorithm.name)
        return built(algorithm, problem)

    monkeypatch.setattr(owner, "built", told)
    return names


def _layer(x: Any) -> Callable[[], Any]:
    layer = kaiyan.nn.Conv2d(8, 8, 3, padding=1).requires_grad_(False)
    return lambda: layer(torch.from_numpy(x))


def _function(x: Any) -> Callable[[], Any]:
    w = torch.ones(8, 8, 3, 3)
    return lambda: conv(torch.from_numpy(x), w, padding=1)


def _prepared(x: Any) -> Callable[[], Any]:
    ready = prepare("Conv2d(8, 8, 3, padding=1, bias=False)", torch.ones(8, 8, 3, 3))
    return lambda: ready(torch.from_numpy(x))


@pytest.mark.parametrize("user", [_layer, _function, _prepared])
def test_f18_what_was_used_before_tuning_is_chosen_again(user: Any, names: list[str]) -> None:
    x = np.ones(SHAPE, np.float32)
    with torch.no_grad():
        call = user(x)
        call(), call()
        assert len(names) == 1
        tune(Conv(8, 8, 3, padding=1, rank=2), (1, 8, 20, 20), seconds=0.01)
        call(), call()
    assert len(names) == 2


def test_f18_what_was_measured_on_one_thread_says_nothing_of_two() -> None:
    spec = Conv(8, 8, 3, padding=1, rank=2)
    set_num_threads(1)
    on_one = tune(spec, SHAPE, seconds=0.02)
    assert on_one.threads == 1
    assert on_one.chosen.measured is not None
    set_num_threads(2)
    on_two = planned(spec, SHAPE)
    assert on_two.threads == 2
    assert all(row.measured is None for row in on_two.rows)
    slow = next(row.name for row in reversed(on_two.rows) if row.refusal is None)
    wisdom.learn(on_two.problem, {slow: 1e-12})
    PLANNER.forget()
    assert planned(spec, SHAPE).chosen.name == slow
    set_num_threads(1)
    assert planned(spec, SHAPE).chosen == on_one.chosen
    assert planned(spec, SHAPE).to_dict()["threads"] == 1


@pytest.mark.parametrize("kernel", range(1, 10))
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_f18_half_the_kernel_is_one_number(kernel: int, dilation: int) -> None:
    """What users write: kernel_size // 2 at no dilation; odd kernels keep the size, even ones add one output."""
    n = 40
    ported = port(Conv(1, 1, kernel, dilation=dilation, rank=1), (1, 1, n), "torch").spec.axes[0].padding
    shown = padding(n, kernel, dilation=dilation)
    assert ported == (shown.number, shown.number) == shown["number"].pads
    if dilation == 1:
        assert shown.number == kernel // 2
    reach = dilation * (kernel - 1) + 1
    assert shown["number"].output_size == n + (reach % 2 == 0)


def test_f18_the_usual_mistake_of_an_even_kernel_is_its_half() -> None:
    found = port("Conv2d(3, 8, 4, stride=2)", (1, 3, 32, 32), "tf_same")
    assert [axis.padding for axis in found.usual.axes] == [(2, 2), (2, 2)]
    assert str(found.lines[-1]) == "padding=2 instead gives the shape (1, 8, 17, 17)"


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "uint8"])
def test_f18_a_flipped_weight_is_packed_once(library: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    pack = compiled.Compiled._prepared

    def counting(self: Any, arrays: Any) -> Any:
        counted.append(1)
        return pack(self, arrays)

    monkeypatch.setattr(compiled.Compiled, "_prepared", counting)
    x = np.arange(2 * 9 * 7, dtype=dtype).reshape(1, 2, 9, 7) % 11
    w = np.arange(3 * 2 * 3 * 2).reshape(3, 2, 3, 2).astype(dtype)
    arrays = [torch.from_numpy(a) for a in (x, w)] if library == "torch" else [x, w]
    for _ in range(4):
        y = conv(*arrays, flip=True)
    assert len(counted) == 1
    np.testing.assert_array_equal(np.asarray(y), conv(x, w[..., ::-1, ::-1].copy()))
    before = len(counted)
    arrays[1][0, 0, 0, 0] = 5
    np.testing.assert_array_equal(np.asarray(conv(*arrays, flip=True)), conv(x, w[..., ::-1, ::-1].copy()))
    assert len(counted) == before + 2


def test_f18_a_flipped_weight_keeps_its_gradient() -> None:
    x, w = torch.ones(1, 1, 4), torch.tensor([[[1.0, 2.0]]], requires_grad=True)
    torch.autograd.backward(conv(torch.tensor([[[1.0, 10.0, 100.0, 1000.0]]]), w, flip=True).sum())
    assert w.grad is not None
    assert w.grad.tolist() == [[[1110.0, 111.0]]]
    assert conv(x, w, flip=True).requires_grad
