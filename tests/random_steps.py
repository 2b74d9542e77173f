"""One node at random, for every operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.reference.activation import ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from random_graphs import Growing


def convolution(growing: Growing) -> None:
    """Any rank, stride, dilation, groups, padding mode; transposed too; with a residual where one fits."""
    x = growing.value(3, 4, 5)
    if x is None:
        return
    put_convolution(growing, x, transposed=growing.chance(0.15))


def put_convolution(growing: Growing, x: str, *, transposed: bool = False, **given: Any) -> str | None:
    """A convolution of ``x``, settings at random but for those that are given; None where no window fits."""
    shape, rank = growing.shape(x), len(growing.shape(x)) - 2
    C = shape[1]
    groups = given.pop("groups", growing.choice([1, 1, 1, C, *(g for g in (2, 3) if C % g == 0)]))
    K = given.pop("K", groups * growing.whole(1, max(1, 8 // groups)))
    kernel = given.pop("kernel", tuple(growing.choice((1, 1, 2, 3, 3, 5)) for _ in range(rank)))
    dilation = given.pop("dilation", tuple(growing.choice((1, 1, 1, 2)) for _ in range(rank)))
    stride = given.pop("stride", tuple(growing.choice((1, 1, 2, 3)) for _ in range(rank)))
    padding = given.pop("padding", tuple((growing.whole(0, 2), growing.whole(0, 2)) for _ in range(rank)))
    mode = given.pop("padding_mode", "zeros")
    if transposed:
        padding = tuple(
            (min(before, k - 1), min(after, k - 1)) for (before, after), k in zip(padding, kernel, strict=True)
        )
    elif growing.chance(0.1) and all(max(pair) < n for pair, n in zip(padding, shape[2:], strict=True)):
        mode = growing.choice(("reflect", "replicate", "circular"))
    reaches = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    axes = zip(shape[2:], padding, reaches, stride, strict=True)
    if min((n - 1) * s + r - sum(p) - 1 if transposed else n + sum(p) - r for n, p, r, s in axes) < 0:
        return None
    bias = given.pop("bias", growing.chance(0.5))
    sizes = (C, K // groups) if transposed else (K, C // groups)
    taps = int(np.prod(kernel)) * sizes[1]
    inputs = [x, growing.constant((*sizes, *kernel), taps**-0.5), *[growing.constant((K,), 0.3)] * bias]
    settings = {
        "kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation, "groups": groups,
        "padding_mode": mode, "transposed": transposed, "output_padding": (0,) * rank, "bias": bias,
        "residual": False, "activation": growing.choice((None, None, None, *ACTIVATIONS)),
    } | given  # fmt: skip
    return growing.put("convolution", inputs, **settings)


def linear(growing: Growing) -> None:
    """Over the last axis."""
    x = growing.value(2, 3, 4)
    if x is None:
        return
    C, K = growing.shape(x)[-1], growing.whole(1, 9)
    bias, activation = growing.chance(0.5), growing.choice((None, None, *ACTIVATIONS))
    inputs = [x, growing.constant((K, C), C**-0.5), *[growing.constant((K,))] * bias]
    growing.put("linear", inputs, bias=bias, residual=False, activation=activation)


def matmul(growing: Growing) -> None:
    """By a constant, by itself turned, or by a batch of constants."""
    x = growing.value(2, 3, 4)
    if x is None:
        return
    shape, K = growing.shape(x), growing.whole(1, 6)
    if growing.chance(0.5):
        other = growing.constant(
            (*shape[:-2], shape[-1], K) if growing.chance(0.5) else (shape[-1], K), shape[-1] ** -0.5
        )
    else:
        axes = (*range(len(shape) - 2), len(shape) - 1, len(shape) - 2)
        other = growing.put("permute", [x], axes=axes)
        x = growing.map([x], ("mul", 0, 0.3))
    growing.put("matmul", [x, other])


def pool(growing: Growing) -> None:
    """Largest and mean, rounded up or down, with padding and dilation."""
    x = growing.value(3, 4, 5)
    if x is None:
        return
    sizes = growing.shape(x)[2:]
    kernel = tuple(growing.whole(1, min(3, n)) for n in sizes)
    kind = growing.choice(("max", "average"))
    dilation = tuple(
        growing.choice((1, 1, 2)) if kind == "max" and 2 * (k - 1) < n else 1
        for k, n in zip(kernel, sizes, strict=True)
    )
    growing.put(
        "pool", [x], kind=kind, kernel=kernel, stride=tuple(growing.whole(1, 3) for _ in kernel),
        padding=tuple(growing.whole(0, k // 2) for k in kernel), dilation=dilation,
        ceil_mode=growing.chance(0.3), count_include_pad=growing.chance(0.5),
        divisor_override=growing.choice((None, None, None, 3)),
    )  # fmt: skip


_WORDS: tuple[tuple[tuple[Any, ...], ...], ...] = (
    *(((word, 0),) for word in (*ACTIVATIONS, "neg", "abs", "square", "sin", "cos", "erf", "softplus", "mish")),
    *(((word, 0),) for word in ("hardsigmoid", "gelu_tanh")),
    (("leaky_relu", 0, 0.1),), (("elu", 0, 1.0),), (("clip", 0, -1.0, 2.0),), (("clip", 0, 0.0, 6.0),),
    (("maximum", 0, 0.0),), (("minimum", 0, 1.5),), (("mul", 0, 1.5),), (("add", 0, -0.25),), (("sub", 1.0, 0),),
    (("abs", 0), ("add", 1, 0.5), ("log", 2)), (("abs", 0), ("add", 1, 0.5), ("rsqrt", 2)),
    (("abs", 0), ("add", 1, 0.5), ("reciprocal", 2)), (("abs", 0), ("add", 1, 0.5), ("sqrt", 2)),
    (("abs", 0), ("add", 1, 0.1), ("pow", 2, 1.5)), (("tanh", 0), ("exp", 1)), (("sigmoid", 0), ("mul", 0, 1)),
    (("add", 0, 3.0), ("relu6", 1), ("div", 2, 6.0), ("mul", 0, 3)), (("div", 0, 2.0), ("tanh", 1)),
    (("div", 0, 2**0.5), ("erf", 1), ("add", 2, 1.0), ("mul", 0, 3), ("mul", 4, 0.5)),
    (("softplus", 0), ("tanh", 1), ("mul", 0, 2)), (("mul", 0, 0),), (("add", 0, 0), ("sub", 1, 0)),
    (("abs", 0), ("log1p", 1)), (("tanh", 0), ("expm1", 1)), (("tanh", 0), ("exp2", 1)), (("selu", 0),),
    (("abs", 0), ("add", 1, 0.5), ("log2", 2)), (("abs", 0), ("add", 1, 0.5), ("log10", 2)), (("celu", 0, 0.5),),
    (("logsigmoid", 0),), (("softsign", 0),), (("softshrink", 0, 0.5),), (("softplus", 0, 2.0, 9.0),),
)  # fmt: skip
_JUMPS = (
    (("floor", 0),), (("ceil", 0),), (("round", 0),), (("sign", 0),), (("trunc", 0),), (("hardshrink", 0, 0.5),),
    (("threshold", 0, 0.5, -1.0),),
)  # fmt: skip


def function(growing: Growing) -> None:
    """A function of one value."""
    x = growing.value()
    assert x is not None
    growing.map([x], *growing.choice((*_WORDS, *_JUMPS) if growing.jumps else _WORDS))


def arithmetic(growing: Growing) -> None:
    """Two values, or a value and a constant, that are broadcast against one another."""
    x = growing.value()
    assert x is not None
    shape = growing.shape(x)
    if growing.chance(0.5):
        other = str(growing.choice(growing.like(x)))
    else:
        kept = tuple(1 if growing.chance(0.5) else n for n in shape)
        other = growing.constant(kept[growing.whole(0, max(len(shape) - 1, 0)) :], 0.5, 1.0)
    order = [x, other] if growing.chance(0.6) else [other, x]
    word = growing.choice(("add", "add", "sub", "mul", "maximum", "minimum", "div"))
    if word == "div":
        growing.map(order, ("abs", 1), ("add", 2, 0.5), ("div", 0, 3))
    else:
        growing.map(order, (word, 0, 1))


def cast(growing: Growing) -> None:
    """To the other type of floats and back."""
    x = growing.value()
    assert x is not None
    other = "float32" if growing.dtype == "float64" else "float64"
    there = growing.put("cast", [x], dtype=growing.choice((other, growing.dtype)))
    growing.put("cast", [there], dtype=growing.dtype)
    growing.values.remove(there)


def reduce(growing: Growing) -> None:
    """Some axes, kept or not."""
    x = growing.value(2, 3, 4, 5)
    if x is None:
        return
    rank = len(growing.shape(x))
    axes = tuple(range(2, rank)) if rank > 2 and growing.chance(0.4) else (growing.whole(0, rank - 1),)
    kind = growing.choice(("sum", "mean", "mean", "max", "min"))
    growing.put("reduce", [x], axes=axes, kind=kind, keep=growing.chance(0.7) or rank == 2)


def norm(growing: Growing) -> None:
    """Over the last axes, over groups of channels, or softmax."""
    x = growing.value(2, 3, 4, 5)
    if x is None:
        return
    shape, kind = growing.shape(x), growing.choice(("layer_norm", "group_norm", "softmax"))
    weight, bias = growing.chance(0.7), growing.chance(0.7)
    if kind == "softmax":
        growing.put("softmax", [x], axis=growing.whole(0, len(shape) - 1))
        return
    count = growing.whole(1, min(2, len(shape) - 1))
    own = shape[-count:] if kind == "layer_norm" else shape[1:2]
    inputs = [x, *[growing.constant(own, 0.3, 1.0)] * weight, *[growing.constant(own)] * bias]
    if kind == "layer_norm":
        growing.put(kind, inputs, axes=count, eps=1e-3, weight=weight, bias=bias)
    elif len(shape) > 2:
        groups = growing.choice([g for g in range(1, shape[1] + 1) if shape[1] % g == 0])
        growing.put(kind, inputs, groups=groups, eps=1e-3, weight=weight, bias=bias)


def reshape(growing: Growing) -> None:
    """An axis split, two joined, or all in one."""
    x = growing.value()
    assert x is not None
    shape = list(growing.shape(x))
    axis = growing.whole(0, len(shape) - 1)
    parts = [part for part in (2, 3) if shape[axis] % part == 0]
    if parts and len(shape) < 6 and growing.chance(0.5):
        part = growing.choice(parts)
        shape[axis : axis + 1] = [part, shape[axis] // part]
    elif axis + 1 < len(shape) and len(shape) > 2:
        shape[axis : axis + 2] = [shape[axis] * shape[axis + 1]]
    else:
        shape = [shape[0], -1]
    growing.put("reshape", [x], sizes=tuple(shape))


def permute(growing: Growing) -> None:
    """Any order; often the channels to the end or back."""
    x = growing.value(2, 3, 4, 5)
    if x is None:
        return
    rank = len(growing.shape(x))
    orders = ((0, *range(2, rank), 1), (0, rank - 1, *range(1, rank - 1)))
    axes = growing.choice(orders) if growing.chance(0.6) else tuple(int(i) for i in growing.random.permutation(rank))
    growing.put("permute", [x], axes=axes)


def cut(growing: Growing) -> None:
    """A part of an axis."""
    x = growing.value()
    assert x is not None
    axis = growing.whole(0, len(growing.shape(x)) - 1)
    n = growing.shape(x)[axis]
    start = growing.whole(0, n - 1)
    settings = {"start": start, "stop": growing.whole(start + 1, n), "step": growing.choice((1, 1, 2))}
    growing.put("slice", [x], axis=axis, **settings if growing.chance(0.9) else {"start": 0, "stop": n, "step": 1})


def expand(growing: Growing) -> None:
    """Axes of one element, and a new one in front."""
    x = growing.value(1, 2, 3, 4)
    if x is None:
        return
    sizes = tuple(growing.whole(1, 3) if n == 1 else n for n in growing.shape(x))
    growing.put("expand", [x], sizes=(growing.whole(1, 2), *sizes) if growing.chance(0.3) else sizes)


def windows(growing: Growing) -> None:
    """A few elements of an axis, and the next few, which may be some of the same."""
    x = growing.value(1, 2, 3, 4)
    if x is None:
        return
    axis = growing.whole(0, len(growing.shape(x)) - 1)
    n = growing.shape(x)[axis]
    size = growing.whole(1, min(n, 4))
    dilation = growing.choice((1, 1, 2)) if 2 * size - 1 <= n else 1
    growing.put("windows", [x], axis=axis, size=size, step=growing.whole(1, 3), dilation=dilation)


def concatenate(growing: Growing) -> None:
    """Values that differ in one axis at most, one of them perhaps twice."""
    x = growing.value()
    assert x is not None
    axis = growing.whole(0, len(growing.shape(x)) - 1)
    rest = growing.shape(x)[:axis], growing.shape(x)[axis + 1 :]
    fitting = [v for v in growing.values if (growing.shape(v)[:axis], growing.shape(v)[axis + 1 :]) == rest]
    others = [str(growing.choice(fitting)) for _ in range(growing.whole(0, 3))]
    growing.put("concatenate", [x, *others], axis=axis)


def pad(growing: Growing) -> None:
    """Any axis, any mode."""
    x = growing.value(3, 4, 5) or growing.value()
    assert x is not None
    shape = growing.shape(x)
    mode = growing.choice(("constant", "constant", "reflect", "replicate", "circular"))
    free = [0, 1] if len(shape) > 2 and growing.chance(0.8) else []
    most = [0 if axis in free else min(2, n - 1) if mode == "reflect" else min(2, n) for axis, n in enumerate(shape)]
    padding = tuple((growing.whole(0, m), growing.whole(0, m)) for m in most)
    growing.put("pad", [x], padding=padding, mode=mode, value=growing.choice((0.0, 0.0, 1.5)))


def upsample(growing: Growing) -> None:
    """Nearest and linear, to any size."""
    x = growing.value(3, 4)
    if x is None:
        return
    sizes = growing.shape(x)[2:]
    times = growing.choice((1, 2, 3))
    wanted = tuple(n * times for n in sizes) if growing.chance(0.7) else tuple(growing.whole(1, 9) for _ in sizes)
    mode = growing.choice(("nearest", "linear"))
    growing.put(
        "upsample", [x], sizes=wanted, scales=(None,) * len(sizes), mode=mode,
        align_corners=mode == "linear" and growing.chance(0.5),
    )  # fmt: skip


STEPS_AT_RANDOM: tuple[Callable[[Growing], None], ...] = (
    convolution, convolution, convolution, linear, matmul, pool, function, function, arithmetic, arithmetic, cast,
    reduce, norm, reshape, permute, cut, expand, windows, concatenate, pad, upsample,
)  # fmt: skip
