"""A convolution with its weight packed once, to be called many times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kaiyan.arrays.table import kind_of, same_kind
from kaiyan.engine import problem as problems
from kaiyan.engine.codegen.running.threads import get_num_threads
from kaiyan.engine.planner import PLANNER
from kaiyan.ops.routine import ArrayFacts, check_weight, facts_of, problem_of
from kaiyan.show.error import ConvError
from kaiyan.spec.conv import Conv, Shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.arrays.kind import Kind
    from kaiyan.engine.algorithm import PreparedRoutine
    from kaiyan.engine.problem import Problem

_SHAPES = 16
"""Inputs of other shapes or layouts for which the weight is kept packed; the oldest is let go."""


def prepare(
    spec: Conv | str, weight: Any, bias: Any = None, *, activation: str | None = None, precision: str = "default"
) -> PreparedConv:
    """``spec`` with its weight, as a function of the input: for a weight that does not change any more.

    ``spec`` is a ``Conv`` or its text; weight (K, C/groups, *kernel), transposed (C, K/groups, *kernel), and bias (K,)
    are NumPy arrays or torch tensors. ``activation`` is "relu", "relu6", "silu", "hardswish", "sigmoid", "tanh" or
    "gelu", computed while the result is still in registers. The function takes an input of any size, (N, C, *spatial)
    or (C, *spatial), and a residual of the output's shape that is added before the activation. The weight is packed
    when an input of a new shape or layout comes, so it must not be changed; ``kaiyan.conv`` sees every change.

    Raises ``ConvError`` for shapes, types or words that cannot be right.

    >>> import numpy as np
    >>> sharpen = prepare("Conv2d(1, 1, 3, padding=1, bias=False)", np.ones((1, 1, 3, 3)))
    >>> sharpen(np.ones((1, 1, 2, 2)))
    array([[[[4., 4.],
             [4., 4.]]]])
    """
    spec = Conv.parse(spec) if isinstance(spec, str) else spec
    arrays = [weight] if bias is None else [weight, bias]
    kind = same_kind(*arrays)
    fixed = spec.at_rank(weight.ndim - 2)
    return PreparedConv(kind, fixed, weight, bias, problems.activation(activation), problems.precision(precision))


class PreparedConv:
    """What ``prepare`` gives: a function of the input; ``algorithm`` is the one that its last new input was given."""

    def __init__(self, kind: Kind, spec: Conv, weight: Any, bias: Any, activation: str | None, precision: str) -> None:
        self.spec = spec
        self._kind, self._arrays = kind, (weight,) if bias is None else (weight, bias)
        self._weights = weight, bias
        self._wanted = {"activation": activation, "precision": precision}
        self._ready: dict[Any, _Entry] = {}
        self._packed: dict[Problem, PreparedRoutine] = {}
        self._era = PLANNER.era
        self._classes: set[type] = set()
        self._followed = kind.followed(self._arrays)
        self.algorithm: str | None = None
        check_weight(spec, weight.shape)

    def __call__(self, x: Any, residual: Any = None, out: Any = None) -> Any:
        """The output for x, the same kind of array; in ``out`` where that is given: dense, laid out as x is."""
        entry = self._entry(x, residual, out)
        if out is not None and entry.may_meet(x, out) and self._kind.overlap(x, out):
            raise ConvError(
                "out-is-input", "out shares memory with the input, which is still read while out is written"
            )
        return entry.run(x, residual, out)

    def ready(self, x: Any, residual: Any = None, out: Any = None) -> PreparedRoutine:
        """What computes on arrays like these, checked: the same for all of these shapes, strides and types."""
        return self._entry(x, residual, out).run

    def _entry(self, x: Any, residual: Any, out: Any) -> _Entry:
        if x.__class__ not in self._classes:
            if kind_of("x", x) is not self._kind:
                same_kind(x, *self._arrays)
            self._classes.add(x.__class__)
        if self._era is not PLANNER.era:
            self._ready, self._packed, self._era = {}, {}, PLANNER.era
        kind = self._kind
        traced = self._followed or kind.watched(self._arrays) or kind.traced((x,))
        beside = residual is not None and self._shown(residual), out is not None and self._shown(out)
        key = self._shown(x), x.device, traced, get_num_threads(), beside
        entry = self._ready.get(key)
        if entry is None:
            facts = facts_of(self._kind, x, *self._arrays)
            run = self._prepared(x, facts, residual, out)
            self._ready[key] = entry = _Entry(run, self._kind.address, _span(x), _span(out))
        return entry

    def __repr__(self) -> str:
        return f"prepare({self.spec})"

    def _shown(self, array: Any) -> Any:
        return array.shape, array.dtype, self._kind.strides(array)

    def _prepared(self, x: Any, facts: ArrayFacts, residual: Any, out: Any) -> PreparedRoutine:
        problem = problem_of(facts, self.spec, residual=residual is not None, **self._wanted)
        output = problem.spec.output_shape(x.shape)
        for name, array in (("residual", residual), ("out", out)):
            if array is not None:
                _check(name, array, output, x, problem.promoted_dtype, self._kind)
        if out is not None:
            self._check_layout(problem, out)
        self.algorithm = PLANNER.plan(problem).algorithm.name
        if problem not in self._packed:
            while len(self._packed) >= _SHAPES:
                self._packed.pop(next(iter(self._packed)), None)
                self._ready.clear()
            self._packed[problem] = PLANNER.routine(problem).prepare(*self._weights)
        prepared = self._packed[problem]
        return _unbatched(prepared) if x.ndim == len(self.spec.axes) + 1 else prepared

    def _check_layout(self, problem: Problem, out: Any) -> None:
        shape, strides = tuple(out.shape), self._kind.strides(out)
        batched = len(shape) == len(problem.input_shape)
        layout = self._kind.layout(*((shape, strides) if batched else ((1, *shape), (0, *strides))), out.dtype)
        wanted = "channels_last" if problem.layout == "channels_last" else "channels_first"
        if layout != wanted or not self._kind.dense(out):
            raise ConvError(
                "wrong-out",
                "out must be {wanted} and without gaps in memory, like the input",
                wanted=wanted,
            )


class _Entry(NamedTuple):
    """What computes on arrays of one kind, and where x and out have their bytes, from their first element's on."""

    run: PreparedRoutine
    address: Callable[[Any], int]
    x: tuple[int, int] | None
    out: tuple[int, int] | None

    def may_meet(self, x: Any, out: Any) -> bool:
        """Whether the memory of both is not surely apart."""
        if self.x is None or self.out is None:
            return True
        a, b = self.address(x), self.address(out)
        return a + self.x[0] < b + self.out[1] and b + self.out[0] < a + self.x[1]


