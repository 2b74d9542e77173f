"""PyTorch's layers as they are written, each with the sizes that it makes; nothing is executed."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any

from kaiyan.show.error import ConvError
from kaiyan.spec import code
from kaiyan.spec.call import CodeCall, called, of_node, short
from kaiyan.spec.conv import Conv
from kaiyan.spec.norms import group, instance, layer_norm, prelu, same
from kaiyan.spec.pooling import pool_axes
from kaiyan.spec.resizing import (
    adaptive,
    flatten,
    linear,
    pad,
    pad_function,
    shuffle,
    unflatten,
    unshuffle,
    upsample,
)
from kaiyan.spec.step import ConvLayer, Windows

if TYPE_CHECKING:
    from kaiyan.spec.step import ChainLayer, Reader


def layers(text: str) -> list[ChainLayer]:
    """The layers that one line of PyTorch code writes; more than one for nn.Sequential(...).

    Raises ``ConvError`` for what is no layer whose sizes are known here.
    """
    return of_call(called(text))


def of_call(call: CodeCall) -> list[ChainLayer]:
    """The layers of a call that was parsed."""
    call, name = as_module(call)
    if name in TORCH_LAYERS:
        return TORCH_LAYERS[name](replace(call, name=name))
    if name.startswith("Lazy") or name in code.LAYER_OF_FUNCTION or "Conv" in name:
        raise code.not_a_convolution(call)
    raise unknown(call, TORCH_LAYERS)


def _sequential(call: CodeCall) -> list[ChainLayer]:
    inner = [of_node(_a_call(part, call), short(call.text)) for part in call.parts]
    return [layer for part in inner for layer in of_call(part)]


def _conv(call: CodeCall) -> list[ChainLayer]:
    order, implied = code.SIGNATURES[call.name]
    return [ConvLayer(Conv(**(call.bound(order if implied else (*order, "rank")) | implied)))]


def _a_call(node: ast.expr, call: CodeCall) -> ast.Call:
    if isinstance(node, ast.Call):
        return node
    if isinstance(node, (ast.Name, ast.Attribute)):
        return ast.Call(node, [], [])
    raise ConvError("not-a-call", "{text!r} is not a call of a convolution",
                    'such as "nn.Conv2d(3, 64, 7, stride=2)"', text=short(ast.unparse(node) or call.text))  # fmt: skip


def unknown(call: CodeCall, known: dict[str, Any]) -> ConvError:
    """The refusal of a name."""
    near = get_close_matches(call.name, dict.fromkeys([*known, *code.SIGNATURES]), n=1)
    return ConvError(
        "not-a-layer-here",
        "{name} is not a convolution, pooling, padding, Upsample, PixelShuffle, Flatten, Linear, activation or norm: "
        "the sizes of other layers are not derived here",
        *["{near}"] * len(near),
        "kaiyan summary FILE.py:factory SHAPE runs any model",
        name=call.name,
        near="".join(near),
    )


def as_module(call: CodeCall) -> tuple[CodeCall, str]:
    """A function such as F.max_pool2d(x, 2) as the layer that does the same, without its input."""
    if call.name not in _FUNCTIONS:
        return call, call.name
    name, order = _FUNCTIONS[call.name]
    taken = call.prefix.rpartition(".")[2] in ("", "F", "functional", "torch", "nn")
    return (replace(call.after(1), order=order) if taken else replace(call, order=order)), name


def _pool(call: CodeCall, *, rank: int, order: tuple[str, ...]) -> list[ChainLayer]:
    given = call.bound(call.order or order)
    axes = pool_axes(
        rank, given.get("kernel_size"), given.get("stride"), given.get("padding", 0), given.get("dilation", 1),
        ceil=bool(given.get("ceil_mode", False)),
    )  # fmt: skip
    bare = rank == 3 and order is not _MAX
    return [Windows(call.written, tuple(replace(axis, bare=bare) for axis in axes))]


_MAX = ("kernel_size", "stride", "padding", "dilation", "return_indices", "ceil_mode")
_AVG = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")
_LP = ("norm_type", "kernel_size", "stride", "ceil_mode")


_KEEPING = (
    "ReLU ReLU6 LeakyReLU ELU SELU CELU GELU SiLU Mish Sigmoid LogSigmoid Tanh Hardtanh Hardswish Hardsigmoid Softplus "
    "Softsign Softshrink Hardshrink Tanhshrink Threshold RReLU Softmin Softmax LogSoftmax Softmax2d Dropout Dropout1d "
    "Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout Identity ChannelShuffle LocalResponseNorm"
)
_RANKS = (1, 2, 3)
_PADS = {"Zero": "zeros", "Constant": "constant", "Reflection": "reflect", "Replication": "replicate",
         "Circular": "circular"}  # fmt: skip
_UPSAMPLE = ("size", "scale_factor", "mode", "align_corners", "recompute_scale_factor", "antialias")
GLOBAL = ("GAP", "GMP", "GlobalAvgPool", "GlobalMaxPool", "GlobalAveragePooling", "GlobalMaxPooling")
"""Names for pooling over all of the picture that PyTorch does not have, but its users write."""

TORCH_LAYERS: dict[str, Reader] = {
    "Sequential": _sequential,
    **dict.fromkeys(code.SIGNATURES, _conv),
    **dict.fromkeys(_KEEPING.split(), same),
    **{f"MaxPool{r}d": partial(_pool, rank=r, order=_MAX) for r in _RANKS},
    **{f"AvgPool{r}d": partial(_pool, rank=r, order=_AVG) for r in _RANKS},
    **{f"LPPool{r}d": partial(_pool, rank=r, order=_LP) for r in _RANKS},
    **{f"Adaptive{kind}Pool{r}d": partial(adaptive, rank=r) for kind in ("Max", "Avg") for r in _RANKS},
    **dict.fromkeys(GLOBAL, partial(adaptive, rank=0)),
    **{f"{name}{r}d": partial(adaptive, rank=r) for name in GLOBAL for r in _RANKS},
    **{f"{kind}Pad{r}d": partial(pad, rank=r, mode=mode) for r in _RANKS for kind, mode in _PADS.items()},
    "pad": pad_function,
    **{f"InstanceNorm{r}d": partial(instance, rank=r) for r in _RANKS},
    "BatchNorm1d": partial(same, weights=2),
    "SyncBatchNorm": partial(same, weights=2),
    "BatchNorm2d": partial(same, rank=2, weights=2),
    "BatchNorm3d": partial(same, rank=3, weights=2),
    "GroupNorm": group,
    "LayerNorm": layer_norm,
    "PReLU": prelu,
    **dict.fromkeys(("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"), upsample),
    "PixelShuffle": shuffle,
    "PixelUnshuffle": unshuffle,
    "Flatten": flatten,
    "Unflatten": unflatten,
    "Linear": linear,
}
"""Every layer of torch.nn that can stand in a chain, and how it is read: a new layer is one row here."""

_FUNCTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    **{f"max_pool{r}d": (f"MaxPool{r}d", (*_MAX[:4], "ceil_mode", "return_indices")) for r in _RANKS},
    **{f"avg_pool{r}d": (f"AvgPool{r}d", _AVG) for r in _RANKS},
    **{f"lp_pool{r}d": (f"LPPool{r}d", _LP) for r in _RANKS},
    **{f"adaptive_{kind}_pool{r}d": (f"Adaptive{kind.title()}Pool{r}d", ("output_size",))
       for kind in ("max", "avg") for r in _RANKS},
    **{re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower(): (name, ("*",)) for name in (
        "ReLU6", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish", "Sigmoid", "Tanh", "Hardtanh", "Hardswish", "Softplus",
        "Softmax", "Dropout", "Dropout2d", "Hardsigmoid")},
    "relu": ("ReLU", ("*",)), "leaky_relu": ("LeakyReLU", ("*",)), "log_softmax": ("LogSoftmax", ("*",)),
    "flatten": ("Flatten", ("start_dim", "end_dim")),
    "interpolate": ("Upsample", _UPSAMPLE),
    "upsample": ("Upsample", _UPSAMPLE[:4]),
    "pixel_shuffle": ("PixelShuffle", ("upscale_factor",)),
    "pixel_unshuffle": ("PixelUnshuffle", ("downscale_factor",)),
    "pad": ("pad", ("pad", "mode", "value")),
}  # fmt: skip
"""Every function of torch.nn.functional that can stand in a chain: the layer that does the same, and its arguments."""
