"""A face on its way to its 128 numbers, as the page has it: the maps after each stage in bytes, and what they span."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.faces.describer import CHIP_SIDE
from kaiyan.faces.passage_stages import passed
from kaiyan.show.error import KaiyanError
from kaiyan.studio.answers.network.looking import scaled, statistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kaiyan.faces.gallery_photographs import Recognises


def told(known: Recognises, chip: NDArray[np.uint8]) -> tuple[list[dict[str, Any]], list[bytes]]:
    """For every stage its shape and reach, its maps as bytes, and last the channels' statistics as float32.

    The maps are what the next layer takes: nothing in them is below 0.
    """
    facts, parts, numbers = [], [], []
    for stage in passed(known, chip[None])[0]:
        channels, height, width = stage.shape
        flat = np.maximum(stage.maps, 0).reshape(channels, -1)
        rows = statistics(flat)
        reach = min(stage.field or CHIP_SIDE, CHIP_SIDE)
        facts.append({"channels": channels, "height": height, "width": width, "reach": reach})
        parts.append(scaled(flat, rows[0], rows[1]).tobytes())
        numbers.append(rows.ravel())
    return facts, [*parts, np.concatenate(numbers).astype("<f4").tobytes()]


def chip_of(parts: list[bytes]) -> NDArray[np.uint8]:
    """The chip (150, 150, 3) that a question brings; raises ``KaiyanError`` where it brings none."""
    if len(parts) != 1 or len(parts[0]) != CHIP_SIDE**2 * 3:
        raise KaiyanError("no-face-chip", "no face of {side} x {side} pixels came with the question", side=CHIP_SIDE)
    return np.frombuffer(parts[0], np.uint8).reshape(CHIP_SIDE, CHIP_SIDE, 3)
