"""How often something happens, from counts: a rate with its interval, and how many trials a claim needs.

The interval is Clopper and Pearson's: it covers the true rate at least as often as it says, also where no error was
seen among thousands, which is where Wilson's covers too seldom.
Source: Clopper & Pearson, Biometrika 26 (1934); Brown, Cai & DasGupta, Statistical Science 16 (2001), section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log, log1p

import numpy as np

from kaiyan.show.shown import Data

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Rate(Data):
    """``errors`` among ``trials``, at least one.

    >>> rate = Rate(0, 3000)
    >>> rate.value, rate.low, round(rate.high, 6)
    (0.0, 0.0, 0.001229)
    """

    JSON = ("errors", "trials", "value", "low", "high")

    errors: int
    trials: int

    @property
    def value(self) -> float:
        """The share."""
        return self.errors / self.trials

    @property
    def low(self) -> float:
        """Where the interval of 95 % begins."""
        return 1 - upper(self.trials - self.errors, self.trials, (1 - CONFIDENCE) / 2)

    @property
    def high(self) -> float:
        """Where it ends."""
        return upper(self.errors, self.trials, (1 - CONFIDENCE) / 2)


def upper(errors: int, trials: int, tail: float) -> float:
    """The rate at which so few errors among ``trials`` would be seen with a chance of ``tail`` only."""
    if errors == trials:
        return 1.0
    i = np.arange(errors)
    ways = np.concatenate(([0.0], np.cumsum(np.log((trials - i) / (i + 1)))))
    hits = np.arange(errors + 1)

    low, high = errors / trials, 1.0
    for _ in range(_HALVINGS):
        rate = (low + high) / 2
        if rate in (low, high):
            break
        terms = ways + hits * log(rate) + (trials - hits) * log1p(-rate)
        most = terms.max()
        is_likelier = most + log(np.exp(terms - most).sum()) > log(tail)
        low, high = (rate, high) if is_likelier else (low, rate)
    return high


_HALVINGS = 60
"""After as many a double has no digit left."""


def allowed(rate: float, trials: int) -> int:
    """The most errors among ``trials`` that still show, with 95 % confidence, a rate of at most ``rate``; -1: none do.

    >>> allowed(1e-3, 2994), allowed(1e-3, 2995), allowed(1e-3, 10_000)
    (-1, 0, 4)
    """
    low, high = -1, trials
    while high - low > 1:
        errors = (low + high) // 2
        low, high = (errors, high) if upper(errors, trials, 1 - CONFIDENCE) <= rate else (low, errors)
    return low


def needed(rate: float) -> int:
    """The trials without an error that show, with 95 % confidence, a rate of at most ``rate``.

    >>> needed(1e-3), needed(0.05)
    (2995, 59)
    """
    return ceil(log(1 - CONFIDENCE) / log1p(-rate))


def reachable(trials: int) -> float:
    """The least rate, to three digits, that so many trials can show.

    >>> reachable(2995), needed(reachable(100)) <= 100
    (0.001, True)
    """
    exact = -np.expm1(log(1 - CONFIDENCE) / trials)
    step = 10.0 ** (np.floor(np.log10(exact)) - 2)
    return float(f"{np.ceil(exact / step - _SLACK) * step:.3g}")


_SLACK = 1e-9
