"""``kaiyan.least_input``: the smallest input that a model takes, an axis each, and what refuses a smaller one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from kaiyan.explain.record import record
from kaiyan.explain.table import Row, Table
from kaiyan.spec.error import KaiyanError
from kaiyan.spec.sentence import sentence

if TYPE_CHECKING:
    from rich.console import Group
    from torch import nn

    from kaiyan.explain.record import Record

HEADINGS = ("axis", "least", "layer", "why not less")


@dataclass(frozen=True, slots=True)
class AxisLeast:
    """The least size of one axis of the input; ``path`` and ``reason`` are of the call that refuses one less."""

    axis: int
    least: int
    path: str
    reason: str


@dataclass(frozen=True)
class Least:
    """The least size of every axis of space, the others as in ``shape``."""

    shape: tuple[int, ...]
    axes: tuple[AxisLeast, ...]

    def table(self) -> Table:
        """A row an axis."""
        rows = [Row((str(a.axis), str(a.least), a.path or "-", a.reason or "-")) for a in self.axes]
        return Table(tuple(sentence("heading", head) for head in HEADINGS), tuple(rows), left=frozenset({2, 3}))

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON."""
        axes = [{"axis": a.axis, "least": a.least, "path": a.path, "reason": a.reason} for a in self.axes]
        return {"shape": list(self.shape), "axes": axes}

    def __str__(self) -> str:
        return self.table().plain()

    def to_markdown(self, lang: str | None = None) -> str:
        """A pipe table."""
        return self.table().markdown(lang)

    def __rich__(self) -> Group:
        return self.table().rich()

    def _repr_html_(self) -> str:
        return self.table().html()


def least_input(model: nn.Module, input_size: tuple[int, ...]) -> Least:
    """The smallest sizes with which ``model`` runs, found by running it on meta tensors from size 1 upwards.

    ``input_size`` (N, C, *spatial) must run itself: ``KaiyanError`` with the model's words where it does not.
    """
    shape = tuple(input_size)
    failed = _tried(model, shape)
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
    path = reason = ""
    for n in range(1, shape[axis]):
        found = _tried(model, (*shape[:axis], n, *shape[axis + 1 :]))
        if found.error is None:
            return AxisLeast(axis, n, path, reason)
        path, reason = found.failure.path if found.failure else "", _words(found)
    return AxisLeast(axis, shape[axis], path, reason)


def _tried(model: nn.Module, shape: tuple[int, ...]) -> Record:
    return record(model, torch.empty(shape, device="meta"))


def _words(found: Record) -> str:
    return str(found.error).partition("\n")[0]
