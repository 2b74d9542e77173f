"""A routine on one shape of input: its arguments laid out, its tasks handed to the threads."""

from __future__ import annotations

import ctypes
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from kaiyan.arrays.kind import is_contiguous
from kaiyan.arrays.table import named
from kaiyan.engine.codegen.language.compile import Compilable, address
from kaiyan.engine.codegen.parts.strip import Argument, Strip
from kaiyan.engine.codegen.running.threads import run
from kaiyan.engine.types import BYTES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kaiyan.arrays.kind import Kind
    from kaiyan.engine.codegen.parts.epilogue import Epilogue
    from kaiyan.engine.codegen.parts.geometry import Geometry, Triple
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape

Strides = tuple[int, ...]
_NUMPY = named("numpy")
_address = _NUMPY.address
_VARIANTS = 64
"""Strides for which arguments are kept laid out."""


class ConvolutionRoutine(Compilable, Protocol):
    """What every routine of a convolution tells of itself."""

    @property
    def geometry(self) -> Geometry:
        """What it computes."""

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

    @property
    def packing(self) -> tuple[object, ...]:
        """What ``packed`` depends on: routines that agree in it pack alike by the same function."""

    def packed(self, weight: Numbers, bias: Numbers) -> tuple[Numbers, Numbers]:
        """A weight (K, C/groups, *kernel) and a bias (K,) as the routine reads them."""


class Held(NamedTuple):
    """A packed weight and bias, and where they lie: an array takes a microsecond to say so."""

    arrays: tuple[Numbers, Numbers]
    weight: int
    bias: int


class Located(NamedTuple):
    """Where an array (N, C, *spatial) lies: the address of its first element, and its strides in elements."""

    address: int
    strides: tuple[int, ...]


class NativeCall(NamedTuple):
    """``void routine(int64 *arguments, int64 task)``, once for every task from 0, in any order, by any threads.

    ``routine`` is what has to be compiled: until somebody asks for its address there need be no machine code.
    ``arguments`` has the places of ``Argument``; those at INPUT, OUTPUT and RESIDUAL are what ``Located`` gave, of a
    phase the output's so many bytes further: from the address 0 on they are what has to be added to an address. A task
    that fails writes 1 at ``flag``. ``alive`` holds what the other addresses point to.
    """

    routine: Compilable
    arguments: list[int]
    tasks: int
    flag: int
    alive: tuple[Any, ...]


