"""A compiled kernel as a routine: its weight packed once, and packed again when a bit of it has changed."""

from __future__ import annotations

import weakref
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.arrays.table import named
from kaiyan.engine.codegen.running.fingerprint import fingerprint
from kaiyan.engine.codegen.running.workspace import passing

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from kaiyan.engine.algorithm import PreparedRoutine
    from kaiyan.engine.codegen.running.launch import Located, NativeCall
    from kaiyan.engine.problem import Problem
    from kaiyan.engine.types import Types
    from kaiyan.reference.dtype import Numbers

    Arrays = Callable[[], tuple[Numbers, Numbers | None]]


class Compiled:
    """A routine that keeps weights packed; it gives None where a sum does not fit the type that comes back."""

    def __init__(self, launch: Any, problem: Problem, types: Types, safe: Callable[[], Any]) -> None:
        self._launch, self._problem, self._types, self._make_safe = launch, problem, types, safe
        self._numbers = named(problem.kind).numbers
        self._kept: dict[int, tuple[Any, Any, PreparedRoutine]] = {}

    def __call__(self, x: Any, weight: Any, bias: Any, residual: Any = None) -> Any:
        if self._problem.fresh:
            with passing():
                return self.prepare(weight, bias)(x, residual)
        numbers = self._numbers
        mark = fingerprint(numbers(weight)), None if bias is None else fingerprint(numbers(bias))
        kept = self._kept.get(id(weight))
        if kept is not None and kept[1] == mark:
            return kept[2](x, residual)
        alive = weakref.ref(weight, partial(_forget, weakref.ref(self), id(weight)))
        added = None if bias is None else numbers(bias).copy()
        prepared = self._prepared(lambda: (numbers(alive()), added))
        self._kept[id(weight)] = alive, mark, prepared
        return prepared(x, residual)

    def held(self, weight: Any, bias: Any) -> Any:
        """A weight and a bias packed for ``calls``; None where the weight is not finite: no kernel computes that."""
        arrays = self._arrays(weight, bias)
        return self._launch.held(*self._forward(arrays)) if np.isfinite(arrays()[0]).all() else None

    @property
    def packing(self) -> Hashable:
        """How ``held`` packs: two routines of one packing take what either has packed."""
        return self._problem.spec.transposed, self._types.summed, self._launch.packing

    def calls(self, held: Any, x: Located, out: Located, residual: Located | None = None) -> list[NativeCall]:
        """What ``held`` gave on arrays that lie so, as calls of machine code; all of them, in any order.

        Where one sets its flag, a sum went astray: then ``safely`` computes it, or where the types are whole numbers
        the output does not hold it. Strides have to be such as ``admits`` takes.
        """
        calls: list[NativeCall] = self._launch.calls(held, x, out, residual)
        return calls

    def admits(self, strides: tuple[int, ...]) -> bool:
        """Whether an output (N, K, *spatial) or a residual may have these strides, in elements."""
        return bool(self._launch.admits(strides))

    @property
    def writes_once(self) -> bool:
        """Whether ``calls`` read each element of a residual last where they write it first: both may be one array."""
        return getattr(self._launch, "writes_once", False) and self.is_sure

    @property
    def is_sure(self) -> bool:
        """Whether no sum of ``calls`` can go astray."""
        return self._safe is None

    def safely(self) -> Compiled | None:
        """The same by the routine that never goes astray, where this one may."""
        return None if self._safe is None else Compiled(self._safe, self._problem, self._types, lambda: None)

    def prepare(self, weight: Any, bias: Any) -> PreparedRoutine:
        """The routine for this weight, packed once."""
        return self._prepared(self._arrays(weight, bias))

    def _arrays(self, weight: Any, bias: Any) -> Arrays:
        numbers = self._numbers
        return lambda: (numbers(weight), None if bias is None else numbers(bias))

    def _prepared(self, arrays: Arrays) -> PreparedRoutine:
        """Where a weight is not finite, the definition: a kernel would multiply it with padded zeros."""
        if not np.isfinite(arrays()[0]).all():
            return partial(self._defined, arrays)
        self._launch.make_ready()
        packed = self._launch.held(*self._forward(arrays))
        odd = self._problem.layout == "unaligned"

        def prepared(x: Any, residual: Any = None, out: Any = None) -> Any:
            x = _stepped(x) if odd else x
            y = self._launch(x, packed, residual, out)
            if y is None and not self._types.whole:
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
        bias = np.zeros(spec.channels[1]) if bias is None else bias
        summed = self._types.summed
        return w.astype(summed, copy=False), bias.astype(summed, copy=False)

    def _defined(self, arrays: Arrays, x: Any, residual: Any = None, out: Any = None) -> Any:
        total = defined(self._problem, x, *arrays(), residual)
        y = self._launch.room(x) if out is None else out
        named(self._problem.kind).fill(y, total)
        return y


def defined(problem: Problem, x: Any, weight: Numbers, bias: Numbers | None, residual: Any = None) -> Numbers:
    """What the definition says of a problem's arrays."""
    from kaiyan.reference.activation import ACTIVATIONS
    from kaiyan.reference.forward import forward

    numbers = named(problem.kind).numbers
    with np.errstate(invalid="ignore"):
        total = forward(numbers(x), weight, bias, problem.spec, out_dtype=problem.out_dtype, saturate=problem.saturate)
        total = total if residual is None else total + numbers(residual)
        return total if problem.activation is None else ACTIVATIONS[problem.activation](total).astype(total.dtype)


def _stepped(x: Numbers) -> Numbers:
    """An array of another machine's byte order, or whose elements lie broken steps apart, copied as kernels read it."""
    return np.ascontiguousarray(x, x.dtype.newbyteorder("="))


def _forget(routine: weakref.ref[Compiled], key: int, _: Any) -> None:
    owner = routine()
    if owner is not None:
        owner._kept.pop(key, None)  # noqa: SLF001
