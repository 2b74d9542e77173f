"""Whether the inputs are to blame: the usual suspects, where no cause is known or the model is a library's."""

from __future__ import annotations

from dataclasses import replace
from time import process_time
from typing import TYPE_CHECKING

from kaiyan.explain.diagnosis.source import file_of, is_library
from kaiyan.explain.diagnosis.trial import OFFERED, alone, mixes
from kaiyan.explain.diagnosis.ways.suspects import suspects

if TYPE_CHECKING:
    from kaiyan.explain.diagnosis.causes.finding import Finding
    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.explain.diagnosis.trial import TriedFix
    from kaiyan.explain.diagnosis.ways.suspects import Suspect

ENOUGH = 2
"""Suspects that are shown."""
OF_SIZES = frozenset({"K001", "K003", "K004", "K012", "K022"})
"""Causes that say more than that another size would do."""
VIEW = "K026"
"""A view that does not come out even: at some other size it does, and mixes the samples of a batch."""
MORE = 0.6
"""Seconds of all processors for the suspects, beyond the time for fixes."""


def suspected(facts: Facts, code: str, finding: Finding, trials: list[TriedFix]) -> tuple[str, Finding, list[TriedFix]]:
    """The same, or with what was found by trying: before the fixes of the cause where the model is a library's."""
    if facts.model is None or facts.record is None or facts.record.error is None or finding.is_outside:
        return code, finding, trials
    library = _is_librarys(facts)
    if any(trial.runs and (not library or _is_of_inputs(trial)) for trial in trials):
        return code, finding, trials
    proven = _proven(facts, code)
    if not proven:
        return code, finding, trials
    own = {str(trial.fix.after) for _, trial in proven}
    kept = [trial for trial in trials if str(trial.fix.after) not in own]
    first = proven[0][0]
    if not (first.code == "K070" and code in OF_SIZES):
        code, finding = first.code, replace(finding, cause=first.cause, code=first.code)
    running = [trial for trial in kept if trial.runs]
    return code, finding, [*(trial for _, trial in proven), *running][:OFFERED]


def _is_of_inputs(trial: TriedFix) -> bool:
    """Whether a fix changes what is given and not the model."""
    return trial.fix.before is None and trial.fix.line is None and trial.fix.made is None


def _proven(facts: Facts, code: str) -> list[tuple[Suspect, TriedFix]]:
    until = process_time() + MORE
    proven: list[tuple[Suspect, TriedFix]] = []
    for suspect in suspects(facts):
        if process_time() > until or len(proven) == ENOUGH:
            break
        if suspect.code == "K070" and any(suspect.cause.text == known.cause.text for known, _ in proven):
            continue  # another number of the same kind
        trial = alone(suspect.fix, facts)
        if trial is not None and trial.runs and not (code == VIEW and mixes(trial)):
            proven.append((suspect, trial))
    return proven


def _is_librarys(facts: Facts) -> bool:
    """Whether the model's class comes from an installed package other than torch's own layers."""
    kind = type(facts.model)
    return is_library(file_of(kind)) and kind.__module__.partition(".")[0] != "torch"
