"""A training tells what happened: losses by hand, the seed decides all, masked taps stay, LeNet reads digits."""

from __future__ import annotations

import random
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, WeightedRandomSampler

import kaiyan
import kaiyan.nn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kaiyan.learn.training.training import Training

train = kaiyan.learn.train
INPUTS = torch.arange(-12.0, 12).reshape(12, 2) / 8
TARGETS = INPUTS @ torch.tensor([[2.0], [-1.0]]) + 0.5


def _line() -> nn.Module:
    return nn.Linear(2, 1)


def _net(conv: Any = nn.Conv2d) -> nn.Sequential:
    return nn.Sequential(conv(1, 4, 3, padding=1), nn.ReLU(), nn.Dropout(0.25), nn.Flatten(), nn.Linear(4 * 25, 3))


def _weight(model: nn.Sequential) -> Tensor:
    """The numbers of the first layer's kernels, as they are now."""
    layer = model[0]
    assert isinstance(layer, nn.Conv2d)
    return layer.weight.detach()


def _pictures(count: int = 24) -> tuple[Tensor, Tensor]:
    drawn = torch.Generator().manual_seed(1)
    return torch.rand(count, 1, 5, 5, generator=drawn), torch.randint(0, 3, (count,), generator=drawn)


def _same(one: Training, other: Training) -> bool:
    return all(torch.equal(values, other.last[name]) for name, values in one.last.items())


class Noisy(Dataset[Any]):
    """Examples that draw from all three of the random states whenever they are fetched."""

    def __init__(self) -> None:
        self.inputs, self.labels = _pictures()

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        noise = torch.rand(1, 5, 5) + random.random() + np.random.rand()  # noqa: NPY002
        return self.inputs[index] + 0.01 * noise.float(), int(self.labels[index])


def test_a_step_of_sgd_is_what_one_computes_by_hand() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 1.0)
    found = train(model, (torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0], [2.0]])), epochs=1, seed=0,
                  optimizer=partial(torch.optim.SGD, lr=0.5))  # fmt: skip
    assert found.epochs[0].loss == 2.0  # ((1 - 3)² + (2 - 2)²) / 2
    assert model.weight.item() == 2.0  # 1 - 0.5 · mean(2 · (1 - 3) · 1, 0)
    assert found.model is model
    assert not model.training


def test_the_seed_decides_the_whole_run() -> None:
    runs = [train(_net, _pictures(), epochs=2, seed=seed, batch=5) for seed in (3, 3, 4)]
    assert _same(runs[0], runs[1])
    assert not _same(runs[0], runs[2])


def test_the_random_states_of_the_caller_are_left_alone() -> None:
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index] # noqa: NPY002
    train(_net, Noisy(), epochs=1, seed=0, validation=0.25)
    assert torch.equal(before[0], torch.get_rng_state())
    after = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index] # noqa: NPY002
    assert before[1:] == after


def test_data_of_every_form_teach_the_same() -> None:
    pairs = list(zip(INPUTS, TARGETS, strict=True))
    forms = [(INPUTS, TARGETS), (INPUTS.numpy().astype(float), TARGETS.numpy()), pairs,
             torch.utils.data.TensorDataset(INPUTS, TARGETS)]  # fmt: skip
    runs = [train(_line, form, epochs=2, seed=5, batch=5) for form in forms]
    assert all(_same(runs[0], run) for run in runs[1:])


def test_inputs_alone_are_their_own_targets() -> None:
    found = train(lambda: nn.Linear(2, 2), INPUTS, epochs=60, seed=0, rate=0.05)
    assert found.epochs[-1].loss < 1e-3


def test_the_batches_of_a_loader_are_taken() -> None:
    seen: list[list[float]] = []

    class Watching(nn.Linear):
        def forward(self, input: Tensor) -> Tensor:
            seen.append(input.flatten().tolist())
            return super().forward(input)

    loader: DataLoader[Any] = DataLoader(torch.utils.data.TensorDataset(INPUTS, TARGETS), batch_size=5, drop_last=True)
    train(Watching(2, 1), loader, epochs=1, seed=0)
    assert seen == [INPUTS[:5].flatten().tolist(), INPUTS[5:10].flatten().tolist()]


def test_workers_and_a_sampler_of_ones_own_change_nothing_of_what_is_drawn() -> None:
    drawn = torch.Generator().manual_seed(9)
    before = drawn.get_state()
    runs = []
    for workers in (0, 1):
        sampler = WeightedRandomSampler([1.0] * 12 + [3.0] * 12, 24, generator=drawn)
        loader: DataLoader[Any] = DataLoader(Noisy(), batch_size=8, sampler=sampler, num_workers=workers)
        runs.append(train(_net, loader, epochs=1, seed=0))
    assert _same(*runs)
    assert torch.equal(before, drawn.get_state())


def _adamw(parameters: Any) -> torch.optim.Optimizer:
    return torch.optim.AdamW(parameters, lr=0.05, weight_decay=0.3)


def _momentum(parameters: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.3)


