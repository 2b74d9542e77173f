"""Silent traps: what runs without an error and is not what was meant; each is a function from a record to warnings."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Data
from kaiyan.trace.functions import bound
from kaiyan.trace.functions.function import UnreadableError
from kaiyan.trace.windows import convolves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.trace.record import Call, Line, Record

COLOURS = (1, 3, 4)
"""Channels of pictures: grey, red-green-blue, with transparency."""
_LARGEST = {"uint8": 255, "int8": 127, "int16": 32767}
"""The types that sums outgrow, and the largest number of each."""
_WHOLE = {"float16": 2**11, "bfloat16": 2**8}
"""Up to where a type holds every whole number. Source: IEEE 754, 11 and 8 significant bits."""
_RESHAPES = ("view", "reshape", "flatten", "squeeze")


@dataclass(frozen=True, slots=True)
class Trap(Data):
    """One warning: a ``code``, the layer's path, the sentence, the user's line where it is known."""

    code: str
    path: str
    sentence: Sentence
    line: Line | None


def traps(record: Record) -> tuple[Trap, ...]:
    """Every trap that a record shows, in the order of ``TRAPS``; none where nothing looks wrong."""
    return tuple(trap for find in TRAPS for trap in find(record))


def _channels_last(record: Record) -> Iterator[Trap]:
    """A batch (N, H, W, C) whose H equals in_channels. Feature maps as narrow as a pixel's colours stay unsaid."""
    call = _first_convolution(record, rank=4)
    if call is None:
        return
    n, h, w, c = call.inputs[0].shape
    if c in COLOURS and h not in COLOURS and w >= 4 * c:
        warning = sentence(
            "trap-channels-last",
            "the input {shape} looks like NHWC: it passes only because its height {h} equals in_channels; "
            "permute(0, 3, 1, 2) gives {right}",
            shape=(n, h, w, c), h=h, right=(n, c, h, w),
        )  # fmt: skip
        yield Trap("channels-last", call.path, warning, call.line)


def _batch_as_picture(record: Record) -> Iterator[Trap]:
    """A grey batch (B, H, W) with B = in_channels, which torch takes for one picture (C, H, W)."""
    call = _first_convolution(record, rank=3)
    if call is None or call.kind != "conv2d":
        return
    b, h, w = call.inputs[0].shape
    if b not in COLOURS:
        warning = sentence(
            "trap-unbatched",
            "the input {shape} is taken as one picture of {b} channels; if it is {b} grey pictures, unsqueeze(1) "
            "gives {right}",
            shape=(b, h, w), b=b, right=(b, 1, h, w),
        )  # fmt: skip
        yield Trap("batch-as-picture", call.path, warning, call.line)


def _integer_wrap(record: Record) -> Iterator[Trap]:
    """Sums and products whose result keeps a small integer type."""
    for call in record.calls:
        known = bound(call)
        dtype = call.outputs[0].dtype if call.outputs else ""
        if known and known.function.wraps and dtype in _LARGEST:
            warning = sentence(
                "trap-wraps-around",
                "the result of {kind} stays {dtype}, so values above {largest} wrap around without "
                    "an error; call .float() or .int() first",
                kind=call.kind, dtype=dtype, largest=_LARGEST[dtype],
            )  # fmt: skip
            yield Trap("integer-wrap", call.path, warning, call.line)


def _batch_norm_of_one(record: Record) -> Iterator[Trap]:
    for call in record.calls:
        if call.kind.startswith("BatchNorm") and call.training and call.inputs and call.inputs[0].shape[0] == 1:
            warning = sentence(
                "trap-batch-of-one",
                "{kind} in training mode normalises a batch of 1 by that sample's own mean and "
                "variance, and updates its running statistics; model.eval() uses the learned ones",
                kind=call.kind,
            )
            yield Trap("batch-norm-of-one", call.path, warning, call.line)


def _lost_ones(record: Record) -> Iterator[Trap]:
    for call in record.calls:
        dtype = call.outputs[0].dtype if call.outputs else ""
        terms = 0 if call.is_module or dtype not in _WHOLE else _terms(call)
        if terms > _WHOLE.get(dtype, terms):
            warning = sentence(
                "trap-half-sum",
                "{kind} sums {terms:,} terms in {dtype}, which is exact for whole numbers up to "
                    "{whole:,} only: above that, adding 1 may change nothing; sum in float32",
                kind=call.kind, terms=terms, dtype=dtype, whole=_WHOLE[dtype],
            )  # fmt: skip
            yield Trap("lost-ones", call.path, warning, call.line)


def _changed_batch(record: Record) -> Iterator[Trap]:
    """A view that cuts maps into other rows than samples, such as view(-1, 400), and the answer has as many rows.

    Rows that are pixels or tokens, each with all its features, are meant: their last axis stays as it was.
    """
    batch = _batch(record)
    for call in record.calls:
        before, after = _reshaped(call)
        if batch is None or len(before) < 2 or len(after) != 2 or not call.outputs:
            continue
        is_cut = before[0] == batch != after[0] and prod(before) == prod(after) and after[1] != before[-1]
        if is_cut and any(tensor.shape[:1] == after[:1] for tensor in record.outputs):
            warning = sentence(
                "trap-batch-lost",
                "{kind} turns {batch} samples into {rows} rows: {given} becomes {made}; "
                    "x.view(x.size(0), -1) keeps the batch, with in_features={features}",
                kind=call.kind, rows=after[0], batch=batch, given=before, made=after, features=prod(before[1:]),
            )  # fmt: skip
            yield Trap("changed-batch", call.path, warning, call.line)


def _lost_batch(record: Record) -> Iterator[Trap]:
    """squeeze() without an axis, of a batch of one."""
    for call in record.calls:
        before, after = _reshaped(call)
        bare = call.kind == "squeeze" and len(call.arguments) == 1 and not call.named
        if bare and _batch(record) == 1 == before[0] and any(tensor.shape[:1] != (1,) for tensor in record.outputs):
            warning = sentence(
                "trap-squeeze-batch",
                "squeeze() drops the batch of one with the other axes of size 1: {given} becomes {made}; "
                "flatten(1) keeps it",
                given=before, made=after,
            )  # fmt: skip
            yield Trap("lost-batch", call.path, warning, call.line)


TRAPS = (
    _channels_last, _batch_as_picture, _changed_batch, _lost_batch, _integer_wrap, _batch_norm_of_one, _lost_ones,
)  # fmt: skip
"""Every trap. A new one is one function and one entry here."""


def _batch(record: Record) -> int | None:
    """Samples in the inputs; None where they do not agree."""
    sizes = {tensor.shape[0] for tensor in record.inputs if len(tensor.shape) > 1}
    return sizes.pop() if len(sizes) == 1 else None


def _reshaped(call: Call) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Shapes before and after a view; empty for any other call."""
    if call.is_module or call.failed or call.kind not in _RESHAPES or not call.inputs or not call.outputs:
        return (), ()
    return call.inputs[0].shape, call.outputs[0].shape


def _first_convolution(record: Record, rank: int) -> Call | None:
    """The first convolution of all, if it got an input of this rank."""
    first = next((call for call in record.calls if convolves(call)), None)
    return first if first and first.inputs and len(first.inputs[0].shape) == rank else None


def _terms(call: Call) -> int:
    """Terms in one of the sums that a call makes; 0 where it makes none, or they cannot be read."""
    known = bound(call)
    if known is None or known.function.terms is None:
        return 0
    try:
        return known.function.terms(known)
    except UnreadableError:
        return 0
