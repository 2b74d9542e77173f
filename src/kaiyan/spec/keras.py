"""Keras's layers as they are written: filters first, words for padding, the channels last and open."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

from kaiyan.show.error import ConvError
from kaiyan.spec import read
from kaiyan.spec.axis import Axis
from kaiyan.spec.conv import Conv
from kaiyan.spec.cost import Figure
from kaiyan.spec.layers import GLOBAL
from kaiyan.spec.norms import same
from kaiyan.spec.pooling import each, pool_axes
from kaiyan.spec.resizing import enlarged, padded
from kaiyan.spec.step import ALL, ConvLayer, Rule, Windows, space

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.spec.call import CodeCall
    from kaiyan.spec.field import Field
    from kaiyan.spec.step import ChainLayer, Reader, Step

_REST = ("activation", "use_bias", "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer",
         "activity_regularizer", "kernel_constraint", "bias_constraint")  # fmt: skip
_CONV = ("filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "groups", *_REST)
_DEPTHWISE = ("kernel_size", "strides", "padding", "depth_multiplier", "data_format", "dilation_rate", *_REST)
_SEPARABLE = (
    "filters",
    "kernel_size",
    "strides",
    "padding",
    "data_format",
    "dilation_rate",
    "depth_multiplier",
    *_REST,
)
_TRANSPOSED = ("filters", "kernel_size", "strides", "padding", "output_padding", "data_format", "dilation_rate", *_REST)
_LOOSE = ("input_shape", "input_dim", "depthwise_initializer", "pointwise_initializer", "depthwise_regularizer",
          "depthwise_constraint", "pointwise_regularizer", "pointwise_constraint")  # fmt: skip
"""Arguments that say nothing of the sizes of an output."""


def layers(call: CodeCall) -> list[ChainLayer]:
    """The layers of a call that is written as Keras writes it."""
    return KERAS_LAYERS[call.name](call)


@dataclass(frozen=True)
class _Open:
    """A convolution whose channels are those of its input."""

    text: str
    spatial: int
    make: Callable[[int], Conv]

    @property
    def rank(self) -> int | None:
        return self.spatial

    def step(self, shape: tuple[int, ...], sees: tuple[Field, ...] | str) -> Step:
        space(self.text, shape, self.spatial)
        return ConvLayer(self.make(shape[-1 - self.spatial]), self.text).step(shape, sees)


def _given(call: CodeCall, order: tuple[str, ...]) -> dict[str, Any]:
    kept = [k for k in call.node.keywords if k.arg not in (*_LOOSE, *_REST) or k.arg == "use_bias"]
    node = type(call.node)(call.node.func, call.node.args, kept)
    return replace(call, node=node).bound(order)


def _needed(call: CodeCall, given: dict[str, Any], *names: str) -> None:
    for name in names:
        if name not in given:
            raise ConvError("keras-argument", "{text!r} does not say its {name}", "{call}(..., {name}=3)",
                            text=call.written, name=name, call=call.name)  # fmt: skip


def _common(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "kernel_size": given["kernel_size"],
        "stride": given.get("strides", 1),
        "padding": str(given.get("padding", "valid")).lower(),
        "dilation": given.get("dilation_rate", 1),
    }


def _conv(call: CodeCall, *, rank: int) -> list[ChainLayer]:
    given = _given(call, _CONV)
    _needed(call, given, "filters", "kernel_size")
    return [_Open(call.written, rank, lambda C: Conv(
        C, given["filters"], groups=given.get("groups", 1), bias=given.get("use_bias", True), rank=rank,
        **_common(given),
    ))]  # fmt: skip


def _depthwise(call: CodeCall, *, rank: int) -> list[ChainLayer]:
    given = _given(call, _DEPTHWISE)
    _needed(call, given, "kernel_size")
    times = read.number("depth_multiplier", given.get("depth_multiplier", 1), least=1)
    return [_Open(call.written, rank, lambda C: Conv(
        C, C * times, groups=C, bias=given.get("use_bias", True), rank=rank, **_common(given)
    ))]  # fmt: skip


def _separable(call: CodeCall, *, rank: int) -> list[ChainLayer]:
    given = _given(call, _SEPARABLE)
    _needed(call, given, "filters", "kernel_size")
    times = read.number("depth_multiplier", given.get("depth_multiplier", 1), least=1)
    deep = _Open(f"{call.written} depthwise", rank, lambda C: Conv(
        C, C * times, groups=C, bias=False, rank=rank, **_common(given)
    ))  # fmt: skip
    point = _Open(f"{call.written} pointwise", rank, lambda C: Conv(
        C, given["filters"], 1, bias=given.get("use_bias", True), rank=rank
    ))  # fmt: skip
    return [deep, point]


def _transposed(call: CodeCall, *, rank: int) -> list[ChainLayer]:
    given = _given(call, _TRANSPOSED)
    _needed(call, given, "filters", "kernel_size")
    common = _common(given)
    extra = given.get("output_padding")
    if common["padding"] == "valid" and extra is None:
        kernel, stride, dilation = (each(n, common[n], rank) for n in ("kernel_size", "stride", "dilation"))
        axes = [Axis(*window) for window in zip(kernel, stride, dilation, strict=True)]
        extra = tuple(max(axis.stride - axis.reach, 0) for axis in axes)
    return [_Open(call.written, rank, lambda C: Conv(
        C, given["filters"], bias=given.get("use_bias", True), rank=rank, transposed=True,
        output_padding=extra or 0, **common,
    ))]  # fmt: skip


def _pool(call: CodeCall, *, rank: int) -> list[ChainLayer]:
    given = _given(call, ("pool_size", "strides", "padding", "data_format"))
    padding = str(given.get("padding", "valid")).lower()
    return [
        Windows(call.written, pool_axes(rank, given.get("pool_size", 2), given.get("strides"), padding, 1, ceil=False))
    ]


def _global(call: CodeCall, *, rank: int) -> list[ChainLayer]:
    kept = bool(_given(call, ("data_format", "keepdims")).get("keepdims", False))

    def make(step: Step) -> Step:
        leading = step.input_shape[:-rank] if rank else step.input_shape[:2]
        ones = [1] * (len(step.input_shape) - len(leading))
        return replace(step, output_shape=(*leading, *ones) if kept else leading, sees=ALL)

    return [Rule(call.written, make, rank or None)]


def _enlarged(call: CodeCall, *, rank: int) -> list[ChainLayer]:
    order = ("size", "data_format", "interpolation") if rank == 2 else ("size", "data_format")
    given = _given(call, order)
    nearest = given.get("interpolation", "nearest") == "nearest"
    return [enlarged(call.written, None, each("size", given.get("size", 2), rank), nearest=nearest)]


def _framed(call: CodeCall, *, rank: int, sign: int) -> list[ChainLayer]:
    given = _given(call, ("padding" if sign > 0 else "cropping", "data_format"))
    value = given.get("padding", given.get("cropping", 1))
    entries = list(value) if isinstance(value, (tuple, list)) else [value] * rank
    if rank == 1 and len(entries) == 2:
        entries = [tuple(entries)]
    if len(entries) != rank:
        each("padding", entries, rank)
    pairs = [each("padding", e, 2, least=0) if isinstance(e, (tuple, list)) else each("padding", [e, e], 2, least=0)
             for e in entries]  # fmt: skip
    return [padded(call.written, [(sign * a, sign * b) for a, b in pairs])]


def _flatten(call: CodeCall) -> list[ChainLayer]:
    def make(step: Step) -> Step:
        first, *others = step.input_shape
        return replace(step, output_shape=(first, prod(others)))

    return [Rule(call.written, make)]


def _dense(call: CodeCall) -> list[ChainLayer]:
    given = _given(call, ("units", "activation", "use_bias"))
    _needed(call, given, "units")
    units = read.number("units", given["units"], least=1)

    def make(step: Step) -> Step:
        shape = step.input_shape
        axis = 1 if len(shape) > 2 else len(shape) - 1
        weights = shape[axis] * units
        output = replace(step, output_shape=(*shape[:axis], units, *shape[axis + 1 :]))
        output = replace(output, params=Figure(weights + units * bool(given.get("use_bias", True))))
        return replace(output, macs=Figure(prod(shape) * units), sees=step.sees if len(shape) > 2 else ALL)

    return [Rule(call.written, make)]


_RANKS = (1, 2, 3)
_POOLS = ("MaxPooling", "MaxPool", "AveragePooling", "AvgPool")
_KEEPING = (
    "Activation ReLU LeakyReLU ELU Softmax Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianNoise "
    "GaussianDropout AlphaDropout InputLayer Input Rescaling ActivityRegularization"
)
KERAS_LAYERS: dict[str, Reader] = {
    **{f"{word}{r}D": partial(_conv, rank=r) for word in ("Conv", "Convolution") for r in _RANKS},
    **{f"DepthwiseConv{r}D": partial(_depthwise, rank=r) for r in (1, 2)},
    **{f"SeparableConv{r}D": partial(_separable, rank=r) for r in (1, 2)},
    **{f"Conv{r}DTranspose": partial(_transposed, rank=r) for r in _RANKS},
    **{f"{word}{r}D": partial(_pool, rank=r) for word in _POOLS for r in _RANKS},
    **{f"Global{word}{r}D": partial(_global, rank=r) for word in _POOLS for r in _RANKS},
    **dict.fromkeys(GLOBAL, partial(_global, rank=0)),
    **{f"UpSampling{r}D": partial(_enlarged, rank=r) for r in _RANKS},
    **{f"ZeroPadding{r}D": partial(_framed, rank=r, sign=1) for r in _RANKS},
    **{f"Cropping{r}D": partial(_framed, rank=r, sign=-1) for r in _RANKS},
    **dict.fromkeys(_KEEPING.split(), same),
    "BatchNormalization": partial(same, weights=4),
    "LayerNormalization": partial(same, weights=2),
    "Flatten": _flatten,
    "Dense": _dense,
}
"""Every layer of Keras that can stand in a chain, and how it is read: a new layer is one row here.

Source: keras.io/api/layers."""

NEUTRAL = frozenset(["ReLU", "LeakyReLU", "ELU", "Softmax", "Dropout", "AlphaDropout", "Flatten", *GLOBAL])
"""Names that are PyTorch's too."""


def is_keras(call: CodeCall) -> bool | None:
    """Whether a call is written as in Keras; None where both libraries write it so."""
    if re.search(r"\b(keras|tf|tensorflow|layers)\b", call.prefix):
        return True
    if call.name in NEUTRAL:
        return None
    return call.name in KERAS_LAYERS
