"""The questions about the digits: what the page gives, and what it gets."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from kaiyan.show.error import KaiyanError
from kaiyan.studio.answers.digits.drawing import counted, drawn, fitted, ink
from kaiyan.studio.answers.digits.lenet import SEEN_LAYERS, outputs
from kaiyan.studio.answers.digits.pictures import WHITE, columns, digit_pictures
from kaiyan.studio.answers.digits.run import DigitRun, DigitSettings, setting
from kaiyan.studio.desk import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from kaiyan.studio.answers import Answer
    from kaiyan.studio.desk import Desk

_SHOWN = 40
"""Held-out pictures that are shown with their answers."""
_MOST_MISTAKES = 24


def _start(desk: Desk, facts: dict[str, Any], _: list[bytes]) -> Reply:
    """A new network, untrained; the held-out pictures that are shown come with it as counts, uint8."""
    run = DigitRun(DigitSettings().changed(facts))
    desk.open["digits"] = run
    pictures = digit_pictures()
    inputs, digits = columns(pictures.held)
    told = {
        "settings": asdict(run.settings),
        "parameters": sum(weight.numel() for weight in run.model.parameters()),
        "learned": len(pictures.learned),
        "held": len(pictures.held),
        "epoch": -(-len(pictures.learned) // run.settings.batch),
        "shown": digits[:_SHOWN].tolist(),
    }
    standing = _standing(run)
    return Reply({**told, "standing": standing.facts}, (*standing.parts, _counts(inputs[:_SHOWN])))


def _advance(desk: Desk, facts: dict[str, Any], _: list[bytes]) -> Reply:
    """So many steps on, with another learning rate or momentum where they are given."""
    run = _run(desk)
    steps = setting("steps", facts.get("steps", 1))
    run.turn(facts)
    run.advance(steps)
    return _standing(run)


def _standing(run: DigitRun) -> Reply:
    """How far it is; kernels (width, 5, 5) float32 now and at the start, and the shares (shown, 10) float32."""
    pictures, kernels = digit_pictures(), run.kernels()
    moved = (kernels - run.start).flatten(1).norm(dim=1) / run.start.flatten(1).norm(dim=1)
    facts = {
        "step": run.step,
        "epoch": run.epoch,
        "milliseconds": run.milliseconds,
        "learned": run.judged(pictures.learned)._asdict(),
        "held": run.judged(pictures.held)._asdict(),
        "moved": moved.tolist(),
    }
    shares = run.shares(columns(pictures.held)[0][:_SHOWN])
    return Reply(facts, tuple(map(_floats, (kernels, run.start, shares))))


def _read(desk: Desk, facts: dict[str, Any], parts: list[bytes]) -> Reply:
    """What the network makes of a drawing; the counts, the nearest picture, the pixels, and the maps of its layers."""
    run, pictures = _run(desk), digit_pictures()
    drawing = drawn(facts, parts)
    if facts.get("fit") is True:
        drawing = fitted(drawing)
    counts = counted(drawing)
    picture = torch.from_numpy(counts.astype(np.float32))[None, None] / WHITE
    with torch.no_grad():
        found = outputs(run.model, picture)
    place, distance = pictures.nearest(picture)
    nearest, digits = (column[place] for column in columns(pictures.learned))
    maps = [found[name][0] for name in SEEN_LAYERS]
    told = {
        "shares": found["answer"][0].softmax(0).tolist(),
        "layers": [{"name": name, "shape": list(each.shape), "most": float(each.max())}
                   for name, each in zip(SEEN_LAYERS, maps, strict=True)],
        "ink": ink(drawing)._asdict(),
        "nearest": {"digit": int(digits), "distance": distance},
        "usual": pictures.usual,
        "filled": pictures.filled,
        "count": pictures.count,
    }  # fmt: skip
    return Reply(told, (counts.tobytes(), _counts(nearest), drawing.tobytes(), *map(_floats, maps)))


def _confusion(desk: Desk, _: dict[str, Any], __: list[bytes]) -> Reply:
    """Held-out pictures by digit and answer, and some that are mistaken, the surest first, as counts."""
    run = _run(desk)
    inputs, digits = columns(digit_pictures().held)
    shares = run.shares(inputs)
    answers = shares.argmax(1)
    table = torch.bincount(10 * digits + answers, minlength=100).reshape(10, 10)
    wrong = (answers != digits).nonzero()[:, 0]
    surest = wrong[shares[wrong, answers[wrong]].argsort(descending=True, stable=True)][:_MOST_MISTAKES]
    mistaken = [
        {"digit": int(digits[i]), "answer": int(answers[i]), "share": float(shares[i, answers[i]])} for i in surest
    ]
    told = {"step": run.step, "table": table.tolist(), "mistaken": mistaken, "wrong": len(wrong), "count": len(digits)}
    return Reply(told, (_counts(inputs[surest]),))


def _stop(desk: Desk, _: dict[str, Any], __: list[bytes]) -> Reply:
    """Lets the network go."""
    return Reply({"stopped": desk.open.pop("digits", None) is not None})


def _run(desk: Desk) -> DigitRun:
    found = desk.open.get("digits")
    if not isinstance(found, DigitRun):
        raise KaiyanError("digits-none-begun", "no network is being trained on digits here", "start again")
    return found


def _counts(pictures: Tensor) -> bytes:
    return (WHITE * pictures).round().to(torch.uint8).numpy().tobytes()


def _floats(values: Tensor) -> bytes:
    return values.detach().contiguous().numpy().astype("<f4").tobytes()


DIGIT_QUESTIONS: Mapping[str, Answer] = {
    "start": _start,
    "advance": _advance,
    "read": _read,
    "confusion": _confusion,
    "stop": _stop,
}
