"""Layers that give a shape other sizes: adaptive pooling, padding, upsampling, pixel shuffles, flattening, Linear."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

from kaiyan.show.error import ConvError
from kaiyan.spec import read
from kaiyan.spec.axis import Axis
from kaiyan.spec.call import short
from kaiyan.spec.cost import Figure
from kaiyan.spec.pooling import each
from kaiyan.spec.step import ALL, UNKNOWN, Rule, Windows, blurred, repeated, resized, through

if TYPE_CHECKING:
    from kaiyan.spec.call import CodeCall
    from kaiyan.spec.field import Field
    from kaiyan.spec.step import ChainLayer, Step


def adaptive(call: CodeCall, *, rank: int) -> list[ChainLayer]:
    """Reads a pooling to a size, by the number of its axes of space; 0 takes as many as there are."""
    wanted = call.bound(("output_size", "return_indices")).get("output_size", 1)
    entries = list(wanted) if isinstance(wanted, (tuple, list)) else [wanted] * max(rank, 1)
    if rank and len(entries) != rank:
        each("output_size", entries, rank)

    def make(step: Step) -> Step:
        spatial = step.input_shape[-rank:] if rank else step.input_shape[2:]
        asked = entries if rank else entries[:1] * len(spatial)
        sizes = [n if e is None else read.number("output_size", e, least=1)
                 for e, n in zip(asked, spatial, strict=True)]  # fmt: skip
        return resized(step, sizes, adapted(step.sees, spatial, sizes)) if spatial else step

    return [Rule(call.written, make, rank or None)]


def adapted(sees: tuple[Field, ...] | str, spatial: tuple[int, ...], sizes: list[int]) -> tuple[Field, ...] | str:
    """What is seen after pooling to ``sizes``: windows only where these divide the input's."""
    if all(size == 1 for size in sizes):
        return ALL
    if any(n % size for n, size in zip(spatial, sizes, strict=True)):
        return blurred(sees)
    return through(sees, [Axis(n // m, n // m) for n, m in zip(spatial, sizes, strict=True)], spatial)


def upsample(call: CodeCall) -> list[ChainLayer]:
    given = call.bound(call.order or ("size", "scale_factor", "mode", "align_corners", "recompute_scale_factor"))
    mode = "bilinear" if "Bilinear" in call.name else given.get("mode", "nearest")
    return [enlarged(call.written, given.get("size"), given.get("scale_factor"), nearest=mode.startswith("nearest"))]


def enlarged(text: str, size: Any, scale: Any, *, nearest: bool) -> ChainLayer:
    """Upsampling to a size, or by a factor that need not be whole."""
    if (size is None) == (scale is None):
        raise ConvError("upsample", "{text!r} needs either size or scale_factor", "scale_factor=2", text=short(text))

    def make(step: Step) -> Step:
        rank = len(step.input_shape) - 2 if len(step.input_shape) > 2 else 1
        spatial = step.input_shape[-rank:]
        factors = scale if isinstance(scale, (tuple, list)) else [scale] * rank
        sizes = (
            each("size", size, rank) if scale is None else [_times(n, f) for n, f in zip(spatial, factors, strict=True)]
        )
        whole = nearest and all(m % n == 0 for n, m in zip(spatial, sizes, strict=True) if n)
        times = [m // n for n, m in zip(spatial, sizes, strict=True) if n]
        return resized(step, sizes, repeated(step.sees, times) if whole else blurred(step.sees))

    return Rule(text, make)


def _times(n: int, factor: Any) -> int:
    if not isinstance(factor, (int, float)) or factor <= 0 or factor > read.LARGEST_SIZE:
        raise ConvError(
            "upsample-factor",
            "scale_factor is {factor!r}; it must be a number above 0",
            "scale_factor=2",
            factor=factor,
        )
    return max(int(n * factor), 0)


def shuffle(call: CodeCall) -> list[ChainLayer]:
    r = read.number("upscale_factor", *call.bound(("upscale_factor",)).values() or (None,), least=1)

    def make(step: Step) -> Step:
        *leading, C, H, W = step.input_shape
        if C % r**2:
            raise ConvError(
                "shuffle-channels",
                "PixelShuffle({r}) merges {square} channels into one, but {square} does not divide the {C} of {shape}",
                r=r, square=r**2, shape=step.input_shape, C=C,
            )  # fmt: skip
        shuffled = replace(step, output_shape=(*leading, C // r**2, H * r, W * r))
        return replace(shuffled, sees=repeated(step.sees, (r, r)))

    return [Rule(call.written, make, 2)]


def unshuffle(call: CodeCall) -> list[ChainLayer]:
    r = read.number("downscale_factor", *call.bound(("downscale_factor",)).values() or (None,), least=1)

    def make(step: Step) -> Step:
        *leading, C, H, W = step.input_shape
        if H % r or W % r:
            raise ConvError(
                "unshuffle-sizes", "PixelUnshuffle({r}) needs sizes divisible by {r}, but the input is {shape}",
                r=r, shape=step.input_shape,
            )  # fmt: skip
        shuffled = replace(step, output_shape=(*leading, C * r**2, H // r, W // r))
        return replace(shuffled, sees=through(step.sees, [Axis(r, r)] * 2, (H, W)))

    return [Rule(call.written, make, 2)]


def flatten(call: CodeCall) -> list[ChainLayer]:
    given = call.bound(("start_dim", "end_dim"))
    first, last = given.get("start_dim", 0 if call.order else 1), given.get("end_dim", -1)

    def make(step: Step) -> Step:
        shape = step.input_shape
        start, end = (_axis_of(shape, axis, call.text) for axis in (first, last))
        return replace(step, output_shape=(*shape[:start], prod(shape[start : end + 1]), *shape[end + 1 :]))

    return [Rule(call.written, make)]


def unflatten(call: CodeCall) -> list[ChainLayer]:
    given = call.bound(("dim", "unflattened_size"))

    def make(step: Step) -> Step:
        shape = step.input_shape
        axis = _axis_of(shape, given.get("dim", 1), call.text)
        sizes = [int(n) for n in given.get("unflattened_size", ())]
        known = prod(n for n in sizes if n != -1)
        sizes = [shape[axis] // max(known, 1) if n == -1 else n for n in sizes]
        if prod(sizes) != shape[axis]:
            raise ConvError(
                "unflatten-sizes", "{sizes} needs {count} elements, but axis {axis} of the input {shape} has {n}",
                sizes=tuple(sizes), count=prod(sizes), axis=axis, shape=shape, n=shape[axis],
            )  # fmt: skip
        return replace(step, output_shape=(*shape[:axis], *sizes, *shape[axis + 1 :]), sees=blurred(step.sees))

    return [Rule(call.written, make)]


def _axis_of(shape: tuple[int, ...], axis: Any, text: str) -> int:
    if isinstance(axis, int) and -len(shape) <= axis < len(shape):
        return axis % len(shape)
    raise ConvError("no-such-axis", "{text!r} names axis {axis}, but the input {shape} has {count} axes",
                    text=short(text), axis=axis, shape=shape, count=len(shape))  # fmt: skip


def linear(call: CodeCall) -> list[ChainLayer]:
    given = call.bound(("in_features", "out_features", "bias"))
    features, outputs = (read.number(n, given.get(n), least=0) for n in ("in_features", "out_features"))
    bias = bool(given.get("bias", True))

    def make(step: Step) -> Step:
        shape = step.input_shape
        if shape[-1] != features:
            raise _wrong_features(shape, features)
        step = replace(step, output_shape=(*shape[:-1], outputs), params=Figure(features * outputs + outputs * bias))
        seen = ALL if len(shape) <= 2 or step.sees == ALL else UNKNOWN
        return replace(step, macs=Figure(prod(shape) * outputs), sees=seen)

    return [Rule(call.written, make)]


def _wrong_features(shape: tuple[int, ...], features: int) -> ConvError:
    flat = prod(shape[1:])
    maps = len(shape) > 2
    return ConvError(
        "wrong-features",
        "Linear has in_features={features}, but the last axis of the input {shape} has {n}",
        *(["in_features={n}"] if not maps else []),
        *(["put Flatten() before it: then there are {flat}"] if maps and flat == features else []),
        *(["put Flatten() before it, and set in_features={flat}"] if maps and flat != features else []),
        features=features, shape=shape, n=shape[-1], flat=flat,
    )  # fmt: skip


def pad(call: CodeCall, *, rank: int, mode: str) -> list[ChainLayer]:
    given = call.bound(("padding", "value"))
    entries = given.get("padding", 0)
    sides = list(entries) if isinstance(entries, (tuple, list)) else [entries] * (2 * rank)
    return [padded(call.written, [*_sides(sides, rank)][::-1], mode)]


def _sides(sides: list[Any], rank: int) -> list[tuple[int, int]]:
    if len(sides) != 2 * rank:
        raise ConvError("pad-count", "padding={sides} has {count} numbers; {rank} spatial axes need {needed}",
                        sides=tuple(sides), count=len(sides), rank=rank, needed=2 * rank)  # fmt: skip
    numbers = [read.number("padding", side, least=-read.LARGEST_SIZE) for side in sides]
    return [(numbers[2 * i], numbers[2 * i + 1]) for i in range(rank)]


def padded(text: str, pads: list[tuple[int, int]], mode: str = "zeros") -> ChainLayer:
    """Elements before and after each axis of space, the first axis first; fewer than 0 crop."""
    names = read.axis_names(len(pads))
    axes = tuple(Axis(1, padding=pair, name=name) for pair, name in zip(pads, names, strict=True))
    return _Padded(text, axes, mode in ("zeros", "constant"), mode)


@dataclass(frozen=True)
class _Padded(Windows):
    mode: str = "zeros"

    def step(self, shape: tuple[int, ...], sees: tuple[Field, ...] | str) -> Step:
        for axis, n in zip(self.axes, shape[-len(self.axes) :], strict=True):
            most = {"reflect": n - 1, "circular": n}.get(self.mode, read.LARGEST_SIZE)
            widest = max(axis.pads(n))
            if widest > most:
                raise ConvError(
                    "pad-too-large",
                    "on axis {axis} {mode} padding can be at most {most} for {n} elements, not {pad}",
                    axis=axis.name, mode=self.mode, most=most, n=n, pad=widest,
                )  # fmt: skip
        return Windows.step(self, shape, sees)


def pad_function(call: CodeCall) -> list[ChainLayer]:
    given = call.bound(("pad", "mode", "value"))
    sides = list(given.get("pad", ()))
    return [padded(call.written, _sides(sides, max(len(sides) // 2, 1))[::-1], str(given.get("mode", "constant")))]
