"""What the generated gradients of a weight share: what they refuse, how they tell their time, how they run.

A window of one array slides over the elements of the other: the input's over the output's gradient, of a transposed
convolution the other way round.
"""

from __future__ import annotations

import ctypes
from functools import lru_cache, partial
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kaiyan.arrays.memory import aligned
from kaiyan.arrays.table import named
from kaiyan.engine.gradients.refusals import unfit_for_machine_code
from kaiyan.engine.types import BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.codegen.parts.geometry import Maps
    from kaiyan.engine.codegen.parts.strip import Strip
    from kaiyan.engine.codegen.routines.gradient import DenseGradient
    from kaiyan.engine.codegen.routines.gradient_winograd import GradientWinograd
    from kaiyan.engine.problem import Problem
    from kaiyan.reference.dtype import Numbers
    from kaiyan.show.sentence import Sentence
    from kaiyan.spec.conv import Shape

_CALL = 40e-6
"""Seconds of a call whose work is nothing: Python's, half of it NumPy's."""
_FLAT = 2**18
"""Pixels of a plane that is taken for one row: its map is kept."""


class Laid(NamedTuple):
    """What lies side by side in the array that windows slide over, and whether channels stand last in the other."""

    source: str
    last: bool


class GradientLaunch(NamedTuple):
    """A routine and the maps of the arrays it reads; ``beside`` is empty where it reads the elements as they lie."""

    routine: DenseGradient | GradientWinograd
    maps: Maps
    beside: Maps


class GeneratedGradient:
    """The gradient of a weight by a compiled routine; a subclass says what it refuses and gives the routine."""

    name: str
    arrays = ("numpy", "torch")
    slowness = 1.15
    """Measured time by the time that cycles are counted for, on the benchmark's layers: the median."""

    def error(self, problem: Problem) -> float:
        del problem
        return 1.0

    def refuses(self, problem: Problem) -> Sentence | None:
        return unfit_for_machine_code(problem) or self.unfit(problem)

    def unfit(self, problem: Problem) -> Sentence | None:
        """Why this algorithm does not take a gradient that machine code can compute."""
        raise NotImplementedError

    def launch(self, problem: Problem, laid: Laid) -> GradientLaunch:
        """The routine, cut for this machine and for arrays that lie so."""
        raise NotImplementedError

    def seconds(self, problem: Problem) -> float:
        from kaiyan.engine.codegen.running.machine import machine

        source = "channels_first" if problem.layout == "unaligned" else problem.layout
        routine = self.launch(problem, Laid(source, source == "channels_last")).routine
        work = self.slowness * problem.input_shape[0] * routine.cycles / machine().frequency
        sizes = prod(problem.input_shape) + prod(problem.output_shape) + prod(problem.weight_shape)
        read = sizes * BYTES[problem.dtype] / machine().bandwidth
        tasks = prod(routine.tasks)
        return _CALL + max(work, read) * -(-tasks // problem.threads) / tasks

    def build(self, problem: Problem) -> Callable[[Any, Any], Any]:
        numbers, made = named(problem.kind).numbers, named(problem.kind).made
        launch = lru_cache(maxsize=8)(partial(self.launch, problem))
        safe = lru_cache(maxsize=8)(partial(dense, problem))
        transposed = problem.spec.transposed

        def summed(gradient: Any, x: Any) -> Any:
            windows, elements = (gradient, x) if transposed else (x, gradient)
            windows, source = _readable(numbers(windows))
            elements, last = _dense(numbers(elements))
            total = aligned(problem.weight_shape, problem.dtype)
            arrays, laid = (windows, elements, total), Laid(source, last)
            if not _is_sound(launch(laid), arrays, problem.threads):
                _is_sound(safe(laid), arrays, problem.threads)
            return made(total)

        return summed


def shapes(problem: Problem) -> tuple[Shape, Shape]:
    """Spatial sizes of what windows slide over, and of the elements that they are multiplied with."""
    over, under = problem.input_shape[2:], problem.output_shape[2:]
    return (under, over) if problem.spec.transposed else (over, under)


def dense(problem: Problem, laid: Laid) -> GradientLaunch:
    """Products of every element with vectors of the other array's channels: what is right for every number."""
    from kaiyan.engine.codegen.language.target import host
    from kaiyan.engine.codegen.parts.geometry import flattened, slid
    from kaiyan.engine.codegen.routines import gradient

    sizes, elements = shapes(problem)
    geometry, maps = slid(problem.spec, sizes, elements)
    if laid.source == "channels_first" and not laid.last and prod(elements) <= _FLAT:
        geometry, maps = flattened(geometry, maps, sizes)
    source = "row_contiguous" if laid.source == "channels_first" else laid.source
    routine = partial(gradient.cut, geometry, source, laid.last, host(), problem.dtype)
    return GradientLaunch(routine(problem.threads), longer(maps, routine(1).strip), ())


def longer(maps: Maps, strip: Strip) -> Maps:
    """Maps that reach as far as any strip does."""
    beyond = np.full(max(strip.rows, strip.columns), -1)
    return tuple(np.concatenate([places, beyond]) for places in maps)


def _is_sound(launch: GradientLaunch, arrays: tuple[Numbers, Numbers, Numbers], threads: int) -> bool:
    """Fills the sums; False where a number that is not finite has spoiled others, which it does not reach."""
    from kaiyan.engine.codegen.language.compile import address
    from kaiyan.engine.codegen.parts.strip import Argument
    from kaiyan.engine.codegen.running.threads import run

    windows, elements, total = arrays
    arguments = (ctypes.c_int64 * (2 * Argument.SECOND))()
    read = [(0, windows, launch.maps), (Argument.SECOND, elements, launch.beside)]
    for start, array, maps in read if launch.beside else read[:1]:
        batch, channel, *steps = (step // array.itemsize for step in array.strides)
        lead = [0] * (len(maps) - len(steps))
        arguments[start + Argument.INPUT] = array.ctypes.data
        arguments[start + Argument.MAP : start + Argument.BATCH_STRIDE] = [places.ctypes.data for places in maps]
        arguments[start + Argument.BATCH_STRIDE : start + Argument.IMAGES] = [batch, channel, *lead, *steps]
    arguments[Argument.WEIGHT], arguments[Argument.OUTPUT] = elements.ctypes.data, total.ctypes.data
    arguments[Argument.IMAGES] = len(windows)
    run(address(launch.routine), ctypes.addressof(arguments), prod(launch.routine.tasks), threads)
    return not arguments[Argument.FLAG]


def _readable(x: Numbers) -> tuple[Numbers, str]:
    """An array that a strip can be packed from, and what lies side by side in it."""
    if any(step % x.itemsize for step in x.strides) or not x.dtype.isnative:
        x = np.ascontiguousarray(x, x.dtype.newbyteorder("="))
    if x[0, 0].flags.c_contiguous:
        return x, "channels_first"
    if x.strides[-1] == x.itemsize:
        return x, "row_contiguous"
    return x, "channels_last" if x.strides[1] == x.itemsize else "strided"


def _dense(x: Numbers) -> tuple[Numbers, bool]:
    """An array without gaps, and whether its channels stand last."""
    turned = x.transpose(0, *range(2, x.ndim), 1)
    if turned.flags.c_contiguous and not x.flags.c_contiguous and x.dtype.isnative:
        return x, True
    return np.ascontiguousarray(x, x.dtype.newbyteorder("=")), False
