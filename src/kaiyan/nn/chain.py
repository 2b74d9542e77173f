"""A convolution of a tensor and what is computed with it: a BatchNorm folded into it, a sum, an activation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from torch import Tensor, nn

from kaiyan.nn.prepared import Packed, PackedLinear, Weighted
from kaiyan.spec.error import KaiyanError

if TYPE_CHECKING:
    from kaiyan.spec.conv import Shape

_VARIANTS = 8
_SHAPES = 64
PLAIN_TENSORS = (Tensor, nn.Parameter)
"""Tensors without a behaviour of their own."""


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


class Kernel:
    """A convolution's numbers, packed for every norm and activation that they are computed with."""

    def __init__(self, numbers: Weighted, precision: str, *, is_linear: bool = False) -> None:
        self.numbers = numbers
        self.begun, self.uses = 0, Counter[Use]()
        self._precision, self._kind = precision, PackedLinear if is_linear else Packed
        self._packed: dict[Any, Packed] = {}
        self._shapes: dict[Shape, Shape] = {}
        self.is_linear = is_linear

    def packed(self, norm: Norm | None, activation: str | None) -> Packed:
        """The numbers with a norm folded into them, and an activation computed with them."""
        key = None if norm is None else _state(norm), activation
        packed = self._packed.get(key)
        if packed is None:
            if len(self._packed) >= _VARIANTS:
                self._packed.clear()
            numbers = self.numbers if norm is None else self.numbers.normalised(norm)
            packed = self._kind(replace(numbers, activation=activation), self._precision)
            self._packed[key] = packed
        return packed

    def output_shape(self, shape: Shape) -> Shape:
        """The output's sizes; raises ``ConvError`` where the input does not fit."""
        known = self._shapes.get(shape)
        if known is None:
            if len(self._shapes) >= _SHAPES:
                self._shapes.clear()
            fitting = (*shape[:-1], self.numbers.weight.shape[0]) if self.is_linear else None
            self._shapes[shape] = known = fitting or self.numbers.spec.output_shape(shape)
        return known

    @property
    def algorithm(self) -> str:
        """What computed the last new shape; nothing before the first call."""
        return next((packed.algorithm for packed in reversed(self._packed.values()) if packed.algorithm), "")

    @property
    def activation(self) -> str | None:
        """The activation that was computed with it last, if any."""
        return next((activation for _, activation in reversed(self._packed)), None)


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """A convolution of ``x`` and what is taken in so far; ``until`` is how far it waits: "norm", or "activation"."""

    kernel: Kernel
    x: Tensor
    shape: Shape
    until: str
    norm: Norm | None = None
    residual: Tensor | None = None
    versions: tuple[int, int] = (0, 0)

    @classmethod
    def of(cls, kernel: Kernel, x: Tensor, until: str) -> Chain:
        """A convolution of which nothing is computed yet; raises ``ConvError`` where ``x`` does not fit."""
        kernel.begun += 1
        return cls(kernel, x, kernel.output_shape(x.shape), until, versions=(version(x), 0))

    def normed(self, norm: Norm) -> Chain | None:
        """With a BatchNorm, where it can be folded: it is the first thing done, on the axis of the channels."""
        channels_on_axis_1 = self.x.ndim == (2 if self.kernel.is_linear else len(self.kernel.numbers.spec.axes) + 2)
        known = all(type(t) in PLAIN_TENSORS for t in norm[:4] if t is not None)
        if self.norm is not None or self.residual is not None or not channels_on_axis_1 or not known:
            return None
        return replace(self, norm=norm)

    def summed(self, residual: Tensor) -> Chain | None:
        """With another tensor of its shape and type."""
        fits = residual.shape == self.shape and residual.dtype == self.x.dtype and type(residual) in PLAIN_TENSORS
        if self.until != "activation" or self.residual is not None or self.kernel.is_linear or not fits:
            return None
        return replace(self, residual=residual, versions=(self.versions[0], version(residual)))

    def computed(self, activation: str | None = None) -> Tensor:
        """The numbers; raises ``KaiyanError`` where what they are made of was written over meanwhile."""
        residual_version = 0 if self.residual is None else version(self.residual)
        if self.versions != (version(self.x), residual_version):
            error = OverwrittenError(
                "overwritten",
                "what a convolution reads was written over before its output was read, and not so on the example",
                "accelerate the model on an input that takes this way",
            )
            error.kernel = self.kernel
            raise error
        self.kernel.uses[Use(self.norm is not None, self.residual is not None, activation)] += 1
        return self.kernel.packed(self.norm, activation)(self.x, self.residual)


class OverwrittenError(KaiyanError):
    """The input of a convolution was written over before its output was read."""

    kernel: Kernel


def _state(norm: Norm) -> tuple[Any, ...]:
    """Equal for the same tensors that nobody wrote to since: they are kept, so that none is taken for another."""
    mean, var, weight, bias, eps = norm
    own = tuple((t, version(t)) for t in (weight, bias) if t is not None)
    return mean, version(mean), mean.data_ptr(), var, version(var), own, weight is None, eps


def version(tensor: Tensor) -> int:
    """How often it was written to; torch does not count for tensors of inference mode."""
    return -1 if tensor.is_inference() else tensor._version  # noqa: SLF001
