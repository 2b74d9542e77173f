"""The gradient of a 3x3 weight by Winograd's F(3, 4): 36 products for the 144 of a tile of 4 x 4 outputs.

64 channels to 64 on 8x56x56 take 60 % of the direct sum's time, and are nearer to the truth than torch's.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from kaiyan.engine.gradients import generated
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.engine.gradients.generated import GradientLaunch, Laid
    from kaiyan.engine.problem import Problem
    from kaiyan.show.sentence import Sentence

_WIDEST = 128
"""Tiles of a row whose points are held at once."""


class WinogradGradient(generated.GeneratedGradient):
    """3x3 taps at stride 1; a sum that infinities or NaN spoiled is made again as a direct one."""

    name = "winograd"
    slowness = 1.5

    def unfit(self, problem: Problem) -> Sentence | None:
        from kaiyan.engine.codegen.routines.gradient_winograd import STEP, TAPS

        axes = problem.spec.axes
        if len(axes) > 2 or any((a.kernel, a.stride, a.dilation) != (TAPS, 1, 1) for a in axes) or len(axes) == 1:
            return sentence("refused-not-3x3", "the kernel is not 3x3 at stride 1")
        if generated.shapes(problem)[1][-1] > _WIDEST * STEP:
            return sentence("refused-long-row", "a row of more than {most} outputs does not fit", most=_WIDEST * STEP)
        return None

    def launch(self, problem: Problem, laid: Laid) -> GradientLaunch:
        from kaiyan.engine.codegen.language.target import host
        from kaiyan.engine.codegen.parts.geometry import slid, tiles
        from kaiyan.engine.codegen.routines.gradient_winograd import STEP, cut

        geometry, maps = slid(problem.spec, *generated.shapes(problem))
        beside, beside_maps = tiles(geometry, STEP)
        source = "row_contiguous" if laid.source == "channels_first" else laid.source
        routine = partial(cut, geometry, beside, source, laid.last, host(), problem.dtype)
        strip = routine(1).strip
        return generated.GradientLaunch(
            routine(problem.threads), generated.longer(maps, strip), generated.longer(beside_maps, strip)
        )
