"""Where the windows of an answer lie in its picture, and which border explains what lies beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.learn.fitting.error import LearnError
from kaiyan.ops.conv import conv
from kaiyan.reference.border import extend, index_map
from kaiyan.show.error import ConvError
from kaiyan.spec import read
from kaiyan.spec.code import spelled
from kaiyan.spec.conventions import PADDING, PADDING_MODES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.learn.fitting.pairs import Pair
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Conv

_STRIDES = (2, 3, 4, 5, 6, 7, 8)


@dataclass(frozen=True, slots=True)
class Border:
    """A way to go on beyond the picture's edge, and the root mean square difference that it leaves at the border."""

    padding: Any
    mode: str
    difference: float


def bordered(pair: Pair, spec: Conv) -> Pair:
    """The pair with the border of ``spec`` round the picture before, so that every window lies within."""
    sizes = pair.before.shape[2:]
    sides = spec.pads(pair.before.shape)
    maps = tuple(index_map(spec.padding_mode, n, pads) for n, pads in zip(sizes, sides, strict=True))
    constant = read.constant(spec.padding_mode)
    before = pair.before.astype(np.float64) if constant else pair.before
    return type(pair)(extend(before, maps, constant), pair.after, pair.kept)


def interior(pair: Pair, spec: Conv) -> Pair | None:
    """The pair cut down to the answers whose windows lie within the picture; None where no window does."""
    outputs = within(pair, spec)
    if not all(outputs):
        return None
    places = zip(outputs, spec.axes, spec.pads(pair.before.shape), strict=True)
    inputs = [slice(o[0] * a.stride - before, o[-1] * a.stride - before + a.reach) for o, a, (before, _) in places]
    return pair.inside(tuple(inputs), tuple(slice(o.start, o.stop) for o in outputs))


def within(pair: Pair, spec: Conv) -> tuple[range, ...]:
    """The answers along every axis whose windows lie within the picture."""
    places = zip(spec.axes, pair.before.shape[2:], spec.pads(pair.before.shape), pair.after.shape[2:], strict=True)
    return tuple(
        range(-(-before // axis.stride), min((n + before - axis.reach) // axis.stride, m - 1) + 1)
        for axis, n, (before, _), m in places
    )


def alignments(pairs: list[Pair], spec: Conv) -> list[Conv]:
    """The descriptions, with every word and number of padding, under which the pictures before have the sizes after.

    Of those that place the windows alike the first stays: see ``_paddings``. Raises ``LearnError`` with the
    sizes that would be right where there are none.
    """
    found: dict[Any, Conv] = {}
    for candidate in _paddings(spec):
        if all(_size(candidate, pair) == pair.after.shape[2:] for pair in pairs):
            found.setdefault(tuple(tuple(b for b, _ in candidate.pads(p.before.shape)) for p in pairs), candidate)
    if not found:
        raise unfitting(pairs[0], spec, [spec.replace(padding=word) for word in PADDING])
    return [*found.values()]


def _paddings(spec: Conv) -> Iterator[Conv]:
    """Those that most layers have before the others."""
    yield from (spec.replace(padding=word) for word in ("valid", "same"))
    for number in range(1, max(axis.reach for axis in spec.axes)):
        yield spec.replace(padding=tuple(min(number, axis.reach - 1) for axis in spec.axes))
    yield from (spec.replace(padding=word) for word in PADDING)


def unfitting(pair: Pair, spec: Conv, candidates: list[Conv]) -> LearnError:
    """The refusal of a picture after that is of no size that the picture before can give."""
    sizes = {_times(size): None for size in (_size(candidate, pair) for candidate in candidates) if size}
    if not sizes:
        return too_large(pair, spec)
    stride = _stride(pair, spec)
    return LearnError(
        "fit-sizes",
        "a kernel of {kernel} at stride {stride} makes {sizes} of the picture before, {before}; the picture after is "
        "{after}",
        *["stride={other}"] * bool(stride),
        kernel=_times(tuple(a.kernel for a in spec.axes)), stride=_times(tuple(a.stride for a in spec.axes)),
        sizes=", ".join(sizes), before=_times(pair.before.shape[2:]), after=_times(pair.after.shape[2:]), other=stride,
    )  # fmt: skip


def too_large(pair: Pair, spec: Conv) -> LearnError:
    """The refusal of a kernel that lies nowhere within the picture before."""
    return LearnError(
        "fit-kernel-larger", "the kernel reaches over {reach}, but the picture before is {before}",
        reach=_times(tuple(a.reach for a in spec.axes)), before=_times(pair.before.shape[2:]),
    )  # fmt: skip


def _stride(pair: Pair, spec: Conv) -> int | None:
    """A stride under which the sizes would fit."""
    steps = (spec.replace(stride=(s,) * len(spec.axes)) for s in _STRIDES)
    fits = (c for step in steps for c in _paddings(step) if _size(c, pair) == pair.after.shape[2:])
    return next((c.axes[0].stride for c in fits), None)


def _size(spec: Conv, pair: Pair) -> tuple[int, ...] | None:
    try:
        return spec.output_shape((1, spec.in_channels or 1, *pair.before.shape[2:]))[2:]
    except ConvError:
        return None


def _times(sizes: tuple[int, ...]) -> str:
    return " x ".join(map(str, sizes))


def explained(pairs: list[Pair], spec: Conv, weight: Numbers, bias: Numbers) -> tuple[Border, ...]:
    """Every padding mode by the difference that it leaves where windows reach beyond the picture, the best first."""
    rests = [_beyond(pair, spec) for pair in pairs]
    if not any(rest.any() for rest in rests):
        return ()
    count = sum(int(rest.sum()) for rest in rests)
    steps: dict[str, Any] = {
        "stride": spec.stride,
        "padding": spec.padding,
        "dilation": spec.dilation,
        "groups": spec.groups,
    }
    found, padding = [], spelled(spec).get("padding", 0)
    for mode in PADDING_MODES:
        squares = 0.0
        for pair, rest in zip(pairs, rests, strict=True):
            predicted = conv(pair.before.astype(np.float64), weight, bias, padding_mode=mode, **steps)
            squares += float((((predicted - pair.after) ** 2) * rest).sum())
        found.append(Border(padding, mode, (squares / count) ** 0.5))
    return tuple(sorted(found, key=lambda border: border.difference))


def copied(pairs: list[Pair], spec: Conv) -> float | None:
    """The root mean square difference at the border from the picture before, as Pillow leaves it unfiltered.

    None where the pictures are not of one shape.
    """
    squares, count = 0.0, 0
    for pair in pairs:
        if pair.before.shape != pair.after.shape:
            return None
        rest = _beyond(pair, spec)
        squares += float((((pair.before.astype(np.float64) - pair.after) ** 2) * rest).sum())
        count += int(rest.sum())
    return (squares / count) ** 0.5 if count else None


def _beyond(pair: Pair, spec: Conv) -> Numbers:
    """Which answers (N, K, *m) that are to be explained come of windows that reach beyond the picture."""
    beyond = np.ones(pair.after.shape, bool) if pair.kept is None else pair.kept.copy()
    beyond[:, :, *(slice(inner.start, max(inner.stop, inner.start)) for inner in within(pair, spec))] = False
    return beyond
