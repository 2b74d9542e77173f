"""What several gradients refuse, in words for the plan's table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.engine.codegen.parts.geometry import RANK
from kaiyan.engine.generated import unusable
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.engine.problem import Problem
    from kaiyan.show.sentence import Sentence


def unfit_for_machine_code(problem: Problem) -> Sentence | None:
    """Why generated code cannot compute a gradient of a weight."""
    reasons = (
        (problem.wrt != "weight", sentence("refused-weight-only", "it computes the weight's gradient only")),
        (
            problem.weight_dtype != problem.dtype or problem.dtype not in ("float32", "float64"),
            sentence("refused-gradient-types", "both arrays have to be float32, or both float64"),
        ),
        (len(problem.spec.axes) > RANK, sentence("refused-rank", "the generated code handles at most 3 spatial axes")),
        (problem.device != "cpu", sentence("refused-device", "the array is not in the CPU's memory")),
        (problem.traced, sentence("refused-tracing", "torch is tracing these tensors: autograd, functorch or compile")),
    )
    return first(reasons) or beyond_zeros(problem) or unusable()


def beyond_zeros(problem: Problem) -> Sentence | None:
    """Why the sums of a plain convolution's gradient are not those of this problem."""
    spec = problem.spec
    empty = 0 in (*problem.input_shape, *problem.output_shape, *problem.weight_shape)
    return first(
        (
            (
                not spec.transposed and spec.padding_mode != "zeros",
                sentence("refused-border-of-gradient", "the border is not zeros"),
            ),
            (empty, sentence("refused-empty-axis", "an axis is empty")),
        )
    )


def first(reasons: tuple[tuple[bool, Sentence], ...]) -> Sentence | None:
    """The first of the reasons that holds."""
    return next((reason for holds, reason in reasons if holds), None)
