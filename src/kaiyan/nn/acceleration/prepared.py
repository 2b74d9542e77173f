"""A convolution with its numbers, packed once; and the layer that computes it so and answers torch's names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kaiyan.engine.algorithms.torch import composed
from kaiyan.engine.codegen.running.threads import get_num_threads
from kaiyan.engine.planner import PLANNER
from kaiyan.nn.acceleration.tensors import is_plain, is_same, written
from kaiyan.ops.prepare import prepare

if TYPE_CHECKING:
    from kaiyan.ops.prepare import PreparedConv
    from kaiyan.spec.conv import Conv

_SHAPES = 64
_ROWS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """A convolution with its numbers, and the activation computed with it."""

    spec: Conv
    weight: Tensor
    bias: Tensor | None
    activation: str | None = None

    def with_norm(self, norm: Any) -> Weighted:
        """With a BatchNorm in evaluation folded into it, in float64.

        Source: y = (x − mean) / √(var + eps) · gamma + beta is a factor and a sum for each channel.
        """
        scale = (norm.running_var.double() + norm.eps).rsqrt()
        scale = scale if norm.weight is None else scale * norm.weight.double()
        bias = -norm.running_mean.double() if self.bias is None else self.bias.double() - norm.running_mean.double()
        bias = bias * scale if norm.bias is None else bias * scale + norm.bias.double()
        w, G = self.weight.double(), self.spec.groups
        if self.spec.transposed:
            by_group = w.reshape(G, -1, *w.shape[1:]) * scale.reshape(G, 1, -1, *[1] * (w.ndim - 2))
            w = by_group.reshape(w.shape)
        else:
            w = w * scale.reshape(-1, *[1] * (w.ndim - 1))
        spec = self.spec.replace(bias=True)
        return replace(self, spec=spec, weight=w.to(self.weight.dtype), bias=bias.to(self.weight.dtype))


class Packed:
    """A convolution whose weight is packed when an input of a new shape comes; the weight must not change."""

    def __init__(self, weighted: Weighted, precision: str) -> None:
        self._weighted, self._precision = weighted, precision
        self._conv: PreparedConv | None = None
        self._routines: dict[Any, Any] = {}

    def __call__(self, x: Tensor, residual: Tensor | None = None) -> Tensor:
        """X (N, C, *spatial) or (C, *spatial), and a residual that is added to the output."""
        if not is_plain(x) or not (residual is None or is_plain(residual)):
            return self._by_torch(x, residual)
        if type(residual) is nn.Parameter:
            residual = residual.detach()
        like = None if residual is None else (residual.shape, residual.stride(), residual.dtype)
        low = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else None
        key = x.shape, x.stride(), x.dtype, like, get_num_threads(), torch.is_grad_enabled(), low, PLANNER.era
        routine = self._routines.get(key)
        if routine is None:
            self._routines[key] = routine = self._routine(x, residual) if low is None else self._autocast_routine(low)
        y: Tensor = routine(x, residual)
        return y

    def _by_torch(self, x: Tensor, residual: Tensor | None) -> Tensor:
        """By torch's operators, where torch follows what is done, or the numbers are elsewhere."""
        weighted, rank = self._weighted, len(self._weighted.spec.axes)
        convolve = composed(weighted.spec, tuple(x.shape[-rank:]), str(x.device))
        alone = x.ndim == rank + 1
        y = convolve(x.unsqueeze(0) if alone else x, weighted.weight.to(x.device), _beside(weighted.bias, x))
        y = y.squeeze(0) if alone else y
        return activate(y if residual is None else y + residual, weighted.activation)

    @property
    def algorithm(self) -> str:
        """What computed its last new shape; nothing before its first call."""
        return (self._conv.algorithm if self._conv else None) or ""

    def _routine(self, x: Tensor, residual: Tensor | None) -> Any:
        weighted = self._weighted
        if self._conv is None or len(self._routines) > _SHAPES:
            self._conv, self._routines = self._prepared(weighted.activation), {}
        if residual is None or (residual.shape, residual.dtype) == (weighted.spec.output_shape(x.shape), x.dtype):
            return self._conv.ready(x, residual)
        plain = self._prepared(None)
        return lambda x, residual: activate(plain(x) + residual, weighted.activation)

    def _autocast_routine(self, low: torch.dtype) -> Any:
        """Under autocast: computed in the weight's type, and given in the type that torch's layer gives."""
        plain, weighted = self._prepared(None), self._weighted
        self._conv = self._conv or plain

        def call(x: Tensor, residual: Tensor | None) -> Tensor:
            if x.dtype is torch.float64:  # torch leaves it so
                y: Tensor = plain(x)
            else:
                y = plain(x.to(weighted.weight.dtype)).to(low)
            return activate(y if residual is None else y + residual, weighted.activation)

        return call

    def _prepared(self, activation: str | None) -> PreparedConv:
        weighted = self._weighted
        return prepare(weighted.spec, weighted.weight, weighted.bias, activation=activation, precision=self._precision)


