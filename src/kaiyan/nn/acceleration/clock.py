"""How long models and their layers take, measured in turns."""

from __future__ import annotations

import statistics
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from kaiyan.engine.codegen.running.threads import get_num_threads, holding
from kaiyan.engine.stopwatch import seconds_of
from kaiyan.nn.acceleration.deferred import read
from kaiyan.nn.acceleration.state import seed
from kaiyan.trace.copied import copied
from kaiyan.trace.watch import watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import nn

    from kaiyan.trace.watch import Visit


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Torch's own operators on one thread: its others spin for milliseconds after each, on processors that we need.

    ResNet-18 on two processors takes 5.6 ms so, and 7.4 with two threads of torch.
    """
    threads, theirs = get_num_threads(), torch.get_num_threads()
    if theirs == 1:
        yield
        return
    try:
        torch.set_num_threads(1)
        with holding(threads):
            yield
    finally:
        torch.set_num_threads(theirs)


def least_times(models: Sequence[nn.Module], inputs: tuple[Any, ...], turns: int) -> list[float]:
    """The least time of each model on a copy of the inputs, in turns: what else runs on the machine only adds to it."""
    return [min(taken) for taken in zip(*times_in_turns(models, inputs, turns), strict=True)]


def times_in_turns(models: Sequence[nn.Module], inputs: tuple[Any, ...], turns: int) -> list[tuple[float, ...]]:
    """The times of the models in each turn; each was called before."""
    return [tuple(_seconds(model, inputs) for model in models) for _ in range(turns)]


def _seconds(model: nn.Module, inputs: tuple[Any, ...]) -> float:
    own = copied(inputs)
    seed()
    return seconds_of(lambda: model(*own))


def layer_times(model: nn.Module, inputs: tuple[Any, ...], names: set[str], turns: int) -> dict[str, float]:
    """The median time of each module of these names; one that is called several times has the sum."""
    runs: list[defaultdict[str, float]] = []
    layers = names & dict(model.named_modules()).keys()  # a name may be of a function
    for _ in range(turns):
        own = copied(inputs)
        seed()
        with watch(model, layers, after=_seconds_with_reading) as visits:
            model(*own)
        runs.append(defaultdict(float))
        for visit in visits:
            runs[-1][visit.path] += visit.kept
    return {name: statistics.median(run[name] for run in runs) for name in runs[-1]}


def _seconds_with_reading(visit: Visit) -> float:
    read(visit.output)  # the output of a convolution may wait to be read
    return visit.elapsed()
