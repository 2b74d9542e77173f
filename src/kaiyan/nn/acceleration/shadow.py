"""A prepared layer beside the model's own: what it would have given, and how far that is from what they give."""

from __future__ import annotations

from torch import Tensor, nn

from kaiyan.nn.acceleration.checking import compare


class Shadow(nn.Module):
    """Passes on what the model's own layers give; keeps how far the prepared one is off, in two units."""

    def __init__(self) -> None:
        super().__init__()
        self.difference, self.excess = 0.0, 0.0

    def forward(self, right: Tensor, ours: Tensor) -> Tensor:
        """The right one."""
        comparison = compare(right, ours)
        broken = 0.0 if comparison.fault is None else float("inf")
        self.difference = max(self.difference, comparison.difference, broken)
        self.excess = max(self.excess, comparison.excess, broken)
        return right
