"""What the generated algorithms share: what they refuse, how they tell their time, how a routine holds its weight."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import lru_cache, partial
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from kaiyan.engine.codegen.parts.geometry import RANK
from kaiyan.engine.types import BYTES, expected, is_whole, types_of
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.spec import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.algorithm import Routine
    from kaiyan.engine.codegen.language.target import Target
    from kaiyan.engine.codegen.parts.epilogue import Epilogue
    from kaiyan.engine.codegen.parts.geometry import Geometry
    from kaiyan.engine.codegen.running.launch import ConvolutionRoutine, Launch
    from kaiyan.engine.problem import Problem
    from kaiyan.engine.types import Types

_CALL = 3e-6
"""Seconds of a call whose work is nothing."""
_SHORT = 50e-6
"""Seconds of work below which one thread does it all."""
_NEAR = 8 * 2**20
"""Bytes of a weight that a core's share of the last cache keeps from one call to the next."""
_PACKED, _PACKED_ANEW, _LARGE = 0.4e-9, 1.3e-9, 32 * 2**20
"""Seconds to pack one element: of a small weight, and of a large one, whose memory the system clears each time."""
IN_SINGLE = ("tanh", "gelu")
"""Activations that kernels compute in float32 only."""
_CLIPPING = (None, "relu", "relu6")
"""What may follow a sum of whole numbers and leave it one."""
TIERS = {"exact": 1.0, "default": 2.0, "fast": 8.0}
"""The error that a tier allows, in units of a direct sum's."""


class Generated:
    """An algorithm whose routine is generated; a subclass says what it refuses and which routine it takes."""

    name: str
    arrays = ("numpy", "torch")
    turns = False
    """Whether the output may have its channels last where the input does not."""

    def error(self, problem: Problem) -> float:
        del problem
        return 1.0

    def refuses(self, problem: Problem) -> Sentence | None:
        return (
            _refused(problem) or unusable() or self._unturned(problem) or self.unfit(problem) or self._inexact(problem)
        )

    def _unturned(self, problem: Problem) -> Sentence | None:
        if not problem.turned or self.turns:
            return None
        return sentence("refused-turned", "its output lies as its input does")

    def _inexact(self, problem: Problem) -> Sentence | None:
        error, allowed = self.error(problem), TIERS[problem.precision]
        if error <= allowed:
            return None
        return sentence(
            "refused-precision",
            "its error is {error:.2g} times that of a direct sum; {precision!r} allows {allowed:g}",
            error=error,
            precision=problem.precision,
            allowed=allowed,
        )

    def unfit(self, problem: Problem) -> Sentence | None:
        """Why this algorithm does not take a problem that generated code can compute."""
        raise NotImplementedError

    def windows(self, problem: Problem) -> tuple[Geometry, Any]:
        """The geometry that its routine computes, and the maps of the extended axes."""
        return _geometry(problem)

    def routine(self, geometry: Geometry, source: str, setting: Setting) -> ConvolutionRoutine:
        """The routine, cut for this machine."""
        raise NotImplementedError

    def safe(self, geometry: Geometry, source: str, setting: Setting) -> ConvolutionRoutine | None:
        """The routine for inputs on which the first one goes astray; None where it never does."""
        del geometry, source, setting
        return None

    def seconds(self, problem: Problem) -> float:
        work = self.work(replace(problem, threads=1))
        alone = _seconds(problem, work)
        return alone if alone < _SHORT else _seconds(problem, work, problem.threads)

    def work(self, problem: Problem) -> Work:
        """What has to be done for one image, as it is cut for the problem's threads."""
        routine = self.routine(self.windows(problem)[0], *setting(problem, expected(problem)))
        return Work(routine.cycles, routine.weights, prod(routine.tasks))

    def threads(self, problem: Problem) -> int:
        """How many share the work: one, where it is too short for more."""
        one = replace(problem, threads=1)
        return 1 if self.seconds(one) < _SHORT else problem.threads

    def build(self, problem: Problem) -> Routine:
        from kaiyan.engine.whole import Whole

        ways = types_of(problem)
        if ways[0].exact or ways[0].whole:
            return Whole(problem, ways, partial(self.compiled, problem))
        return self.compiled(problem, ways[0])

    def compiled(self, problem: Problem, types: Types) -> Routine:
        """The routine that reads, sums and stores these types."""
        from kaiyan.engine.compiled import Compiled

        launch = partial(self._launch, problem, types)
        return Compiled(launch(self.routine), problem, types, lambda: launch(self.safe))

    def _launch(self, problem: Problem, types: Types, choose: Callable[..., Any]) -> Launch | None:
        from kaiyan.engine.codegen.running.launch import Launch

        geometry, maps = self.windows(problem)
        chosen = choose(geometry, *setting(problem, types))
        if chosen is None:
            return None
        routine = reading(chosen, types)
        return Launch(routine, maps, problem.output_shape, problem.kind, threads=self.threads(problem))


_GROWN = 7 * 2**20
"""Elements by which a weight may grow, where the pictures are smaller than that: 28 MiB in float32."""
INTEGERS = sentence("refused-integers", "integers are always summed directly")


def sums_integers(problem: Problem) -> bool:
    """Whether sums have to be exact, which those by points are not."""
    return is_whole(problem.promoted_dtype) or is_whole(problem.out_dtype or "")


def unstrided(problem: Problem) -> Sentence | None:
    """A refusal where nothing lies between two inputs."""
    if problem.spec.transposed and any(a.stride > 1 for a in problem.spec.axes):
        return None
    return sentence("refused-not-strided-transposed", "it is not a transposed convolution with a stride")


