"""Layers made anew with one setting changed, and what can be read of them."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from kaiyan.show.error import ConvError
from kaiyan.spec.axis import Axis
from kaiyan.spec.conv import Conv

SETTINGS: dict[type[nn.Module], tuple[str, ...]] = {
    nn.modules.conv._ConvTransposeNd: (  # noqa: SLF001 (the only name of the family)
        "in_channels", "out_channels", "kernel_size", "stride", "padding", "output_padding", "groups", "dilation",
        "padding_mode",
    ),
    nn.modules.conv._ConvNd: (  # noqa: SLF001
        "in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "padding_mode",
    ),
    nn.Linear: ("in_features", "out_features"),
    nn.modules.batchnorm._NormBase: ("num_features", "eps", "momentum", "affine", "track_running_stats"),  # noqa: SLF001
    nn.GroupNorm: ("num_groups", "num_channels", "eps", "affine"),
    nn.LayerNorm: ("normalized_shape", "eps", "elementwise_affine"),
    nn.RMSNorm: ("normalized_shape", "eps", "elementwise_affine"),
    nn.modules.pooling._MaxPoolNd: (  # noqa: SLF001
        "kernel_size", "stride", "padding", "dilation", "return_indices", "ceil_mode",
    ),
    nn.modules.pooling._AvgPoolNd: ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"),  # noqa: SLF001
    nn.Flatten: ("start_dim", "end_dim"),
    nn.Embedding: (
        "num_embeddings", "embedding_dim", "padding_idx", "max_norm", "norm_type", "scale_grad_by_freq", "sparse",
    ),
    nn.PReLU: ("num_parameters",),
    nn.PixelShuffle: ("upscale_factor",),
    nn.PixelUnshuffle: ("downscale_factor",),
    nn.ChannelShuffle: ("groups",),
    nn.Upsample: ("size", "scale_factor", "mode", "align_corners", "recompute_scale_factor"),
    nn.Unflatten: ("dim", "unflattened_size"),
    nn.MultiheadAttention: ("embed_dim", "num_heads", "dropout", "batch_first"),
}  # fmt: skip
"""What a layer's constructor takes and keeps under the same name."""


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


def rebuilt(layer: nn.Module, **changes: Any) -> nn.Module | None:
    """The layer with some settings changed; None where it is of a family we cannot make or refuses them."""
    names = next((names for family, names in SETTINGS.items() if isinstance(layer, family)), None)
    if names is None:
        return None
    settings = {name: getattr(layer, name) for name in names} | changes
    weight = getattr(layer, "weight", None)
    if isinstance(layer, (nn.Linear, nn.modules.conv._ConvNd)):  # noqa: SLF001
        settings["bias"] = layer.bias is not None
    kind: Any = type(layer)
    try:
        made: nn.Module = kind(**settings)
    except (ValueError, TypeError, RuntimeError):
        return None
    if weight is not None:
        made = made.to(dtype=weight.dtype, device=weight.device)
    return made.train(layer.training)


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


def half(layer: nn.Module) -> int | tuple[int, ...]:
    """The padding of each axis that keeps sizes: ``Axis.size_keeping``, half the kernel where that is odd."""
    kernel: Any = layer.kernel_size
    sizes = per_axis(kernel, 1)
    dilation = per_axis(getattr(layer, "dilation", 1), len(sizes))
    pads = tuple(Axis(k, dilation=d).size_keeping for k, d in zip(sizes, dilation, strict=False))
    return pads[0] if len(set(pads)) == 1 else pads
