"""From arrays and a description to the routine that the plan chose for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from kaiyan.arrays.table import kind_of, named
from kaiyan.engine.codegen.running.threads import get_num_threads
from kaiyan.engine.planner import PLANNER
from kaiyan.engine.problem import Problem
from kaiyan.show.error import ConvError

if TYPE_CHECKING:
    from kaiyan.arrays.kind import Kind
    from kaiyan.engine.algorithm import Routine
    from kaiyan.spec.conv import Conv, Shape


class ArrayFacts(NamedTuple):
    """What is asked of the arrays at every call: enough to choose a routine, and quick to compare."""

    kind: str
    arrays: tuple[tuple[Shape, Any, Any], ...]
    strides: tuple[int, ...]
    traced: bool
    threads: int


def facts_of(kind: Kind, *arrays: Any) -> ArrayFacts:
    """Of an input, a weight and, where there is one, a bias."""
    traced = kind.traced(arrays)
    shown = tuple((kind.sizes(a) if traced else a.shape, a.dtype, a.device) for a in arrays)
    return ArrayFacts(kind.name, shown, kind.strides(arrays[0]), traced, get_num_threads())


def problem_of(facts: ArrayFacts, spec: Conv, **wanted: Any) -> Problem:
    """The problem that ``spec`` is on these arrays; raises ``ConvError`` where they do not fit it."""
    kind = named(facts.kind)
    (x_shape, x_dtype, device), *_ = facts.arrays
    unbatched = len(x_shape) == len(spec.axes) + 1
    shape = (1, *x_shape) if unbatched else tuple(x_shape)
    if len(shape) != len(spec.axes) + 2:
        spec.output_shape(shape)  # raises: a layout has no meaning before the axes are right
    types = [kind.dtype_name(dtype) for _, dtype, _ in facts.arrays]
    problem = Problem(
        spec,
        shape,
        dtype=types[0],
        weight_dtype=types[1],
        bias_dtype=types[-1],
        kind=kind.name,
        device=str(device),
        layout=kind.layout(shape, (0, *facts.strides) if unbatched else facts.strides, x_dtype),
        traced=facts.traced,
        threads=facts.threads,
        **wanted,
    )
    _check_fit(problem, facts.arrays)
    return problem


def computed(spec: Conv, x: Any, weight: Any, bias: Any = None, *, fresh: bool = False) -> Any:
    """``spec`` on arrays that are known to be of one library: x has its batch axis, and the description its rank.

    ``fresh`` says that the weight is another at each call.
    """
    kind = kind_of("x", x)
    facts = facts_of(kind, x, weight) if bias is None else facts_of(kind, x, weight, bias)
    return _routine(facts, spec, fresh)(x, weight, bias)


@PLANNER.keep(4096)
def _routine(facts: ArrayFacts, spec: Conv, fresh: bool) -> Routine:
    routine: Routine = PLANNER.routine(problem_of(facts, spec, fresh=fresh))
    return routine


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


def _check_fit(problem: Problem, arrays: tuple[tuple[Shape, Any, Any], ...]) -> None:
    spec = problem.spec
    _ = problem.output_shape  # raises where the input does not fit
    check_weight(spec, arrays[1][0])
    if len(arrays) > 2 and tuple(arrays[2][0]) != (spec.out_channels,):
        raise ConvError(
            "wrong-bias",
            "the bias has shape {shape}, but there are {K} output channels",
            "give a bias of shape ({K},)",
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
