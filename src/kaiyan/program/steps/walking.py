"""Arrays of one shape on the fewest axes, and the arguments with which a routine walks through them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.place import Pointer

_ALIGNED = 64
"""Elements of which a task's part of a long axis is a multiple."""
_SHORT = 8
"""Elements of an axis that is short as a middle one."""
_WIDE = 128
"""Elements of a square's lines that one task writes."""


@dataclass(frozen=True, slots=True)
class Walked:
    """Sizes from the outermost axis in, and each array's strides on them, in elements."""

    sizes: tuple[int, ...]
    strides: tuple[tuple[int, ...], ...]

    @property
    def steps(self) -> tuple[int, ...]:
        """Each array's stride on the innermost axis."""
        return tuple(strides[-1] for strides in self.strides)

    def arguments(self, places: Sequence[Pointer], most: int) -> tuple[tuple[int | Pointer, ...], int]:
        """The arguments of a ``StridedWalk``, and the number of tasks, each of about ``most`` elements or fewer."""
        inner = self.sizes[-1]
        inner_step = inner if inner <= most + most // 2 else _whole_parts(most)
        return self._long_inside().cut(places, (max(most // inner_step, 1), inner_step), most)

    def ordered(self, order: Sequence[int]) -> Walked:
        """The same axes in another order."""
        strides = tuple(tuple(strides[i] for i in order) for strides in self.strides)
        return Walked(tuple(self.sizes[i] for i in order), strides)

    def _long_inside(self) -> Walked:
        """With a middle axis that is not short, where there is one: for each line of it places are reckoned anew."""
        rank = len(self.sizes)
        long = [axis for axis in range(rank - 1) if self.sizes[axis] >= _SHORT]
        if not long or long[-1] == rank - 2:
            return self
        return self.ordered([*(axis for axis in range(rank - 1) if axis != long[-1]), long[-1], rank - 1])

    def squares(self, places: Sequence[Pointer], most: int) -> tuple[tuple[int | Pointer, ...], int]:
        """The same for tasks that are about as wide as they are high: both are whole numbers of squares."""
        inner_step = _whole_parts(min(self.sizes[-1], _WIDE))
        return self.cut(places, (_whole_parts(max(most // inner_step, 1)), inner_step), most)

    def cut(
        self, places: Sequence[Pointer], steps: tuple[int, int], most: int
    ) -> tuple[tuple[int | Pointer, ...], int]:
        """The same, for the steps of the middle and the inner axis that one task does."""
        outer, middle, inner = self.sizes[:-2], (1, *self.sizes)[-2], self.sizes[-1]
        middle_step, inner_step = min(steps[0], middle), min(steps[1], inner)
        outer_step = min(max(most // (inner_step * middle_step), 1), prod(outer))
        inner_parts, middle_parts = -(-inner // inner_step), -(-middle // middle_step)
        sizes = (prod(outer), outer_step, middle, middle_step, middle_parts, inner, inner_step, inner_parts, len(outer))
        middle_steps = tuple((0, *strides)[-2] for strides in self.strides)
        axes = zip(outer, *(strides[:-2] for strides in self.strides), strict=True)
        rest = tuple(number for axis in reversed(list(axes)) for number in axis)
        tasks = -(-sizes[0] // outer_step) * middle_parts * inner_parts
        return (*sizes, *places, *self.steps, *middle_steps, *rest), tasks


def _whole_parts(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED


def walked(shape: Sequence[int], strides: Sequence[Sequence[int]]) -> Walked:
    """The fewest axes for arrays of this shape: in the first one's order, those that can be walked as one being one.

    >>> walked((2, 3, 4, 5), [(60, 1, 15, 3), (60, 1, 15, 3)])
    Walked(sizes=(120,), strides=((1,), (1,)))
    """
    axes = [(size, *steps) for size, *steps in zip(shape, *strides, strict=True) if size != 1]
    axes.sort(key=lambda axis: [-abs(step) for step in axis[1:]])
    kept: list[tuple[int, ...]] = []
    for size, *steps in axes:
        if kept and all(outer == step * size for outer, step in zip(kept[-1][1:], steps, strict=True)):
            kept[-1] = (kept[-1][0] * size, *steps)
        else:
            kept.append((size, *steps))
    sizes, *columns = zip(*(kept or [(1, *[1] * len(strides))]), strict=True)
    return Walked(sizes, tuple(columns))
