"""Random numbers that depend on where a run is and on nothing before: a run that goes on draws what it would have."""

import random
from functools import cache
from hashlib import sha256

import numpy as np
import torch


def number(seed: int, *place: object) -> int:
    """A whole number below 2**63 for a place of a run, such as ``("step", 12)``.

    >>> number(0, "step", 1) == number(0, "step", 1) != number(0, "step", 2)
    True
    """
    digest = sha256(repr((seed, *place)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def draw_from(seed: int, *place: object) -> None:
    """Lets torch, NumPy and Python draw what belongs to this place."""
    begun = number(seed, *place)
    random.seed(begun)
    np.random.seed(begun % 2**32)  # noqa: NPY002 (what data sets and models draw from)
    if _has_accelerator():
        torch.manual_seed(begun)
    else:
        torch.default_generator.manual_seed(begun)


@cache
def _has_accelerator() -> bool:
    """Where there is none, ``torch.manual_seed`` still keeps a call with its traceback for CUDA, XPU and MTIA each.

    A step of a small network took twice as long for it, and what is kept grew with every step.
    """
    return torch.accelerator.is_available()


def generator(seed: int, *place: object) -> torch.Generator:
    """A generator of its own for this place."""
    return torch.Generator().manual_seed(number(seed, *place))
