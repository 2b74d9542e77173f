"""plan and tune: how a convolution would be computed, by expectation or by trying."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.arrays.table import LIBRARIES, named
from kaiyan.engine import problem as problems
from kaiyan.engine import wisdom
from kaiyan.engine.codegen.running.threads import get_num_threads
from kaiyan.engine.gradients import GRADIENT_PLANNER
from kaiyan.engine.gradients.border import within
from kaiyan.engine.lifted import built
from kaiyan.engine.planner import PLANNER
from kaiyan.engine.problem import Problem
from kaiyan.engine.stopwatch import seconds_of
from kaiyan.reference.dtype import name_of
from kaiyan.show.error import ConvError
from kaiyan.spec import read
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.plan import Plan
    from kaiyan.engine.planner import Planner
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape

_WORTH = 4
"""An algorithm is tried when it expects no more than so many times the best's time."""


def plan(spec: Conv | str, input_shape: Any, **options: Any) -> Plan:
    """Which algorithm computes ``spec`` on an input (N, C, *spatial), why, in what time, and what others would take.

    Options: ``kind`` "numpy" or "torch"; ``dtype``, and ``weight_dtype`` where the weight's is another; ``layout``,
    "channels_first" (NCHW), "channels_last" (NHWC), "row_contiguous" for a window of a larger array, or "strided";
    ``precision``, ``activation``, ``residual``; ``threads``, as many as are set where it is not said; ``wrt`` "input"
    or "weight" for what computes that gradient in ``backward``, ``dtype`` being that of the output's gradient and
    ``weight_dtype`` that of the other array. ``print`` shows the table.
    Raises ``ConvError`` for what cannot be right.

    >>> plan("Conv2d(64, 64, 3, padding=1)", (1, 64, 56, 56), precision="exact").problem.precision
    'exact'
    """
    planner, problem = _asked(spec, input_shape, **options)
    return planner.plan(problem)


def tune(
    spec: Conv | str,
    input_shape: Any,
    *,
    seconds: float = 1.0,
    progress: Callable[[str, int, int], None] | None = None,
    **options: Any,
) -> Plan:
    """Tries the promising algorithms on random numbers for about ``seconds`` and keeps what it measured on disk.

    Every later plan for the same problem and number of threads, in any process, takes the fastest; so do layers and
    prepared convolutions that were used already. Warns where the disk cannot keep it. ``progress`` is told the name of
    what is tried, its number and how many there are; ``options`` are those of ``plan``.
    Raises ``ConvError`` for what cannot be right, as ``plan`` does.

    >>> tuned = tune("Conv2d(4, 4, 3)", (1, 4, 12, 12), seconds=0.02)
    >>> tuned.problem.input_shape
    (1, 4, 12, 12)
    """
    planner, problem = _asked(spec, input_shape, **options)
    answers = planner.able(problem)
    best = min(row.seconds or 0 for row, _ in answers)
    tried = [(row, algorithm) for row, algorithm in answers if (row.seconds or 0) <= _WORTH * best]
    arrays = _arrays(problem) if problem.wrt is None else _gradient_arrays(problem)
    times = {}
    for number, (row, algorithm) in enumerate(tried, start=1):
        if progress is not None:
            progress(row.name, number, len(tried))
        call = _call(built(algorithm, problem), arrays)
        times[row.name] = _measured(call, seconds / len(tried))
    wisdom.learn(problem, times)
    planner.forget()
    return planner.plan(problem)


def _asked(spec: Conv | str, input_shape: Any, *, wrt: str | None = None, **options: Any) -> tuple[Planner, Problem]:
    """What is to be planned, and who plans it."""
    problem = _problem(spec, input_shape, **options)
    if wrt is None:
        return PLANNER, problem
    _check("wrt", wrt, problems.WRT)
    return GRADIENT_PLANNER, within(replace(problem, wrt=wrt))


def _problem(
    spec: Conv | str,
    input_shape: Any,
    *,
    kind: str = "numpy",
    dtype: str = "float32",
    weight_dtype: str | None = None,
    layout: str = "channels_first",
    precision: str = "default",
    activation: str | None = None,
    residual: bool = False,
    threads: int | None = None,
) -> Problem:
    spec = Conv.parse(spec) if isinstance(spec, str) else spec
    shape = read.shape(input_shape)
    fitted, spatial = spec.fitted(shape)
    batched = shape if len(shape) == len(spatial) + 2 else (1, *shape)
    _check("kind", kind, tuple(LIBRARIES))
    name = name_of(dtype)
    other = name if weight_dtype is None else name_of(weight_dtype)
    problem = Problem(
        fitted,
        batched,
        name,
        other,
        other,
        precision=problems.precision(precision),
        kind=kind,
        layout=problems.layout(layout),
        residual=residual,
        activation=problems.activation(activation),
        threads=get_num_threads() if threads is None else read.number("threads", threads, least=1),
    )
    _ = problem.output_shape  # raises where the input does not fit
    return problem


def _check(name: str, word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        raise ConvError(
            "unknown-word",
            "there is no {name} {word!r}; choose from {words}",
            name=name,
            word=word,
            words=", ".join(known),
        )


def _arrays(problem: Problem) -> list[Any]:
    kind, rng = named(problem.kind), np.random.default_rng(0)
    spec = problem.spec
    shapes = [problem.input_shape, spec.weight_shape, (spec.channels[1],)]
    stored = (problem.dtype, problem.weight_dtype, problem.bias_dtype)
    x, w, bias = (_drawn(rng, shape, dtype) for shape, dtype in zip(shapes, stored, strict=True))
    residual = np.zeros(spec.output_shape(x.shape), problem.promoted_dtype) if problem.residual else None
    if problem.layout == "channels_last":
        x = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    if problem.layout == "strided":
        x = np.repeat(x, 2, -1)[..., ::2]
    return [None if a is None else kind.made(a) for a in (x, w, bias, residual)]


def _drawn(rng: np.random.Generator, shape: Shape, dtype: str) -> Numbers:
    """Normal numbers; whole ones from 0 to 9 where a type has no others."""
    whole = dtype.startswith(("int", "uint", "bool"))
    numbers = rng.integers(0, 10, shape) if whole else rng.standard_normal(shape)
    return numbers.astype(dtype)


def _gradient_arrays(problem: Problem) -> list[Any]:
    """The output's gradient, and the weight or the input."""
    gradient = _drawn(np.random.default_rng(1), problem.output_shape, problem.dtype)
    x, weight, *_ = _arrays(replace(problem, dtype=problem.weight_dtype, residual=False))
    return [named(problem.kind).made(gradient), weight if problem.wrt == "input" else x]


def _call(routine: Any, arrays: list[Any]) -> Callable[[], object]:
    """The routine on these arrays; a convolution's has its weight packed before."""
    if len(arrays) == 2:
        return partial(routine, *arrays)
    x, weight, bias, residual = arrays
    return partial(routine.prepare(weight, bias), x, residual)


def _measured(call: Callable[[], object], budget: float) -> float:
    """The median of what fits in the budget, after one call that warms up."""
    call()
    times: list[float] = []
    while not times or (sum(times) < budget and len(times) < 1000):
        times.append(seconds_of(call))
    return median(times)
