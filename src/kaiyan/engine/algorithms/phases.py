"""Transposed convolution with a stride: the outputs between two inputs are dense convolutions by themselves.

Of a kernel 4 at stride 2 only 2 taps reach an output; an input spread with zeros would be multiplied by the others too.
16x128x16x16 to 64 channels takes 18.0 ms that way and 4.8 ms this way. No output is touched twice.

By F(4, 2) phases of 2 taps take 25 products of 64: on an Intel Xeon that layer takes 3.9 ms, summed directly 8.1; 16
taps at stride 8, 512 to 256 channels on 172, take 4.6 ms and 5.8.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.arrays.table import named
from kaiyan.engine.generated import (
    INTEGERS,
    Generated,
    Setting,
    Work,
    crowded,
    grows,
    reading,
    setting,
    sums_integers,
    unstrided,
)
from kaiyan.engine.types import BYTES, expected
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
_KEPT, _FAR = 2**20, 10.0
"""Bytes of a weight that stay in the second cache from task to task, and how many of a larger one a cycle reads: with
4.7 MB a phase 16 images of 4x4 take 11.5 ms, where products and transforms are 4."""
_MORE = 1.15
"""What tiles take more than is counted, in units of what direct sums do."""
_ROUNDED = 14.0
"""What the roundings of the transforms add, counted in terms of a channel's sum; measured at 1 to 200 channels."""


class Phases(Generated):
    """Any transposed convolution with a stride."""

    name = "phases"

    def unfit(self, problem: Problem) -> Sentence | None:
        return unstrided(problem) or crowded(prod(a.stride for a in problem.spec.axes), _MOST)

    def routine(self, geometry: Geometry, source: str, setting: Setting) -> ConvolutionRoutine:
        from kaiyan.engine.codegen.routines import over_output_channels_cut

        return over_output_channels_cut.cut(geometry, source, *setting)

    def work(self, problem: Problem) -> Work:
        cut = setting(problem, expected(problem))
        routines = [self.routine(phase.geometry, *cut) for phase in _phases(problem)]
        tasks = min(prod(k.tasks) for k in routines)
        cycles = sum(self.cycles(k, problem) for k in routines)
        return Work(cycles, sum(k.weights for k in routines), tasks)

    def cycles(self, routine: ConvolutionRoutine, problem: Problem) -> float:
        """Of one phase of one image."""
        del problem
        return routine.cycles

    def compiled(self, problem: Problem, types: Types) -> Routine:
        from kaiyan.engine.compiled import Compiled

        return Compiled(_Phased(self, problem, types), problem, types, lambda: self.instead(problem, types))

    def instead(self, problem: Problem, types: Types) -> _Phased | None:
        """What sums again where a sum goes astray: direct ones never do."""
        del problem, types
        return None


class WinogradPhases(Phases):
    """Phases of r taps at most on the last two axes, by F(m, r); those of fewer by the F of their own."""

    def __init__(self, m: int, r: int) -> None:
        self._m, self._r = m, r
        self.name = f"phases F({m},{r})"

    def error(self, problem: Problem) -> float:
        return max(self._error(phase) for phase in _phases(problem))

    def _error(self, phase: Phase) -> float:
        from kaiyan.engine.codegen.parts.toom import toom

        shape = phase.geometry
        made = [toom(m, taps).error for m, taps in zip(self._outputs(shape), shape.kernel[1:], strict=True) if m > 1]
        return float(prod(made) * sqrt(1 + _ROUNDED / (shape.C * shape.kernel[0]))) if made else 1.0

    def unfit(self, problem: Problem) -> Sentence | None:
        if sums_integers(problem):
            return INTEGERS
        reason = super().unfit(problem)
        if reason is not None:
            return reason
        shapes = [phase.geometry for phase in _phases(problem)]
        if any(step > 1 for shape in shapes for step in shape.dilation[1:]):
            return sentence("refused-dilated", "its dilation is not 1")
        if max(max(shape.kernel[1:]) for shape in shapes) != self._r:
            return sentence("refused-phase-taps", "its longest phase does not have {r} taps", r=self._r)
        return grows(problem, sum(self._grown(shape) for shape in shapes))

    def cycles(self, routine: ConvolutionRoutine, problem: Problem) -> float:
        """With what every task but the first takes to read a large weight again."""
        images, size = problem.input_shape[0], routine.weights * BYTES[expected(problem).summed]
        again = prod(routine.tasks) - 1 / images if size > _KEPT else 0.0
        return _MORE * routine.cycles + again * size / _FAR

    def _outputs(self, shape: Geometry) -> tuple[int, int]:
        """Outputs of a tile, on rows and on columns."""
        rows, columns = (self._m if taps > 1 else 1 for taps in shape.kernel[1:])
        return rows, columns

    def _grown(self, shape: Geometry) -> int:
        """Elements of the transformed weight of a phase above those of the weight itself."""
        pairs = zip(self._outputs(shape), shape.kernel[1:], strict=True)
        points = prod(m + taps - 1 for m, taps in pairs)
        return shape.groups * shape.K * shape.C * (shape.kernel[0] * points - shape.taps)

    def routine(self, geometry: Geometry, source: str, setting: Setting) -> ConvolutionRoutine:
        from kaiyan.engine.codegen.routines import winograd_cut

        m = self._outputs(geometry)
        if m == (1, 1):
            return super().routine(geometry, source, setting)
        return winograd_cut.cut(geometry, source, *setting, m)

    def instead(self, problem: Problem, types: Types) -> _Phased | None:
        return _Phased(Phases(), problem, types)


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
