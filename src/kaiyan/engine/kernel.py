"""What the generated algorithms share: what they refuse, how they tell their time, how a routine holds its weight."""

from __future__ import annotations

import warnings
import weakref
from functools import cached_property, lru_cache, partial
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.reference.activation import ACTIVATIONS
from kaiyan.reference.forward import forward
from kaiyan.spec import read
from kaiyan.spec.sentence import Sentence, sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.algorithm import Prepared, Routine
    from kaiyan.engine.codegen.epilogue import Epilogue
    from kaiyan.engine.codegen.geometry import Geometry
    from kaiyan.engine.codegen.launch import Convolution, Launch
    from kaiyan.engine.codegen.target import Target
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.problem import Problem

    Arrays = Callable[[], tuple[Numbers, Numbers | None]]

_CALL = 3e-6
"""Seconds of a call whose work is nothing."""
_SHORT = 50e-6
"""Seconds of work below which one thread does it all."""
_NEAR = 8 * 2**20
"""Bytes of a weight that a core's share of the last cache keeps from one call to the next."""
_PACKED, _PACKED_ANEW, _LARGE = 0.4e-9, 1.3e-9, 32 * 2**20
"""Seconds to pack one element of a weight; one of a weight of more bytes, whose memory the system clears each time."""
_SINGLE = ("tanh", "gelu")
RANK = 3
_ITEMSIZE = {"float32": 4, "float64": 8}
TIERS = {"exact": 1.0, "default": 2.0, "fast": 8.0}
"""The error that a tier allows, in units of a direct sum's."""


class Generated:
    """An algorithm whose routine is a compiled kernel; a subclass says what it refuses and which kernel it takes."""

    name: str
    arrays = ("numpy", "torch")

    def error(self, problem: Problem) -> float:
        del problem
        return 1.0

    def refuses(self, problem: Problem) -> Sentence | None:
        return _refused(problem) or self.unfit(problem) or self._inexact(problem)

    def _inexact(self, problem: Problem) -> Sentence | None:
        error, allowed = self.error(problem), TIERS[problem.precision]
        if error <= allowed:
            return None
        return sentence(
            "refused",
            "its error is {error:.2g} times a direct sum's; {precision!r} allows {allowed:g}",
            error=error,
            precision=problem.precision,
            allowed=allowed,
        )

    def unfit(self, problem: Problem) -> Sentence | None:
        """Why this algorithm does not take a problem that kernels can compute."""
        raise NotImplementedError

    def kernel(self, geometry: Geometry, source: str, setting: Setting) -> Convolution:
        """The kernel, cut for this machine."""
        raise NotImplementedError

    def safe(self, geometry: Geometry, source: str, setting: Setting) -> Convolution | None:
        """The kernel for inputs on which the first one goes astray; None where it never does."""
        del geometry, source, setting
        return None

    def seconds(self, problem: Problem) -> float:
        kernel = self.kernel(_geometry(problem)[0], *setting(problem))
        return self.expected(problem, kernel.cycles, kernel.weights)

    def expected(self, problem: Problem, cycles: float, weights: int) -> float:
        """Seconds of so many cycles for one image, with so many packed weights."""
        from kaiyan.engine.codegen.machine import machine

        work = problem.input_shape[0] * cycles / machine().frequency
        weight = weights * _ITEMSIZE[problem.dtype]
        read = weight / machine().bandwidth if weight > _NEAR else 0.0
        packing = weights * (_PACKED if weight < _LARGE else _PACKED_ANEW) if problem.fresh else 0.0
        return _CALL + packing + max(work + read, (moved(problem) + weight) / machine().bandwidth)

    def alone(self, problem: Problem) -> bool:
        """Whether the work is too short for more than one thread."""
        return self.seconds(problem) < _SHORT

    def build(self, problem: Problem) -> Routine:
        return Compiled(self._launch(problem, self.kernel), problem, lambda: self._launch(problem, self.safe))

    def _launch(self, problem: Problem, choose: Callable[..., Any]) -> Launch:
        from kaiyan.engine.codegen.launch import Launch

        geometry, maps = _geometry(problem)
        kernel = choose(geometry, *setting(problem))
        output = problem.spec.output_shape(problem.input_shape)
        return Launch(kernel, maps, output, problem.kind, alone=self.alone(problem))


Setting = tuple["Target", str, "Epilogue", int]
"""Target, type, epilogue and threads: what a kernel is cut for beside its geometry."""


def setting(problem: Problem) -> tuple[str, Setting]:
    """The layout of a problem's input as kernels name it, and what they are cut for."""
    from kaiyan.engine.codegen.epilogue import Epilogue
    from kaiyan.engine.codegen.target import host
    from kaiyan.engine.codegen.threads import get_num_threads

    source = "rows" if problem.layout == "planes" else problem.layout
    return source, (host(), problem.dtype, Epilogue(problem.activation, problem.residual), get_num_threads())


