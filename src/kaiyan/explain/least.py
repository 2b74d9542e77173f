"""``kaiyan.least_input``: the smallest input that a model takes, an axis each, and what refuses a smaller one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from kaiyan.explain.record import checked, record, shape_of
from kaiyan.explain.table import Row, Shown, Table
from kaiyan.spec.error import KaiyanError
from kaiyan.spec.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from kaiyan.explain.record import Record
    from kaiyan.spec.sentence import Sentence

HEADINGS = ("axis", "least", "layer", "why not less")


@dataclass(frozen=True, slots=True)
class AxisLeast:
    """The least size of one axis of the input; ``path`` and ``reason`` are of the call that refuses one less.

    ``refused`` are the smaller sizes that were run and failed.
    """

    axis: int
    least: int
    path: str
    reason: str
    refused: tuple[int, ...] = ()

    @property
    def is_certain(self) -> bool:
        """Whether every smaller size was run; legality need not be monotonic, so one between may run too."""
        return len(self.refused) == self.least - 1


@dataclass(frozen=True)
class Least(Shown):
    """The least size of every axis of space, the others as in ``shape``."""

    shape: tuple[int, ...]
    axes: tuple[AxisLeast, ...]

    def table(self) -> Table:
        """A row an axis."""
        rows = [Row((str(a.axis), str(a.least), a.path or "-", a.reason or "-")) for a in self.axes]
        heads = tuple(sentence("heading", head) for head in HEADINGS)
        return Table(heads, tuple(rows), notes=tuple(self._notes()), left=frozenset({2, 3}))

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON."""
        axes = [
            {
                "axis": a.axis,
                "least": a.least,
                "path": a.path,
                "reason": a.reason,
                "refused": list(a.refused),
                "is_certain": a.is_certain,
            }
            for a in self.axes
        ]
        return {"shape": list(self.shape), "axes": axes}

    def _notes(self) -> Iterator[Sentence]:
        for a in self.axes:
            if not a.is_certain:
                yield sentence(
                    "least",
                    "axis {axis}: {tried} were run and fail, {below} among them; a smaller size that was not run may "
                    "work all the same",
                    axis=a.axis, tried=", ".join(map(str, a.refused)), below=a.least - 1,
                )  # fmt: skip


def least_input(model: nn.Module, input_size: tuple[int, ...]) -> Least:
    """The smallest sizes with which ``model`` runs on meta tensors; one less is refused, and by what.

    Sizes grow by doubling and are narrowed by halving. A model may run with a size and not with a larger one (a Linear
    that knows one size): ``is_certain`` and a note say whether every smaller size was run.
    ``input_size`` (N, C, *spatial) must run itself: ``KaiyanError`` with the model's words where it does not.
    """
    shape = shape_of(input_size)
    failed = _tried(checked(model), shape)
    if failed.error is not None:
        raise KaiyanError(
            "least-fails",
            "the model does not run with {shape} either: {reason}",
            "kaiyan.summary(model, {shape})",
            shape=shape,
            reason=_words(failed),
        )
    return Least(shape, tuple(_least(model, shape, axis) for axis in range(2, len(shape))))


def _least(model: nn.Module, shape: tuple[int, ...], axis: int) -> AxisLeast:
    """Doubles until the model runs, then halves the gap between the last size that fails and the first that runs."""
    refused: dict[int, Record] = {}

    def runs(n: int) -> bool:
        found = _tried(model, (*shape[:axis], n, *shape[axis + 1 :]))
        if found.error is not None:
            refused[n] = found
        return found.error is None

    fails, works = 0, 1
    while works < shape[axis] and not runs(works):
        fails, works = works, 2 * works
    works = min(works, shape[axis])
    while works - fails > 1:
        middle = (works + fails) // 2
        fails, works = (fails, middle) if runs(middle) else (middle, works)
    last = refused.get(works - 1)
    path = last.failure.path if last and last.failure else ""
    return AxisLeast(axis, works, path, _words(last) if last else "", tuple(sorted(refused)))


def _tried(model: nn.Module, shape: tuple[int, ...]) -> Record:
    return record(model, torch.empty(shape, device="meta"))


def _words(found: Record) -> str:
    return str(found.error).partition("\n")[0]
