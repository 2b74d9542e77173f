"""What a program does for one size of its inputs: its steps in order, and the memory that they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Lines, Row, Table, headings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.show.table import Part
    from kaiyan.spec.conv import Shape


@dataclass(frozen=True, slots=True)
class ProgramStep:
    """One step: the value that it makes, the operation, what computes it, and the shape of what it makes.

    ``algorithm`` is that of a convolution, "strips" where several layers run some rows at a time, "abroad" where
    another library or the definition computes it, "" for any other native step. ``is_conversion`` says that a value is
    only laid in another order.
    """

    name: str
    operation: str
    algorithm: str
    shape: Shape
    is_conversion: bool = False


@dataclass(frozen=True, slots=True)
class ProgramReport(Shown):
    """``steps`` in order; ``arena`` and ``weights`` in bytes, of the values that pass and of the constants."""

    KIND = "program"
    JSON = ("total", "arena", "weights", "conversions", "abroad", "steps")

    steps: tuple[ProgramStep, ...]
    arena: int
    weights: int

    @property
    def conversions(self) -> int:
        """Steps that only lay a value in another order."""
        return sum(step.is_conversion for step in self.steps)

    @property
    def abroad(self) -> int:
        """Steps that are not ours."""
        return sum(step.algorithm == "abroad" for step in self.steps)

    @property
    def total(self) -> Sentence:
        """How many steps there are, and what memory they take."""
        return sentence(
            "program-total",
            "{steps} steps, of which {abroad} are not native and {conversions} lay a value in another order; "
            "{arena:.1f} MB for the values that pass, {weights:.1f} MB for the constants",
            steps=len(self.steps), abroad=self.abroad, conversions=self.conversions,
            arena=self.arena / 1e6, weights=self.weights / 1e6,
        )  # fmt: skip

    def parts(self) -> Iterator[Part]:
        """A row a step, and the whole."""
        names = headings("step", "operation", "algorithm", "output shape")
        rows = (Row((s.name, s.operation, s.algorithm, "x".join(map(str, s.shape)))) for s in self.steps)
        yield Table(names, tuple(rows), left=frozenset({0, 1, 2, 3}))
        yield Lines((self.total,))
