"""Hints: what a model does that its author may not know; each is a function from a record to sentences, or silent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import gcd
from typing import TYPE_CHECKING

from kaiyan.explain.traps import traps
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.spec.axis import Axis, TransposedAxis
from kaiyan.trace.costs import macs
from kaiyan.trace.fields import receptive_fields
from kaiyan.trace.windows import convolves, groups, space, unread, windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kaiyan.trace.fields import ReceptiveField
    from kaiyan.trace.record import Call, Record

BALANCE = 8.0
"""FLOP/byte below which memory, not arithmetic, takes the time: even one core does more for each byte it reads."""


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing to know: its ``kind`` ("checkerboard"), the layer's path, the sentence."""

    kind: str
    path: str
    sentence: Sentence


@dataclass(frozen=True)
class Analysis:
    """A record with what is known of it: what every call sees and costs, its windows read once."""

    record: Record

    @cached_property
    def fields(self) -> dict[int, ReceptiveField]:
        """What the output of every call sees."""
        return receptive_fields(self.record)

    @cached_property
    def macs(self) -> dict[int, int]:
        """Multiply-adds of every call."""
        return macs(self.record)

    @cached_property
    def windowed(self) -> tuple[tuple[Call, tuple[Axis, ...]], ...]:
        """Convolutions and pools that gave something, with an ``Axis`` for each axis of space."""
        pairs = [(call, windows(call)) for call in self.record.calls if not call.failed]
        return tuple((call, axes) for call, axes in pairs if axes)


def hints(record: Record | Analysis) -> tuple[Hint, ...]:
    """Every hint that holds, in the order of ``HINTS``; the silent traps are among them."""
    analysis = record if isinstance(record, Analysis) else Analysis(record)
    return tuple(hint for find in HINTS for hint in find(analysis))


def notes(hints: Iterable[Hint]) -> Iterator[Sentence]:
    """One sentence a kind: the first layer's, and how many more it holds for."""
    kinds: dict[str, list[Hint]] = {}
    for hint in hints:
        kinds.setdefault(hint.kind, []).append(hint)
    for first, *others in kinds.values():
        more = len({hint.path for hint in others} - {first.path})
        where = first.path or "-"
        if more:
            yield sentence(
                "hint-at-several", "{where} (and {more} more): {what}", where=where, more=more, what=first.sentence
            )
        else:
            yield sentence("hint-at", "{where}: {what}", where=where, what=first.sentence)


def _convention(analysis: Analysis) -> Iterator[Hint]:
    """Pads meant to keep n / stride windows (half the reach), which SAME would lay elsewhere: other sizes, a shift."""
    for call, axes in analysis.windowed:
        for axis, n in zip(axes, space(call), strict=True):
            advice = None if isinstance(axis, TransposedAxis) or isinstance(axis.padding, str) else _apart(axis, n)
            if advice:
                yield Hint("convention", call.path, advice)
                break


def _apart(axis: Axis, n: int) -> Sentence | None:
    same = Axis(axis.kernel, axis.stride, axis.dilation, "same")
    before, _ = axis.pads(n)
    if before not in (axis.half, axis.size_keeping) or not before:
        return None
    facts = {
        "n": n,
        "pads": axis.pads(n),
        "same": same.pads(n),
        "made": axis.output_size(n),
        "out": same.output_size(n),
    }
    if facts["made"] != facts["out"]:
        return sentence(
            "hint-same-size",
            "the pads {pads} turn {n} into {made}; SAME pads {same} and gives {out}: at stride 1 use "
                "padding='same'",
            **facts,
        )  # fmt: skip
    if before == same.pads(n)[0]:
        return None
    return sentence(
        "hint-same-shift",
        "with pads {pads} every window begins {shift} earlier than with SAME (TensorFlow, ONNX), "
        "which pads {same} for {n}: weights trained there need F.pad and padding=0",
        shift=before - same.pads(n)[0],
        **facts,
    )


def _never_read(analysis: Analysis) -> Iterator[Hint]:
    for end in unread(analysis.record):
        advice = sentence(
            "hint-unread",
            "of the {n} elements on axis {axis} of its input, the last {count} are never read: the "
                "size is rounded down",
            count=len(end.elements), n=end.size, axis=end.axis + 2,
        )  # fmt: skip
        yield Hint("unread", end.call.path, advice)


