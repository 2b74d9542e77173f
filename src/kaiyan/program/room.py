"""What steps ask for while a program is planned."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

from kaiyan.engine.codegen.running.launch import Held
from kaiyan.engine.codegen.running.workspace import WeightBlock, taking_from
from kaiyan.engine.types import types_of
from kaiyan.program.choices import Choices
from kaiyan.program.place import Buffer, Pointer

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.compiled import Compiled
    from kaiyan.engine.problem import Problem
    from kaiyan.program.place import Place
    from kaiyan.reference.dtype import Numbers

_SMALL = 2**16
"""Bytes up to which constants of the same numbers are one."""
_PIECE = 2**24 + 2**16
"""Bytes of the pieces that packed weights are taken from: one of them keeps its piece, not a whole plan's weights.

Four of 4 MB fit with their biases. Pieces of 8 MB cost ResNet-50 1.5 % of its time (Zen 4), these 0.3 %.
"""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class PackedWeight:
    """What ``Compiled.held`` gave, without its arrays, and where the weight and the bias of each call lie."""

    held: Any
    places: list[tuple[Pointer, Pointer]]


class Store:
    """Constants that several plans of a program share: tables, and packed weights as long as a plan reads them."""

    def __init__(self) -> None:
        self.packed: WeakValueDictionary[Any, PackedWeight] = WeakValueDictionary()
        self._small: WeakValueDictionary[Any, Buffer] = WeakValueDictionary()
        self._named: dict[str, Pointer] = {}

    def named(self, name: str, array: Numbers) -> Pointer:
        """Where a constant of the graph lies."""
        if name not in self._named:
            dense = np.ascontiguousarray(array, array.dtype.newbyteorder("=")).reshape(array.shape)
            self._named[name] = Pointer(Buffer(array.nbytes, "constant", array=dense))
        return self._named[name]

    @property
    def size(self) -> int:
        """Bytes of the constants of the graph."""
        return sum(pointer.buffer.size for pointer in self._named.values())

    def constant(self, array: Numbers, *, lies: bool = False) -> Pointer:
        """Where an array lies; it must be dense and stay as it is. One that ``lies`` where it shall is not moved."""
        if array.nbytes > _SMALL:
            return Pointer(Buffer(array.nbytes, "constant", array=array, lies=lies))
        key = array.dtype.str, array.shape, array.tobytes()
        buffer = self._small.get(key)
        if buffer is None:
            buffer = self._small[key] = Buffer(array.nbytes, "constant", array=array)
        return Pointer(buffer)


class PlanningRoom:
    """Constants, memory that is free again when the step is done, and what is chosen.

    ``problems`` are the convolutions that were asked for, by the names of their outputs, and ``chosen`` what computes
    each; ``weights`` are the packed ones that the plan reads.
    """

    def __init__(
        self, threads: int = 1, precision: str = "default", choices: Choices | None = None, store: Store | None = None
    ) -> None:
        self.threads, self.precision = threads, precision
        self._choices, self._store = choices or Choices(), store or Store()
        self._block: WeightBlock | None = None
        self._routines: dict[tuple[str, Problem], tuple[Any, float]] = {}
        self.problems: dict[str, Problem] = {}
        self.chosen: dict[str, str] = {}
        self.weights: list[PackedWeight] = []

    def of_one_thread(self) -> PlanningRoom:
        """The same room, for calls that a thread makes by itself."""
        self._weight_block()
        room = copy(self)
        room.threads = 1
        return room

    def apart(self) -> PlanningRoom:
        """One like it that shares no memory with it, nor with other plans."""
        return PlanningRoom(self.threads, self.precision)

    def convolution(self, name: str, problem: Problem) -> tuple[Any, float]:
        """The routine that computes the convolution whose output has this name, and its cycles for one image."""
        algorithm = self._choices.algorithm(name, problem)
        self.problems[name], self.chosen[name] = problem, algorithm.name
        key = algorithm.name, problem
        if key not in self._routines:
            routine = algorithm.compiled(problem, types_of(problem)[0])
            self._routines[key] = routine, algorithm.work(problem).cycles
        return self._routines[key]

    def is_as_chosen(self, name: str) -> bool:
        """Whether the algorithm that was named for this output computes it: one that refuses a shape does not."""
        return self.chosen.get(name) == self._choices.algorithms.get(name, self.chosen.get(name))

    def constant(self, array: Numbers) -> Pointer:
        """Where an array of numbers, or of whole numbers of 64 bits, lies; it must be dense and stay as it is."""
        return self._store.constant(array)

    def named(self, name: str, array: Numbers) -> Pointer:
        """Where a constant of the graph lies."""
        return self._store.named(name, array)

    def scratch(self, size: int) -> Pointer:
        """So many bytes for this step alone."""
        return Pointer(Buffer(size))

    def packed(
        self, compiled: Compiled, weight: Place, bias: Place | None, arrays: Callable[[], tuple[Any, Any]]
    ) -> PackedWeight:
        """What ``compiled.held`` gives of these constants, packed unless a plan reads it already."""
        key = *_seen(weight), None if bias is None else _seen(bias), compiled.packing
        packed = self._store.packed.get(key)
        if packed is None:
            packed = self._store.packed[key] = self._newly_packed(compiled.held, arrays)
        self.weights.append(packed)
        return packed

    def _weight_block(self) -> WeightBlock:
        """What packed weights are taken from, once the graph's constants are known."""
        self._block = self._block or WeightBlock(min(self._store.size, _PIECE))
        return self._block

    def _newly_packed(self, hold: Callable[..., Any], arrays: Callable[[], tuple[Any, Any]]) -> PackedWeight:
        block = self._weight_block()
        with taking_from(block):
            held = hold(*arrays())
        listed = held if isinstance(held, list) else [held]
        weights = [self._store.constant(one.arrays[0], lies=block.holds(one.arrays[0])) for one in listed]
        places = [(weight, self.constant(one.arrays[1])) for weight, one in zip(weights, listed, strict=True)]
        empty = [Held((), 0, 0) for _ in listed]  # type: ignore[arg-type]
        return PackedWeight(empty if isinstance(held, list) else empty[0], places)


def _seen(place: Place) -> tuple[Any, ...]:
    """What tells one view of a constant from another."""
    return place.pointer.buffer, place.pointer.offset, place.shape, place.strides
