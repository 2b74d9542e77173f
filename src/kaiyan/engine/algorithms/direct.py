"""Direct sums, a register tile of pixels by vectors of output channels: any kernel, stride and dilation.

A tile of 14 pixels by 2 vectors runs at 94 % of the peak of an AVX-512 core, strided or not: the input is broadcast
element by element, so nothing has to lie side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.engine.generated import Generated, Setting
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.engine.codegen.parts.geometry import Geometry
    from kaiyan.engine.codegen.running.launch import ConvolutionRoutine
    from kaiyan.engine.problem import Problem
    from kaiyan.show.sentence import Sentence


class Direct(Generated):
    """Everything that generated code can compute; what has an algorithm of its own is faster there."""

    name = "direct"
    turns = True

    def unfit(self, problem: Problem) -> Sentence | None:
        from kaiyan.engine.codegen.parts.strip import MOST_WOVEN

        if not problem.turned or (problem.spec.groups == 1 and problem.spec.channels[0] <= MOST_WOVEN):
            return None
        return sentence("refused-turned", "its output lies as its input does")

    def routine(self, geometry: Geometry, source: str, setting: Setting) -> ConvolutionRoutine:
        from kaiyan.engine.codegen.routines import over_output_channels_cut

        return over_output_channels_cut.cut(geometry, source, *setting)
