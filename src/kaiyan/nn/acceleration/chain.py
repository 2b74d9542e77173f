"""A convolution of a tensor and what is computed with it: a BatchNorm folded into it, a sum, an activation.

All of it runs once for every layer and call, so what can be known is kept: 10 microseconds here are a tenth of a layer.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from kaiyan.nn.acceleration.prepared import Packed, PackedLinear, Weighted
from kaiyan.nn.acceleration.tensors import PLAIN_TENSORS, version, written
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from kaiyan.spec.conv import Shape

_VARIANTS = 8
_SHAPES = 64


class Norm(NamedTuple):
    """A BatchNorm in evaluation: its tensors (K,) and what is added to the variance."""

    running_mean: Tensor
    running_var: Tensor
    weight: Tensor | None
    bias: Tensor | None
    eps: float


class Use(NamedTuple):
    """What was computed together with a convolution."""

    norm: bool
    residual: bool
    activation: str | None


PLAIN_USE = Use(norm=False, residual=False, activation=None)


class Numbers:
    """A convolution's numbers, packed for every activation that they are computed with."""

    def __init__(self, weighted: Weighted, precision: str, *, is_linear: bool) -> None:
        self.weighted = weighted
        self._precision, self._kind = precision, PackedLinear if is_linear else Packed
        self.packed: dict[str | None, Packed] = {}

    def __call__(self, x: Tensor, residual: Tensor | None, activation: str | None) -> Tensor:
        """The output."""
        packed = self.packed.get(activation)
        if packed is None:
            packed = self._kind(replace(self.weighted, activation=activation), self._precision)
            self.packed[activation] = packed
        return packed(x, residual)


class Folded(Numbers):
    """Those with a BatchNorm folded into them, as it is now."""

    def __init__(self, plain: Numbers, norm: Norm, precision: str, *, is_linear: bool) -> None:
        super().__init__(plain.weighted.with_norm(norm), precision, is_linear=is_linear)
        self._tensors = [t for t in norm[:4] if t is not None]
        self._memory = [t.detach() for t in self._tensors]  # kept, so that no other numbers come to its address
        self._state = self._now()

    def is_current(self) -> bool:
        """Whether nobody wrote to the norm meanwhile."""
        return self._now() == self._state

    def _now(self) -> list[tuple[int, int]]:
        return [written(tensor) for tensor in self._tensors]


class FusedConv:
    """A layer's convolution, with what is fused with it: its own numbers, and those with each norm that follows it.

    While it is ``watched``, what is computed with it is counted, and tensors that wait are in ``waiting``.
    """

    def __init__(self, weighted: Weighted, precision: str, *, is_linear: bool = False) -> None:
        self.plain = Numbers(weighted, precision, is_linear=is_linear)
        self.is_linear = is_linear
        self.watched, self.begun, self.uses = False, 0, Counter[Use]()
        self.waiting: list[Callable[[], Any]] = []
        self._precision = precision
        self._folded: dict[tuple[Any, ...], Folded] = {}
        self._shapes: dict[Shape, Shape] = {}

    def fold(self, norm: Norm, axes: int) -> Folded | None:
        """The numbers with a norm of an output of so many axes; None where it cannot be folded."""
        key = id(norm[0]), id(norm[1]), id(norm[2]), id(norm[3]), norm[4]
        folded = self._folded.get(key)
        if folded is not None and folded.is_current():
            return folded
        channels_on_axis_1 = axes == (2 if self.is_linear else len(self.plain.weighted.spec.axes) + 2)
        if not channels_on_axis_1 or any(type(t) not in PLAIN_TENSORS for t in norm[:4] if t is not None):
            return None
        if len(self._folded) >= _VARIANTS:
            self._folded.clear()
        self._folded[key] = folded = Folded(self.plain, norm, self._precision, is_linear=self.is_linear)
        return folded

    def output_shape(self, shape: Shape) -> Shape:
        """The output's sizes; raises ``ConvError`` where the input does not fit."""
        known = self._shapes.get(shape)
        if known is None:
            if len(self._shapes) >= _SHAPES:
                self._shapes.clear()
            weighted = self.plain.weighted
            fitting = (*shape[:-1], weighted.weight.shape[0]) if self.is_linear else None
            self._shapes[shape] = known = fitting or weighted.spec.output_shape(shape)
        return known

    @property
    def _all(self) -> list[tuple[str | None, Packed]]:
        return [pair for numbers in (*self._folded.values(), self.plain) for pair in numbers.packed.items()]

    @property
    def algorithm(self) -> str:
        """What computed a new shape last; nothing before the first call."""
        return next((packed.algorithm for _, packed in self._all if packed.algorithm), "")

    @property
    def activation(self) -> str | None:
        """An activation that was computed with it, if any."""
        return next((activation for activation, _ in self._all if activation is not None), None)


class Chain:
    """A convolution of ``x`` and what is taken in so far; ``until`` is how far it waits: "norm", or "activation"."""

    __slots__ = ("conv", "folded", "residual", "until", "version", "written", "x")

    def __init__(self, conv: FusedConv, x: Tensor, until: str) -> None:
        self.conv, self.x, self.until = conv, x, until
        self.folded: Folded | None = None
        self.residual: Tensor | None = None
        self.version, self.written = version(x), 0
        if conv.watched:
            conv.begun += 1

    def with_norm(self, norm: Norm) -> Chain | None:
        """With a BatchNorm, where it can be folded: it is the first thing done, on the axis of the channels."""
        if self.folded is not None or self.residual is not None:
            return None
        folded = self.conv.fold(norm, self.x.ndim)
        if folded is None:
            return None
        chain = self._copy()
        chain.folded = folded
        return chain

    def with_sum(self, residual: Tensor) -> Chain | None:
        """With another tensor of its shape and type."""
        if self.until != "activation" or self.residual is not None or self.conv.is_linear:
            return None
        shape = self.conv.output_shape(self.x.shape)
        if residual.shape != shape or residual.dtype != self.x.dtype or not _is_counted(residual):
            return None
        chain = self._copy()
        chain.residual, chain.written = residual, version(residual)
        return chain

    def compute(self, activation: str | None = None) -> Tensor:
        """The numbers; raises ``KaiyanError`` where what they are made of was written over meanwhile."""
        conv, residual = self.conv, self.residual
        if version(self.x) != self.version or (residual is not None and version(residual) != self.written):
            raise self._overwritten()
        if conv.watched:
            conv.uses[Use(self.folded is not None, residual is not None, activation)] += 1
        return (self.folded or conv.plain)(self.x, residual, activation)

    def _copy(self) -> Chain:
        chain = Chain.__new__(Chain)
        chain.conv, chain.x, chain.until, chain.version = self.conv, self.x, self.until, self.version
        chain.folded, chain.residual, chain.written = self.folded, self.residual, self.written
        return chain

    def _overwritten(self) -> OverwrittenError:
        error = OverwrittenError(
            "overwritten",
            "the input of a convolution was overwritten before its output was read; with the example input it was not",
            "accelerate the model with an input that takes this path",
        )
        error.conv = self.conv
        return error


class OverwrittenError(KaiyanError):
    """The input of a convolution was written over before its output was read."""

    conv: FusedConv


def _is_counted(tensor: Tensor) -> bool:
    """Whether a write to a tensor is seen."""
    return type(tensor) in PLAIN_TENSORS and not tensor.is_inference()
