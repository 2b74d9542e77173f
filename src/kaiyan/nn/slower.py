"""A rewritten model that is slower than the original is not given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.nn.clock import raced
from kaiyan.nn.copied import copied
from kaiyan.nn.settling import NotEqualError, Settled
from kaiyan.spec.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.nn.case import Case

SLOWEST, JITTER = 0.97, 2e-4
"""What it may take in units of the original's time, and in seconds beside, before it counts as slower."""


def refuse_slower(case: Case, settled: Settled) -> None:
    """Raises ``NotEqualError`` for a model that is slower beyond doubt: by the least times of all races."""
    before, after = settled.before, settled.after
    if not _is_slower(before, after):
        return
    quick = copied(settled.quick) if case.changed else settled.quick
    races = [raced([case.spent, quick], case.questions[0].inputs, 1) for _ in range(case.turns)]
    before, after = (min(times) for times in zip((before, after), *races, strict=True))
    if _is_slower(before, after):
        raise NotEqualError(
            sentence(
                "left", "torch runs the model in {before:.3f} ms, and with its layers replaced in {after:.3f} ms",
                before=before * 1e3, after=after * 1e3,
            )
        )  # fmt: skip


def _is_slower(before: float, after: float) -> bool:
    return after > before / SLOWEST + JITTER
