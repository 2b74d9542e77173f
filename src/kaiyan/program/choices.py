"""What may be chosen for a program without changing what it computes: algorithms, and how pictures lie."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kaiyan.engine import wisdom
from kaiyan.engine.generated import Generated
from kaiyan.engine.planner import PLANNER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kaiyan.engine.problem import Problem


@dataclass(frozen=True, slots=True)
class Choices:
    """By the names of the convolutions' outputs; for those that are not named, what is expected to be the fastest.

    ``layouts`` says whether the output lies channels last; ``channels_last`` is what holds for the others. ``strips``
    has the chains that run some rows at a time: how many rows, by the name of the last output.
    """

    algorithms: Mapping[str, str] = field(default_factory=dict)
    layouts: Mapping[str, bool] = field(default_factory=dict)
    channels_last: bool = True
    strips: Mapping[str, int] = field(default_factory=dict)

    def algorithm(self, name: str, problem: Problem) -> Generated:
        """What computes the convolution of this name."""
        able = candidates(problem)
        chosen = self.algorithms.get(name)
        return next((row for row in able if row.name == chosen), able[0])

    def is_last(self, name: str) -> bool:
        """Whether the output of this name lies with its channels side by side."""
        return self.layouts.get(name, self.channels_last)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "algorithms": dict(self.algorithms), "layouts": dict(self.layouts), "channels_last": self.channels_last,
            "strips": dict(self.strips),
        }  # fmt: skip


def recalled(fingerprint: str) -> Choices | None:
    """What was chosen before for a program of this fingerprint; None where nothing was, or it cannot be read."""
    text = wisdom.chosen(fingerprint)
    try:
        return None if text is None else _read(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def keep(fingerprint: str, choices: Choices) -> None:
    """Keeps them on this machine's disk."""
    wisdom.choose(fingerprint, json.dumps(choices.to_dict()))


def _read(kept: dict[str, Any]) -> Choices:
    algorithms = {str(name): str(row) for name, row in kept["algorithms"].items()}
    layouts = {str(name): bool(last) for name, last in kept["layouts"].items()}
    strips = {str(name): int(rows) for name, rows in kept["strips"].items() if int(rows) > 0}
    return Choices(algorithms, layouts, bool(kept["channels_last"]), strips)


@PLANNER.keep(4096)
def candidates(problem: Problem) -> list[Generated]:
    """The algorithms whose code is generated, the one that is expected to be the fastest first."""
    able = [(answer.seconds or 0.0, row) for answer, row in PLANNER.able(problem) if isinstance(row, Generated)]
    return [row for _, row in sorted(able, key=lambda entry: entry[0])]
