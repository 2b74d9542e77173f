"""What a calibration found: the threshold, its error rates on people who did not choose it, and what to doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kaiyan.faces.calibration_rates import Rate
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Data, Shown
from kaiyan.show.table import Row, Table, headings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.faces.calibration_pairs import Duplicate, Pairs, Skipped


@dataclass(frozen=True, slots=True)
class Errors(Data):
    """What one threshold does to held-out pairs: ``far`` of pairs of two people accepted, ``frr`` of one refused."""

    threshold: float
    far: Rate
    frr: Rate

    @staticmethod
    def of(threshold: float, pairs: Pairs) -> Errors:
        """Counted: a pair is accepted where it is no farther apart than the threshold."""
        return Errors(
            threshold,
            Rate(int((pairs.different <= threshold).sum()), len(pairs.different)),
            Rate(int((pairs.same > threshold).sum()), len(pairs.same)),
        )


@dataclass(frozen=True)
class Calibration(Shown):
    """A threshold for the false-accept rate ``asked``, chosen on one half of the people and judged on the other.

    ``chosen_on`` are its false accepts where it was chosen, ``held_out`` its errors on the other half, ``published``
    those of the published threshold on the same pairs.
    """

    KIND = "face-calibration"
    JSON = (
        "threshold",
        "asked",
        "chosen_on",
        "held_out",
        "published",
        "people",
        "photographs",
        "duplicates",
        "skipped",
        "notes",
    )

    asked: float
    chosen_on: Rate
    held_out: Errors
    published: Errors
    people: int
    photographs: int
    are_sessions_known: bool = True
    duplicates: tuple[Duplicate, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def threshold(self) -> float:
        """The greatest distance at which two descriptions are one person's."""
        return self.held_out.threshold

    def table(self) -> Table:
        """A row an error and threshold, with the pairs and the interval."""
        title = sentence(
            "calibration",
            "threshold {threshold:.6g} for a false-accept rate of {asked:g}: people {people}, photographs "
            "{photographs}, half of the people chose it and the other half judge it",
            threshold=self.threshold,
            asked=self.asked,
            people=self.people,
            photographs=self.photographs,
        )
        words = headings("threshold", "error", "cases", "pairs", "rate", "95 % from", "to")
        rows = [
            Row(
                (
                    sentence("calibration-which", "{which} {threshold:.6g}", which=which, threshold=errors.threshold),
                    name,
                    *_counts(rate),
                )
            )
            for which, errors in (
                (sentence("calibration-chosen", "chosen"), self.held_out),
                (sentence("calibration-published", "published"), self.published),
            )
            for name, rate in (
                (sentence("calibration-false-accept", "false accept"), errors.far),
                (sentence("calibration-false-reject", "false reject"), errors.frr),
            )
        ]
        return Table(words, tuple(rows), title=title, notes=self.notes, left=frozenset({0, 1}))

    @property
    def notes(self) -> tuple[Sentence, ...]:
        """What is to be known of the numbers."""
        return tuple(self._notes())

    def _notes(self) -> Iterator[Sentence]:
        yield sentence(
            "calibration-chosen-on",
            "where it was chosen, it accepts {errors} of {pairs} pairs of two people: "
            "with 95 % confidence the rate is at most {asked:g}",
            errors=self.chosen_on.errors,
            pairs=self.chosen_on.trials,
            asked=self.asked,
        )
        if self.held_out.far.low > self.asked:
            yield sentence(
                "calibration-missed",
                "the people held out are accepted falsely more often than asked: the two "
                "halves differ, and more people are needed",
            )
        yield sentence(
            "calibration-interval",
            "the intervals are Clopper and Pearson's and take pairs as independent; pairs "
            "that share a person are not, so the truth can lie farther out",
        )
        if not self.are_sessions_known:
            yield sentence(
                "calibration-no-sessions",
                "photographs outside a folder of a session count as a session each: "
                "where some are of one day, the false-reject rate looks better than it is",
            )
        for twin in self.duplicates[:_SHOWN]:
            yield _of_duplicate(twin)
        if len(self.duplicates) > _SHOWN:
            yield sentence(
                "calibration-more-duplicates",
                "{count} more pairs look like one photograph: see duplicates",
                count=len(self.duplicates) - _SHOWN,
            )
        for one in self.skipped[:_SHOWN]:
            yield sentence("calibration-skipped", "skipped {place}: {reason}", place=one.place, reason=one.reason)
        if len(self.skipped) > _SHOWN:
            yield sentence(
                "calibration-more-skipped",
                "{count} more files were skipped: see skipped",
                count=len(self.skipped) - _SHOWN,
            )


_SHOWN = 5
"""Duplicates, and skipped files, that are named one by one."""


def _of_duplicate(twin: Duplicate) -> Sentence:
    facts = {"first": twin.first, "second": twin.second, "distance": twin.distance}
    if twin.is_left_out:
        return sentence(
            "calibration-duplicate",
            "{first} and {second} look like one photograph ({distance:.3f} apart): the second is left out",
            **facts,
        )
    return sentence(
        "calibration-lookalikes",
        "{first} and {second} are filed under two people, {distance:.3f} apart: is it one person?",
        **facts,
    )


def _counts(rate: Rate) -> tuple[str, ...]:
    return f"{rate.errors:,}", f"{rate.trials:,}", *(f"{value:.2e}" for value in (rate.value, rate.low, rate.high))