def _gridding(analysis: Analysis) -> Iterator[Hint]:
    """Holes that are left where the features end: layers after a dilated one may have filled its own."""
    maps = [(call, analysis.fields.get(call.number)) for call, _ in analysis.windowed]
    call, field = maps[-1] if maps else (None, None)
    if call is None or field is None or field.status != "exact" or field.whole or field.flat:
        return
    axis = max(field.axes, key=lambda axis: axis.holes, default=None)
    if axis is not None and axis.holes:
        advice = sentence(
            "hint-gridding",
            "{holes} of the {size} inputs along its receptive field are never seen (gridding): "
                "dilations such as 1, 2, 5 leave no gaps",
            holes=axis.holes, size=axis.size,
        )  # fmt: skip
        yield Hint("gridding", call.path, advice)


def _checkerboard(analysis: Analysis) -> Iterator[Hint]:
    """Taps that fall on an output depend on where it lies, unless stride / gcd(stride, dilation) divides the kernel."""
    for call, axes in analysis.windowed:
        uneven = [axis for axis in axes if isinstance(axis, TransposedAxis) and _fewest(axis) < axis.most_reads]
        if uneven:
            axis = uneven[0]
            advice = sentence(
                "hint-checkerboard",
                "outputs get {most} or {fewest} taps in turn (checkerboard): its kernel {kernel} is not a multiple of "
                "its stride {stride}",
                most=axis.most_reads, fewest=_fewest(axis), kernel=axis.kernel, stride=axis.stride,
            )  # fmt: skip
            yield Hint("checkerboard", call.path, advice)


def _fewest(axis: Axis) -> int:
    """Inputs whose windows cover one output away from the ends, at the least."""
    step = gcd(axis.stride, axis.dilation)
    return axis.kernel // (axis.stride // step) if step == 1 else 0


def _covered(analysis: Analysis) -> Iterator[Hint]:
    """Convolutions whose input already sees as much as there is."""
    pictures = {tensor.shape[2:] for tensor in analysis.record.inputs if len(tensor.shape) > 2}
    if len(pictures) != 1:
        return
    (sizes,) = pictures
    makers: dict[int, ReceptiveField] = {}
    kernels = {call.number: axes for call, axes in analysis.windowed}
    for call in analysis.record.calls:
        field = makers.get(call.inputs[0].name) if call.inputs else None
        wide = any(axis.kernel > 1 for axis in kernels.get(call.number, ()))
        if convolves(call) and wide and field and _covers(field, sizes):
            advice = sentence(
                "hint-kernel-sees-all",
                "its input already sees {field} of {sizes}: its kernel brings no new pixel to the middle of the map",
                field=field.sizes, sizes=sizes,
            )  # fmt: skip
            yield Hint("covered", call.path, advice)
        if call.number in analysis.fields and not call.is_module:
            makers.update((tensor.name, analysis.fields[call.number]) for tensor in call.outputs)


def _covers(field: ReceptiveField, sizes: tuple[int, ...]) -> bool:
    seen = field.sizes
    return seen is not None and field.status == "exact" and len(seen) == len(sizes) and _all_as_large(seen, sizes)


def _all_as_large(seen: tuple[int, ...], sizes: tuple[int, ...]) -> bool:
    return bool(seen) and all(s >= n for s, n in zip(seen, sizes, strict=True))


def _bandwidth(analysis: Analysis) -> Iterator[Hint]:
    for call, _ in analysis.windowed:
        parts = groups(call)
        moved = sum(tensor.bytes for tensor in (*call.inputs, *call.outputs))
        intensity = 2 * analysis.macs[call.number] / moved if moved else BALANCE
        if parts > 1 and intensity < BALANCE:
            advice = sentence(
                "hint-groups",
                "groups={groups} leaves only {intensity:.1f} FLOP/byte: memory, not arithmetic, "
                    "limits its speed, so its time falls less than its MACs",
                groups=parts, intensity=intensity,
            )  # fmt: skip
            yield Hint("bandwidth", call.path, advice)


def _silent_traps(analysis: Analysis) -> Iterator[Hint]:
    return (Hint(trap.code, trap.path, trap.sentence) for trap in traps(analysis.record))


HINTS = (_silent_traps, _never_read, _convention, _gridding, _checkerboard, _covered, _bandwidth)
"""Every hint. A new one is one function and one entry here."""
