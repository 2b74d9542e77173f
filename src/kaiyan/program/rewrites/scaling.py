"""Terms that multiply each channel by a constant or add one to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.program.rewrites.weighted import per_channel

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.program.rewrites.draft import Redraft
    from kaiyan.program.rewrites.terms import Term
    from kaiyan.reference.dtype import Numbers

_STEPS: dict[tuple[str, int], Callable[[Any], tuple[Any, Any]]] = {
    ("mul", 0): lambda c: (c, 0 * c),
    ("mul", 1): lambda c: (c, 0 * c),
    ("div", 0): lambda c: (1 / c, 0 * c),
    ("add", 0): lambda c: (1 + 0 * c, c),
    ("add", 1): lambda c: (1 + 0 * c, c),
    ("sub", 0): lambda c: (1 + 0 * c, -c),
    ("sub", 1): lambda c: (0 * c - 1, c),
    ("neg", 0): lambda c: (0 * c - 1, 0 * c),
}
"""By the word and where the value stands in it: what a constant ``c`` multiplies by, and what it adds then."""


def scale_and_shift(
    draft: Redraft, term: Term, place: int, rank: int, axis: int, channels: int
) -> tuple[Numbers, Numbers] | None:
    """What a term does to its operand at ``place``: (scale, shift), a number a channel each; None if anything else."""
    step = _STEPS.get((term[0], place))
    if step is None:
        return None
    other = term[2 - place] if len(term) == 3 else 1.0
    array = draft.constants.get(other) if isinstance(other, str) else other
    if array is None or isinstance(array, int):
        return None
    constant = per_channel(array, rank, axis, channels)
    if constant is None or (term[0] == "div" and not constant.all()):
        return None
    with np.errstate(all="ignore"):
        scale, shift = step(constant)
    return (scale, shift) if np.isfinite(scale).all() else None
