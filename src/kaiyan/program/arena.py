"""Memory planned beforehand: values that do not live at the same time lie at the same place."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from typing import TYPE_CHECKING

from kaiyan.arrays.memory import LINE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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


def taken_over(lives: Mapping[Buffer, Life], pairs: Sequence[tuple[Buffer, Buffer]]) -> dict[Buffer, Buffer]:
    """Whose memory buffers take that are filled; ``pairs`` are of such a buffer and of one that may be the same memory.

    It is, where the second is used no more; where that took a third one's memory, so does the first.
    """
    first: dict[Buffer, Buffer] = {}
    gone: set[Buffer] = set()
    for new, old in pairs:
        if new in lives and old in lives and lives[old][1] == lives[new][0] and not {new, old} & gone:
            first[new] = first.get(old, old)
            gone.add(old)
    return first


def arranged(
    lives: Mapping[Buffer, Life], apart: int = 0, first: Mapping[Buffer, Buffer] | None = None
) -> tuple[dict[Buffer, int], int]:
    """Where each buffer begins, in bytes, and the size of it all; ``apart`` bytes are left behind each.

    ``first`` has those that lie where another one did. Each is placed at the lowest place that is free while
    it lives, in whichever of two orders takes less.
    Source: Pisarchyk & Lee, Efficient Memory Management for Deep Neural Net Inference, 2020, by size and breadth.
    """
    first = first or {}
    whole = {buffer: life for buffer, life in lives.items() if buffer not in first}
    for new, old in first.items():
        whole[old] = whole[old][0], max(whole[old][1], lives[new][1])
    starts, size = min((_placed(whole, order, apart) for order in _orders(whole)), key=lambda placed: placed[1])
    return starts | {new: starts[old] for new, old in first.items()}, size


def _orders(lives: Mapping[Buffer, Life]) -> Iterator[list[Buffer]]:
    """By size; and by what lives together with it at the most."""
    yield sorted(lives, key=lambda buffer: -buffer.size)
    together: Counter[int] = Counter()
    for buffer, (begin, end) in lives.items():
        for step in range(begin, end + 1):
            together[step] += buffer.size
    crowd = {buffer: max(together[step] for step in range(begin, end + 1)) for buffer, (begin, end) in lives.items()}
    yield sorted(lives, key=lambda buffer: (-crowd[buffer], -buffer.size))


def _placed(lives: Mapping[Buffer, Life], order: Sequence[Buffer], apart: int) -> tuple[dict[Buffer, int], int]:
    """Each in its turn at the lowest place that is free while it lives."""
    starts: dict[Buffer, int] = {}
    placed: list[tuple[int, int, Life]] = []
    for buffer in order:
        life, start = lives[buffer], 0
        size = -(-(buffer.size + apart) // LINE) * LINE
        for begin, end, other in placed:
            if other[0] <= life[1] and life[0] <= other[1]:
                if begin - start >= size:
                    break
                start = max(start, end)
        starts[buffer] = start
        insort(placed, (start, start + size, life))
    return starts, max((end for _, end, _ in placed), default=0)
