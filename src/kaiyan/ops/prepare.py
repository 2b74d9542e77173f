"""A convolution with its weight packed once, to be called many times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kaiyan.ops.arrays import Kind, same_kind
from kaiyan.ops.routine import Facts, facts_of, problem_of, routine_of
from kaiyan.spec import problem as problems
from kaiyan.spec.conv import Conv
from kaiyan.spec.error import ConvError

if TYPE_CHECKING:
    from kaiyan.engine.algorithm import Prepared
    from kaiyan.spec.problem import Problem


def prepare(
    spec: Conv | str, weight: Any, bias: Any = None, *, activation: str | None = None, precision: str = "default"
) -> PreparedConv:
    """``spec`` with its weight, as a function of the input: for a weight that does not change any more.

    ``spec`` is a ``Conv`` or its text; weight (K, C/groups, *kernel), transposed (C, K/groups, *kernel), and bias (K,)
    are NumPy arrays or torch tensors. ``activation`` is "relu", "relu6", "silu" or "hardswish", computed while the
    result is still in registers. The function takes an input of any size, (N, C, *spatial) or (C, *spatial), and a
    residual of the output's shape that is added before the activation. The weight is packed when an input of a new
    shape or layout comes, so it must not be changed meanwhile; ``kaiyan.conv`` sees every change.

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
    """What ``prepare`` gives: a function of the input."""

    def __init__(self, kind: Kind, spec: Conv, weight: Any, bias: Any, activation: str | None, precision: str) -> None:
        self.spec = spec
        self._kind, self._arrays = kind, (weight,) if bias is None else (weight, bias)
        self._bias = bias
        self._wanted = {"activation": activation, "precision": precision}
        self._ready: dict[tuple[Facts, bool], Prepared] = {}
        if tuple(weight.shape) != spec.weight_shape:
            raise ConvError(
                "wrong-weight",
                "the weight has shape {shape}, but {spec} has {expected}",
                shape=tuple(weight.shape),
                spec=str(spec),
                expected=spec.weight_shape,
            )

    def __call__(self, x: Any, residual: Any = None) -> Any:
        """The output for x; the same kind of array."""
        facts = facts_of(self._kind, x, *self._arrays)
        ready = self._ready.get((facts, residual is not None))
        if ready is None:
            ready = self._prepared(x, facts, residual)
        return ready(x) if residual is None else ready(x, residual)

    def __repr__(self) -> str:
        return f"prepare({self.spec})"

    def _prepared(self, x: Any, facts: Facts, residual: Any) -> Prepared:
        if same_kind(x, self._arrays[0], self._bias) is not self._kind:
            raise AssertionError
        problem = problem_of(self._kind, facts, self.spec, residual=residual is not None, **self._wanted)
        _check_residual(problem, x, residual)
        prepared = routine_of(self._kind, problem).prepare(self._arrays[0], self._bias)
        if x.ndim == len(self.spec.axes) + 1:
            ready: Prepared = _unbatched(prepared)
        else:
            ready = prepared
        self._ready[facts, residual is not None] = ready
        return ready


def _unbatched(prepared: Prepared) -> Prepared:
    return lambda x, residual=None: prepared(x[None], None if residual is None else residual[None])[0]


def _check_residual(problem: Problem, x: Any, residual: Any) -> None:
    output = problem.spec.output_shape(x.shape)
    if residual is None or (tuple(residual.shape) == output and residual.dtype == x.dtype):
        return
    raise ConvError(
        "wrong-residual",
        "the residual is {shape} of {dtype}, but the output is {expected} of {wanted}",
        shape=tuple(residual.shape),
        dtype=str(residual.dtype),
        expected=output,
        wanted=str(x.dtype),
    )
