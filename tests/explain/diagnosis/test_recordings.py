"""A model is recorded once on each of its inputs, whoever asks: counted by the runs that the record makes."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

import kaiyan
from kaiyan.explain.diagnosis.diagnose import explaining
from kaiyan.trace import record as recording

if TYPE_CHECKING:
    from collections.abc import Callable


class Runs:
    """How often each model was run on each input on each kind of device, and with each change."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.counts: Counter[tuple[Any, ...]] = Counter()
        self._kept: list[Any] = []
        run = recording._run

        def counted(model: nn.Module, inputs: Any, on: str, training: bool | None, change: Any) -> Any:
            self._kept.append((model, inputs, change))  # so that no id is given again
            tensors = inputs if isinstance(inputs, tuple) else (inputs,)
            shapes = tuple((tuple(x.shape), x.dtype) if isinstance(x, Tensor) else id(x) for x in tensors)
            self.counts[id(model), shapes, on, training, id(change)] += 1
            return run(model, inputs, on, training, change)

        monkeypatch.setattr(recording, "_run", counted)

    @property
    def repeated(self) -> list[int]:
        """How often what was run more than once was run."""
        return [count for count in self.counts.values() if count > 1]

    @property
    def unchanged(self) -> int:
        """The runs of models as they are."""
        return sum(count for key, count in self.counts.items() if key[-1] == id(None))


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    return Runs(monkeypatch)


def _channels() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(4, 8, 3))


def _linear() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(10, 3))


def _pools() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3), *(nn.MaxPool2d(2) for _ in range(5)), nn.Flatten(), nn.Linear(8, 3))


class Sum(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(3, 4, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.one(x) + self.two(x)  # type: ignore[no-any-return]


class Raises(nn.Module):
    """Needs values, so that it runs on real tensors after meta ones."""

    def forward(self, x: Tensor) -> Tensor:
        scale, shift = x.flatten().tolist()[:3]
        return x * scale + shift  # type: ignore[no-any-return]


FAILING: dict[str, Callable[[], nn.Module]] = {
    "channels": _channels, "linear": _linear, "poolings": _pools, "a sum": Sum, "values": Raises,
}  # fmt: skip


@pytest.mark.parametrize("name", FAILING)
def test_a_summary_hands_its_record_to_the_diagnosis(name: str, runs: Runs) -> None:
    found = kaiyan.summary(FAILING[name](), (2, 3, 16, 16))
    assert found.diagnosis is not None
    assert runs.repeated == []
    assert len({key[2] for key in runs.counts}) <= 2


def test_a_summary_of_what_fails_runs_the_model_once_as_it_is(runs: Runs) -> None:
    assert kaiyan.summary(_channels(), (2, 3, 16, 16)).diagnosis is not None
    assert runs.unchanged == 1


@pytest.mark.parametrize("name", FAILING)
def test_a_diagnosis_records_each_input_once(name: str, runs: Runs) -> None:
    model, x = FAILING[name](), torch.rand(2, 3, 16, 16)
    with pytest.raises((RuntimeError, ValueError)) as raised:
        model(x)
    assert kaiyan.diagnose(raised.value, model, x).code
    assert runs.counts
    assert runs.repeated == []


@pytest.mark.parametrize("name", FAILING)
def test_an_exception_from_explaining_is_recorded_once(name: str, runs: Runs) -> None:
    with pytest.raises((RuntimeError, ValueError)), explaining():
        FAILING[name]()(torch.rand(2, 3, 16, 16))
    assert runs.counts
    assert runs.repeated == []


def test_the_model_before_a_loss_is_recorded_once(runs: Runs) -> None:
    model, x, target = nn.Linear(4, 3), torch.rand(5, 4), torch.zeros(4, dtype=torch.long)

    def step() -> None:
        scores = model(x)
        nn.functional.cross_entropy(scores, target)

    with pytest.raises(ValueError, match="batch"), explaining():
        step()
    assert {key[2] for key in runs.counts} == {"meta", "real"}
    assert runs.repeated == []


def test_each_fix_is_recorded_once(runs: Runs) -> None:
    model, x = Sum(), torch.rand(2, 3, 16, 16)
    with pytest.raises(RuntimeError) as raised:
        model(x)
    assert kaiyan.diagnose(raised.value, model, x).fixes[0].tried
    changed = [count for key, count in runs.counts.items() if key[-1] != id(None)]
    assert changed
    assert set(changed) == {1}


def test_a_second_run_would_be_counted(runs: Runs) -> None:
    model, x = nn.Linear(4, 3), torch.rand(5, 4)
    recording.record(model, x)
    assert runs.repeated == []
    recording.record(model, x.clone())
    assert runs.repeated == [2]


_ALONE = """
import sys, torch, kaiyan
from torch import nn

class Sum(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(3, 8, 3, stride=2, padding=1)

    def forward(self, x):
        return torch.relu(self.one(x)) + self.two(x)

found = kaiyan.summary(Sum(), (2, 3, 16, 16)).diagnosis
assert found is not None and found.fixes[0].tried, found
assert "torch._dynamo" not in sys.modules
"""


def test_a_sum_that_fails_is_explained_without_torchs_compiler() -> None:
    ran = subprocess.run([sys.executable, "-c", _ALONE], check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
