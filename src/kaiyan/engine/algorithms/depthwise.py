"""Every channel by itself: vectors of columns over rows that share their inputs, or of channels where they stand last.

There is little to compute for each byte, so rows are read once for all the lines they lie under: 3x3 on 32x112x112
takes 0.077 ms with 7 lines in registers against 0.138 ms with one.
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


class Depthwise(Generated):
    """One input channel a group; where channels stand last, one output channel too."""

    name = "depthwise"

    def unfit(self, problem: Problem) -> Sentence | None:
        C, K = problem.spec.channels
        G = problem.spec.groups
        if G != C:
            return sentence("refused-channels-mixed", "it is not depthwise: an output reads several input channels")
        return (
            sentence("refused-several-outputs", "several outputs per channel, and the channels are last")
            if problem.layout == "channels_last" and K != G
            else None
        )

    def routine(self, geometry: Geometry, source: str, setting: Setting) -> ConvolutionRoutine:
        from kaiyan.engine.codegen.routines import (
            over_channels,
            over_channels_inside,
            over_columns,
            over_columns_inside,
        )

        modules = [over_columns] if geometry.K > 1 else [over_channels, over_channels_inside]
        if source != "channels_last" and geometry.K == 1:
            modules += [over_columns, over_columns_inside]
        cuts: list[ConvolutionRoutine | None] = [module.cut(geometry, source, *setting) for module in modules]
        return min((routine for routine in cuts if routine is not None), key=lambda routine: routine.cycles)
