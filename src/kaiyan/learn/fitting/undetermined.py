"""What the pictures leave open, in words: a constant picture determines only the sum of the taps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.show.sentence import Sentence, sentence
from kaiyan.spec.read import axis_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kaiyan.learn.fitting.solution import Solution
    from kaiyan.reference.dtype import Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Undetermined:
    """What the pictures do not tell of one kernel (C, *kernel).

    ``directions`` (M, C, *kernel) can be added to the kernel in any amount without changing the pictures after;
    ``taps`` (C, *kernel) are not determined by themselves; ``words`` say what is determined nevertheless.
    """

    directions: Numbers
    taps: Numbers
    words: tuple[Sentence, ...]

    JSON = ("count", "taps", "words")

    @property
    def count(self) -> int:
        """How many independent combinations of the taps are open."""
        return len(self.directions)


def undetermined(found: Solution, shape: tuple[int, ...]) -> Undetermined:
    """What the pictures leave open of the kernels of a solution, each of ``shape`` (C, *kernel)."""
    directions = found.directions / found.scale
    sizes = np.linalg.norm(directions, axis=1, keepdims=True)
    directions = (directions / np.where(sizes == 0, 1, sizes)).reshape(-1, *shape)
    words = tuple(_words(found, shape)) if len(directions) else ()
    return Undetermined(directions, found.loose.reshape(shape), words)


def _words(found: Solution, shape: tuple[int, ...]) -> Iterable[Sentence]:
    unknowns, known = int(np.prod(shape)), int(np.prod(shape)) - len(found.directions)
    yield sentence("fit-open", "the pictures determine {known} of {unknowns} numbers or combinations of them",
                   known=known, unknowns=unknowns)  # fmt: skip
    said = _known(found, shape, known)
    if said is not None:
        yield said
    elif found.loose.all():
        yield sentence("fit-open-all", "no tap is determined by itself")
    else:
        yield sentence("fit-open-taps", "{count} taps are determined by themselves", count=int((~found.loose).sum()))
    if found.bias_is_loose:
        yield sentence("fit-open-bias", "nor is the bias determined apart from the sum of the taps")
    yield sentence("fit-least", "of all kernels that fit equally well, the smallest is given")


def _known(found: Solution, shape: tuple[int, ...], known: int) -> Sentence | None:
    """The sums that are all that is determined, where they have a name."""
    if known == 0:
        return sentence(
            "fit-open-nothing", "there is nothing in the pictures before but one value: no tap is determined"
        )
    ones = np.ones(shape)
    if known == 1 and found.determines(ones.ravel()):
        return sentence("fit-open-sum", "the picture before is constant: only the sum of the taps is determined")
    if shape[0] > 1 and known == ones[0].size and _all(found, _summed(found.scale.reshape(shape), 0)):
        return sentence(
            "fit-open-channels",
            "the channels show the same picture up to a factor: only their sum at each tap is determined, not how it "
            "is shared among them",
        )
    names = axis_names(len(shape) - 1)
    for axis, name in enumerate(names, 1):
        if shape[axis] > 1 and known == ones.size // shape[axis] and _all(found, _summed(ones, axis)):
            return sentence(
                "fit-open-axis",
                "the picture before does not change along {axis}: only the sums of the taps along it are determined",
                axis=name,
            )
    return None


def _all(found: Solution, combinations: Iterable[Numbers]) -> bool:
    return all(found.determines(combination) for combination in combinations)


def _summed(weights: Numbers, axis: int) -> Iterable[Numbers]:
    """For every place beside an axis, the combination (U,) that sums along it, each tap with its weight."""
    beside = weights.shape[:axis] + weights.shape[axis + 1 :]
    for place in np.ndindex(*beside):
        combination = np.zeros_like(weights, dtype=np.float64)
        index = (*place[:axis], slice(None), *place[axis:])
        combination[index] = weights[index]
        yield combination.ravel()
