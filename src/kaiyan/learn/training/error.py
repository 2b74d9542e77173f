"""What can be wrong with a training that was asked for, or go wrong while it runs."""

from kaiyan.show.error import KaiyanError


class TrainingError(KaiyanError):
    """A training cannot begin, or cannot go on."""
