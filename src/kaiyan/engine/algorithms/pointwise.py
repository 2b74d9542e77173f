"""Kernels of one tap: a product of matrices, in place. Channels first, a plane is one row, and vectors run over it.

64 to 256 channels on 56x56 takes 0.43 ms: 238 GFLOP/s of a peak of 275, with no transposition and no copy of the input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.engine.generated import Generated, Setting
from kaiyan.engine.types import BYTES
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.engine.codegen.parts.geometry import Geometry
    from kaiyan.engine.codegen.running.launch import ConvolutionRoutine
    from kaiyan.engine.problem import Problem
    from kaiyan.show.sentence import Sentence

_CROWDED = 4096
"""Bytes apart at which pixels meet in one set of the first cache: they are packed with a gap (see ``apart``)."""


class Pointwise(Generated):
    """One tap at stride 1, on dense planes or dense pixels."""

    name = "pointwise"

    def unfit(self, problem: Problem) -> Sentence | None:
        axes = problem.spec.axes
        if any(a.kernel > 1 or a.stride > 1 for a in axes):
            return sentence("refused-not-pointwise", "it is not a pointwise kernel (1x1) at stride 1")
        if any(pads != (0, 0) for pads in problem.spec.pads(problem.input_shape)):
            return sentence("refused-border", "the input is padded")
        return (
            None
            if problem.layout in ("channels_first", "channels_last")
            else sentence("refused-planes", "the channel planes are not contiguous")
        )

    def routine(self, geometry: Geometry, source: str, setting: Setting) -> ConvolutionRoutine:
        from kaiyan.engine.codegen.routines import over_columns, over_output_channels_cut
        from kaiyan.engine.codegen.routines.over_output_channels import OverOutputChannels
        from kaiyan.engine.codegen.routines.over_output_channels_inside import OverOutputChannelsInside

        if source != "channels_last":
            return over_columns.cut(geometry, source, *setting)
        crowded = geometry.C * BYTES[setting[1]] % _CROWDED == 0
        kind = OverOutputChannels if geometry.groups > 1 or crowded else OverOutputChannelsInside
        return over_output_channels_cut.cut(geometry, source, *setting, kind)
