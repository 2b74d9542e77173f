"""Fixes put into copies and run to the end: those that restore what was meant come first, then those that only run."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from time import process_time
from typing import TYPE_CHECKING, Any

import torch

from kaiyan.explain.diagnosis.facts import gathered
from kaiyan.show.sentence import sentence
from kaiyan.trace.record import Record, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from torch import nn

    from kaiyan.explain.diagnosis.causes.finding import Finding
    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.explain.diagnosis.fixes import Fix

    Understand = Callable[[Facts], tuple[str, Finding]]

OFFERED = 4
"""Fixes that are shown."""
TRIED = 24
"""Fixes that are tried, at most."""
UNTRIED = 2
"""Fixes for which there was no time and that are shown all the same, at most."""


SIMILAR = 2
"""Fixes of one kind that are shown, such as padding the convolution in several ways."""
SURE = 2
"""Fixes that are tried however long that takes."""


@dataclass(frozen=True)
class TriedFix:
    """A fix and the run with it in; None where it could not be tried."""

    fix: Fix
    record: Record | None

    @property
    def runs(self) -> bool:
        """Whether the model runs to its end."""
        return self.record is not None and self.record.error is None


def tried(facts: Facts, code: str, finding: Finding, until: float, understand: Understand) -> list[TriedFix]:
    """At most ``OFFERED`` fixes: after which the model runs, which bring it further, and which could not be tried.

    ``code`` and ``finding`` are what was understood. Where the model runs as it is, a fix of it has to give what the
    finding wants; one of a loss was tried before.
    """
    fixes = list(_different(finding.fixes))
    if facts.model is None and facts.loss is None:
        return [TriedFix(fix, None) for fix in fixes[:OFFERED]]
    untried = [_untried(fix) for fix in fixes if not fix.tried and not _can_be_tried(fix, facts, finding)]
    running, late = [TriedFix(fix, None) for fix in fixes if fix.tried], []
    further: list[TriedFix] = []
    for number, fix in enumerate([fix for fix in fixes[:TRIED] if _can_be_tried(fix, facts, finding)]):
        if number >= SURE and process_time() > until:
            late.append(_untried(fix))
        elif _is_repeated(fix, running):
            continue
        elif (trial := _trial(fix, facts, code, until, understand)) and _is_enough(trial, finding):
            (running if trial.runs else further).append(trial)
        if sum(not mixes(trial) for trial in running) == OFFERED:
            break
    further = further[: 1 if running else OFFERED]
    return (sorted(running, key=mixes) + further + untried + late[:UNTRIED])[:OFFERED]


def _can_be_tried(fix: Fix, facts: Facts, finding: Finding) -> bool:
    return not (fix.tried or fix.change is None or facts.record is None or _is_beside(facts, finding))


def _is_repeated(fix: Fix, running: list[TriedFix]) -> bool:
    """Whether one that runs says the same, word for word, or enough of them say it with other numbers."""
    if any(str(trial.fix.sentence) == str(fix.sentence) for trial in running):
        return True
    return sum(trial.fix.sentence.text == fix.sentence.text for trial in running) >= SIMILAR


def _untried(fix: Fix) -> TriedFix:
    return TriedFix(replace(fix, note=fix.note or sentence("fix-not-tried", "not tried")), None)


def _is_enough(trial: TriedFix, finding: Finding) -> bool:
    """Whether a run to the end gives what is wanted, where something is."""
    return finding.wanted is None or trial.record is None or not trial.runs or finding.wanted(trial.record)


def _is_beside(facts: Facts, finding: Finding) -> bool:
    """Whether the model runs as it is, and nothing says what it would have to give."""
    return facts.record is not None and facts.record.error is None and finding.wanted is None


def alone(fix: Fix, facts: Facts) -> TriedFix | None:
    """A fix by itself, tried once; None where it cannot be carried out."""
    run = _run(fix, facts)
    return TriedFix(replace(fix, tried=run.error is None), run) if run else None


def applied(fix: Fix, facts: Facts) -> tuple[nn.Module, tuple[Any, ...]]:
    """Model and inputs with the fix in; on meta inputs where they do, since a fix may ask for a very large one."""
    assert facts.model is not None
    light = tuple(x.to("meta") if facts.meta and isinstance(x, torch.Tensor) else x for x in facts.inputs)
    return fix.apply(facts.model, light)


def _different(fixes: Iterable[Fix]) -> Iterator[Fix]:
    """Each of the fixes once: those that read alike are alike."""
    known = set()
    for fix in fixes:
        words = (str(fix.sentence), fix.after, fix.path)
        if words not in known:
            known.add(words)
            yield fix


def mixes(trial: TriedFix) -> bool:
    """Whether the answer has other rows than the input: the samples were mixed."""
    inputs = trial.record.inputs if trial.record else ()
    rows = next((seen.shape[0] for seen in inputs if len(seen.shape) > 1), None)
    outputs = trial.record.output_shapes if trial.record else ()
    return bool(rows and outputs and outputs[0] and outputs[0][0] != rows)


def _trial(fix: Fix, facts: Facts, code: str, until: float, understand: Understand) -> TriedFix | None:
    """The fix as it was carried out, in all layers that need it; None where nothing is gained by it."""
    run = _run(fix, facts)
    if run is None:
        return None
    if run.error is not None and len(run.done) > len(facts.done):
        fix, run = _carried(fix, run, facts, code, until, understand)
    if run.error is None:
        return TriedFix(replace(fix, tried=True), run)
    if len(run.done) <= len(facts.done):
        return None
    words = (str(run.error).strip().splitlines() or [type(run.error).__name__])[0]
    note = sentence(
        "fix-gets-further",
        "with it the model runs further, up to {path}: {words}",
        path=run.path or "forward",
        words=words,
    )
    return TriedFix(replace(fix, note=note), run)


def _carried(
    fix: Fix, run: Record, facts: Facts, code: str, until: float, understand: Understand
) -> tuple[Fix, Record]:
    """The same fix in the layers that fail next for the same reason: one line of code may make many layers."""
    places: list[str] = []
    while run.error is not None and fix.before and len(places) < TRIED and process_time() < until:
        model, inputs = applied(fix, facts)
        ahead = gathered(run, model, inputs, meta=facts.meta)
        reason, finding = understand(ahead)
        same = next((f for f in finding.fixes if f.sentence.text == fix.sentence.text and f.change), None)
        further = _run(same, ahead) if same and code == reason else None
        if same is None or further is None or (further.error and len(further.done) <= len(run.done)):
            break
        places.append(ahead.path or "")
        fix, run = replace(fix, change=_both(fix, same)), further
    if places and fix.after and "\n" not in fix.after:
        fix = replace(fix, after=f"{fix.after}  # the same in {', '.join(places)}")
    return fix, run


def _both(first: Fix, second: Fix) -> Callable[[nn.Module, tuple[Any, ...]], tuple[nn.Module, tuple[Any, ...]]]:
    def change(model: nn.Module, inputs: tuple[Any, ...]) -> tuple[nn.Module, tuple[Any, ...]]:
        for fix in (first, second):
            if fix.change:
                model, inputs = fix.change(model, inputs)
        return model, inputs

    return change


def _run(fix: Fix, facts: Facts) -> Record | None:
    """The record with the fix in; None where it cannot be put in.

    It is put into the double that runs; into a copy where it asks tensors for their values.
    """
    assert facts.model is not None
    with suppress(Exception):
        return record(facts.model, facts.inputs, meta=facts.meta, change=fix.change)
    with suppress(Exception):  # a proposal that cannot be carried out is not offered
        return record(*applied(fix, facts), meta=facts.meta)
    return None