class Compiled:
    """A routine that keeps weights packed, and packs one again when a bit of it has changed."""

    def __init__(self, launch: Any, problem: Problem, safe: Callable[[], Any]) -> None:
        self._launch, self._problem, self._make_safe = launch, problem, safe
        self._kept: dict[int, tuple[Any, Any, Prepared]] = {}

    def __call__(self, x: Any, weight: Any, bias: Any, residual: Any = None) -> Any:
        from kaiyan.engine.codegen.fingerprint import fingerprint
        from kaiyan.engine.codegen.workspace import passing

        if self._problem.fresh:
            with passing():
                return self.prepare(weight, bias)(x, residual)
        numbers = self._launch.numbers
        mark = fingerprint(numbers(weight)), None if bias is None else fingerprint(numbers(bias))
        kept = self._kept.get(id(weight))
        if kept is not None and kept[1] == mark:
            return kept[2](x, residual)
        alive = weakref.ref(weight, partial(_forget, weakref.ref(self), id(weight)))
        added = None if bias is None else numbers(bias).copy()
        prepared = self._prepared(lambda: (numbers(alive()), added))
        self._kept[id(weight)] = alive, mark, prepared
        return prepared(x, residual)

    def prepare(self, weight: Any, bias: Any) -> Prepared:
        numbers = self._launch.numbers
        return self._prepared(lambda: (numbers(weight), None if bias is None else numbers(bias)))

    def _prepared(self, arrays: Arrays) -> Prepared:
        """Where a weight is not finite, the definition: a kernel would multiply it with padded zeros."""
        if not np.isfinite(arrays()[0]).all():
            return partial(self._defined, arrays)
        packed = self._launch.held(*self._forward(arrays))

        def prepared(x: Any, residual: Any = None, out: Any = None) -> Any:
            y = self._launch(x, packed, residual, out)
            if y is None:
                return self._safe(x, self._safe.held(*self._forward(arrays)), residual, out)
            return y

        return prepared

    @cached_property
    def _safe(self) -> Any:
        return self._make_safe()

    def _forward(self, arrays: Arrays) -> tuple[Numbers, Numbers]:
        """A forward convolution's weight (K, C/groups, *kernel) and bias (K,); a transposed one is turned round."""
        spec, (w, bias) = self._problem.spec, arrays()
        if spec.transposed:
            C, K = spec.channels
            taps = tuple(a.kernel for a in spec.axes)
            w = w.reshape(spec.groups, C // spec.groups, K // spec.groups, *taps).swapaxes(1, 2)
            w = np.flip(w, tuple(range(3, w.ndim))).reshape(K, C // spec.groups, *taps)
        return w, np.zeros(spec.channels[1], w.dtype) if bias is None else bias

    def _defined(self, arrays: Arrays, x: Any, residual: Any = None, out: Any = None) -> Any:
        numbers, problem = self._launch.numbers, self._problem
        with np.errstate(invalid="ignore"):
            total = forward(numbers(x), *arrays(), problem.spec)
            total = total if residual is None else total + numbers(residual)
            total = total if problem.activation is None else ACTIVATIONS[problem.activation](total)
        y = self._launch.room(x) if out is None else out
        numbers(y)[...] = total
        return y


def _forget(routine: weakref.ref[Compiled], key: int, _: Any) -> None:
    owner = routine()
    if owner is not None:
        owner._kept.pop(key, None)  # noqa: SLF001


def _refused(problem: Problem) -> Sentence | None:
    """Why no kernel computes this problem."""
    types = {problem.dtype, problem.weight_dtype, problem.bias_dtype, problem.out_dtype or problem.dtype}
    sizes = (*problem.input_shape, *problem.spec.weight_shape, *problem.spec.output_shape(problem.input_shape))
    reasons = (
        (len(types) > 1 or problem.dtype not in _ITEMSIZE, sentence("refused", "kernels compute float32 and float64")),
        (len(problem.spec.axes) > RANK, sentence("refused", "kernels have no more than 3 axes")),
        (
            problem.activation in _SINGLE and problem.dtype != "float32",
            sentence("refused", "kernels compute {activation} in float32 alone", activation=problem.activation),
        ),
        (problem.device != "cpu", sentence("refused", "the array is not in the CPU's memory")),
        (problem.traced, sentence("refused", "torch follows these tensors: autograd, functorch or compile")),
        (problem.layout == "odd", sentence("refused", "the elements do not lie whole steps apart")),
        (0 in sizes, sentence("refused", "an axis is empty")),
        (
            isinstance(read.constant(problem.spec.padding_mode), complex),
            sentence("refused", "kernels pad with real numbers"),
        ),
    )
    return next((reason for holds, reason in reasons if holds), None) or unusable()


@lru_cache(maxsize=1)
def unusable() -> Sentence | None:
    """Why code cannot be generated on this machine; said once, as a warning too."""
    try:
        from kaiyan.engine.codegen.machine import machine

        machine()
    except (ImportError, OSError, RuntimeError) as error:
        reason = sentence("refused", "llvmlite is not usable here: {error}", error=error)
        warnings.warn(f"{reason}; convolutions are slower without it", RuntimeWarning, stacklevel=2)
        return reason
    return None


def moved(problem: Problem) -> int:
    """Bytes of pictures from and to memory: each once, the output's lines read before they are written."""
    output = prod(problem.spec.output_shape(problem.input_shape))
    return _ITEMSIZE.get(problem.dtype, 4) * (prod(problem.input_shape) + 2 * output)


@lru_cache(maxsize=512)
def _geometry(problem: Problem) -> tuple[Geometry, Any]:
    from kaiyan.engine.codegen.geometry import flattened, geometry

    found, maps = geometry(problem.spec, problem.input_shape)
    return flattened(found, maps, problem.input_shape[2:]) if problem.layout == "planes" else (found, maps)
