"""What can be wrong with the examples that a kernel is to be learned from."""

from kaiyan.show.error import KaiyanError


class LearnError(KaiyanError):
    """The examples cannot teach what was asked for."""
