"""What may be chosen for a program without changing what it computes: algorithms, and how pictures lie."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kaiyan.engine import wisdom
from kaiyan.engine.generated import Generated
from kaiyan.engine.planner import PLANNER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kaiyan.engine.problem import Problem
    from kaiyan.spec.conv import Shape


@dataclass(frozen=True, slots=True)
class Choices:
    """By the names of the convolutions' outputs; for those that are not named, what is expected to be the fastest.

    ``layouts`` says whether the output lies channels last; ``channels_last`` is what holds for the others.
    ``strips`` has the chains that run some rows at a time: how many rows, by the name of the last output.
    """

    algorithms: Mapping[str, str] = field(default_factory=dict)
    layouts: Mapping[str, bool] = field(default_factory=dict)
    channels_last: bool = True
    strips: Mapping[str, int] = field(default_factory=dict)

    def algorithm(self, name: str, problem: Problem) -> Generated:
        """What computes the convolution of this name."""
        return _able(self.algorithms.get(name), problem) or candidates(problem)[0]

    def is_last(self, name: str) -> bool:
        """Whether the output of this name lies with its channels side by side."""
        return self.layouts.get(name, self.channels_last)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "algorithms": dict(self.algorithms), "layouts": dict(self.layouts), "channels_last": self.channels_last,
            "strips": dict(self.strips),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeptChoices:
    """What a file holds: choices for inputs of these shapes, made on a machine of this kind; elsewhere they say little.

    They are a hint: an algorithm that is not known, or does not compute what it is asked for, is passed by.
    """

    machine: str
    shapes: tuple[Shape, ...]
    choices: Choices

    def at(self, shapes: Sequence[Shape]) -> Choices | None:
        """The choices for inputs of these shapes on this machine; None where they are for others."""
        return self.choices if self.shapes == tuple(shapes) and self.machine == wisdom.machine_kind() else None


def recalled(fingerprint: str) -> Choices | None:
    """What was chosen before for a program of this fingerprint; None where nothing was, or it cannot be read."""
    text = wisdom.chosen(fingerprint)
    try:
        return None if text is None else _read(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
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
    """The algorithms whose code is generated, the one that is expected to be the fastest on one thread first.

    Another algorithm rounds differently, and a program gives the same bits on any number of threads.
    """
    one = replace(problem, threads=1)
    able = [row for row in PLANNER.algorithms if isinstance(row, Generated) and row.refuses(one) is None]
    return sorted(able, key=lambda row: row.seconds(one)) if len(able) > 1 else able


@PLANNER.keep(4096)
def _able(name: str | None, problem: Problem) -> Generated | None:
    """The algorithm of this name, where it computes the problem."""
    row = next((row for row in PLANNER.algorithms if row.name == name and isinstance(row, Generated)), None)
    return row if row is not None and row.refuses(replace(problem, threads=1)) is None else None
