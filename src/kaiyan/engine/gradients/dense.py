"""The gradient of a dense weight: one output channel's gradient, element by element, times vectors of input channels.

torch 2.13 sums a one-tap kernel's at 92 to 115 GFLOP/s of a peak of 266, this at 150 to 200.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.engine.gradients import generated

if TYPE_CHECKING:
    from kaiyan.engine.gradients.generated import GradientLaunch, Laid
    from kaiyan.engine.problem import Problem
    from kaiyan.show.sentence import Sentence


class Dense(generated.GeneratedGradient):
    """Any kernel, stride, dilation and groups; vectors of few channels are mostly empty."""

    name = "dense"

    def unfit(self, problem: Problem) -> Sentence | None:
        del problem
        return None

    def launch(self, problem: Problem, laid: Laid) -> GradientLaunch:
        return generated.dense(problem, laid)
