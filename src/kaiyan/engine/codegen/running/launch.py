"""A routine on one shape of input: its arguments laid out, its tasks handed to the threads."""

from __future__ import annotations

import ctypes
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from kaiyan.arrays.table import named
from kaiyan.engine.codegen.language.compile import Compilable, address
from kaiyan.engine.codegen.parts.strip import Argument, Strip
from kaiyan.engine.codegen.running.threads import run
from kaiyan.engine.types import BYTES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kaiyan.engine.codegen.parts.epilogue import Epilogue
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape

_VARIANTS = 64
"""Strides for which arguments are kept laid out."""
_Arguments = ctypes.c_int64 * (Argument.STRIDE + 3)


class ConvolutionRoutine(Compilable, Protocol):
    """What every routine of a convolution tells of itself."""

    @property
    def epilogue(self) -> Epilogue:
        """What happens to its sums."""

    @property
    def source(self) -> str:
        """What lies side by side in the input; see ``Strip``."""

    @property
    def strip(self) -> Strip:
        """The strip that it packs."""

    @property
    def tasks(self) -> tuple[int, ...]:
        """Tasks of one image, as a grid."""

    @property
    def cycles(self) -> float:
        """Of one image on one thread, by count."""

    @property
    def weights(self) -> int:
        """Elements of the packed weight."""

    def packed(self, weight: Numbers, bias: Numbers) -> tuple[Numbers, Numbers]:
        """A weight (K, C/groups, *kernel) and a bias (K,) as the routine reads them."""


class Held(NamedTuple):
    """A packed weight and bias, and where they lie: an array takes a microsecond to say so."""

    arrays: tuple[Numbers, Numbers]
    weight: int
    bias: int


class Launch:
    """Called with an input and what ``held`` gave: the output, in the input's layout; None where a sum went astray.

    ``maps`` are those of the routine's geometry; ``threads`` is how many share the work; ``origin`` is where its
    outputs begin, in elements of a channel.
    """

    def __init__(
        self,
        routine: ConvolutionRoutine,
        maps: tuple[NDArray[np.int64], ...],
        output_shape: Shape,
        kind: str,
        *,
        threads: int,
        origin: int = 0,
    ) -> None:
        given = routine.epilogue.given or routine.dtype
        self.packed = routine.packed
        self._kind = named(kind)
        self._dtype = self._kind.dtype(given)
        self._function = address(routine)
        self._tasks = output_shape[0] * prod(routine.tasks)
        self._threads = threads
        self._last = routine.source == "channels_last"
        self._origin = origin * BYTES[given] * (output_shape[1] if self._last else 1)
        rank = len(output_shape) - 2
        self._shape = (output_shape[0], *output_shape[2:], output_shape[1]) if self._last else output_shape
        self._order = (0, rank + 1, *range(1, rank + 1))
        self._lead = [0] * (len(maps) - rank)
        self._maps = [np.concatenate([places, np.full(_overrun(routine), -1)]) for places in maps]
        self._fixed: dict[tuple[int, ...], Any] = {}

    def held(self, weight: Numbers, bias: Numbers) -> Held:
        """A weight (K, C/groups, *kernel) and a bias (K,) packed for the routine."""
        packed = self.packed(weight, bias)
        return Held(packed, *map(_address, packed))

    def __call__(self, x: Any, packed: Held, residual: Any = None, out: Any = None) -> Any:
        kind = self._kind
        y = self.room(x) if out is None else out
        strides = kind.steps(x)
        fixed = self._fixed.get(strides) or self._laid_out(strides)
        arguments = _Arguments.from_buffer_copy(fixed)
        arguments[0], arguments[1], arguments[2] = kind.address(x), packed.weight, packed.bias
        arguments[3] = kind.address(y) + self._origin
        laid = None if residual is None else self._laid(residual)
        if laid is not None:
            arguments[4] = _address(laid) + self._origin
        run(self._function, ctypes.addressof(arguments), self._tasks, self._threads)
        if arguments[Argument.FLAG]:
            return None
        return y

    def _laid_out(self, strides: tuple[int, ...]) -> Any:
        """The arguments that are the same for all inputs of these strides: maps and strides, and no flag."""
        batch, channel, *steps = strides
        places = [places.ctypes.data for places in self._maps]
        fixed = _Arguments(0, 0, 0, 0, 0, 0, *places, batch, channel, *self._lead, *steps)
        if len(self._fixed) >= _VARIANTS:
            self._fixed.clear()
        self._fixed[strides] = fixed
        return fixed

    def room(self, x: Any) -> Any:
        """An array for the output, in the input's layout."""
        y = self._kind.empty(x, self._shape, self._dtype)
        return self._kind.turned(y, self._order) if self._last else y

    def _laid(self, residual: Any) -> Numbers:
        """The residual as the output lies; copied only where it lies otherwise."""
        numbers = self._kind.bits(residual)
        last = (0, *range(2, numbers.ndim), 1)
        return np.ascontiguousarray(numbers.transpose(last) if self._last else numbers)


_address = named("numpy").address


def _overrun(routine: ConvolutionRoutine) -> int:
    """How far the last strip may reach past the extended axis."""
    strip = routine.strip
    return max(strip.rows, strip.columns, strip.depth) + strip.rows * getattr(routine, "rows", 0)
