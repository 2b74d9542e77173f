"""What steps ask for while a program is planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kaiyan.engine.codegen.running.launch import Held
from kaiyan.program.choices import Choices
from kaiyan.program.place import Buffer, Pointer

if TYPE_CHECKING:
    from typing import Any

    from kaiyan.engine.compiled import Compiled
    from kaiyan.engine.generated import Generated
    from kaiyan.engine.problem import Problem
    from kaiyan.reference.dtype import Numbers

_SMALL = 2**16
"""Bytes up to which constants of the same numbers are one."""


class Store:
    """Constants that several plans of a program share: packed weights, and tables."""

    def __init__(self) -> None:
        self.packed: dict[Any, tuple[Any, list[tuple[Pointer, Pointer]]]] = {}
        self._small: dict[Any, Pointer] = {}
        self._named: dict[str, Pointer] = {}

    def named(self, name: str, array: Numbers) -> Pointer:
        """Where a constant of the graph lies."""
        if name not in self._named:
            dense = np.ascontiguousarray(array).reshape(array.shape)
            self._named[name] = Pointer(Buffer(array.nbytes, "constant", array=dense))
        return self._named[name]

    def constant(self, array: Numbers) -> Pointer:
        """Where an array lies; it must be dense and stay as it is."""
        if array.nbytes > _SMALL:
            return Pointer(Buffer(array.nbytes, "constant", array=array))
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self._small:
            self._small[key] = Pointer(Buffer(array.nbytes, "constant", array=array))
        return self._small[key]


class PlanningRoom:
    """Constants, memory that is free again when the step is done, and what is chosen.

    ``problems`` are the convolutions that were asked for, by the names of their outputs, and ``chosen`` what computes
    each.
    """

    def __init__(
        self, threads: int = 1, precision: str = "default", choices: Choices | None = None, store: Store | None = None
    ) -> None:
        self.threads, self.precision = threads, precision
        self._choices, self._store = choices or Choices(), store or Store()
        self.problems: dict[str, Problem] = {}
        self.chosen: dict[str, str] = {}

    def algorithm(self, name: str, problem: Problem) -> Generated:
        """What computes the convolution whose output has this name."""
        algorithm = self._choices.algorithm(name, problem)
        self.problems[name], self.chosen[name] = problem, algorithm.name
        return algorithm

    def constant(self, array: Numbers) -> Pointer:
        """Where an array of numbers, or of whole numbers of 64 bits, lies; it must be dense and stay as it is."""
        return self._store.constant(array)

    def named(self, name: str, array: Numbers) -> Pointer:
        """Where a constant of the graph lies."""
        return self._store.named(name, array)

    def scratch(self, size: int) -> Pointer:
        """So many bytes for this step alone."""
        return Pointer(Buffer(size))

    def packed(self, compiled: Compiled, weight: Pointer, bias: Pointer | None, arrays: Any) -> Any:
        """What ``compiled.held`` gives of these constants, without its arrays; and where those lie, for each call."""
        key = weight.buffer, weight.offset, None if bias is None else (bias.buffer, bias.offset), compiled.packing
        known = self._store.packed.get(key)
        if known is None:
            held = compiled.held(*arrays())
            listed = held if isinstance(held, list) else [held]
            places = [(self.constant(one.arrays[0]), self.constant(one.arrays[1])) for one in listed]
            empty = [Held((), 0, 0) for _ in listed]  # type: ignore[arg-type]
            known = self._store.packed[key] = (empty if isinstance(held, list) else empty[0]), places
        return known
