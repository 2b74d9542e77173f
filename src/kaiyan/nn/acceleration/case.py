"""What a model answers to an example and to a second input, and what a call of it changes, draws and reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from kaiyan.engine.stopwatch import timed
from kaiyan.nn.acceleration.layout import OrderWatch
from kaiyan.nn.acceleration.state import changes, has_drawn, random_state, seed
from kaiyan.show.error import KaiyanError
from kaiyan.trace.copied import copied

if TYPE_CHECKING:
    from collections.abc import Iterator

SLOW = 1.0
"""Seconds from which on a model is called as few times as can be."""
_RACE = 0.4
"""Seconds for which a quick model is timed."""
_STEP = 32
"""By how many elements a second picture is larger: most networks halve five times."""

Inputs = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """An input, and what the model answers to it."""

    inputs: Inputs
    answer: Any


@dataclass(frozen=True, slots=True)
class Case:
    """A model as it is given, in evaluation, and what was seen of it.

    ``training`` are the paths of what was in training mode as it was given, "" for the model itself.
    ``questions`` are in turn: a model that ``changed`` is asked the example once more, after the second input.
    ``reads`` is the first operation that reads how a tensor lies in memory; ``spent`` is a copy that may be called,
    ``end`` one that stands where the questions left it.
    """

    model: nn.Module
    training: tuple[str, ...]
    questions: tuple[Question, ...]
    changed: tuple[str, ...]
    draws: bool
    reads: str | None
    seconds: float
    spent: nn.Module
    end: nn.Module | None

    @property
    def is_slow(self) -> bool:
        """Whether it is called as few times as can be."""
        return self.seconds > SLOW

    @property
    def turns(self) -> int:
        """How often it is timed."""
        return 1 if self.is_slow else 3 if self.seconds > SLOW / 4 else min(max(5, int(_RACE / self.seconds)), 20)


def examine(model: nn.Module, inputs: Inputs) -> Case:
    """The case of a model; raises ``KaiyanError`` where it does not run on the inputs."""
    whole = _evaluated(model)
    spent, watch = copied(whole), OrderWatch()
    inputs_copy = copied(inputs)
    seed()
    before = random_state()
    with watch:
        answer, seconds = timed(lambda: _run(spent, inputs_copy))
    draws = has_drawn(before)
    changed = changes(whole, spent)
    questions = [Question(copied(inputs), copied(answer))]
    for other in _others(inputs, seconds):
        probe = copied(spent) if changed else spent
        try:
            question = Question(other, copied(answer_of(probe, other)))
        except Exception:  # noqa: BLE001 (a model need not take another size)
            continue
        spent = probe
        questions.append(question)
        break
    if changed:
        questions.append(Question(questions[0].inputs, copied(answer_of(spent, inputs))))
    end = copied(spent) if changed else None
    training = _put_out_of_training(model, whole)
    return Case(whole, training, tuple(questions), changed, draws, watch.read, seconds, spent, end)


def answer_of(model: nn.Module, inputs: Inputs) -> Any:
    """What a model answers to a copy of the inputs, under one seed."""
    inputs_copy = copied(inputs)
    seed()
    return model(*inputs_copy)


def _evaluated(model: nn.Module) -> nn.Module:
    """The model where it is in evaluation, or a copy that is."""
    if not any(getattr(module, "training", False) for module in model.modules()):
        return model
    whole = copied(model)
    try:
        return whole.eval()
    except NotImplementedError:  # an exported one is what it was when it was exported
        return whole


def _put_out_of_training(model: nn.Module, whole: nn.Module) -> tuple[str, ...]:
    """The paths of what is in training mode in the model and no more in its copy, without what is inside of it."""
    still = {path for path, module in whole.named_modules() if getattr(module, "training", False)}
    paths: list[str] = []
    for path, module in model.named_modules():
        is_within = any(not outer or path.startswith(f"{outer}.") for outer in paths)
        if getattr(module, "training", False) and path not in still and not is_within:
            paths.append(path)
    return tuple(paths)


def _run(model: nn.Module, inputs: Inputs) -> Any:
    try:
        return model(*inputs)
    except KaiyanError:
        raise
    except Exception as error:
        raise KaiyanError(
            "model-fails", "the model does not run on this input: {error}", error=str(error).partition("\n")[0]
        ) from error


def _others(inputs: Inputs, seconds: float) -> Iterator[Inputs]:
    """Second inputs, of which the first that the model takes is asked: larger and one more, larger, one more."""
    if seconds <= SLOW:
        yield _larger(inputs, 1, _STEP)
    yield _larger(inputs, 0, _STEP)
    if seconds <= SLOW:
        yield _larger(inputs, 1, 0)
    yield tuple(_other_values(x) for x in inputs)


def _larger(inputs: Inputs, samples: int, step: int) -> Inputs:
    batch = next((x.shape[0] for x in inputs if isinstance(x, Tensor) and x.ndim > 1), None)

    def one(x: Any) -> Any:
        if not isinstance(x, Tensor) or not x.ndim:
            return x
        sizes = list(x.shape)
        sizes[0] += samples if sizes[0] == batch else 0
        for axis in {4: (2, 3), 3: (2,), 5: (4,)}.get(x.ndim, ()):
            sizes[axis] += step
        for axis, size in enumerate(sizes):
            if size != x.shape[axis] and x.shape[axis]:
                x = x.index_select(axis, torch.arange(size) % x.shape[axis])
        return _other_values(x)

    return tuple(one(x) for x in inputs)


def _other_values(x: Any) -> Any:
    """Other values than the example's, and none that it could not have."""
    return x.detach().flip(-1) if isinstance(x, Tensor) and x.ndim > 1 else copied(x)
