"""A clock that a test moves: what is timed takes as long on a busy machine as on an idle one."""

from __future__ import annotations

from dataclasses import dataclass

TICK = 1e-3
"""Seconds from one reading of the clock to the next: what every timed call takes, whatever it does."""


@dataclass(slots=True)
class Clock:
    """Stands in the place of ``perf_counter``; what shall take longer adds its ``seconds``."""

    seconds: float = 0.0

    def __call__(self) -> float:
        """The time, in seconds."""
        self.seconds += TICK
        return self.seconds
