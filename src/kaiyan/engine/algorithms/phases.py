"""Transposed convolution with a stride: the outputs between two inputs are dense convolutions by themselves.

Of a kernel 4 at stride 2 only 2 taps reach an output; an input spread with zeros would be multiplied by the others too.
16x128x16x16 to 64 channels takes 18.0 ms that way and 4.8 ms this way. No output is touched twice.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.arrays.table import named
from kaiyan.engine.generated import Generated, Setting, Work, reading, setting
from kaiyan.engine.types import expected
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.engine.algorithm import Routine
    from kaiyan.engine.codegen.parts.geometry import Geometry, Phase
    from kaiyan.engine.codegen.running.launch import ConvolutionRoutine, Held, Located, NativeCall
    from kaiyan.engine.problem import Problem
    from kaiyan.engine.types import Types
    from kaiyan.reference.dtype import Numbers
    from kaiyan.show.sentence import Sentence

_MOST = 64
"""Phases: each has a routine of its own to be compiled."""


class Phases(Generated):
    """Any transposed convolution with a stride."""

    name = "phases"

    def unfit(self, problem: Problem) -> Sentence | None:
        strides = prod(a.stride for a in problem.spec.axes)
        if not problem.spec.transposed or strides == 1:
            return sentence("refused-not-strided-transposed", "it is not a transposed convolution with a stride")
        return (
            sentence("refused-phases", "its strides make {n} phases, which are too many", n=strides)
            if strides > _MOST
            else None
        )

    def routine(self, geometry: Geometry, source: str, setting: Setting) -> ConvolutionRoutine:
        from kaiyan.engine.codegen.routines import over_output_channels_cut

        return over_output_channels_cut.cut(geometry, source, *setting)

    def work(self, problem: Problem) -> Work:
        cut = setting(problem, expected(problem))
        routines = [self.routine(phase.geometry, *cut) for phase in _phases(problem)]
        tasks = min(prod(k.tasks) for k in routines)
        return Work(sum(k.cycles for k in routines), sum(k.weights for k in routines), tasks)

    def compiled(self, problem: Problem, types: Types) -> Routine:
        from kaiyan.engine.compiled import Compiled

        return Compiled(_Phased(self, problem, types), problem, types, lambda: None)


class _Phased:
    """The launches of all phases as one: each writes its own outputs."""

    def __init__(self, algorithm: Phases, problem: Problem, types: Types) -> None:
        from kaiyan.engine.codegen.running.launch import Launch

        threads = algorithm.threads(problem)
        self._phases = _phases(problem)
        self._launches = []
        for phase in self._phases:
            routine = reading(algorithm.routine(phase.geometry, *setting(problem, types)), types)
            self._launches.append(
                Launch(routine, phase.maps, problem.output_shape, problem.kind, threads=threads, origin=phase.origin)
            )
        self._kind = problem.kind
        pairs = zip(self._phases, self._launches, strict=True)
        self.packing = tuple((phase.taps, launch.packing) for phase, launch in pairs)
        self.room, self.admits = self._launches[0].room, self._launches[0].admits

    def make_ready(self) -> None:
        """Has the machine code made."""
        for launch in self._launches:
            launch.make_ready()

    def held(self, weight: Numbers, bias: Numbers) -> list[Held]:
        """The taps of each phase."""
        pairs = zip(self._phases, self._launches, strict=True)
        return [launch.held(_taken(weight, phase.taps), bias) for phase, launch in pairs]

    def __call__(self, x: Any, packed: list[Held], residual: Any = None, out: Any = None) -> Any:
        y = out if out is not None and self._launches[0].writes(out) else self.room(x)
        pairs = zip(self._launches, packed, strict=True)
        if not all(launch(x, weights, residual, y) is not None for launch, weights in pairs):
            return None
        if out is None or y is out:
            return y
        named(self._kind).fill(out, named(self._kind).numbers(y))
        return out

    def calls(self, packed: list[Held], x: Located, out: Located, residual: Located | None = None) -> list[NativeCall]:
        """The calls of all phases, in any order."""
        pairs = zip(self._launches, packed, strict=True)
        return [call for launch, weights in pairs for call in launch.calls(weights, x, out, residual)]


def _taken(weight: Numbers, taps: tuple[tuple[int, ...], ...]) -> Numbers:
    """Some taps of each axis of a weight (K, C, *kernel); zeros where there are none."""
    if not all(taps):
        return np.zeros((*weight.shape[:2], *(max(len(some), 1) for some in taps)), weight.dtype)
    kept = [slice(some[0], some[-1] + 1, some[1] - some[0] if len(some) > 1 else 1) for some in taps]
    found: Numbers = weight[(slice(None), slice(None), *kept)]
    return found


@lru_cache(maxsize=256)
def _phases(problem: Problem) -> list[Phase]:
    from kaiyan.engine.codegen.parts.geometry import phases

    return phases(problem.spec, problem.input_shape)