@pytest.mark.parametrize("optimizer", [_adamw, _momentum])
@pytest.mark.parametrize("conv", [nn.Conv2d, kaiyan.nn.Conv2d], ids=["torch", "kaiyan"])
def test_masked_taps_stay_to_the_bit(optimizer: Callable[..., Any], conv: Any) -> None:
    model = _net(conv)
    before = _weight(model).clone()
    mask = torch.zeros_like(before, dtype=torch.bool)
    mask[:, :, 1, ::2] = True
    found = train(model, _pictures(), epochs=3, seed=0, optimizer=optimizer, masks={"0.weight": mask})
    after = found.last["0.weight"]
    assert torch.equal(after[~mask].view(torch.int32), before[~mask].view(torch.int32))
    assert not (after[mask] == before[mask]).any()
    assert any(note.code == "train-masked" and note.facts["count"] == 28 for note in found.notes)


def test_the_best_epoch_by_validation_is_kept() -> None:
    """A rate that leaps over the minimum: the loss of w on (1, 0) is w², and each step makes w three times as large."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 1.0)
    one = torch.ones(1, 1), torch.zeros(1, 1)
    found = train(model, one, epochs=3, seed=0, validation=one, optimizer=partial(torch.optim.SGD, lr=2.0))
    assert [epoch.validation for epoch in found.epochs] == [9.0, 81.0, 729.0]
    assert found.best_epoch == 1
    assert model.weight.item() == -3.0
    assert found.last["weight"].item() == -27.0


def test_a_part_is_held_back_and_never_learned_from() -> None:
    fetched: set[float] = set()

    class Watching(nn.Linear):
        def forward(self, input: Tensor) -> Tensor:
            if self.training:
                fetched.update(input[:, 0].tolist())
            return super().forward(input)

    train(Watching(2, 1), (INPUTS, TARGETS), epochs=3, seed=0, validation=0.25)
    assert len(fetched) == 9


def test_the_schedule_moves_after_every_step() -> None:
    found = train(_line, (INPUTS, TARGETS), epochs=2, seed=0, batch=4, rate=0.1, schedule="cosine")
    assert [epoch.rate for epoch in found.epochs] == pytest.approx([0.05, 0.0], abs=1e-9)  # half of 6 steps, all of 6


def test_what_is_drawn_is_the_curve_and_the_kernels(tmp_path: Path) -> None:
    model = _net()
    before = _weight(model).numpy().copy()
    found = train(model, _pictures(), epochs=2, seed=0, validation=0.25)
    assert np.array_equal(found.kernels["0"][0], before)
    assert np.array_equal(found.kernels["0"][1], _weight(model).numpy())
    assert found.curve["loss"].tolist() == [epoch.loss for epoch in found.epochs]
    picture = np.asarray(kaiyan.see(found.save(tmp_path / "training.png"), "identity").picture.pixels)
    assert len(np.unique(picture.reshape(3, -1), axis=1).T) > 50  # the colours of 2 x 4 kernels, a curve and words


def test_progress_is_a_line_an_epoch_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    found = train(_line, (INPUTS, TARGETS), epochs=2, seed=0, progress=True)
    told = capfd.readouterr()
    assert told.out == ""
    assert f"epoch 2 of 2: loss {found.epochs[1].loss:.4g}" in told.err


def test_progress_needs_no_rich(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaiyan.learn.training.progress.find_spec", lambda _: None)
    train(_line, (INPUTS, TARGETS), epochs=1, seed=0, progress=True)
    assert capfd.readouterr().err.startswith("epoch 1 of 1: loss ")


def _lenet() -> nn.Module:
    """LeNet-5 for 16 x 16 pictures. Source: LeCun et al., Proceedings of the IEEE 86 (1998)."""
    conv = kaiyan.nn.Conv2d
    return nn.Sequential(
        conv(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), conv(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(64, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    )  # fmt: skip


def test_lenet_reads_digits_in_under_a_minute() -> None:
    """397 digits that it never saw, counted here and not by the trainer."""
    digits = pytest.importorskip("sklearn.datasets").load_digits()
    pictures = nn.functional.interpolate(torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16, size=16)
    labels = torch.tensor(digits.target)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    learned, unseen = order[:1400], order[1400:]
    began = perf_counter()
    found = train(_lenet, (pictures[learned], labels[learned]), epochs=15, seed=0, batch=64, rate=3e-3,
                  validation=(pictures[unseen], labels[unseen]))  # fmt: skip
    assert perf_counter() - began < 60
    with torch.no_grad():
        right = float((found.model(pictures[unseen]).argmax(1) == labels[unseen]).double().mean())
    assert right >= 0.97
    assert found.best.accuracy == pytest.approx(right)


def test_labels_that_the_loss_leaves_out_are_no_wrong_answers() -> None:
    inputs = torch.tensor([[-2.0], [-1.0], [1.0], [2.0]])
    held = torch.tensor([0, -100, 1, -100])
    found = train(lambda: nn.Linear(1, 2), (inputs, torch.tensor([0, 0, 1, 1])), epochs=60, seed=0, rate=0.1,
                  validation=(inputs, held))  # fmt: skip
    assert found.epochs[-1].accuracy == 1
