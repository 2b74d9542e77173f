"""The three answers to "who is this?": a name, "unsure" or "unknown", and the reason for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Data

if TYPE_CHECKING:
    from kaiyan.faces.gallery_photographs import Box

NAME, UNSURE, UNKNOWN = "name", "unsure", "unknown"


@dataclass(frozen=True, slots=True)
class Limits:
    """How near is near. Up to ``accepted`` a face is the person's; from there up to ``doubted`` it may be.

    Without a calibration both are the threshold that the network's authors publish. With one, ``accepted`` is the
    threshold chosen for the false-accept rate ``far``, and what only the published one would accept is doubted.
    """

    accepted: float
    doubted: float
    far: float | None = None

    def answer(self, distance: float | None, runner_up: float | None) -> str:
        """A "name" where one person alone is near enough, "unsure" where two are or one is doubted, or "unknown".

        >>> limits = Limits(accepted=0.5, doubted=0.6)
        >>> limits.answer(0.3, 0.8), limits.answer(0.3, 0.4), limits.answer(0.55, 0.8), limits.answer(0.7, 0.8)
        ('name', 'unsure', 'unsure', 'unknown')
        """
        if distance is None or distance > self.doubted:
            return UNKNOWN
        is_alone = runner_up is None or runner_up > self.accepted
        return NAME if distance <= self.accepted and is_alone else UNSURE


@dataclass(frozen=True, slots=True)
class Recognition(Data):
    """One face: ``answer`` is "name", "unsure" or "unknown"; ``name`` is the person's where the answer is a name.

    ``nearest`` and ``runner_up`` are the two nearest people whatever the answer, None where there are none.
    """

    JSON = (
        "box",
        "answer",
        "name",
        "nearest",
        "distance",
        "runner_up",
        "runner_up_distance",
        "margin",
        "reason",
    )

    box: Box
    limits: Limits
    nearest: str | None = None
    distance: float | None = None
    runner_up: str | None = None
    runner_up_distance: float | None = None

    @property
    def answer(self) -> str:
        """One of three words."""
        return self.limits.answer(self.distance, self.runner_up_distance)

    @property
    def name(self) -> str | None:
        """The person, where the answer is a name."""
        return self.nearest if self.answer == NAME else None

    @property
    def margin(self) -> float | None:
        """How much farther the runner-up is."""
        if self.distance is None or self.runner_up_distance is None:
            return None
        return self.runner_up_distance - self.distance

    @property
    def reason(self) -> Sentence:
        """Why the answer is what it is."""
        if self.distance is None or self.nearest is None:
            return sentence("face-nobody-known", "nobody is known yet")
        facts = {"name": self.nearest, "distance": self.distance, "accepted": self.limits.accepted}
        if self.answer == UNKNOWN:
            return sentence(
                "face-too-far",
                "the nearest is {name} at {distance:.3f}, beyond {doubted:.3f}",
                **facts,
                doubted=self.limits.doubted,
            )
        if self.distance > self.limits.accepted:
            return sentence(
                "face-doubted",
                "{name} at {distance:.3f} is between {accepted:.3f}, which the calibration "
                "accepts, and the published {doubted:.3f}",
                **facts,
                doubted=self.limits.doubted,
            )
        if self.answer == UNSURE:
            return sentence(
                "face-two-near",
                "{name} at {distance:.3f} and {other} at {apart:.3f} are both within {accepted:.3f}",
                **facts,
                other=self.runner_up,
                apart=self.runner_up_distance,
            )
        return sentence("face-near", "{name} at {distance:.3f} is the only one within {accepted:.3f}", **facts)
