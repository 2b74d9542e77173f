"""``kaiyan.whole_sizes``: the input sizes near a given one for which no layer drops a row or a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kaiyan.explain.inputs import checked, run_on, shape_of
from kaiyan.explain.sizes.runs import Runs
from kaiyan.show.error import ConvError, KaiyanError
from kaiyan.show.sentence import sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Row, Table, headings
from kaiyan.trace.windows import padding_of, rank, rounds_up, unread, windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torch import nn

    from kaiyan.show.sentence import Sentence
    from kaiyan.trace.record import Call, Record
    from kaiyan.trace.windows import Unread

_SPAN = 512
"""How far from the given size is looked."""
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """``count`` of ``size`` elements of a layer's input that nothing reads."""

    path: str
    count: int
    size: int


@dataclass(frozen=True, slots=True)
class AxisWhole:
    """The nearest sizes ``below`` and ``above`` the given ``size`` that drop nothing; all three equal if it drops none.

    None where none was found in ``looked``, the sizes from one to the other that were tried: ``_SPAN`` on each side, or
    as many as there was time for. ``dropped`` is what the given size drops, a layer each.
    """

    axis: int
    size: int
    below: int | None
    above: int | None
    dropped: tuple[Dropped, ...]
    looked: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class WholeSizes(Shown):
    """What an input of ``shape`` drops on every axis of space, and the sizes near it that drop nothing."""

    KIND = "whole-sizes"
    JSON = ("shape", "axes", "remarks", "notes")

    shape: tuple[int, ...]
    axes: tuple[AxisWhole, ...]
    remarks: tuple[Sentence, ...] = ()

    def table(self) -> Table:
        """A row an axis."""
        rows = [Row((str(a.axis), str(a.size), *map(_number, (a.below, a.above)), _lost(a))) for a in self.axes]
        return Table(
            headings("axis", "size", "below", "above", "dropped"),
            tuple(rows),
            notes=self.notes,
            left=frozenset({4}),
        )

    @property
    def notes(self) -> tuple[Sentence, ...]:
        """What is to be known of the rows."""
        return tuple(self._notes())

    def _notes(self) -> Iterator[Sentence]:
        yield from self.remarks
        if all(not a.dropped for a in self.axes):
            yield sentence("whole-nothing-dropped", "nothing is dropped: every row and column is read")
        for a in self.axes:
            if None in (a.below, a.above):
                yield sentence(
                    "whole-not-found",
                    "axis {axis}: - means that none was found; sizes from {low} to {high} were checked",
                    axis=a.axis, low=a.looked[0], high=a.looked[1],
                )  # fmt: skip


def whole_sizes(
    model: nn.Module, input_size: tuple[int, ...], *, dtypes: Any = None, seconds: float = 10.0
) -> WholeSizes:
    """The sizes near ``input_size`` (N, C, *spatial) for which every element is read, an axis at a time.

    The arithmetic of the windows proposes, a run on meta tensors confirms. ``dtypes`` is the input's type. After
    ``seconds`` it gives what is known by then. Raises ``KaiyanError`` with the model's words where it does not run
    with ``input_size`` itself.

    >>> from torch import nn
    >>> axis = whole_sizes(nn.MaxPool1d(4), (1, 1, 30)).axes[0]
    >>> axis.below, axis.above, axis.dropped[0].count
    (28, 32, 2)
    """
    model, shape = checked(model), shape_of(input_size)
    first_run = run_on(model, (shape,), dtypes)
    record = first_run.record
    if record.error is not None:
        raise KaiyanError(
            "whole-fails",
            "the model does not run with {shape}: {reason}",
            "kaiyan.least_input(model, {shape})",
            shape=shape,
            reason=str(record.error).partition("\n")[0],
        )
    tries = Runs(model, first_run.inputs[0].dtype, seconds, 2 * (len(shape) - 2), meta=record.on == "meta")
    return WholeSizes(
        shape, tuple(_axis(tries, record, shape, axis) for axis in range(2, len(shape))), first_run.remarks
    )


def _axis(tries: Runs, record: Record, shape: Shape, axis: int) -> AxisWhole:
    size = shape[axis]
    lost = tuple(Dropped(end.call.path, len(end.elements), end.size) for end in _along(unread(record), axis))
    if not lost:
        return AxisWhole(axis, size, size, size, ())
    ways = range(size - 1, max(size - _SPAN, 0), -1), range(size + 1, size + _SPAN)
    looked: list[int] = []
    nearest: list[int | None] = []
    for way in ways:
        search = _Search(tries, record, shape, axis)
        nearest.append(search.nearest(way))
        looked.append(search.last)
    return AxisWhole(axis, size, nearest[0], nearest[1], lost, (looked[0], looked[1]))


@dataclass
class _Search:
    """A walk away from a size, up to a size that drops nothing; ``last`` is the size at which it ended."""

    tries: Runs
    record: Record
    shape: Shape
    axis: int
    last: int = 0

    def nearest(self, sizes: Iterable[int]) -> int | None:
        self.tries.begin()
        self.last = self.shape[self.axis]
        for n in sizes:
            if self.tries.is_over:
                return None
            if _proposed(self.record, self.axis, n) and self._is_whole(n):
                return n
            self.last = n
        return None

    def _is_whole(self, n: int) -> bool:
        outcome = self.tries.of((*self.shape[: self.axis], n, *self.shape[self.axis + 1 :]))
        return outcome.error is None and not any(_along(unread(outcome), self.axis))


def _proposed(record: Record, axis: int, n: int) -> bool:
    """Whether the arithmetic of the windows drops nothing; what it cannot follow is left to the run."""
    try:
        sizes = _passed(record, axis, n)
    except ConvError:
        return False

    def size_of(call: Call, place: int) -> int | None:
        return sizes.get(call.inputs[0].name) if place == axis - 2 else None

    return next(unread(record, size_of), None) is None


def _passed(record: Record, axis: int, n: int) -> dict[int, int]:
    """Sizes of one axis by the tensors' numbers, as far as windows and what keeps a size lead."""
    sizes = {tensor.name: n for tensor in record.inputs}
    for call in record.calls:
        first = next((tensor for tensor in call.inputs if tensor.name in sizes), None)
        if call.is_module or call.failed or first is None or len(first.shape) <= axis:
            continue
        if call.kind == "pad":
            sizes.update((tensor.name, sizes[first.name] + sum(padding_of(call, axis))) for tensor in call.outputs)
        elif rank(call):
            size = windows(call)[axis - 2].output_size(sizes[first.name])
            sizes.update((tensor.name, size) for tensor in call.outputs if not rounds_up(call))
        else:
            kept = (t for t in call.outputs if len(t.shape) == len(first.shape) and t.shape[axis] == first.shape[axis])
            sizes.update((tensor.name, sizes[first.name]) for tensor in kept)
    return sizes


def _along(ends: Iterable[Unread], axis: int) -> Iterator[Unread]:
    return (end for end in ends if end.axis == axis - 2)


def _number(size: int | None) -> str:
    return "-" if size is None else str(size)


def _lost(axis: AxisWhole) -> str:
    return ", ".join(f"{d.path or '-'}: {d.count}/{d.size}" for d in axis.dropped) or "-"
