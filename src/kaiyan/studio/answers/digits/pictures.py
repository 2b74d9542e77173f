"""scikit-learn's handwritten digits: which are learned from, which are held out, how far a drawing is from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import torch

from kaiyan.learn.training.examples import Examples, examples

if TYPE_CHECKING:
    from torch import Tensor

WHITE = 16
"""The largest number of a picture: all 16 pixels of a block are ink."""
_HELD = 360
"""Pictures that are held out, chosen once for all runs, so that runs compare."""
_USUAL = 0.99
"""Share of the held-out pictures that are at most so far from the nearest that is learned from."""


@dataclass(frozen=True, slots=True)
class DigitPictures:
    """Pictures (N, 1, 8, 8) of values 0 to 1 with their digits (N,): ``learned`` from and ``held`` out.

    ``filled`` of ``count`` pictures have ink in their first and in their last row; ``usual`` is the distance, in counts
    of ink, that 99 % of the held-out pictures keep to the nearest of those that are learned from.
    """

    learned: Examples
    held: Examples
    count: int
    filled: int
    usual: float

    def nearest(self, picture: Tensor) -> tuple[int, float]:
        """Of the pictures that are learned from, the place of the nearest to one (1, 1, 8, 8), and how far it is."""
        least = _distances(picture, columns(self.learned)[0]).min(1)
        return int(least.indices), float(least.values)


def columns(part: Examples) -> tuple[Tensor, Tensor]:
    """Pictures and digits of a part."""
    inputs, digits = part.dataset.tensors
    return inputs, digits


@cache
def digit_pictures() -> DigitPictures:
    """All 1,797 of them; raises ``ModuleNotFoundError`` where scikit-learn is not there.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, doi:10.24432/C50P49 (CC BY 4.0).
    """
    from sklearn.datasets import load_digits

    found = load_digits()
    inputs = torch.from_numpy(found.images).float()[:, None] / WHITE
    part = examples((inputs, torch.from_numpy(found.target).long()), batch=1)
    learned, held = part.split(_HELD / len(part), seed=0)
    usual = _distances(columns(held)[0], columns(learned)[0]).min(1).values.quantile(_USUAL)
    ink = inputs.amax(3)[:, 0] > 0
    return DigitPictures(learned, held, len(part), int((ink[:, 0] & ink[:, -1]).sum()), float(usual))


def _distances(some: Tensor, others: Tensor) -> Tensor:
    return torch.cdist(WHITE * some.flatten(1), WHITE * others.flatten(1))
