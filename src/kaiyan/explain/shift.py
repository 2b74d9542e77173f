"""Models on a picture that moves: translation equivariance and invariance, measured."""

from __future__ import annotations

from math import lcm, prod
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from kaiyan.explain.equivariance import LayerShift, ShiftReport
from kaiyan.explain.inputs import checked
from kaiyan.explain.moving import FeatureMap, free, maps
from kaiyan.show.error import KaiyanError
from kaiyan.spec.read import number
from kaiyan.trace.copied import copied
from kaiyan.trace.rebuild import is_convolution
from kaiyan.trace.undisturbed import undisturbing


@undisturbing
def shift_report(model: nn.Module, picture: Any, shifts: int = 8) -> ShiftReport:
    """How well ``model``'s feature maps and output follow a picture shifted by 1 to ``shifts`` columns, circularly.

    ``picture`` is a tensor (C, H, W) or (N, C, H, W), or what ``kaiyan.see`` takes: a path, an array (H, W, 3), None
    for the bundled photograph; those are scaled to 0 .. 1. Of a model of sound it is (C, L) or (N, C, L), of one of
    volumes (C, D, H, W) or (N, C, D, H, W). Modules are measured, in eval mode, on a copy: the model is left as it was.
    Errors are shares of a map's root mean square. Raises ``KaiyanError`` where there are fewer columns than shifts,
    where all columns are the same, and with the model's words where it does not run.

    Source: Zhang, Making convolutional networks shift-invariant again, ICML 2019.

    >>> report = shift_report(nn.Conv1d(1, 1, 3, stride=2), torch.arange(12.0)[None], shifts=2)
    >>> report.breaker.jump, report.kept
    (2.0, None)
    """
    model = checked(model)
    x = _batched(picture, model)
    shifts = number("shifts", shifts, least=0)
    if not 1 <= shifts < x.shape[-1]:
        raise KaiyanError(
            "shifts-out-of-range",
            "a picture of {width} columns cannot be shifted by 1 to {shifts} columns",
            "shifts={most} or fewer",
            width=x.shape[-1], shifts=shifts, most=x.shape[-1] - 1,
        )  # fmt: skip
    if torch.equal(x, x.roll(1, -1)):
        raise KaiyanError(
            "picture-constant",
            "every column of the picture is the same: shifting it changes nothing",
            "a photograph",
        )
    still = copied(model).eval()
    with torch.no_grad():
        return _report(still, x, shifts, type(model).__name__)


def _report(model: nn.Module, x: Tensor, shifts: int, name: str) -> ShiftReport:
    answer, first = _first(model, x.clone())  # a model may write into its input
    steps = [*range(1, shifts + 1)]
    step = lcm(*(int(m.jump) for m in first if m.jump >= 1 and m.jump.is_integer()), 1)
    steps += [step] if shifts < step < x.shape[-1] else []
    runs = [maps(model, x.roll(shift, -1)) for shift in steps]
    within = free(model, x, first)
    after = [free(model, x, first, shift) for shift in steps[:shifts]]
    layers = tuple(
        _compared(m, [run[1][i].output for run in runs], steps, [seen[i] for seen in after], within[i])
        for i, m in enumerate(first)
    )
    is_map = answer.ndim == x.ndim
    whole = FeatureMap("", name, 1.0, first[-1].jump if first and is_map else 1.0, answer)
    whole_shift = _compared(whole, [run[0] for run in runs[:shifts]], steps[:shifts], [], None)
    kept = [bool((run[0].argmax(-1) == answer.argmax(-1)).all()) for run in runs[:shifts]]
    return ShiftReport(layers, whole_shift, None if is_map else float(np.mean(kept)))


def _first(model: nn.Module, x: Tensor) -> tuple[Tensor, list[FeatureMap]]:
    """The run without a shift; raises ``KaiyanError`` with the model's words where it fails."""
    try:
        return maps(model, x)
    except (RuntimeError, ValueError, TypeError) as error:
        if isinstance(error, KaiyanError):
            raise
        raise KaiyanError(
            "model-fails", "the model does not run on this input: {error}", error=str(error).partition("\n")[0]
        ) from error


def _batched(picture: Any, model: nn.Module) -> Tensor:
    """The picture as a batch: of one, where it has no axis for samples."""
    if isinstance(picture, Tensor):
        return picture[None] if picture.ndim == _axes_of_space(model) + 1 else picture
    from kaiyan.pictures.picture import picture as read

    photograph = read(picture)
    return torch.from_numpy(photograph.pixels.astype(np.float32) / photograph.white)[None]


def _axes_of_space(model: nn.Module) -> int:
    """Of what its convolutions slide over; 2 where there are none, or some that slide over pictures."""
    ranks = {len(cast("Any", layer).kernel_size) for layer in model.modules() if is_convolution(layer)}
    return 2 if 2 in ranks else max(ranks, default=2)


def _compared(
    still: FeatureMap, moved: list[Tensor], steps: list[int], after: list[Tensor | None], within: Tensor | None
) -> LayerShift:
    """``moved`` and ``after`` have the map, and its columns that no border reaches, for each of ``steps``."""
    errors = tuple(
        _error(still.output, m, s / still.jump if still.width > 1 else 0) for s, m in zip(steps, moved, strict=True)
    )
    inner = tuple(_inner(still, m, s, within, seen) for s, m, seen in zip(steps, moved, after, strict=False))
    border = [e for s, e in zip(steps, errors, strict=True) if still.width == 1 or (s / still.jump).is_integer()]
    shifts = len(after) or len(steps)
    share = None if within is None else float(within.double().mean())
    return LayerShift(
        still.path, still.kind, still.stride, still.jump, still.width, errors[:shifts], inner, share,
        max(border, default=None), still.softened,
    )  # fmt: skip


def _inner(still: FeatureMap, moved: Tensor, shift: int, within: Tensor | None, after: Tensor | None) -> float | None:
    """The error over the columns that no border reaches, before and after; None where there are none, or not known."""
    if within is None or after is None:
        return None
    errors = [_over(still, moved, n, within, after) for n in _steps(shift / still.jump)]
    return min((error for error in errors if error is not None), default=None)


def _over(still: FeatureMap, moved: Tensor, n: int, within: Tensor, after: Tensor) -> float | None:
    width = still.width - n
    if width <= 0:
        return None
    both = within[:width] & after[n:]
    if not bool(both.any()):
        return None
    before = still.output[..., :width][..., both]
    return _size(moved[..., n:][..., both] - before) / (_size(before) or 1.0)


def _error(still: Tensor, moved: Tensor, columns: float) -> float:
    scale = _size(still) or 1.0
    return min(_size(moved.roll(-n, -1) - still) for n in _steps(columns)) / scale


def _steps(columns: float) -> set[int]:
    return {int(np.floor(columns)), int(np.ceil(columns))}


def _size(tensor: Tensor) -> float:
    return float(tensor.double().square().sum().div(max(prod(tensor.shape), 1)).sqrt())
