"""Losses that fail: a training script, its one mistake, and whether the offered line gives the loss that was meant."""

from __future__ import annotations

import re
import runpy
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import torch

import kaiyan
from corpus.written import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.diagnose import Diagnosis
    from kaiyan.explain.diagnosis.fixes import Fix

HEAD = """import torch
import torch.nn as nn
import torch.nn.functional as F
torch.manual_seed(3)
"""


@dataclass(frozen=True, slots=True)
class Loss:
    """``working`` and ``broken`` are whole scripts that end with a ``loss``; ``cause`` is a pattern of the truth."""

    kind: str
    working: str
    broken: str
    cause: str


@dataclass(frozen=True, slots=True)
class LossVerdict:
    """``restored``: the first offered line, put into the script, gives the working one's loss; ``any``: one does."""

    kind: str
    error: str
    code: str
    cause: str
    fixes: tuple[str, ...]
    named: bool
    mended: bool
    restored: bool
    any: bool


def _net(random: Random, classes: int) -> tuple[str, int]:
    w, batch = random.choice((6, 10)), random.choice((3, 4, 6))
    model = (
        f"model = nn.Sequential(nn.Conv2d(3, {w}, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), "
        f"nn.Linear({w}, {classes}))\nimages = torch.randn({batch}, 3, 17, 17)\n"
    )
    return model, batch


def _dense(random: Random, classes: int) -> tuple[str, int, int]:
    n, batch = random.choice((8, 12)), random.choice((2, 3))
    return f"model = nn.Conv2d(3, {classes}, 3, padding=1)\nimages = torch.randn({batch}, 3, {n}, {n})\n", batch, n


def _losses(random: Random) -> Iterator[Loss]:
    classes = random.choice((5, 10))
    net, batch = _net(random, classes)
    ids = [random.randrange(classes) for _ in range(batch)]
    ids[:2] = classes - 1, 0
    cross = random.choice(("F.cross_entropy(output, target)", "nn.CrossEntropyLoss()(output, target)"))
    tail = f"output = model(images)\nloss = {cross}\n"
    right = f"{HEAD}{net}target = torch.tensor({ids})\n{tail}"
    column, floats, many = [[i] for i in ids], [float(i) for i in ids], [i + 1 for i in ids]
    yield Loss("column of classes", right, f"{HEAD}{net}target = torch.tensor({column})\n{tail}", r"target|\d, 1\)")
    yield Loss("float classes", right, f"{HEAD}{net}target = torch.tensor({floats})\n{tail}", "float|int64|type")
    yield Loss("classes from one", right, f"{HEAD}{net}target = torch.tensor({many})\n{tail}", rf"\b{classes}\b")
    one_hot = f"target = F.one_hot(torch.tensor({ids}), {classes})\n"
    yield Loss("whole one-hot rows", right, f"{HEAD}{net}{one_hot}{tail}", "one.hot|class|probab")
    yield from _binary(random)
    yield from _masks(random, classes, tail)


def _binary(random: Random) -> Iterator[Loss]:
    scalar, batch = _net(random, 1)
    bits = [random.randrange(2) for _ in range(batch)]
    rows = [[float(b)] for b in bits]
    binary = "output = model(images)\nloss = F.binary_cross_entropy_with_logits(output, target)\n"
    right = f"{HEAD}{scalar}target = torch.tensor({rows})\n{binary}"
    flat = [float(b) for b in bits]
    yield Loss("targets without an axis", right, f"{HEAD}{scalar}target = torch.tensor({flat})\n{binary}", "target")
    sure = "output = torch.sigmoid(model(images))\nloss = F.binary_cross_entropy(output, target)\n"
    bytes_ = [[255.0 * b[0]] for b in [*rows[:-1], [1.0]]]
    right = f"{HEAD}{scalar}target = torch.tensor({[*rows[:-1], [1.0]]})\n{sure}"
    yield Loss("a mask up to 255", right, f"{HEAD}{scalar}target = torch.tensor({bytes_})\n{sure}", "0 (to|and) 1|255")
    whole = [[b] for b in bits]
    right = f"{HEAD}{scalar}target = torch.tensor({rows})\n{sure}"
    yield Loss(
        "whole targets of BCE", right, f"{HEAD}{scalar}target = torch.tensor({whole})\n{sure}", "int64|float|Long"
    )


