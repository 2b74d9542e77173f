"""Memory planned beforehand: values that do not live at the same time lie at the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.arrays.memory import LINE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kaiyan.program.place import Buffer

Life = tuple[int, int]
"""The first and the last step that reads or writes a buffer."""


def lives(used: Sequence[Sequence[Buffer]]) -> dict[Buffer, Life]:
    """When each buffer of the arena lives, of the buffers that each step uses."""
    found: dict[Buffer, Life] = {}
    for step, buffers in enumerate(used):
        for buffer in buffers:
            if buffer.role == "arena":
                found[buffer] = found.get(buffer, (step, step))[0], step
    return found


def arranged(lives: Mapping[Buffer, Life], apart: int = 0) -> tuple[dict[Buffer, int], int]:
    """Where each buffer begins, in bytes, and the size of it all; ``apart`` bytes are left behind each.

    The largest is placed first, each at the lowest place that is free while it lives.
    Source: Pisarchyk & Lee, Efficient Memory Management for Deep Neural Net Inference, 2020: greedy by size.
    """
    starts: dict[Buffer, int] = {}
    placed: list[tuple[int, int, Life]] = []
    for buffer, life in sorted(lives.items(), key=lambda entry: -entry[0].size):
        size = -(-(buffer.size + apart) // LINE) * LINE
        start = 0
        for begin, end, other in sorted(placed, key=lambda entry: entry[0]):
            if other[0] <= life[1] and life[0] <= other[1]:
                if begin - start >= size:
                    break
                start = max(start, end)
        starts[buffer] = start
        placed.append((start, start + size, life))
    return starts, max((end for _, end, _ in placed), default=0)
