"""What ``accelerate`` did and gained: the whole model, each layer, and what was left with its reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kaiyan.show.sentence import Sentence


@dataclass(frozen=True, slots=True)
class LayerReport:
    """One convolution: its name, what it is, what was computed with it, seconds before and after, the algorithm."""

    name: str
    what: str
    before: float | None
    after: float
    algorithm: str

    def __str__(self) -> str:
        return f"{self.name:30} {_ms(self.before):>9} {_ms(self.after):>9}  {self.algorithm:16} {self.what}"


@dataclass(frozen=True, slots=True)
class Report:
    """What ``accelerate`` did: seconds of the whole model before and after, each layer, and what was left with reasons.

    ``difference`` is the largest between the two models' answers, as a share of the largest number of a tensor, on the
    example and on a second input. ``notes`` say why the model was not taken as a graph, and what else should be known.
    """

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
        """The time before in units of the time after."""
        return self.before / self.after

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON."""
        words = {"left": {name: str(reason) for name, reason in self.left.items()}}
        return asdict(self) | words | {"notes": [str(note) for note in self.notes]}

    def __str__(self) -> str:
        rows = [str(row) for row in self.layers]
        left = [f"{name:30} is unchanged: {reason}" for name, reason in self.left.items()]
        total = (
            f"{'all':30} {_ms(self.before):>9} {_ms(self.after):>9}  {self.speedup:.2f} times as fast, "
            f"{self.layout}, outputs differ by {self.difference:.1e}"
        )
        notes = [f"note: {note}" for note in self.notes]
        return "\n".join([f"{'layer':30} {'before':>9} {'after':>9}  algorithm", *rows, *left, total, *notes])


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1e3:.3f} ms"
