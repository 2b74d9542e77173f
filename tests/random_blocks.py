"""Several nodes at random: what layers of networks become."""

from __future__ import annotations

from typing import TYPE_CHECKING

from random_steps import put_convolution

if TYPE_CHECKING:
    from collections.abc import Callable

    from random_graphs import Growing

_ACTIVATED = (("relu", 0),), (("clip", 0, 0.0, 6.0),), (("sigmoid", 0), ("mul", 0, 1)), (("gelu", 0),), (("tanh", 0),)


def _channels(growing: Growing, x: str) -> tuple[int, ...]:
    return (growing.shape(x)[1], *[1] * (len(growing.shape(x)) - 2))


def normed(growing: Growing, x: str) -> str:
    """BatchNorm as nodes: one map, or one a step."""
    shape = _channels(growing, x)
    scale, shift = growing.constant(shape, 0.3, 1.0), growing.constant(shape, 0.3)
    if growing.chance(0.5):
        return growing.map([x, scale, shift], ("mul", 0, 1), ("add", 3, 2))
    return growing.map([growing.map([x, scale], ("mul", 0, 1)), shift], ("add", 0, 1))


def same(growing: Growing, x: str, K: int) -> str:
    """A convolution that keeps the sizes, then perhaps a norm and an activation."""
    rank = len(growing.shape(x)) - 2
    k = growing.choice((1, 3))
    y = put_convolution(
        growing, x, K=K, groups=1, kernel=(k,) * rank, stride=(1,) * rank, dilation=(1,) * rank,
        padding=((k // 2, k // 2),) * rank, activation=None,
    )  # fmt: skip
    assert y is not None
    y = normed(growing, y) if growing.chance(0.7) else y
    return growing.map([y], *growing.choice(_ACTIVATED)) if growing.chance(0.5) else y


def residual(growing: Growing) -> None:
    """Two convolutions and the way round them, which may hold a convolution too."""
    x = growing.value(3, 4, 5)
    if x is None:
        return
    K = growing.shape(x)[1] if growing.chance(0.6) else growing.whole(1, 6)
    y = same(growing, same(growing, x, growing.whole(1, 6)), K)
    round_it = x if growing.shape(x)[1] == K and growing.chance(0.7) else same(growing, x, K)
    if growing.shape(y) != growing.shape(round_it):
        return
    total = growing.map([y, round_it] if growing.chance(0.5) else [round_it, y], ("add", 0, 1))
    growing.map([total], ("relu", 0))


def gated(growing: Growing) -> None:
    """Squeeze-and-excitation: a value scaled by what its means say of its channels."""
    x = growing.value(4)
    if x is None:
        return
    C = growing.shape(x)[1]
    mean = growing.put("reduce", [x], axes=(2, 3), kind="mean", keep=True)
    few = same(growing, mean, growing.whole(1, 4))
    gate = growing.map([same(growing, few, C)], (growing.choice(("sigmoid", "hardsigmoid")), 0))
    growing.map([x, gate] if growing.chance(0.5) else [gate, x], ("mul", 0, 1))


def padded(growing: Growing) -> None:
    """A pad before a convolution or before a pooling."""
    x = growing.value(3, 4)
    if x is None:
        return
    rank = len(growing.shape(x)) - 2
    mode = growing.choice(("constant", "constant", "reflect", "replicate", "circular"))
    most = min(1, min(growing.shape(x)[2:]) - (mode == "reflect"))
    pairs = ((growing.whole(0, most), growing.whole(0, most)),) * rank
    y = growing.put("pad", [x], padding=((0, 0), (0, 0), *pairs), mode=mode, value=0.0)
    if growing.chance(0.6):
        put_convolution(growing, y, padding=((0, 0),) * rank if growing.chance(0.6) else ((1, 0),) * rank)
    elif min(growing.shape(y)[2:]) >= 2:
        growing.put(
            "pool", [y], kind="average", kernel=(2,) * rank, stride=(growing.whole(1, 2),) * rank, padding=(0,) * rank,
            dilation=(1,) * rank, ceil_mode=False, count_include_pad=growing.chance(0.5), divisor_override=None,
        )  # fmt: skip


def shuffled(growing: Growing) -> None:
    """Channel shuffle, or pixel shuffle."""
    x = growing.value(4)
    if x is None:
        return
    N, C, H, W = growing.shape(x)
    if C % 4 == 0 and growing.chance(0.5):
        apart = growing.put("reshape", [x], sizes=(N, C // 4, 2, 2, H, W))
        turned = growing.put("permute", [apart], axes=(0, 1, 4, 2, 5, 3))
        growing.put("reshape", [turned], sizes=(N, C // 4, 2 * H, 2 * W))
    elif C % 2 == 0:
        apart = growing.put("reshape", [x], sizes=(N, 2, C // 2, H, W))
        growing.put("reshape", [growing.put("permute", [apart], axes=(0, 2, 1, 3, 4))], sizes=(N, C, H, W))


def attention(growing: Growing) -> None:
    """Tokens that look at one another, in two heads where they can be cut."""
    x = growing.value(3)
    if x is None:
        return
    N, L, C = growing.shape(x)
    heads = 2 if C % 2 == 0 else 1

    def projected(axes: tuple[int, ...]) -> str:
        inputs = [x, growing.constant((C, C), C**-0.5), growing.constant((C,), 0.3)]
        y = growing.put("linear", inputs, bias=True, residual=False, activation=None)
        return growing.put("permute", [growing.put("reshape", [y], sizes=(N, L, heads, C // heads))], axes=axes)

    q, k, v = projected((0, 2, 1, 3)), projected((0, 2, 3, 1)), projected((0, 2, 1, 3))
    scores = growing.map([growing.put("matmul", [q, k])], ("mul", 0, (C // heads) ** -0.5))
    y = growing.put("matmul", [growing.put("softmax", [scores], axis=3), v])
    y = growing.put("reshape", [growing.put("permute", [y], axes=(0, 2, 1, 3))], sizes=(N, L, C))
    out = growing.put("linear", [y, growing.constant((C, C), C**-0.5)], bias=False, residual=False, activation=None)
    growing.map([x, out], ("add", 0, 1))


def last_channels(growing: Growing) -> None:
    """ConvNeXt: channels to the end, norm, two linear layers, and back."""
    x = growing.value(4)
    if x is None:
        return
    C, K = growing.shape(x)[1], growing.whole(1, 8)
    y = growing.put("permute", [x], axes=(0, 2, 3, 1))
    y = growing.put("layer_norm", [y, growing.constant((C,), 0.3, 1.0)], axes=1, eps=1e-3, weight=True, bias=False)
    y = growing.put("linear", [y, growing.constant((K, C), C**-0.5)], bias=False, residual=False, activation=None)
    y = growing.map([y], ("gelu", 0))
    inputs = [y, growing.constant((C, K), K**-0.5), growing.constant((C,))]
    y = growing.put("linear", inputs, bias=True, residual=False, activation=None)
    y = growing.map([y, growing.constant((C,), 0.5)], ("mul", 0, 1))
    growing.map([x, growing.put("permute", [y], axes=(0, 3, 1, 2))], ("add", 0, 1))


def parted(growing: Growing) -> None:
    """Channels cut in two, one of them worked on, and joined again; perhaps cut once more."""
    x = growing.value(3, 4, 5)
    if x is None or growing.shape(x)[1] < 2:
        return
    C = growing.shape(x)[1]
    at = growing.whole(1, C - 1)
    first = growing.put("slice", [x], axis=1, start=0, stop=at, step=1)
    then = growing.put("slice", [x], axis=1, start=at, stop=C, step=1)
    whole = growing.put("concatenate", [first, same(growing, then, C - at)], axis=1)
    if growing.chance(0.5):
        whole = growing.put("concatenate", [whole, x], axis=1)
    if growing.chance(0.5):
        start = growing.choice((0, at))
        growing.put("slice", [whole], axis=1, start=start, stop=growing.choice((C, at)) if start == 0 else C, step=1)


def of_constants(growing: Growing) -> None:
    """A weight that is reckoned first, as weight_norm does."""
    x = growing.value(3, 4, 5)
    if x is None:
        return
    rank, C, K = len(growing.shape(x)) - 2, growing.shape(x)[1], growing.whole(1, 5)
    v, g = growing.constant((K, C, *[1] * rank), C**-0.5), growing.constant((K, 1, *[1] * rank), 0.2, 1.0)
    weight = growing.map([v, g], ("mul", 0, 1))
    growing.values.remove(weight)
    growing.put(
        "convolution", [x, weight], kernel=(1,) * rank, stride=(1,) * rank, padding=((0, 0),) * rank,
        dilation=(1,) * rank, groups=1, padding_mode="zeros", transposed=False, output_padding=(0,) * rank,
        bias=False, residual=False, activation=None,
    )  # fmt: skip


def prepared(growing: Growing) -> None:
    """A picture's mean and deviation before a first convolution."""
    x = growing.value(4)
    if x is None:
        return
    shape = _channels(growing, x)
    mean, deviation = growing.constant(shape, 0.2, 0.4), growing.constant(shape, 0.05, 0.5)
    y = growing.map([x, mean, deviation], ("sub", 0, 1), ("div", 3, 2))
    put_convolution(growing, y, transposed=growing.chance(0.2), padding=((growing.whole(0, 1),) * 2,) * 2)


BLOCKS: tuple[Callable[[Growing], None], ...] = (
    residual, residual, gated, padded, padded, shuffled, attention, last_channels, parted, of_constants, prepared,
)  # fmt: skip
