"""Which seeds a test of random cases tries: a few, or those that a variable of the environment names."""

from __future__ import annotations

import os


def seeds(variable: str, few: int) -> range:
    """Those below a number, ``1000``, or those from one up to another, ``5000:6000``; without a word, the first few."""
    first, _, after = os.environ.get(variable, str(few)).rpartition(":")
    return range(int(first or 0), int(after))
