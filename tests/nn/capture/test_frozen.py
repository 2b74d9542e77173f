"""The tensors that programs hold for constants, while threads call, look and let go, and where torch counts nothing."""

from __future__ import annotations

import gc
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from kaiyan.nn.capture.backend import Backend
from kaiyan.nn.capture.roads import observed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.nn.capture.executable import Executable
    from kaiyan.program.graph import Graph


@pytest.fixture(autouse=True)
def compiled_anew() -> None:
    torch.compiler.reset()


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as Python can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


class Resizing(nn.Module):
    """Its sizes cannot be written as ours: a graph for each."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 2, 3)

    def forward(self, x: Any) -> Any:
        return F.interpolate(self.conv(x), scale_factor=1.3, mode="linear")


class Doubled(nn.Module):
    """What is computed with is made of its weight once."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(64, 32, 3))

    def forward(self, x: Any) -> Any:
        return F.conv1d(x, self.weight * 2)


def _defined(graph: Graph) -> Any:
    return lambda *arrays: graph.computed(arrays)


@torch.no_grad()
def _executable(model: nn.Module, x: torch.Tensor) -> tuple[Executable, list[Any]]:
    """What the model's graph became, and the arguments of a call with this input."""
    run: Any = torch.compile(model, backend=Backend(_defined), dynamic=True)
    with observed() as runs:
        run(x)
    (seen,) = runs
    assert seen is not None
    return seen.executable, list(seen.arguments)


@torch.no_grad()
def _called(executable: Executable, arguments: list[Any]) -> list[Any]:
    """Answers of models that come and go, and the right ones."""
    answers = []
    for _ in range(12):
        model = Resizing().eval()
        for length in range(7, 11):
            given = [_own(model, argument, x := torch.randn(1, 2, length)) for argument in arguments]
            answers.append((executable(given)[0], model(x)))
    gc.collect()
    return answers


def _looked_at(executable: Executable, over: threading.Event) -> int:
    found = 0
    while not over.is_set():
        found += len([held.graph.outputs for held in executable.held])
    return found


@pytest.mark.usefixtures("hasty")
def test_programs_are_looked_at_while_threads_make_and_lose_them() -> None:
    executable, arguments = _executable(Resizing().eval(), torch.randn(1, 2, 9))
    over = threading.Event()
    with ThreadPoolExecutor(4) as threads:
        looking = [threads.submit(_looked_at, executable, over) for _ in range(2)]
        try:
            calling = [threads.submit(_called, executable, arguments) for _ in range(2)]
            pairs = [pair for task in calling for pair in task.result()]
        finally:
            over.set()
        assert all(task.result() > 0 for task in looking)
    for answer, right in pairs:
        torch.testing.assert_close(answer, right, rtol=1e-4, atol=1e-5)
    assert executable.left is None


def _own(model: Any, argument: Any, x: torch.Tensor) -> Any:
    """The argument of another call of the graph: another model's, or its input or the size of that."""
    if isinstance(argument, nn.Parameter):
        return model.conv.bias if argument.dim() == 1 else model.conv.weight
    return x if isinstance(argument, torch.Tensor) else x.shape[-1]


@torch.no_grad()
def test_a_weight_that_becomes_one_of_inference_mode_is_another_constant() -> None:
    executable, arguments = _executable(Resizing().eval(), x := torch.randn(1, 2, 9))
    with torch.inference_mode():
        unlike = Resizing().eval()
    for model in (unlike, Resizing().eval(), unlike):
        given = [_own(model, argument, x) for argument in arguments]
        torch.testing.assert_close(executable(given)[0], model(x), rtol=1e-4, atol=1e-5)
    assert executable.left is None
    assert executable.frozen


@torch.inference_mode()
def test_weights_of_inference_mode_are_read_again_though_torch_counts_no_write() -> None:
    model: Any = nn.Sequential(nn.Conv1d(2, 3, 3), nn.BatchNorm1d(3), nn.ReLU()).eval()
    x = torch.randn(1, 2, 9)
    run: Any = torch.compile(model, backend=(backend := Backend()))
    for _ in range(3):
        torch.testing.assert_close(run(x), model(x), rtol=1e-4, atol=1e-5)
        model[0].weight.mul_(-2)
    assert [made.left for made in backend.made] == [None]


@torch.no_grad()
@pytest.mark.parametrize("times", [1, 2, 3])
def test_numbers_that_lie_where_the_former_ones_lay_are_read(times: int) -> None:
    model, x = Doubled(), torch.randn(1, 32, 9)
    run: Any = torch.compile(model, backend=(backend := Backend()))
    for _ in range(5):
        torch.testing.assert_close(run(x), model(x), rtol=1e-4, atol=1e-5)
        for _ in range(times):  # the second time they are written where the first ones were
            model.weight.data = model.weight.data * -1.1
    assert [made.left for made in backend.made] == [None]
