"""From arrays and a description to the routine that the plan chose for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from kaiyan.arrays.table import kind_of
from kaiyan.engine.codegen.running.threads import get_num_threads
from kaiyan.engine.plan import plan
from kaiyan.engine.problem import Problem
from kaiyan.show.error import ConvError

if TYPE_CHECKING:
    from kaiyan.arrays.table import Kind
    from kaiyan.engine.algorithm import Routine
    from kaiyan.spec.conv import Conv, Shape


@dataclass(frozen=True, slots=True)
class Facts:
    """What is asked of the arrays at every call: enough to choose a routine, and quick to compare."""

    arrays: tuple[tuple[Shape, Any, Any], ...]
    strides: tuple[int, ...]
    traced: bool
    threads: int


def facts_of(kind: Kind, *arrays: Any) -> Facts:
    """Of an input, a weight and, where there is one, a bias."""
    shown = tuple((a.shape, a.dtype, a.device) for a in arrays)
    return Facts(shown, kind.strides(arrays[0]), kind.traced(arrays), get_num_threads())


def problem_of(kind: Kind, facts: Facts, spec: Conv, **wanted: Any) -> Problem:
    """The problem that ``spec`` is on these arrays; raises ``ConvError`` where they do not fit it."""
    (x_shape, x_dtype, device), *_ = facts.arrays
    unbatched = len(x_shape) == len(spec.axes) + 1
    shape = (1, *x_shape) if unbatched else tuple(x_shape)
    spec.output_shape(shape)
    _check_companions(spec, facts.arrays)
    types = [kind.dtype_name(dtype) for _, dtype, _ in facts.arrays]
    return Problem(
        spec,
        shape,
        dtype=types[0],
        weight_dtype=types[1],
        bias_dtype=types[-1],
        kind=kind.name,
        device=str(device),
        layout=kind.layout(shape, (0, *facts.strides) if unbatched else facts.strides, x_dtype),
        traced=facts.traced,
        **wanted,
    )


@lru_cache(maxsize=1024)
def routine_of(kind: Kind, problem: Problem, threads: int) -> Routine:  # noqa: ARG001
    """The routine of the algorithm that was chosen, on the arrays of ``kind``; cut for so many threads."""
    algorithm = plan(problem).algorithm
    return algorithm.build(problem) if kind.name in algorithm.arrays else kind.lift(algorithm, problem)


def computed(spec: Conv, x: Any, weight: Any, bias: Any = None, *, fresh: bool = False) -> Any:
    """``spec`` on arrays that are known to be of one library: x has its batch axis, and the description its rank.

    ``fresh`` says that the weight is another at each call.
    """
    kind = kind_of("x", x)
    facts = facts_of(kind, x, weight) if bias is None else facts_of(kind, x, weight, bias)
    return _chosen(kind, facts, spec, fresh)(x, weight, bias)


@lru_cache(maxsize=4096)
def _chosen(kind: Kind, facts: Facts, spec: Conv, fresh: bool) -> Routine:
    return routine_of(kind, problem_of(kind, facts, spec, fresh=fresh), facts.threads)


def forget() -> None:
    """Lets go of all routines that were chosen."""
    routine_of.cache_clear()
    _chosen.cache_clear()
    era.cache_clear()


@lru_cache(maxsize=1)
def era() -> object:
    """A mark of the time since routines were last let go; what is kept elsewhere is good as long as it is the same."""
    return object()


def check_weight(spec: Conv, shape: Shape) -> None:
    """Raises ``ConvError`` where a weight is not of the description's shape."""
    if tuple(shape) != spec.weight_shape:
        raise ConvError(
            "wrong-weight",
            "the weight has shape {shape}, but {spec} has {expected}",
            shape=tuple(shape),
            spec=str(spec),
            expected=spec.weight_shape,
        )


def _check_companions(spec: Conv, arrays: tuple[tuple[Shape, Any, Any], ...]) -> None:
    check_weight(spec, arrays[1][0])
    if len(arrays) > 2 and tuple(arrays[2][0]) != (spec.out_channels,):
        raise ConvError(
            "wrong-bias",
            "the bias has shape {shape}, but there are {K} output channels",
            "a bias of shape ({K},)",
            shape=tuple(arrays[2][0]),
            K=spec.out_channels,
        )
    devices = [str(device) for _, _, device in arrays]
    if len(set(devices)) > 1:
        raise ConvError(
            "devices-differ",
            "the input is on {x} and the weight or bias on {other}",
            "weight.to(x.device)",
            x=devices[0],
            other=next(d for d in devices if d != devices[0]),
        )
