"""What a network said of an input, to be shown: its likeliest classes, or the numbers of its outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Data, Shown
from kaiyan.show.table import Lines, Row, Table, headings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kaiyan.reference.dtype import Numbers
    from kaiyan.show.table import Part

_FIRST = 6
"""Numbers of an output that are shown."""


@dataclass(frozen=True, slots=True)
class LikelyClass(Data):
    """A class by its number and name, and the share that the network gives it, of 1."""

    JSON = ("number", "name", "share")
    number: int
    name: str
    share: float


@dataclass(frozen=True, slots=True)
class OutputNumbers(Data):
    """An output: shape, type, extremes and mean of its finite numbers, and the first of all."""

    JSON = ("shape", "dtype", "least", "mean", "largest", "odd", "first")
    shape: tuple[int, ...]
    dtype: str
    least: float | None
    mean: float | None
    largest: float | None
    odd: int
    first: tuple[float, ...]


@dataclass(frozen=True, repr=False)
class Answers(Shown):
    """The likeliest classes of each example where the classes are known, and what every output holds."""

    JSON = ("examples", "outputs", "notes")
    KIND = "answers"

    examples: tuple[tuple[LikelyClass, ...], ...]
    outputs: tuple[OutputNumbers, ...]
    notes: tuple[Sentence, ...] = ()

    def parts(self) -> Iterator[Part]:
        """A table for each example, or one of the outputs; then what is to be said."""
        for example in self.examples:
            rows = tuple(Row((likely.name, f"{100 * likely.share:.1f} %")) for likely in example)
            yield Table(headings("class", "share"), rows)
        if not self.examples:
            yield Table(
                headings("output", "shape", "type", "least", "mean", "largest", "first numbers"),
                tuple(_row(number, output) for number, output in enumerate(self.outputs)),
                left=frozenset({0, 1, 2, 6}),
            )
        if self.notes:
            yield Lines(self.notes, "list")

    __repr__ = Shown.__str__


def _row(number: int, output: OutputNumbers) -> Row:
    extremes = ["" if value is None else f"{value:.4g}" for value in (output.least, output.mean, output.largest)]
    first = " ".join(f"{value:.4g}" for value in output.first)
    return Row((str(number), str(output.shape), output.dtype, *extremes, first))


def answers(
    outputs: Sequence[Numbers], classes: Sequence[str] = (), top: int = 5, notes: Sequence[Sentence] = ()
) -> Answers:
    """What outputs say: where the one output is (N, classes), the ``top`` of each example.

    Numbers that are no shares of 1 are made such by softmax.
    """
    examples: tuple[tuple[LikelyClass, ...], ...] = ()
    if classes and len(outputs) == 1 and outputs[0].ndim == 2 and outputs[0].shape[1] == len(classes):
        examples = tuple(_likeliest(scores, classes, top) for scores in outputs[0])
    facts = tuple(_numbers(output) for output in outputs)
    odd = sum(output.odd for output in facts)
    more = [sentence("odd-numbers", "{count} numbers are NaN or infinite", count=odd)] if odd else []
    return Answers(examples, facts, (*notes, *more))


def _likeliest(scores: Numbers, classes: Sequence[str], top: int) -> tuple[LikelyClass, ...]:
    shares = scores.astype(np.float64)
    with np.errstate(all="ignore"):
        if not ((shares >= 0).all() and abs(shares.sum() - 1) < 1e-3):
            powers = np.exp(shares - shares.max())
            shares = powers / powers.sum()
    order = np.argsort(-shares, kind="stable")[:top]
    return tuple(LikelyClass(int(i), classes[i], float(shares[i])) for i in order)


def _numbers(output: Numbers) -> OutputNumbers:
    values = output.astype(np.float64).reshape(-1)
    finite = values[np.isfinite(values)]
    least, mean, largest = (float(of(finite)) if finite.size else None for of in (np.min, np.mean, np.max))
    odd, first = int(values.size - finite.size), tuple(map(float, values[:_FIRST]))
    return OutputNumbers(output.shape, output.dtype.name, least, mean, largest, odd, first)
