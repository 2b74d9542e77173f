"""Runs of a model on a picture that moves: the map of every layer, and which of its columns no border reaches.

Which columns a field reaches is seen, not computed: the picture is continued on both sides by NaN, which every
convolution, pooling and norm passes on to exactly the outputs that read it, taps of weight 0 too. An algorithm that
works on tiles may spread it further: then fewer columns count as free, none wrongly.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from math import lcm
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from kaiyan.show.error import KaiyanError
from kaiyan.trace.watch import watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.trace.watch import Visit

_MARGIN = 64
"""Columns of NaN beside the picture, at the least: more than the holes of any dilation in use."""


@dataclass(frozen=True, slots=True)
class FeatureMap:
    """A layer's output in one run, and where it lies in the grid of the picture."""

    path: str
    kind: str
    stride: float
    jump: float
    output: Tensor
    softened: bool = False

    @property
    def width(self) -> int:
        """Its columns; 1 for what is no map."""
        return self.output.shape[-1] if self.output.ndim >= 3 else 1


def maps(
    model: nn.Module, x: Tensor, keep: Callable[[Tensor], Tensor] = Tensor.clone
) -> tuple[Tensor, list[FeatureMap]]:
    """The model's output, and that of every module without modules in it, in the order of the calls.

    Every run draws the same random numbers. Raises ``KaiyanError`` where the model does not return one tensor.
    """
    layers: list[FeatureMap] = []
    torch.manual_seed(0)
    answer = _run(model, x, keep, layers)
    if not isinstance(answer, Tensor):
        raise KaiyanError(
            "not-one-tensor",
            "the model returns a {kind}, not one tensor",
            "use a module that returns only the tensor you want",
            kind=type(answer).__name__,
        )
    return answer.clone(), layers


def free(model: nn.Module, x: Tensor, still: Sequence[FeatureMap], moved: int = 0) -> list[Tensor | None]:
    """For every map, which of its columns see only columns of the picture from ``moved`` on; None where not known."""
    step = lcm(*(int(m.jump) for m in still if m.jump >= 1 and m.jump.is_integer()), 1)
    margin = step * -(-_MARGIN // step)
    outside = x.new_full((*x.shape[:-1], margin), torch.nan)
    wide = torch.cat([outside, x, outside], -1)
    wide[..., margin : margin + moved] = torch.nan
    layers: list[FeatureMap] = []
    torch.manual_seed(0)
    with suppress(Exception):  # it may take pictures of one size: what came before is known
        _run(model, wide, _reached, layers)
    known = dict(enumerate(layers))
    return [_columns(m, known.get(i), margin) for i, m in enumerate(still)]


def _run(model: nn.Module, x: Tensor, keep: Callable[[Tensor], Tensor], layers: list[FeatureMap]) -> Any:
    jumps: dict[int, tuple[Tensor, float]] = {id(x): (x, 1.0)}
    width = x.shape[-1]

    def note(visit: Visit) -> None:
        module, output = visit.module, visit.output
        if not (isinstance(output, Tensor) and visit.args and isinstance(visit.args[0], Tensor)):
            return
        before = _jump(visit.args[0], jumps, width)
        stride = _stride(module, visit.args[0], output)
        jumps[id(output)] = (output, before * stride)
        kept = keep(output.dequantize() if output.is_quantized else output)
        layers.append(FeatureMap(visit.path, type(module).__name__, stride, before * stride, kept, _softens(module)))

    leaves = [path for path, module in model.named_modules() if not any(True for _ in module.children())]
    with watch(model, leaves, after=note):
        return model(x)


def _reached(output: Tensor) -> Tensor:
    """Which columns hold NaN; of what is no map, one element."""
    if output.ndim < 3:
        return torch.ones(1, dtype=torch.bool)
    return output.isnan().flatten(0, -2).any(0)


def _columns(still: FeatureMap, wide: FeatureMap | None, margin: int) -> Tensor | None:
    offset = margin / still.jump
    if wide is None or wide.path != still.path or still.width == 1 or not offset.is_integer():
        return None
    inside = wide.output[int(offset) : int(offset) + still.width]
    return ~inside if len(inside) == still.width else None


def _jump(tensor: Tensor, jumps: dict[int, tuple[Tensor, float]], width: int) -> float:
    """That of the map itself; of the latest as wide, after functions without a stride; else from the widths."""
    if id(tensor) in jumps:
        return jumps[id(tensor)][1]
    alike = [
        jump for other, jump in jumps.values() if other.ndim == tensor.ndim and other.shape[-1] == tensor.shape[-1]
    ]
    return alike[-1] if alike else float(max(round(width / tensor.shape[-1]), 1))


def _stride(module: nn.Module, before: Tensor, after: Tensor) -> float:
    if before.ndim < 3 or after.ndim < 3 or after.shape[-1] == 1:
        return 1.0
    stride = getattr(module, "stride", None)
    if stride is None:
        return _whole(before.shape[-1] / after.shape[-1])
    step = float(stride[-1] if isinstance(stride, tuple) else stride)
    return 1 / step if getattr(module, "transposed", False) else step


def _whole(ratio: float) -> float:
    """A stride from two widths: a layer without padding loses a few columns and no stride."""
    if ratio < 1:
        return ratio if (1 / ratio).is_integer() else 1 / max(round(1 / ratio), 1)
    return float(round(ratio)) if abs(ratio - round(ratio)) < 0.35 else ratio


def _softens(module: nn.Module) -> bool:
    """Whether a layer blurs each channel by itself before it strides, so that every phase weighs the same.

    Source: Zhang, Making convolutional networks shift-invariant again, ICML 2019: [1 2 1], [1 3 3 1], [1 4 6 4 1].
    """
    tensors = [t for t in (*module.parameters(recurse=False), *module.buffers(recurse=False)) if t.ndim == 4]
    if len(tensors) != 1 or tensors[0].shape[1] != 1 or tensors[0].is_meta:
        return False
    row = tensors[0].double().sum(2).flatten(0, 1)
    taps = row.shape[-1]
    if taps < 3 or bool((row < 0).any()) or not bool((row > 0).any()):
        return False
    even, odd = row[:, 0::2].sum(1), row[:, 1::2].sum(1)
    return torch.allclose(row, row.flip(1)) and torch.allclose(even, odd, rtol=1e-3)
