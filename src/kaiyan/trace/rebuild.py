"""Layers made anew with one setting changed, and what can be read of them."""

from __future__ import annotations

from inspect import signature
from typing import Any

import torch
from torch import nn

from kaiyan.show.error import ConvError
from kaiyan.spec.axis import Axis
from kaiyan.spec.conv import Conv
from kaiyan.trace.functions import TORCH_FUNCTIONS


class Permute(nn.Module):
    """Axes in another order, as a layer."""

    def __init__(self, *order: int) -> None:
        super().__init__()
        self.order = order

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The same numbers, axes moved."""
        return x.permute(self.order)

    def extra_repr(self) -> str:
        """The order."""
        return ", ".join(str(axis) for axis in self.order)


class Cast(nn.Module):
    """Another dtype, as a layer."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The same numbers in the dtype."""
        return x.to(self.dtype)

    def extra_repr(self) -> str:
        """The dtype."""
        return str(self.dtype)


class First(nn.Module):
    """The first of a tuple, as a layer."""

    def forward(self, outputs: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """The first entry."""
        return outputs[0]


def family(layer: nn.Module) -> type[nn.Module] | None:
    """The layer of torch that it is or descends from, of those that are made anew here; None for any other."""
    known = {kind for function in TORCH_FUNCTIONS.values() for kind in function.modules}
    return next((kind for kind in type(layer).__mro__ if kind in known), None)


def settings(layer: nn.Module) -> dict[str, Any]:
    """What the constructor of its family takes and the layer keeps under the same name; none where it has none.

    >>> settings(nn.AvgPool1d(3, padding=1))
    {'kernel_size': (3,), 'stride': (3,), 'padding': (1,), 'ceil_mode': False, 'count_include_pad': True}
    """
    kind: Any = family(layer)
    names = [] if kind is None else [*signature(kind).parameters]
    kept = {name: getattr(layer, name) for name in names if name not in _OF_TENSORS and hasattr(layer, name)}
    if "bias" in names and hasattr(layer, "bias"):
        kept["bias"] = layer.bias is not None
    if kept.get("kdim") == kept.get("vdim") == kept.get("embed_dim"):
        kept = {name: value for name, value in kept.items() if name not in ("kdim", "vdim")}  # they follow embed_dim
    return kept


_OF_TENSORS = ("bias", "device", "dtype")


def rebuilt(layer: nn.Module, **changes: Any) -> nn.Module | None:
    """The layer with some settings changed; None where it is of a family we cannot make or refuses them."""
    if family(layer) is None:
        return None
    kind: Any = type(layer)
    try:
        new: nn.Module = kind(**settings(layer) | changes)
    except (ValueError, TypeError, RuntimeError):  # of torch's layers, and of what descends from them
        return None
    weight = getattr(layer, "weight", None)
    if weight is not None:
        new = new.to(dtype=weight.dtype, device=weight.device)
    return new.train(layer.training)


def written(layer: nn.Module) -> str:
    """The layer as one writes it, without what is so anyway; a container by its name alone.

    >>> written(nn.Conv2d(3, 16, 3, padding=1)), written(nn.Linear(288, 10)), written(nn.Sequential(nn.ReLU()))
    ('Conv2d(3, 16, kernel_size=3, padding=1)', 'Linear(288, 10)', 'Sequential')
    """
    if next(layer.children(), None) is not None:
        return type(layer).__name__
    if is_convolution(layer):
        try:
            return str(Conv.from_module(layer)).removeprefix("nn.")
        except ConvError:
            return repr(layer)
    if type(layer) is nn.Linear:
        return f"Linear({layer.in_features}, {layer.out_features}{'' if _has_bias(layer) else ', bias=False'})"
    return repr(layer)


def _has_bias(layer: nn.Module) -> bool:
    return getattr(layer, "bias", None) is not None


def is_convolution(layer: nn.Module | None) -> bool:
    """Whether it is one of PyTorch's convolutions, transposed or not."""
    return isinstance(layer, nn.modules.conv._ConvNd)  # noqa: SLF001


def per_axis(value: Any, rank: int) -> tuple[int, ...]:
    """One number an axis; words count as no padding."""
    if isinstance(value, (tuple, list)):
        return tuple(int(v) for v in value)
    return (int(value) if isinstance(value, (int, float)) else 0,) * rank


def size_keeping(layer: nn.Module) -> int | tuple[int, ...]:
    """The padding of each axis that keeps sizes: ``Axis.size_keeping``, half the kernel where that is odd."""
    kernel: Any = layer.kernel_size
    sizes = per_axis(kernel, 1)
    dilation = per_axis(getattr(layer, "dilation", 1), len(sizes))
    pads = tuple(Axis(k, dilation=d).size_keeping for k, d in zip(sizes, dilation, strict=False))
    return pads[0] if len(set(pads)) == 1 else pads