class Launch:
    """Called with an input and what ``held`` gave: the output, in its layout; None where a sum went astray.

    ``maps`` are those of the routine's geometry; ``threads`` is how many share the work; ``origin`` is where the
    routine's outputs begin in the whole array, by axis. An ``out`` and a residual may have any strides that ``admits``
    takes; others are copied. ``out`` shares no memory with the input; it may be the residual where it ``writes_once``.
    """

    def __init__(
        self,
        routine: ConvolutionRoutine,
        maps: tuple[NDArray[np.int64], ...],
        output_shape: Shape,
        kind: str,
        *,
        threads: int,
        origin: Triple = (0, 0, 0),
    ) -> None:
        given = routine.epilogue.given or routine.dtype
        self.packed, self.packing = routine.packed, (type(routine).packed.__qualname__, *routine.packing)
        self.writes_once: bool = getattr(routine, "writes_once", False)
        self._kind = named(kind)
        self._dtype, self._itemsize = self._kind.dtype(given), BYTES[given]
        self._general = getattr(routine, "general", routine)
        self._function = 0
        self._sizes = tuple(getattr(routine, "extent", ()))
        self._memory = ctypes.c_int64 * (Argument.SIZES + len(self._sizes))
        self._tasks = output_shape[0] * prod(routine.tasks)
        self._threads = threads
        self._last = routine.source == "channels_last" or routine.epilogue.last
        rank = len(output_shape) - 2
        self._output = output_shape
        self._shape = (output_shape[0], *output_shape[2:], output_shape[1]) if self._last else output_shape
        self._order = (0, rank + 1, *range(1, rank + 1))
        self._lead = [0] * (len(maps) - rank)
        self._flat = prod(routine.geometry.whole[:2]) == 1 and rank > 1
        self._origin, self._step = origin[len(self._lead) :], routine.geometry.step[len(self._lead) :]
        self._maps = [np.concatenate([places, np.full(_overrun(routine), -1)]) for places in maps]
        self._fixed: dict[Any, Any] = {}

    def make_ready(self) -> int:
        """Has the machine code made; else it is when it is first called: what stands by for another mostly is not."""
        self._function = self._function or address(self._general)
        return self._function

    def held(self, weight: Numbers, bias: Numbers) -> Held:
        """A weight (K, C/groups, *kernel) and a bias (K,) packed for the routine."""
        packed = self.packed(weight, bias)
        return Held(packed, *map(_address, packed))

    def __call__(self, x: Any, packed: Held, residual: Any = None, out: Any = None) -> Any:
        return self._run(x, packed, None if residual is None else self._kind.bits(residual), out)

    def _run(self, x: Any, packed: Held, added: Numbers | None, out: Any) -> Any:
        kind = self._kind
        strides = (
            kind.strides(x), None if out is None else kind.strides(out), None if added is None else added.strides
        )  # fmt: skip
        fixed = self._fixed.get(strides) or self._laid_out(strides, x, out, added)
        if fixed is None:
            return self._by_copies(x, packed, added, out)
        y = self.room(x) if out is None else out
        arguments = self._memory.from_buffer_copy(fixed)
        arguments[0], arguments[1], arguments[2] = kind.address(x), packed.weight, packed.bias
        arguments[3] += kind.address(y)
        if added is not None:
            arguments[4] += _address(added)
        run(self._function or self.make_ready(), ctypes.addressof(arguments), self._tasks, self._threads)
        return None if arguments[Argument.FLAG] else y

    def _by_copies(self, x: Any, packed: Held, added: Numbers | None, out: Any) -> Any:
        """By way of dense arrays, where a residual or ``out`` lies as no routine reads or writes it."""
        if added is not None and self._steps(added) is None:
            last = (0, *range(2, added.ndim), 1)
            dense = np.ascontiguousarray(added.transpose(last) if self._last else added)
            added = dense.transpose(self._order) if self._last else dense
        if out is None or self.writes(out):
            return self._run(x, packed, added, out)
        y = self._run(x, packed, added, None)
        if y is None:
            return None
        self._kind.fill(out, self._kind.numbers(y))
        return out

    def _laid_out(self, strides: Any, x: Any, out: Any, added: Numbers | None) -> Any:
        """The arguments that are the same for all arrays of these strides; None where one of them is not admitted."""
        output = self._dense() if out is None else self._steps(out, self._kind)
        residual = output if added is None else self._steps(added)
        if output is None or residual is None:
            return None
        if len(self._fixed) >= _VARIANTS:
            self._fixed.clear()
        fixed = self._memory(*self._arguments(self._kind.steps(x), output, residual))
        self._fixed[strides] = fixed
        return fixed

    def _arguments(self, x: Strides, output: Strides, residual: Strides) -> list[int]:
        batch, channel, *steps = x
        arguments = [*[0] * Argument.SIZES, *self._sizes]
        arguments[Argument.MAP : Argument.BATCH_STRIDE] = [places.ctypes.data for places in self._maps]
        arguments[Argument.BATCH_STRIDE : Argument.IMAGES] = [batch, channel, *self._lead, *steps]
        for to, place, (batch, channel, *steps) in (
            (Argument.OUTPUT, Argument.OUTPUT_STRIDE, output),
            (Argument.RESIDUAL, Argument.RESIDUAL_STRIDE, residual),
        ):
            apart = [n * step for n, step in zip(steps, self._step, strict=True)]
            arguments[place : place + 5] = [batch, channel, *self._lead, *apart]
            arguments[to] = self._itemsize * sum(n * step for n, step in zip(self._origin, steps, strict=True))
        return arguments

    def calls(self, packed: Held, x: Located, out: Located, residual: Located | None = None) -> list[NativeCall]:
        """The one call that computes this, for arrays whose strides ``admits`` takes."""
        added = residual or Located(0, out.strides)
        assert self.admits(out.strides), f"{out.strides} are no strides that this routine writes by"
        assert self.admits(added.strides), f"{added.strides} are no strides that this routine reads a residual by"
        arguments = self._arguments(x.strides, out.strides, added.strides)
        arguments[Argument.WEIGHT], arguments[Argument.BIAS] = packed.weight, packed.bias
        arguments[Argument.INPUT] = x.address
        arguments[Argument.OUTPUT] += out.address
        arguments[Argument.RESIDUAL] += added.address
        alive = (packed, *self._maps)
        return [NativeCall(self._general, arguments, self._tasks, Argument.FLAG, alive)]

    def admits(self, strides: Strides) -> bool:
        """Whether an output (N, K, *spatial) or a residual may have these strides, in elements.

        Channels that stand last lie side by side, else the columns do. A routine that takes whole planes for rows,
        which it does where the problem's layout is "channels_first" and it is pointwise, writes them whole.
        """
        _, K, *sizes = self._output
        if self._last:
            return strides[1] == 1 or K == 1
        if self._flat:
            return is_contiguous(sizes, strides[2:])
        return strides[-1] == 1 or sizes[-1] == 1

    def writes(self, out: Any) -> bool:
        """Whether an array for the output is written without a copy."""
        return self._steps(out, self._kind) is not None

    def _steps(self, array: Any, kind: Kind = _NUMPY) -> Strides | None:
        """Strides of an output or a residual in elements, where they are admitted."""
        steps = kind.steps(array)
        layout = kind.layout(array.shape, kind.strides(array), array.dtype)
        return steps if layout != "unaligned" and self.admits(steps) else None

    def _dense(self) -> Strides:
        steps = [prod(self._shape[axis + 1 :]) for axis in range(len(self._shape))]
        return tuple(steps[axis] for axis in self._order) if self._last else tuple(steps)

    def room(self, x: Any) -> Any:
        """An array for the output: with channels last where it is to have them so or the input does."""
        y = self._kind.empty(x, self._shape, self._dtype)
        return self._kind.turned(y, self._order) if self._last else y


def _overrun(routine: ConvolutionRoutine) -> int:
    """How far the last strip may reach past the extended axis."""
    strip = routine.strip
    return max(strip.rows, strip.columns, strip.depth) + strip.rows * getattr(routine, "rows", 0)
