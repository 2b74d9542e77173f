"""Winograd's minimal filtering F(m, r): m outputs of r taps for m + r - 1 products, on each axis.

F(4, 3) makes 4 products of 16 direct ones: 3x3 with 256 channels on 56x56 runs at 600 to 800 GFLOP/s of a core whose
peak is 275. The error grows with m, and is known beforehand from the matrices: see ``toom``.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod, sqrt
from typing import TYPE_CHECKING

from kaiyan.engine.generated import INTEGERS, Generated, Setting, grows, sums_integers
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.engine.codegen.parts.geometry import Geometry
    from kaiyan.engine.codegen.running.launch import ConvolutionRoutine
    from kaiyan.engine.problem import Problem
    from kaiyan.show.sentence import Sentence

_ROUNDED = 14.0
"""What the roundings of the transforms add, counted in terms of a channel's sum; measured at 1 to 200 channels."""


class Winograd(Generated):
    """Kernels of r taps on the last two axes, or on one of them, at stride 1; the first of three axes is summed."""

    def __init__(self, m: int, r: int) -> None:
        self._m, self._r = m, r
        self.name = f"winograd F({m},{r})"

    def error(self, problem: Problem) -> float:
        axes = problem.spec.axes
        terms = problem.spec.channels[0] // problem.spec.groups * prod(a.kernel for a in axes[:-2])
        each = _error(self._m, self._r)
        return float(prod(each for a in axes[-2:] if a.kernel == self._r) * sqrt(1 + _ROUNDED / terms))

    def unfit(self, problem: Problem) -> Sentence | None:
        axes = problem.spec.axes[-2:]
        if sums_integers(problem):
            return INTEGERS
        if any(a.stride > 1 for a in problem.spec.axes):
            return sentence("refused-stride", "the stride is not 1")
        if any(a.dilation > 1 for a in axes):
            return sentence("refused-dilated", "its dilation is not 1")
        kernels = {a.kernel for a in axes}
        if self._r not in kernels or kernels - {1, self._r}:
            return sentence("refused-taps", "the kernel does not have {r} taps", r=self._r)
        return grows(problem, self._grown(problem))

    def _grown(self, problem: Problem) -> int:
        """Elements of the transformed weight above those of the weight itself."""
        before = prod(problem.weight_shape)
        after = before
        for axis in problem.spec.axes[-2:]:
            if axis.kernel == self._r:
                after = after // self._r * (self._m + self._r - 1)
        return after - before

    def routine(self, geometry: Geometry, source: str, setting: Setting) -> ConvolutionRoutine:
        from kaiyan.engine.codegen.routines import winograd_cut

        rows, columns = (self._m if taps == self._r else 1 for taps in geometry.kernel[1:])
        return winograd_cut.cut(geometry, source, *setting, (rows, columns))

    def safe(self, geometry: Geometry, source: str, setting: Setting) -> ConvolutionRoutine:
        from kaiyan.engine.codegen.routines import over_output_channels_cut

        return over_output_channels_cut.cut(geometry, source, *setting)


@lru_cache
def _error(m: int, r: int) -> float:
    from kaiyan.engine.codegen.parts.toom import toom

    return toom(m, r).error
