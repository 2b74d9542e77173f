"""A rewritten model that is slower than the original is not given."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from kaiyan.nn.acceleration.clock import times_in_turns
from kaiyan.nn.acceleration.settling import NotEqualError, Settled
from kaiyan.show.sentence import sentence
from kaiyan.trace.copied import copied

if TYPE_CHECKING:
    from kaiyan.nn.acceleration.case import Case

SLOWEST, JITTER = 0.98, 3e-6
"""What it may take in units of the original's time, and in seconds beside, before it counts as slower."""
_AGAIN = 3
"""How many times as many turns decide where the first say that it is slower."""


def refuse_slower(case: Case, settled: Settled) -> None:
    """Raises ``NotEqualError`` for a model that is slower in most turns: two calls in a row find the machine alike."""
    if not settled.quick.is_replaced or (case.is_slow and settled.after <= settled.before / SLOWEST):
        return
    times = [*settled.turns]
    if times and not _is_slower(times):
        return
    models = [case.spent, copied(settled.quick) if case.changed else settled.quick]
    for turns in (_AGAIN * case.turns,) if times else (case.turns, _AGAIN * case.turns):
        times += times_in_turns(models, case.questions[0].inputs, turns)
        if not _is_slower(times):
            return
    before, after = (min(taken) for taken in zip(*times, strict=True))
    raise NotEqualError(
        sentence(
            "left-model-slower",
            "torch runs the model in {before:.3f} ms, and Kaiyan in {after:.3f} ms",
            before=before * 1e3, after=after * 1e3,
        )
    )  # fmt: skip


def _is_slower(times: list[tuple[float, ...]]) -> bool:
    return median((after - JITTER) / before for before, after in times) > 1 / SLOWEST
