"""Winograd's minimal filtering at stride 2: even and odd rows and columns apart, added up before the way back.

3 taps two apart are 2 taps of the even inputs and 1 of the odd ones. By the points of F(4, 2) a tile of 4 x 4 outputs
takes 81 products, where there are 144. The weight grows as much as the products shrink: 9 times, with F(2, 2) 2.8.
"""

from __future__ import annotations

from math import prod, sqrt
from typing import TYPE_CHECKING

from kaiyan.engine.generated import INTEGERS, Generated, Setting, grows, sums_integers
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.engine.codegen.parts.geometry import Geometry
    from kaiyan.engine.codegen.running.launch import ConvolutionRoutine
    from kaiyan.engine.problem import Problem
    from kaiyan.show.sentence import Sentence
    from kaiyan.spec.axis import Axis

_ROUNDED = 16.0
"""What the roundings of the transforms add, counted in terms of a sum; measured at 1 to 200 channels."""


Filter = tuple[int, int, int]
"""Outputs of one tile, taps and stride of an axis."""


class StridedWinograd(Generated):
    """Kernels of 2r or 2r - 1 taps at stride 2 on the last two axes; one of them may have 3 taps or 1 at stride 1."""

    def __init__(self, m: int, r: int) -> None:
        self._m, self._r = m, r
        self.name = f"strided F({m},{r})"

    def error(self, problem: Problem) -> float:
        from kaiyan.engine.codegen.parts.toom import phases, strided_error

        rows, columns = self._filters(problem)
        terms = problem.spec.channels[0] // problem.spec.groups * prod(a.kernel for a in problem.spec.axes[:-2])
        terms *= len(phases(*rows)) * len(phases(*columns))
        return strided_error(rows, columns) * sqrt(1 + _ROUNDED / terms)

    def unfit(self, problem: Problem) -> Sentence | None:
        axes = problem.spec.axes[-2:]
        if sums_integers(problem):
            return INTEGERS
        if problem.spec.transposed or not any(a.stride == 2 for a in axes):
            return sentence("refused-not-stride-2", "the stride is not 2")
        if any(a.dilation > 1 for a in axes):
            return sentence("refused-dilated", "its dilation is not 1")
        if not all(self._takes(a) for a in axes):
            few, many = 2 * self._r - 1, 2 * self._r
            return sentence(
                "refused-strided-taps", "it does not have {few} or {many} taps two apart", few=few, many=many
            )
        return grows(problem, self._grown(problem))

    def _takes(self, axis: Axis) -> bool:
        return (axis.kernel + 1) // 2 == self._r if axis.stride == 2 else axis.stride == 1 and axis.kernel in (1, 3)

    def _outputs(self, taps: int) -> int:
        return self._m if taps > 1 else 1

    def _grown(self, problem: Problem) -> int:
        """Elements of the transformed weight above those of the weight itself."""
        from kaiyan.engine.codegen.parts.toom import phases

        before = prod(problem.weight_shape)
        after = before
        for m, taps, stride in self._filters(problem):
            after = after // taps * sum(phase.n for phase in phases(m, taps, stride))
        return after - before

    def _filters(self, problem: Problem) -> tuple[Filter, Filter]:
        """Of rows and of columns; a picture of one axis is one row."""
        axes = [(self._outputs(axis.kernel), axis.kernel, axis.stride) for axis in problem.spec.axes[-2:]]
        rows, columns = ([(1, 1, 1)] * (2 - len(axes))) + axes
        return rows, columns

    def routine(self, geometry: Geometry, source: str, setting: Setting) -> ConvolutionRoutine:
        from kaiyan.engine.codegen.routines import winograd_cut
        from kaiyan.engine.codegen.routines.strided_winograd import StridedWinogradTiles

        rows, columns = (self._outputs(taps) for taps in geometry.kernel[1:])
        return winograd_cut.cut(geometry, source, *setting, (rows, columns), StridedWinogradTiles)

    def safe(self, geometry: Geometry, source: str, setting: Setting) -> ConvolutionRoutine:
        from kaiyan.engine.codegen.routines import over_output_channels_cut

        return over_output_channels_cut.cut(geometry, source, *setting)
