"""Places that are walked together, as the axes of a nest of loops: as few as their strides allow."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

from kaiyan.engine.codegen.parts.lanes import APART, UNIT, way
from kaiyan.engine.codegen.parts.nest import GATHERED, KEPT, Nest
from kaiyan.program.place import KernelCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.engine.codegen.language.compile import Compilable
    from kaiyan.program.place import Pointer
    from kaiyan.spec.conv import Shape

NESTED_TYPES = ("float32", "float64")
"""Types that native steps compute in."""
TASK_CYCLES = 20_000
"""Of a task, about: 5 microseconds."""


class Side(NamedTuple):
    """One axis of all arrays: its size, and its stride in each."""

    size: int
    strides: Shape


def merged(sides: Sequence[Side]) -> list[Side]:
    """The same elements by fewer axes, from the largest stride of the first array to the smallest."""
    kept = sorted((side for side in sides if side.size != 1), key=lambda side: side.strides, reverse=True)
    joined: list[Side] = []
    for side in kept:
        before = joined[-1] if joined else None
        if before and before.strides == tuple(stride * side.size for stride in side.strides):
            joined[-1] = Side(before.size * side.size, side.strides)
        else:
            joined.append(side)
    return joined


def equal_parts(gathered: Sequence[Side], most: int) -> int:
    """Into how many equal parts, not above ``most``, the first axis can be cut."""
    size = gathered[0].size if gathered else 1
    return max((part for part in range(1, most + 1) if size % part == 0), default=1)


def parted(side: Side, parts: int, *steps: int) -> tuple[Side, Side]:
    """An axis as the axis of its parts, ``steps`` apart in what comes after the first array, and that of one part."""
    size = side.size // parts
    return Side(parts, (side.strides[0] * size, *steps)), Side(size, side.strides)


class NestedWalk:
    """Arrays with axes that are kept and axes that are gathered; the first array is the input, the second the output.

    ``held`` is how many vectors are held at a time across, at most.
    """

    def __init__(self, kept: Sequence[Side], gathered: Sequence[Side], arrays: int, lanes: int, held: int) -> None:
        self.kept, self.gathered, self.arrays, self._lanes = merged(kept), merged(gathered), arrays, lanes
        self._one = Side(1, (0,) * arrays)
        last = self.kept[-1] if self.kept else self._one
        inner = self.gathered[-1] if self.gathered else self._one
        self.along = last.strides[0] != 1 or last.size == 1 or inner.strides[0] == 1
        self._slots = 1 if self.along else max(min(held, last.size // lanes), 1)

    @property
    def fits(self) -> bool:
        """Whether there are no more axes than a nest has."""
        return len(self.kept) <= KEPT and len(self.gathered) <= GATHERED

    @property
    def nest(self) -> Nest:
        """The loops, as they are written into code."""
        sides = self.gathered if self.along else self.kept
        ways = tuple(way(stride) for stride in sides[-1].strides) if sides else (UNIT,) * self.arrays
        return Nest(self.along, ways, self._slots)

    def call(self, routine: Compilable, pointers: Sequence[Pointer], vector_cycles: float) -> KernelCall:
        """The native call; a vector in all passes costs so many cycles, one apart more."""
        kept = [self._one] * (KEPT - len(self.kept)) + self.kept
        gathered = [self._one] * (GATHERED - len(self.gathered)) + self.gathered
        steps = [
            stride for array in range(self.arrays) for side in (*kept, *gathered) for stride in [side.strides[array]]
        ]
        units, cycles = self._counted(vector_cycles)
        share = min(max(int(TASK_CYCLES // max(cycles, 1)), 1), max(units, 1))
        sizes = [side.size for side in (*kept, *gathered)]
        tasks = -(-units // share)
        return KernelCall(routine, (*pointers, units, share, *sizes, *steps), tasks, units * cycles)

    def _counted(self, vector_cycles: float) -> tuple[int, float]:
        """How many units there are, and the cycles of one."""
        kept, gathered = ([side.size for side in sides] for sides in (self.kept, self.gathered))
        vector_cycles += 3 * self._lanes * self.nest.ways[:2].count(APART)
        if self.along:
            inner = gathered[-1] if gathered else 1
            return prod(kept), prod(gathered[:-1]) * -(-inner // self._lanes) * vector_cycles + 40
        last = kept[-1] if kept else 1
        blocks = -(-last // (self._slots * self._lanes))
        return prod(kept[:-1]) * blocks, prod(gathered) * self._slots * vector_cycles + 20


def refused(dtypes: Sequence[str], walk: NestedWalk) -> bool:
    """Whether types or axes are such that no nest is written."""
    return len(set(dtypes)) > 1 or dtypes[0] not in NESTED_TYPES or not walk.fits
