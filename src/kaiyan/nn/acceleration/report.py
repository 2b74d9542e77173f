"""What ``accelerate`` did and gained: the whole model, each layer, and what was left with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kaiyan.show.sentence import sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Lines, Row, Table, headings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kaiyan.show.sentence import Sentence
    from kaiyan.show.table import Part

_PLUS = " + "
_MOST_NAMED = 3
"""Parts of a model that a sentence names."""


@dataclass(frozen=True, slots=True)
class LayerReport:
    """One convolution: its name, what it is, seconds before and after, the algorithm; or several run together."""

    name: str
    what: str
    before: float | None
    after: float
    algorithm: str

    @classmethod
    def joined(
        cls, layers: Sequence[tuple[str, str]], before: Sequence[float | None], after: float, algorithm: str
    ) -> LayerReport:
        """The row of layers, each its name and what it is, that run together in so many seconds."""
        names, what = zip(*layers, strict=True)
        known = [seconds for seconds in before if seconds is not None]
        all_before = sum(known) if len(known) == len(before) else None
        return cls(_PLUS.join(names), _PLUS.join(what), all_before, after, algorithm)

    @property
    def names(self) -> list[str]:
        """Of all layers that it is about."""
        return self.name.split(_PLUS)


@dataclass(frozen=True, slots=True)
class Report(Shown):
    """What ``accelerate`` did: seconds of the whole model before and after, each layer, and what was left with reasons.

    ``difference`` is the largest between the two models' answers, as a share of the largest number of a tensor, on the
    example and on a second input. ``notes`` say why the model was not taken as a graph, and what else should be known.
    """

    KIND = "acceleration"
    JSON = ("before", "after", "speedup", "layout", "traced", "difference", "layers", "left", "notes")

    before: float
    after: float
    layout: str
    traced: bool
    difference: float
    layers: tuple[LayerReport, ...]
    left: dict[str, Sentence]
    notes: tuple[Sentence, ...] = ()

    @property
    def speedup(self) -> float:
        """How many times as fast: the time before divided by the time after."""
        return self.before / self.after

    @property
    def total(self) -> Sentence:
        """The whole model before and after."""
        return sentence(
            "accelerate-total",
            "total: {before:.2f} ms before, {after:.2f} ms after, {speedup:.2f} times as fast "
            "({layout}); the outputs differ by {difference:.1e} of the largest value",
            before=self.before * 1e3,
            after=self.after * 1e3,
            speedup=self.speedup,
            layout=self.layout,
            difference=self.difference,
        )

    def parts(self) -> Iterator[Part]:
        """A row a layer, the whole model, what was left and why."""
        names = headings("layer", "before", "after", "algorithm", "what")
        rows = (Row((row.name, _ms(row.before), _ms(row.after), row.algorithm, row.what)) for row in self.layers)
        yield Table(names, tuple(rows), left=frozenset({0, 3, 4}))
        yield Lines((self.total,))
        yield Lines((*(unchanged(name, reason) for name, reason in self.left.items()), *self.notes), "list")


def unchanged(name: str, reason: Sentence) -> Sentence:
    """A layer that is as it was, and why."""
    return sentence("unchanged", "{name} is unchanged: {reason}", name=name, reason=reason)


def was_training(paths: Sequence[str]) -> tuple[Sentence, ...]:
    """That parts of the model, "" the whole of it, were in training mode and do not run so; nothing where none was."""
    if not paths:
        return ()
    if "" in paths:
        return (
            sentence(
                "accelerate-was-training",
                "the model was in training mode: Kaiyan runs it in eval mode, as after model.eval()",
            ),
        )
    return (
        sentence(
            "accelerate-part-was-training",
            "the model was in training mode in part ({paths}): Kaiyan runs it in eval mode, as after model.eval()",
            paths=", ".join(paths[:_MOST_NAMED]) + (", …" if len(paths) > _MOST_NAMED else ""),
        ),
    )


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1e3:.3f} ms"