class PackedLinear(Packed):
    """A linear layer: a convolution of one tap over rows that stand for pixels, channels last."""

    def __call__(self, x: Tensor, residual: Tensor | None = None) -> Tensor:
        """X (..., C) to (..., K); few rows are left to torch, which reads their weight as fast."""
        if not is_plain(x) or x.numel() < _ROWS * x.shape[-1] or residual is not None:
            y = F.linear(x, self._weighted.weight.to(x.device)[..., 0], _beside(self._weighted.bias, x))
            return activate(y if residual is None else y + residual, self._weighted.activation)
        rows = x.reshape(-1, x.shape[-1]).contiguous()
        y = super().__call__(rows.t().unsqueeze(0))
        return y[0].t().reshape(*x.shape[:-1], -1)


class Prepared(nn.Module):
    """A convolution on a prepared routine: x, and a residual where one is taken in, to the activated output.

    It answers what code asks torch's layer for: its sizes, its parameters and their type.
    """

    weight: nn.Parameter
    bias: nn.Parameter | None

    def __init__(self, weighted: Weighted, precision: str) -> None:
        super().__init__()
        self.spec, self.activation, self.precision = weighted.spec, weighted.activation, precision
        self.weight = _fixed(self._own(weighted.weight))
        self.register_parameter("bias", None if weighted.bias is None else _fixed(weighted.bias))
        self._kept: tuple[tuple[Any, ...], Packed] | None = None
        """What was packed and what it was packed for, in one: another thread may ask meanwhile."""

    def forward(self, x: Tensor, residual: Tensor | None = None) -> Tensor:
        """X (N, C, *spatial) or (C, *spatial), and a residual that is added to the output."""
        if not is_plain(x):
            return self._packed()(x, residual)
        state, kept = self._state(), self._kept
        if kept is None or not is_same(kept[0], state):
            self._kept = kept = state, self._packed()
        return kept[1](x, residual)

    def _state(self) -> tuple[Any, ...]:
        """The numbers as they are now: writing to a parameter, loading, another type or memory changes it."""
        own = self._parameters
        weight, bias = own.get("weight"), own.get("bias")
        if weight is None:
            weight, bias = self.weight, self.bias
        return weight, bias, written(weight), None if bias is None else written(bias)

    def _packed(self) -> Packed:
        return Packed(self._weighted(self.weight.detach()), self.precision)

    def _weighted(self, weight: Tensor) -> Weighted:
        return Weighted(self.spec, weight, None if self.bias is None else self.bias.detach(), self.activation)

    def _own(self, weight: Tensor) -> Tensor:
        return weight

    @property
    def algorithm(self) -> str:
        """What computed its last new shape; nothing before its first call."""
        return self._kept[1].algorithm if self._kept else ""

    @property
    def padding(self) -> Any:
        """As torch's layer has it: a number an axis, or a word; pairs where torch has no spelling."""
        entries: tuple[Any, ...] = tuple(axis.padding for axis in self.spec.axes)
        if any(isinstance(entry, str) for entry in entries):
            return entries[0] if len(set(entries)) == 1 else entries
        even = all(before == after for before, after in entries)
        return tuple(before for before, _ in entries) if even else entries

    def __getattr__(self, name: str) -> Any:
        if name in _SETTINGS:
            return getattr(self.__dict__["spec"], name)
        return super().__getattr__(name)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_kept": None}

    def extra_repr(self) -> str:
        return str(self.spec) if self.activation is None else f"{self.spec}, activation={self.activation!r}"


class PreparedLinear(Prepared):
    """A linear layer on a prepared routine, its weight (K, C) as torch's."""

    def _packed(self) -> Packed:
        return PackedLinear(self._weighted(self.weight.detach()[..., None]), self.precision)

    def _own(self, weight: Tensor) -> Tensor:
        return weight[..., 0]

    @property
    def in_features(self) -> int:
        """Numbers in a row that comes."""
        return self.weight.shape[1]

    @property
    def out_features(self) -> int:
        """Numbers in a row that goes."""
        return self.weight.shape[0]


_SETTINGS = (
    "in_channels", "out_channels", "kernel_size", "stride", "dilation", "groups", "padding_mode", "transposed",
    "output_padding",
)  # fmt: skip


def activate(y: Tensor, activation: str | None) -> Tensor:
    """``y`` under torch's own function of that name."""
    return y if activation is None else getattr(F, activation)(y)


def _beside(tensor: Tensor | None, x: Tensor) -> Tensor | None:
    return None if tensor is None else tensor.to(x.device)


def _fixed(tensor: Tensor) -> nn.Parameter:
    return nn.Parameter(tensor.detach().clone(), requires_grad=False)
