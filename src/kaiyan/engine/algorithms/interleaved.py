"""Transposed convolution of few output channels with a stride: all phases of a row at once, stored as they alternate.

Vectors of 3 output channels leave most of a register empty, and what lies a stride apart is stored by masked vectors.
Vectors of columns are full, and two phases of them make two vectors of neighbours: 16x64x32x32 to 3 channels, 4x4 at
stride 2, takes 1.0 ms, by F(4, 2) 3.2. Channels first, 64 to 32 on 136x136, 2x2 at stride 2, takes 2.6 ms, not 4.4.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any

from kaiyan.engine.generated import Generated, Setting, crowded, unstrided
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.engine.codegen.parts.geometry import Geometry
    from kaiyan.engine.codegen.running.launch import ConvolutionRoutine
    from kaiyan.engine.problem import Problem
    from kaiyan.show.sentence import Sentence

_PHASES, _WRITTEN = 16, 256
"""Phases of the rows and planes, each of which is written out, and taps in them: 64 phases took 4 s to compile."""


class Interleaved(Generated):
    """Any kernel and dilation; with channels last few channels of one group."""

    name = "interleaved"

    def unfit(self, problem: Problem) -> Sentence | None:
        from kaiyan.engine.codegen.language.target import host
        from kaiyan.engine.codegen.routines.interleaving import most_sums

        axes, last = problem.spec.axes, problem.layout == "channels_last"
        phases = prod(a.stride for a in axes[:-1])
        reason = unstrided(problem) or crowded(phases, _PHASES)
        if reason is not None:
            return reason
        if last and problem.spec.groups > 1:
            return sentence("refused-grouped-last", "its channels are last, those of a group not all of a pixel")
        sums = axes[-1].stride * (problem.spec.channels[1] if last else 1)
        if sums > most_sums(host()):
            return sentence("refused-sums", "its {n} outputs between two inputs of a row do not fit registers", n=sums)
        taps = axes[-1].kernel * phases
        many = sentence("refused-written", "its kernel would be written out as {n} taps, which are too many", n=taps)
        return many if taps > _WRITTEN else None

    def windows(self, problem: Problem) -> tuple[Geometry, Any]:
        return _windows(problem)

    def routine(self, geometry: Geometry, source: str, setting: Setting) -> ConvolutionRoutine:
        from kaiyan.engine.codegen.routines import interleaving

        return interleaving.cut(geometry, source, *setting)


@lru_cache(maxsize=256)
def _windows(problem: Problem) -> tuple[Geometry, Any]:
    from kaiyan.engine.codegen.parts.geometry import interleaved

    return interleaved(problem.spec, problem.input_shape)
