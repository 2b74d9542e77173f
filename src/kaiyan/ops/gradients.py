"""The gradients of a convolution, as convolutions: every kernel of the engine serves them too.

The input's gradient is the adjoint: transposed for a convolution, forward for a transposed one. The weight's gradient
slides the output's gradient over the input, batch and channels exchanged, stride and dilation exchanged.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from kaiyan.arrays.table import kind_of
from kaiyan.engine.codegen.parts.geometry import RANK
from kaiyan.engine.generated import unusable
from kaiyan.engine.gradients.depthwise import weight_gradient as depthwise
from kaiyan.ops.routine import computed
from kaiyan.show.error import ConvError
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from kaiyan.spec.axis import Pads
    from kaiyan.spec.conv import Shape

_Cuts = tuple[slice, ...]

_FEW = 8
"""Channels that fill enough of a vector."""


def input_gradient(spec: Conv, gradient: Any, weight: Any, input_shape: Shape) -> Any:
    """The gradient of x (N, C, *spatial) from the output's (N, K, *output), the border being zeros.

    Arrays of one library in, of the same out; the weight is (K, C/groups, *kernel), transposed (C, K/groups, *kernel).

    >>> import numpy as np
    >>> input_gradient(Conv(1, 1, 2, rank=1), np.ones((1, 1, 2)), np.array([[[1.0, 10.0]]]), (1, 1, 3))
    array([[[ 1., 11., 10.]]])
    """
    adjoint, cuts = _adjoint(spec, tuple(input_shape))
    return computed(adjoint, gradient[cuts] if cuts else gradient, weight, fresh=True)


def weight_gradient(spec: Conv, gradient: Any, x: Any) -> Any:
    """The gradient of the weight, in its shape, from the output's (N, K, *output), the border being zeros.

    Raises ``ConvError`` where the gradient is not of the output's shape.

    >>> import numpy as np
    >>> weight_gradient(Conv(1, 1, 2, rank=1), np.ones((1, 1, 2)), np.array([[[1.0, 2.0, 3.0]]]))
    array([[[3., 5.]]])
    """
    _check(spec, gradient, x)
    kernel = depthwise if by_channel(spec, gradient, x) else _dense if in_blocks(spec, gradient, x) else None
    if kernel is not None:
        kind = kind_of("x", x)
        numbers = kind.numbers
        return kind.made(kernel(spec, numbers(gradient), numbers(x)))
    exchanged, cuts = _exchanged(spec, tuple(x.shape))
    windows, elements = (gradient, x) if spec.transposed else (x, gradient)
    windows = windows[cuts] if cuts else windows
    return computed(exchanged, _by_channel(windows, spec.groups), elements.swapaxes(0, 1), fresh=True).swapaxes(0, 1)


def _check(spec: Conv, gradient: Any, x: Any) -> None:
    right = spec.output_shape(tuple(x.shape))
    if tuple(gradient.shape) != right:
        raise ConvError(
            "wrong-gradient",
            "the gradient has shape {shape}, but the output of {spec} has {right}",
            shape=tuple(gradient.shape),
            spec=str(spec),
            right=right,
        )


def by_channel(spec: Conv, gradient: Any, x: Any) -> bool:
    """Whether the gradient of this weight has a kernel for one input channel a group."""
    return not spec.transposed and spec.groups == spec.in_channels and _in_memory(gradient, x)


def in_blocks(spec: Conv, gradient: Any, x: Any) -> bool:
    """Whether the gradient of this weight has a kernel for vectors of channels, and the channels to fill them."""
    slid = spec.channels[spec.transposed] // spec.groups
    return slid >= _FEW and len(spec.axes) <= RANK and _in_memory(gradient, x)


def _dense(spec: Conv, gradient: Any, x: Any) -> Any:
    from kaiyan.engine.gradients.dense import weight_gradient as dense

    return dense(spec, gradient, x)


def _in_memory(gradient: Any, x: Any) -> bool:
    if str(x.device) != "cpu" or unusable() is not None:
        return False
    names = {kind_of("x", a).dtype_name(a.dtype) for a in (gradient, x)}
    native = all(getattr(a.dtype, "isnative", True) for a in (gradient, x))
    return native and len(names) == 1 and names <= {"float32", "float64"} and 0 not in (*x.shape, *gradient.shape)


def _by_channel(x: Any, groups: int) -> Any:
    """(N, G·c, *sizes) as (c, G·N, *sizes)."""
    N, channels, *sizes = x.shape
    split = x.reshape(N, groups, channels // groups, *sizes)
    return split.swapaxes(0, 2).reshape(channels // groups, groups * N, *sizes)


@lru_cache(maxsize=1024)
def _adjoint(spec: Conv, input_shape: Shape) -> tuple[Conv, _Cuts]:
    """The convolution that the gradient of the input is, and the part of the output's gradient that it reads."""
    (C, K), sizes = spec.channels, input_shape[2:]
    fixed: dict[str, Any] = {
        "stride": tuple(a.stride for a in spec.axes),
        "dilation": tuple(a.dilation for a in spec.axes),
        "groups": spec.groups,
        "bias": False,
        "rank": len(spec.axes),
    }
    kernel = tuple(a.kernel for a in spec.axes)
    outputs, pads = spec.output_shape(input_shape)[2:], spec.pads(input_shape)
    if not spec.transposed:
        rest = zip(spec.axes, sizes, pads, strict=True)
        unread = tuple((n + sum(sides) - a.reach) % a.stride for a, n, sides in rest)
        return Conv(K, C, kernel, padding=pads, output_padding=unread, transposed=True, **fixed), ()
    ends = [
        (before, (n - 1) * a.stride + a.reach - m - before)
        for a, n, m, (before, _) in zip(spec.axes, sizes, outputs, pads, strict=True)
    ]
    return Conv(K, C, kernel, padding=_grown(ends, outputs), **fixed), _cuts(ends, outputs)


@lru_cache(maxsize=1024)
def _exchanged(spec: Conv, input_shape: Shape) -> tuple[Conv, _Cuts]:
    """The convolution that the gradient of the weight is, and the part of what it slides over that it reads."""
    (C, K), G, N = spec.channels, spec.groups, input_shape[0]
    sizes, outputs = input_shape[2:], spec.output_shape(input_shape)[2:]
    over, under = (outputs, sizes) if spec.transposed else (sizes, outputs)
    ends = [
        (before, (a.kernel - 1) * a.dilation + (m - 1) * a.stride + 1 - n - before)
        for a, n, m, (before, _) in zip(spec.axes, over, under, spec.pads(input_shape), strict=True)
    ]
    found = Conv(
        G * N,
        C if spec.transposed else K,
        under,
        stride=tuple(a.dilation for a in spec.axes),
        padding=_grown(ends, over),
        dilation=tuple(a.stride for a in spec.axes),
        groups=G,
        bias=False,
        rank=len(spec.axes),
    )
    return found, _cuts(ends, over)


def _grown(ends: list[Pads], sizes: Shape) -> tuple[Pads, ...]:
    """What is padded; a cut longer than the axis bites into the padding of the other side."""
    return tuple(
        (max(before + min(n + after, 0), 0), max(after + min(n + before, 0), 0))
        for (before, after), n in zip(ends, sizes, strict=True)
    )


def _cuts(ends: list[Pads], sizes: Shape) -> _Cuts:
    """What is left of axes whose padding is below zero; nothing where none is."""
    if min(min(sides) for sides in ends) >= 0:
        return ()
    kept = (slice(max(-before, 0), max(n - max(-after, 0), 0)) for (before, after), n in zip(ends, sizes, strict=True))
    return (slice(None), slice(None), *kept)