def _masks(random: Random, classes: int, tail: str) -> Iterator[Loss]:
    dense, batch, n = _dense(random, classes)
    mask = f"target = torch.randint(0, {classes}, ({batch}, {n}, {n}))\n"
    right = f"{HEAD}{dense}{mask}{tail}"
    yield Loss("a mask with a channel", right, f"{HEAD}{dense}{mask[:-1]}.unsqueeze(1)\n{tail}", "target|mask")
    yield Loss("a float mask", right, f"{HEAD}{dense}{mask[:-1]}.float()\n{tail}", "float|int64|type")
    many = "output = model(images)\nloss = F.cross_entropy(output, target, reduction='none')\n"
    summed = right.replace(tail, many + "loss.mean().backward()\nloss = loss.mean()\n")
    yield Loss(
        "backward of many",
        summed,
        summed.replace("loss.mean().backward()", "loss.backward()"),
        "one number|scalar|several",
    )
    shown = right + "values = output.detach().numpy()\n"
    yield Loss("numpy with a gradient", shown, shown.replace(".detach()", ""), "grad")


def losses(seed: int, count: int) -> list[Loss]:
    """As many of each kind as can be, the same for the same seed."""
    random = Random(seed)
    drawn: list[Loss] = []
    while len(drawn) < count:
        drawn += _losses(random)
    return drawn[:count]


def judged_losses(seed: int, count: int) -> list[LossVerdict]:
    """The verdicts of ``count`` scripts."""
    return [_judge(loss) for loss in losses(seed, count)]


def _judge(case: Loss) -> LossVerdict:
    meant = _ran(case.working)
    assert isinstance(meant, torch.Tensor), case
    error = _ran(case.broken)
    assert isinstance(error, Exception), case
    answer = kaiyan.diagnose(error)
    ends = [_ran(mended) if mended else None for mended in (_mended(case.broken, answer, fix) for fix in answer.fixes)]
    same = [isinstance(end, torch.Tensor) and torch.allclose(end, meant, rtol=1e-4) for end in ends]
    return LossVerdict(
        kind=case.kind,
        error=f"{type(error).__name__}: {error}".partition("\n")[0],
        code=answer.code,
        cause=str(answer.cause),
        fixes=tuple(f"{fix.sentence} | {fix.after}" for fix in answer.fixes),
        named=answer.code != "K000" and re.search(case.cause, str(answer.cause), re.IGNORECASE) is not None,
        mended=bool(ends) and isinstance(ends[0], torch.Tensor),
        restored=bool(same) and same[0],
        any=any(same),
    )


def _mended(source: str, answer: Diagnosis, fix: Fix) -> str | None:
    """The script with the offered line in the place of the one that it names."""
    line = fix.line or answer.line
    if line is None or not fix.after:
        return None
    lines = source.split("\n")
    mine = lines[line.number - 1]
    if fix.before and fix.before.strip() in mine:
        lines[line.number - 1] = mine.replace(fix.before.strip(), fix.after.strip())
    else:
        lines[line.number - 1] = fix.after
    return "\n".join(lines)


def _ran(source: str) -> Any:
    """The script's loss, or what it raises."""
    path = written(source, "train")
    try:
        with torch.random.fork_rng():
            loss = runpy.run_path(str(path))["loss"]
    except Exception as error:  # noqa: BLE001 - whatever the user would see
        return error
    return loss.detach() if isinstance(loss, torch.Tensor) else loss
