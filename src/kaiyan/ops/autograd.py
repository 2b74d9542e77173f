"""The one road of tensors whose gradients are asked: ``kaiyan.conv`` and the layers of ``kaiyan.nn`` both take it.

The forward and each gradient are planned like any other problem. Where torch's own are expected to be the fastest in
sum, its autograd runs them; else ``kaiyan::conv`` does, whose gradients are rows of the table ``GRADIENTS``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch.jit._trace import is_tracing

from kaiyan.arrays.table import kind_of
from kaiyan.engine.algorithms.torch import Torch, composed
from kaiyan.engine.gradients import GRADIENT_PLANNER
from kaiyan.engine.gradients.border import within
from kaiyan.engine.gradients.torch import TorchGradient
from kaiyan.engine.planner import PLANNER
from kaiyan.engine.types import is_whole
from kaiyan.ops import operator
from kaiyan.ops.routine import ArrayFacts, computed, facts_of, problem_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from kaiyan.engine.problem import Problem

    Convolve = Callable[[Tensor, Tensor, Tensor | None], Tensor]

_TORCH, _TORCH_GRADIENT = Torch(), TorchGradient()
_FORWARD, _BACKWARD = 300e-6, 500e-6
"""Seconds that an operator written in Python, and a weight packed anew, add to a forward and to each gradient.

With 60 microseconds for each, 8x32x14x14 under 1x1 took five times torch's time: the rows' models leave much out.
"""


def convolved(x: Tensor, weight: Tensor, bias: Tensor | None, text: str) -> Any:
    """An input (N, C, *spatial) through ``text``, a description as ``str(Conv)`` gives it: (N, K, *output)."""
    if torch.onnx.is_in_onnx_export() or is_tracing():  # type: ignore[no-untyped-call]
        return composed(operator.spec_of(text), tuple(x.shape[2:]), str(x.device))(x, weight, bias)
    tensors = (x, weight) if bias is None else (x, weight, bias)
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors):
        problem = _problem(facts_of(kind_of("x", x), *tensors), text)
        return _road(problem, text, x.requires_grad, weight.requires_grad)(x, weight, bias)
    return computed(operator.spec_of(text), x, weight, bias)


def autocast(x: Tensor, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor, Tensor | None]:
    """The tensors in the type of autocast, where it is on and torch casts."""
    if not _is_autocast(x.device.type):
        return x, weight, bias
    dtype = torch.get_autocast_dtype(x.device.type)
    return _eased(x, dtype), _eased(weight, dtype), None if bias is None else _eased(bias, dtype)


def _is_autocast(device: str) -> bool:
    return torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)


def _eased(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """In the type of autocast where torch casts: float64 and complex numbers stay what they are."""
    return tensor.to(dtype) if tensor.is_floating_point() and tensor.dtype != torch.float64 else tensor


@PLANNER.keep(4096)
def _problem(facts: ArrayFacts, text: str) -> Problem:
    return problem_of(facts, operator.spec_of(text))


def tracked(problem: Problem) -> Any:
    """The routine of ``kaiyan.conv`` on tensors that torch follows, for gradients, transforms or compilation.

    What has no gradient, whole numbers, is planned as ever; and so is ``precision="exact"`` where torch's own is.
    """
    whole = is_whole(problem.result_dtype) or is_whole(problem.promoted_dtype)
    if whole or (problem.precision == "exact" and _TORCH.refuses(problem) is None):
        return PLANNER.routine(problem)
    text = str(problem.spec)
    if problem.out_dtype is None:
        return _followed(problem, text)
    given: torch.dtype = getattr(torch, problem.out_dtype)
    summed = torch.promote_types(getattr(torch, problem.promoted_dtype), given)

    def cast(x: Tensor, weight: Tensor, bias: Tensor | None) -> Any:
        wide = None if bias is None else bias.to(summed)
        return convolved(x.to(summed), weight.to(summed), wide, text).to(given)

    return cast


def _followed(problem: Problem, text: str) -> Convolve:
    """The problem on tensors of which some may be asked a gradient; what is known of them is not read again."""
    roads: dict[tuple[bool, bool], Convolve] = {}

    def run(x: Tensor, weight: Tensor, bias: Tensor | None) -> Any:
        wanted = x.requires_grad, weight.requires_grad
        asked = torch.is_grad_enabled() and (any(wanted) or (bias is not None and bias.requires_grad))
        if not asked or is_tracing():  # type: ignore[no-untyped-call]
            return convolved(x, weight, bias, text)
        if _is_autocast(x.device.type):
            return convolved(*autocast(x, weight, bias), text)
        if wanted not in roads:
            roads[wanted] = _road(problem, text, *wanted)
        return roads[wanted](x, weight, bias)

    return run


@PLANNER.keep(4096)
def _road(problem: Problem, text: str, for_x: bool, for_weight: bool) -> Convolve:
    if _is_torchs(problem, [wrt for wrt, asked in (("input", for_x), ("weight", for_weight)) if asked]):
        routine: Any = _TORCH.build(problem)
        return routine  # type: ignore[no-any-return]
    return lambda x, weight, bias: operator.conv(x, weight, bias, text)


def _is_torchs(problem: Problem, wanted: list[str]) -> bool:
    """Whether torch's own forward and gradients take less time than ours, each the best there is."""
    if _TORCH.refuses(problem) is not None:
        return False
    if problem.device != "cpu":
        return True
    eager = replace(problem, traced=False)
    ours = _FORWARD + (PLANNER.plan(replace(eager, fresh=True)).seconds)
    theirs = _TORCH.seconds(problem)
    for wrt in wanted:
        dtype = problem.promoted_dtype
        other = problem.weight_dtype if wrt == "input" else problem.dtype
        asked = within(replace(eager, wrt=wrt, dtype=dtype, weight_dtype=other))
        ours += _BACKWARD + GRADIENT_PLANNER.plan(asked).seconds
        if _TORCH_GRADIENT.refuses(asked) is not None:
            return False
        theirs += _TORCH_GRADIENT.seconds(asked)
    return theirs < ours
