"""``kaiyan.faces.calibrate``: the threshold for a stated false-accept rate, from photographs of people one knows."""

from __future__ import annotations

from itertools import count
from math import comb, floor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.faces.calibration import Calibration, Errors
from kaiyan.faces.calibration_pairs import duplicates, halves, pairs, read
from kaiyan.faces.calibration_rates import Rate, allowed, needed, reachable
from kaiyan.faces.gallery_photographs import named
from kaiyan.faces.gallery_refusals import GalleryError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from kaiyan.faces.calibration_pairs import Pairs, Portrait, Skipped
    from kaiyan.faces.gallery_photographs import Recognises

LIKENESS = 0.25
"""The share of the published threshold within which two photographs look like one: 0.15 with dlib's network. Four
portraits saved anew as JPEG (quality 95, 75, 50), made smaller by a fifth or cropped by three pixels move by 0.00 to
0.22, 18 of the 20 by less than 0.15; two photographs of one person lie 0.23 apart or more."""
_DIGITS = 1e6
"""A threshold is rounded down to six digits behind the point."""


def calibrate(
    folder: str | os.PathLike[str], far: float = 1e-3, *, network: str | Recognises = "dlib",
    step: Callable[[int, int], None] | None = None,
) -> Calibration:  # fmt: skip
    """The greatest threshold whose false-accept rate is at most ``far``, with 95 % confidence.

    ``folder`` holds a folder a person, and in it a folder a session (a day, a camera) with photographs of one face;
    photographs that lie in no session count as one each. It is chosen on half of the people and judged on the other
    half. ``step`` is told how many photographs are done, of how many.

    Raises ``GalleryError`` where the folder cannot be read, or has too few pairs for the rate; it says how many it
    takes.
    """
    if not 0 < far < 1:
        raise GalleryError("calibration-far", "far={far!r} is no rate: one lies between 0 and 1", "far=0.001", far=far)
    recogniser = named(network)
    photographs, skipped = read(Path(folder).expanduser(), recogniser, step)
    return calibrated(photographs, far, published=recogniser.distance, skipped=skipped)


def calibrated(
    photographs: Sequence[Portrait], far: float, *, published: float, skipped: tuple[Skipped, ...] = ()
) -> Calibration:
    """As ``calibrate``, of photographs that are described."""
    if not photographs:
        raise GalleryError(
            "calibration-nobody", "no photograph of one face lies in a folder of a person",
            "a folder of people, each a folder with photographs of one face",
        )  # fmt: skip
    twins = duplicates(photographs, LIKENESS * published)
    left_out = {twin.second for twin in twins if twin.is_left_out}
    kept = [one for one in photographs if one.place not in left_out]
    choosing, held_out = map(pairs, halves(kept))
    _refuse_too_few(kept, far, (choosing, held_out), left_out=len(photographs) - len(kept))
    threshold = _threshold(choosing, far)
    return Calibration(
        asked=far,
        chosen_on=Rate(int((choosing.different <= threshold).sum()), len(choosing.different)),
        held_out=Errors.of(threshold, held_out),
        published=Errors.of(published, held_out),
        people=len({one.person for one in kept}),
        photographs=len(kept),
        are_sessions_known=all(Path(one.place).name != one.session for one in kept),
        duplicates=twins,
        skipped=skipped,
    )


def _threshold(choosing: Pairs, far: float) -> float:
    """Just below the first pair of two people that may not be accepted."""
    first_refused = float(np.sort(choosing.different)[allowed(far, len(choosing.different))])
    rounded = floor(first_refused * _DIGITS) / _DIGITS
    return rounded if rounded < first_refused else rounded - 1 / _DIGITS


def _refuse_too_few(photographs: Sequence[Portrait], far: float, both: tuple[Pairs, Pairs], *, left_out: int) -> None:
    fewest = min(len(half.different) for half in both)
    if fewest < needed(far):
        raise _too_few(photographs, far, fewest, left_out=left_out)
    if not len(both[1].same):
        raise GalleryError(
            "calibration-one-session",
            "none of the {people} people who judge the threshold has photographs of two sessions: how often one is "
            "refused cannot be told",
            "a second folder of photographs, of another day, for each person",
            people=len({one.person for one in halves(photographs)[1]}),
        )  # fmt: skip


def _too_few(photographs: Sequence[Portrait], far: float, fewest: int, *, left_out: int) -> GalleryError:
    people = len({one.person for one in photographs})
    each = len(photographs) / people
    return GalleryError(
        "calibration-too-few-pairs",
        "it takes {needed:,} pairs of two people in each half to show a false-accept rate of {far:g}; {people} people "
        "with {photographs} photographs give {fewest:,}",
        "some {more} people, with {each:.1f} photographs each as now",
        *(["far={reach:g} is the least rate that these can show"] if fewest > 1 else []),
        *(["photographs left out for they look like one of another session: {left_out}"] if left_out else []),
        far=far, needed=needed(far), fewest=fewest, people=people, photographs=len(photographs),
        more=_people_for(needed(far), each), each=each, reach=reachable(max(fewest, 1)),
        left_out=left_out,
    )  # fmt: skip


def _people_for(wanted: int, each: float) -> int:
    """The fewest people, of whom half have so many pairs of two with ``each`` photographs a person."""
    return next(people for people in count(4) if comb(people // 2, 2) * each**2 >= wanted)
