"""Few channels: vectors of neighbouring pixels, so that no output has to be turned round.

With 3 channels a sum has 27 terms, and turning a tile of channels to rows of pixels costs as much as summing it:
3x3 on 3x224x224 to 64 channels takes 0.79 ms this way (219 GFLOP/s), and small groups have no vector to fill.
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


class Stem(Generated):
    """Channels first; any kernel, stride and dilation."""

    name = "stem"

    def unfit(self, problem: Problem) -> Sentence | None:
        return sentence("refused-channels-last", "the channels are last") if problem.layout == "channels_last" else None

    def routine(self, geometry: Geometry, source: str, setting: Setting) -> ConvolutionRoutine:
        from kaiyan.engine.codegen.routines import over_columns

        return over_columns.cut(geometry, source, *setting)
