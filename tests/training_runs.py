"""Runs that a process begins, and is killed in: everything that draws, decays and remembers is in them."""

from __future__ import annotations

import os
import random
import signal
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

import kaiyan
import kaiyan.learn
import kaiyan.nn

if TYPE_CHECKING:
    from pathlib import Path

    from kaiyan.learn.training.training import Training

EPOCHS, STEPS = 6, 5


class Drawing(Dataset[Any]):
    """38 small pictures with noise from torch, NumPy and Python, drawn anew whenever one is fetched."""

    def __init__(self) -> None:
        drawn = torch.Generator().manual_seed(1)
        self.inputs = torch.rand(38, 1, 6, 6, generator=drawn)
        self.labels = torch.randint(0, 3, (38,), generator=drawn)

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        noise = torch.rand(1, 6, 6) + random.random() + float(np.random.rand())  # noqa: NPY002
        return self.inputs[index] + 0.1 * noise, int(self.labels[index])


def _net() -> nn.Module:
    return nn.Sequential(
        kaiyan.nn.Conv2d(1, 4, 3, padding="same"), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.25), nn.Flatten(),
        nn.Linear(144, 3),
    )  # fmt: skip


def run(folder: Path | None, epochs: int = EPOCHS) -> Training:
    """30 steps with AdamW, a cosine, validation and a mask, kept after every step where there is a folder."""
    torch.set_num_threads(1)
    mask = torch.arange(36).reshape(4, 1, 3, 3) % 3 > 0
    return kaiyan.learn.train(
        _net, Drawing(), epochs=epochs, seed=7, batch=6, rate=0.01, schedule="cosine", validation=0.2,
        masks={"0.weight": mask}, folder=folder, save_every=0.0,
    )  # fmt: skip


def dying_run(folder: Path, call: int) -> None:
    """The same, ended by the process itself with SIGKILL within its ``call``-th writing to the disk; 0: never."""
    calls = count(1)
    written = os.fsync

    def fsync(fd: Any) -> None:
        if next(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        written(fd)

    os.fsync = fsync
    run(folder)
