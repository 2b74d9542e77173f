"""A run that is killed, at any moment and again and again, ends with the bits of one that was never broken."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
import torch
from training_runs import EPOCHS, STEPS, dying_run, run

if TYPE_CHECKING:
    from pathlib import Path

    from kaiyan.learn.training.training import Training

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")


@pytest.fixture(scope="module")
def unbroken() -> Training:
    return run(None)


@pytest.fixture(scope="module")
def processes() -> Any:
    """A server that has imported torch once, and forks a fresh process for each run."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["kaiyan.learn", "kaiyan.nn"])
    return context


def _state(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(folder / "checkpoint.pt", weights_only=True)["state"]
    return state


def _killed_after(folder: Path, processes: Any, writings: int, pause: float) -> None:
    """Begins a run, waits for so many new states on the disk and a moment more, and kills it."""
    process = processes.Process(target=dying_run, args=(folder, 0))
    process.start()
    seen: set[int] = set()
    path = folder / "checkpoint.pt"
    end = time.monotonic() + 120
    while len(seen) <= writings and process.is_alive() and time.monotonic() < end:
        if path.exists():
            seen.add(path.stat().st_mtime_ns)
    time.sleep(pause)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def _ends_like(unbroken: Training, resumed: Training) -> None:
    for name, values in unbroken.last.items():
        assert torch.equal(values, resumed.last[name]), name
    for name, values in unbroken.model.state_dict().items():
        assert torch.equal(values, resumed.model.state_dict()[name]), name
    for column, numbers in unbroken.curve.items():
        assert numbers.tolist() == resumed.curve[column].tolist(), column
    assert (resumed.best_epoch, resumed.steps) == (unbroken.best_epoch, unbroken.steps) == (
        unbroken.best_epoch, EPOCHS * STEPS)  # fmt: skip
    assert [epoch.rate for epoch in unbroken.epochs] == [epoch.rate for epoch in resumed.epochs]


def test_killed_six_times_at_random_moments(tmp_path: Path, processes: Any, unbroken: Training) -> None:
    moments, places = random.Random(0), []
    for _ in range(6):
        _killed_after(tmp_path, processes, moments.randint(1, 4), moments.random() * 0.004)
        standing = _state(tmp_path)["standing"]
        places.append((standing["epoch"], standing["batch"]))
    assert places == sorted(places)
    assert any(batch for _, batch in places)  # within an epoch, not only between two
    assert places[-1] < (EPOCHS, 0)
    resumed = run(tmp_path)
    assert resumed.resumed == places[-1][0] * STEPS + places[-1][1]
    _ends_like(unbroken, resumed)


@pytest.mark.parametrize("call", [1, 2, 7, 8], ids=["first-unwritten", "first-unnamed", "unwritten", "unnamed"])
def test_killed_while_a_state_is_written(tmp_path: Path, processes: Any, unbroken: Training, call: int) -> None:
    """Before the new file is on the disk the old state stands, after it the new one: never half of one."""
    process = processes.Process(target=dying_run, args=(tmp_path, call))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    whole = call // 2  # each state is written by two calls: the file, then its name
    assert (tmp_path / "checkpoint.pt").exists() == (whole > 0)
    if whole:
        assert _state(tmp_path)["standing"]["step"] >= 1
    _ends_like(unbroken, run(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint.pt", "in-use.lock"]


def test_more_epochs_go_on_from_the_last(tmp_path: Path) -> None:
    import kaiyan

    x = torch.arange(24.0).reshape(12, 2) / 24

    def further(epochs: int, folder: Path | None) -> Training:
        return kaiyan.learn.train(
            lambda: torch.nn.Linear(2, 2), x, epochs=epochs, seed=0, batch=5, rate=0.05, folder=folder
        )

    whole = further(4, None)
    further(2, tmp_path)
    gone_on = further(4, tmp_path)
    assert gone_on.resumed == 6
    assert all(torch.equal(values, gone_on.last[name]) for name, values in whole.last.items())
    assert "taken up at step 6" in str(gone_on)
    assert further(4, tmp_path).resumed == 12


class Interrupted(torch.nn.Dropout):
    """Dropout that is interrupted, as by Ctrl-C, at its fourth call."""

    calls = 0

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        self.calls += self.training
        if self.calls == 4:
            raise KeyboardInterrupt
        return super().forward(input)


def test_what_a_layer_draws_is_drawn_again_after_an_interruption(tmp_path: Path) -> None:
    """Tensors draw nothing themselves, so that only the step's own place decides what dropout leaves out."""
    import kaiyan

    x = torch.arange(24.0).reshape(12, 2) / 24

    def dropped(layer: type[torch.nn.Dropout], folder: Path | None) -> Training:
        def net() -> torch.nn.Module:
            return torch.nn.Sequential(torch.nn.Linear(2, 8), layer(0.5), torch.nn.Linear(8, 2))

        return kaiyan.learn.train(net, x, epochs=2, seed=0, batch=2, folder=folder, save_every=0.0)

    whole = dropped(torch.nn.Dropout, None)
    with pytest.raises(KeyboardInterrupt):
        dropped(Interrupted, tmp_path)
    resumed = dropped(torch.nn.Dropout, tmp_path)
    assert resumed.resumed == 3
    assert all(torch.equal(values, resumed.last[name]) for name, values in whole.last.items())