def crowded(phases: int, most: int) -> Sentence | None:
    """A refusal where strides make more phases than code is written for."""
    if phases <= most:
        return None
    return sentence("refused-phases", "its strides make {n} phases, which are too many", n=phases)


def grows(problem: Problem, grown: int) -> Sentence | None:
    """A refusal where a weight gains so many elements that reading them takes longer than the products."""
    if grown <= max(_GROWN, prod(problem.input_shape) + prod(problem.output_shape)):
        return None
    return sentence("refused-weight-grows", "its transformed weight has {grown:,} more elements", grown=grown)


_BESIDE = 1e-3
"""The share of computing that counts beside moving: of two that memory bounds alike, the one that computes less."""


class Work(NamedTuple):
    """Of one image: cycles on one thread by count, elements of the packed weight, tasks that threads can share."""

    cycles: float
    weights: int
    tasks: int


def _seconds(problem: Problem, work: Work, threads: int = 1) -> float:
    """What the work of all images takes; a weight is packed by one thread."""
    from kaiyan.engine.codegen.running.machine import machine

    computing = problem.input_shape[0] * work.cycles / machine().frequency
    weight = work.weights * BYTES[expected(problem).summed]
    reading = weight / machine().bandwidth if weight > _NEAR else 0.0
    packing = work.weights * (_PACKED if weight < _LARGE else _PACKED_ANEW) if problem.fresh else 0.0
    tasks = problem.input_shape[0] * work.tasks
    longest = -(-tasks // threads) / tasks
    moving = (moved(problem) + weight) / machine().bandwidth
    return _CALL + packing + longest * (max(computing + reading, moving) + _BESIDE * computing)


Setting = tuple["Target", str, "Epilogue", int]
"""Target, type, epilogue and threads: what a routine is cut for beside its geometry."""


def setting(problem: Problem, types: Types) -> tuple[str, Setting]:
    """The layout of a problem's input as routines name it, and what they are cut for."""
    from kaiyan.engine.codegen.language.target import host
    from kaiyan.engine.codegen.parts.epilogue import Epilogue

    source = "row_contiguous" if problem.layout in ("channels_first", "unaligned") else problem.layout
    given = "" if types.given == types.summed else types.given
    epilogue = Epilogue(problem.activation, problem.residual, given, types.saturate, problem.turned)
    return source, (host(), types.summed, epilogue, problem.threads)


def reading(routine: Any, types: Types) -> Any:
    """The routine, made to read an input of its own type."""
    if types.read == types.summed:
        return routine
    return replace(getattr(routine, "widening", routine), stored=types.read)


@lru_cache(maxsize=512)
def _refused(problem: Problem) -> Sentence | None:
    """Why no routine computes this problem."""
    sizes = (*problem.input_shape, *problem.weight_shape, *problem.output_shape)
    result = problem.promoted_dtype
    reasons = (
        (
            isinstance(read.constant(problem.spec.padding_mode), complex),
            sentence("refused-padding-value", "the generated code pads with real numbers only"),
        ),
        (
            not types_of(problem),
            sentence("refused-number-type", "the generated code computes real numbers of up to 64 bits only"),
        ),
        (
            len(problem.spec.axes) > RANK,
            sentence("refused-rank", "the generated code handles at most 3 spatial axes"),
        ),
        (
            bool(problem.out_dtype or is_whole(result)) and (problem.activation not in _CLIPPING or problem.residual),
            sentence("refused-mixed-types", "with these mixed types the generated code computes the sum only"),
        ),
        (
            problem.activation in IN_SINGLE and result == "float64",
            sentence(
                "refused-activation-dtype",
                "the generated code computes {activation} in float32 only",
                activation=problem.activation,
            ),
        ),
        (problem.device != "cpu", sentence("refused-device", "the array is not in the CPU's memory")),
        (problem.traced, sentence("refused-tracing", "torch is tracing these tensors: autograd, functorch or compile")),
        (0 in sizes, sentence("refused-empty-axis", "an axis is empty")),
    )
    return next((reason for holds, reason in reasons if holds), None)


@lru_cache(maxsize=1)
def unusable() -> Sentence | None:
    """Why code cannot be generated on this machine; said once, as a warning too."""
    try:
        from kaiyan.engine.codegen.running.machine import machine

        machine()
    except (ImportError, OSError, RuntimeError) as error:
        reason = sentence("refused-llvmlite", "llvmlite is not usable here: {error}", error=error)
        warnings.warn(f"{reason}; convolutions are slower without it", RuntimeWarning, stacklevel=2)
        return reason
    return None


def moved(problem: Problem) -> int:
    """Bytes of pictures from and to memory: each once, the output's lines read before they are written."""
    output = prod(problem.output_shape)
    given = problem.result_dtype
    return BYTES.get(problem.dtype, 8) * prod(problem.input_shape) + 2 * BYTES.get(given, 8) * output


@lru_cache(maxsize=512)
def _geometry(problem: Problem) -> tuple[Geometry, Any]:
    from kaiyan.engine.codegen.parts.geometry import flattened, geometry, sampled

    columns = problem.layout in ("channels_last", "strided")
    found, maps = sampled(*geometry(problem.spec, problem.input_shape), columns=columns)
    flat = problem.layout == "channels_first" and not problem.turned
    return flattened(found, maps, problem.input_shape[2:]) if flat else (found, maps)