def _span(array: Any) -> tuple[int, int] | None:
    """The first byte of an array and the one after its last; None where they are not in this memory."""
    if array is None or str(array.device) != "cpu" or 0 in array.shape:
        return None
    strides = array.strides if isinstance(array, np.ndarray) else [s * array.itemsize for s in array.stride()]
    reaches = [(n - 1) * step for n, step in zip(array.shape, strides, strict=True)]
    return sum(min(r, 0) for r in reaches), sum(max(r, 0) for r in reaches) + array.itemsize


def _unbatched(prepared: PreparedRoutine) -> PreparedRoutine:
    def ready(x: Any, residual: Any = None, out: Any = None) -> Any:
        return prepared(*(None if a is None else a[None] for a in (x, residual, out)))[0]

    return ready


def _check(name: str, array: Any, output: Shape, x: Any, wanted: str, kind: Kind) -> None:
    alike = (tuple(array.shape), array.device, type(array)) == (output, x.device, type(x))
    native = getattr(array.dtype, "isnative", True)
    if alike and native and kind.dtype_name(array.dtype) == wanted:
        return
    raise ConvError(
        "wrong-companion",
        "{name} has shape {shape} and type {dtype}, but the output has {expected} and {wanted}",
        name=name,
        shape=tuple(array.shape),
        dtype=str(array.dtype),
        expected=output,
        wanted=wanted,
    )
