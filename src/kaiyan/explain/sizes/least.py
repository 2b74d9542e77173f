"""``kaiyan.least_input``: the smallest input that a model takes, an axis each, and what refuses a smaller one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kaiyan.explain.inputs import checked, run_on, shape_of
from kaiyan.explain.sizes.runs import Runs, near
from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Row, Table, headings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from kaiyan.show.sentence import Sentence
    from kaiyan.trace.record import Record

Shape = tuple[int, ...]
_MANY = 8
"""Leasts above it are asked of the next axis at once."""
_SPAN = 512
"""Up to where equal sizes are tried, where none near the given one runs."""


@dataclass(frozen=True, slots=True)
class AxisLeast:
    """The least size of one axis of the input; ``path`` and ``reason`` are of the call that refuses one less.

    ``refused`` are the smaller sizes that were run and failed. ``is_bound``: the time ended before the least was
    found, which may be smaller.
    """

    JSON = ("axis", "least", "path", "reason", "refused", "is_certain", "is_bound")

    axis: int
    least: int
    path: str
    reason: str
    refused: tuple[int, ...] = ()
    is_bound: bool = False

    @property
    def is_certain(self) -> bool:
        """Whether every smaller size was run; legality need not be monotonic, so one between may run too."""
        return len(self.refused) == self.least - 1 and not self.is_bound


@dataclass(frozen=True)
class LeastInput(Shown):
    """The least size of every axis of space, the others as in ``shape``, which runs.

    ``refusal`` says why the size that was asked about does not, ``remarks`` what was taken to be meant.
    """

    KIND = "least-input"
    JSON = ("shape", "axes", "refusal", "remarks", "notes")

    shape: tuple[int, ...]
    axes: tuple[AxisLeast, ...]
    refusal: Sentence | None = None
    seconds: float = 0.0
    remarks: tuple[Sentence, ...] = ()

    def table(self) -> Table:
        """A row an axis."""
        rows = [Row((str(a.axis), str(a.least), a.path or "-", a.reason or "-")) for a in self.axes]
        names = headings("axis", "smallest", "layer", "why not smaller")
        return Table(names, tuple(rows), notes=self.notes, left=frozenset({2, 3}))

    @property
    def notes(self) -> tuple[Sentence, ...]:
        """What is to be known of the rows."""
        return tuple(self._notes())

    def _notes(self) -> Iterator[Sentence]:
        yield from self.remarks
        if self.refusal is not None:
            yield self.refusal
        for a in self.axes:
            if a.is_bound:
                yield sentence(
                    "least-out-of-time",
                    "axis {axis}: after {seconds:g} s the search stopped; {least} runs, and the minimum may be smaller",
                    axis=a.axis, seconds=self.seconds, least=a.least,
                )  # fmt: skip
            elif not a.is_certain:
                yield sentence(
                    "least-not-all-tried",
                    "axis {axis}: the smaller sizes {tried} were tried and fail, {below} among them; "
                        "an untried one may still work",
                    axis=a.axis, tried=", ".join(map(str, a.refused)), below=a.least - 1,
                )  # fmt: skip


def least_input(
    model: nn.Module, input_size: tuple[int, ...], *, dtypes: Any = None, seconds: float = 10.0
) -> LeastInput:
    """The smallest size of every axis of space with which ``model`` runs, and which layer fails with one less.

    ``input_size`` is (N, C, *spatial), or (N, T) for a model of ids; where the model does not run with it, a size near
    it that works is taken. Nothing is computed: it runs on meta tensors, with sizes that double and are then narrowed
    by halving. A model may run with a size and not with a larger one (a Linear that knows one size): ``is_certain``
    and a note say whether every smaller size was run. ``dtypes`` is the input's type; by default float32, or int64 for
    an input that is looked up in a table. After ``seconds`` it stops and returns what is known by then.

    Raises ``KaiyanError`` for what is not a model or not a shape, and, with the model's own error, where no size works.

    >>> from torch import nn
    >>> least_input(nn.Sequential(nn.Conv2d(1, 1, 5), nn.MaxPool2d(2)), (1, 1, 32, 32)).axes[0].least
    6
    """
    model, shape = checked(model), shape_of(input_size)
    first_run = run_on(model, (shape,), dtypes)
    space = 2 if first_run.inputs[0].is_floating_point() else 1  # of ids (N, T) the length
    runs, meta = first_run.record.error is None, first_run.record.on == "meta"
    tries = Runs(model, first_run.inputs[0].dtype, seconds, len(shape) - space + (not runs), meta)
    running = shape if runs else _grown(tries, shape, first_run.record, space)
    axes: list[AxisLeast] = []
    for axis in range(space, len(running)):
        axes.append(_least(tries, running, axis, axes[-1].least if axes else 0))
    return LeastInput(
        running,
        tuple(axes),
        None if running == shape else _refusal(shape, first_run.record),
        seconds,
        first_run.remarks,
    )


def _grown(tries: Runs, shape: Shape, failed: Record, first: int) -> Shape:
    """A shape that runs: near the given one, or any of equal sizes."""
    tries.begin()
    below, above = near(tries, shape, first=first)
    if above or below:
        return above or below or shape
    count = len(shape) - first
    for n in range(1, _SPAN if count else 0):
        if tries.is_over:
            break
        if tries.works((*shape[:first], *[n] * count)):
            return (*shape[:first], *[n] * count)
    raise KaiyanError(
        "least-fails",
        "the model does not run with {shape}, nor with {runs} other sizes: {reason}",
        "kaiyan.summary(model, {shape})",
        shape=shape,
        runs=tries.count,
        reason=_words(failed),
    )


def _refusal(shape: Shape, failed: Record) -> Sentence:
    return sentence("least-given-fails", "it does not run with {shape}: {reason}", shape=shape, reason=_words(failed))


def _least(tries: Runs, shape: Shape, axis: int, before: int) -> AxisLeast:
    """Doubles until the model runs, then halves the gap between the last size that fails and the first that runs.

    The least of the axis ``before`` is asked first: most models treat their axes alike.
    """
    refused: dict[int, Record] = {}
    tries.begin()

    def runs(n: int) -> bool:
        record = tries.of((*shape[:axis], n, *shape[axis + 1 :]))
        if record.error is not None:
            refused[n] = record
        return record.error is None

    fails, works = 0, shape[axis]
    if _MANY < before <= works and not tries.is_over and not runs(before - 1) and runs(before):
        fails, works = before - 1, before
    size = fails + 1
    while size < works and not tries.is_over:
        fails, works, size = (fails, size, size) if runs(size) else (size, works, 2 * size)
    while works - fails > 1 and not tries.is_over:
        middle = (works + fails) // 2
        fails, works = (fails, middle) if runs(middle) else (middle, works)
    last = refused.get(fails)
    path = last.failure.path if last and last.failure else ""
    return AxisLeast(axis, works, path, _words(last) if last else "", tuple(sorted(refused)), works - fails > 1)


def _words(record: Record) -> str:
    return str(record.error).partition("\n")[0]
