"""``kaiyan.whole_sizes``: the input sizes near a given one for which no layer drops a row or a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from kaiyan.explain.record import record
from kaiyan.explain.table import Row, Shown, Table
from kaiyan.explain.windows import rank, rounds_up, unread, windows
from kaiyan.spec.error import ConvError, KaiyanError
from kaiyan.spec.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torch import nn

    from kaiyan.explain.record import Call, Record
    from kaiyan.explain.windows import Unread
    from kaiyan.spec.sentence import Sentence

HEADINGS = ("axis", "size", "below", "above", "dropped")
SPAN = 512
"""How far from the given size is looked."""
RUNS = 8
"""Sizes, each way, with which the model is run to confirm what the arithmetic of its windows says."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """``count`` of ``size`` elements of a layer's input that nothing reads."""

    path: str
    count: int
    size: int


@dataclass(frozen=True, slots=True)
class AxisWhole:
    """The nearest sizes ``below`` and ``above`` the given ``size`` that drop nothing; all three equal if it drops none.

    None where there is no such size within ``SPAN``. ``dropped`` is what the given one drops, a layer each.
    """

    axis: int
    size: int
    below: int | None
    above: int | None
    dropped: tuple[Dropped, ...]


@dataclass(frozen=True)
class Whole(Shown):
    """What an input of ``shape`` drops on every axis of space, and the sizes near it that drop nothing."""

    shape: tuple[int, ...]
    axes: tuple[AxisWhole, ...]

    def table(self) -> Table:
        """A row an axis."""
        heads = tuple(sentence("heading", head) for head in HEADINGS)
        rows = [Row((str(a.axis), str(a.size), *map(_number, (a.below, a.above)), _lost(a))) for a in self.axes]
        return Table(heads, tuple(rows), notes=tuple(self._notes()), left=frozenset({4}))

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON."""
        axes = [
            {
                "axis": a.axis,
                "size": a.size,
                "below": a.below,
                "above": a.above,
                "dropped": [{"path": d.path, "count": d.count, "size": d.size} for d in a.dropped],
            }
            for a in self.axes
        ]
        return {"shape": list(self.shape), "axes": axes}

    def _notes(self) -> Iterator[Sentence]:
        if all(not a.dropped for a in self.axes):
            yield sentence("whole", "nothing is dropped: every row and column is read")
        elif any(a.below is None or a.above is None for a in self.axes):
            yield sentence("whole", "- stands where none was found within {span}", span=SPAN)


def whole_sizes(model: nn.Module, input_size: tuple[int, ...]) -> Whole:
    """The sizes near ``input_size`` (N, C, *spatial) for which every element is read, an axis at a time.

    The arithmetic of the windows proposes, a run on meta tensors confirms. Raises ``KaiyanError`` with the model's
    words where it does not run with ``input_size`` itself.

    >>> from torch import nn
    >>> axis = whole_sizes(nn.MaxPool1d(4), (1, 1, 30)).axes[0]
    >>> axis.below, axis.above, axis.dropped[0].count
    (28, 32, 2)
    """
    shape = tuple(input_size)
    found = _run(model, shape)
    if found.error is not None:
        raise KaiyanError(
            "least-fails",
            "the model does not run with {shape} either: {reason}",
            "kaiyan.summary(model, {shape})",
            shape=shape,
            reason=str(found.error).partition("\n")[0],
        )
    return Whole(shape, tuple(_axis(model, found, shape, axis) for axis in range(2, len(shape))))


def _axis(model: nn.Module, found: Record, shape: tuple[int, ...], axis: int) -> AxisWhole:
    size = shape[axis]
    lost = tuple(Dropped(end.call.path, len(end.elements), end.size) for end in _along(unread(found), axis))
    if not lost:
        return AxisWhole(axis, size, size, size, ())
    ways = range(size - 1, max(size - SPAN, 0), -1), range(size + 1, size + SPAN)
    below, above = (_nearest(model, found, shape, axis, way) for way in ways)
    return AxisWhole(axis, size, below, above, lost)


def _nearest(model: nn.Module, found: Record, shape: tuple[int, ...], axis: int, sizes: Iterable[int]) -> int | None:
    runs = 0
    for n in sizes:
        if runs < RUNS and _proposed(found, axis, n):
            runs += 1
            tried = _run(model, (*shape[:axis], n, *shape[axis + 1 :]))
            if tried.error is None and not any(_along(unread(tried), axis)):
                return n
    return None


def _proposed(found: Record, axis: int, n: int) -> bool:
    """Whether the arithmetic of the windows drops nothing; what it cannot follow is left to the run."""
    try:
        sizes = _passed(found, axis, n)
    except ConvError:
        return False

    def given(call: Call, place: int) -> int | None:
        return sizes.get(call.inputs[0].name) if place == axis - 2 else None

    return next(unread(found, given), None) is None


def _passed(found: Record, axis: int, n: int) -> dict[int, int]:
    """Sizes of one axis by the tensors' numbers, as far as windows and what keeps a size lead."""
    sizes = {tensor.name: n for tensor in found.inputs}
    for call in found.calls:
        first = next((tensor for tensor in call.inputs if tensor.name in sizes), None)
        if call.is_module or call.failed or first is None or len(first.shape) <= axis:
            continue
        if rank(call):
            made = windows(call)[axis - 2].output_size(sizes[first.name])
            sizes.update((tensor.name, made) for tensor in call.outputs if not rounds_up(call))
        else:
            kept = (t for t in call.outputs if len(t.shape) == len(first.shape) and t.shape[axis] == first.shape[axis])
            sizes.update((tensor.name, sizes[first.name]) for tensor in kept)
    return sizes


def _along(ends: Iterable[Unread], axis: int) -> Iterator[Unread]:
    return (end for end in ends if end.axis == axis - 2)


def _run(model: nn.Module, shape: tuple[int, ...]) -> Record:
    return record(model, torch.empty(shape, device="meta"))


def _number(size: int | None) -> str:
    return "-" if size is None else str(size)


def _lost(axis: AxisWhole) -> str:
    return ", ".join(f"{d.path or '-'}: {d.count}/{d.size}" for d in axis.dropped) or "-"
