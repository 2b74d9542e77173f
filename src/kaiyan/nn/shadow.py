"""A prepared layer beside the model's own: what it would have given, and how far that is from what they give."""

from __future__ import annotations

from torch import Tensor, nn

from kaiyan.nn.checking import compare


class Shadow(nn.Module):
    """Passes on what the model's own layers give, and keeps the prepared one's largest difference from it."""

    def __init__(self) -> None:
        super().__init__()
        self.difference, self.allowed = 0.0, 0.0

    def forward(self, right: Tensor, given: Tensor) -> Tensor:
        """The right one."""
        comparison = compare(right, given)
        self.allowed = comparison.allowed
        here = comparison.difference if comparison.fault is None else float("inf")
        self.difference = max(self.difference, here)
        return right
