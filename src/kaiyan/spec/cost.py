"""What a convolution costs: parameters, multiply-adds, bytes, and the fully-connected layer it replaces."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, Literal

from kaiyan.show.shown import Data
from kaiyan.spec import read

if TYPE_CHECKING:
    from kaiyan.spec.conv import Conv, Shape

Status = Literal["exact", "bound", "unknown"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A count and what is known of it: exact, bound (at least this many), or unknown (``value`` is None, never 0).

    >>> print(Figure(12) + Figure(None, "unknown"))
    ≥ 12
    """

    JSON = ("value", "status")

    value: int | None
    status: Status = "exact"

    def __add__(self, other: Figure) -> Figure:
        known = [f.value for f in (self, other) if f.value is not None]
        if self.status == other.status == "exact":
            return Figure(sum(known))
        return Figure(sum(known), "bound") if known else Figure(None, "unknown")

    def __str__(self) -> str:
        if self.value is None:
            return "?"
        return f"{'≥ ' if self.status == 'bound' else ''}{self.value:,}"


@dataclass(frozen=True, slots=True)
class Cost(Data):
    """The cost of one convolution on one input.

    ``params`` weights and biases; ``macs`` multiply-adds, those on padding counted; ``touched`` those on real input;
    ``flops`` 2·macs, bias apart; ``bias_adds`` additions of the bias; ``bytes`` read and written once at 4 bytes an
    element; ``full_weights`` weights of the fully-connected layer with the same input and output.
    """

    params: Figure
    macs: Figure
    touched: Figure
    flops: Figure
    bias_adds: Figure
    bytes: Figure
    full_weights: Figure


UNKNOWN_FIGURE = Figure(None, "unknown")


def params(spec: Conv) -> int:
    """K·(C/groups)·∏kernel, and K biases."""
    K = spec.channels[1]
    return prod(spec.weight_shape) + (K if spec.bias else 0)


def macs(spec: Conv, input_shape: Any) -> int:
    """N·K·∏output·(C/groups)·∏kernel; transposed, over the input's positions."""
    spec, spatial = spec.fitted(input_shape)
    positions = spatial if spec.transposed else spec.output_shape(input_shape)[-len(spatial) :]
    return _batch(spec, input_shape) * prod(positions) * prod(spec.weight_shape)


def touched(spec: Conv, input_shape: Any) -> int:
    """The multiply-adds whose tap lies on an input (transposed: on an output), not on padding."""
    spec, spatial = spec.fitted(input_shape)
    taps = prod(a.touched(n) for a, n in zip(spec.axes, spatial, strict=True))
    return _batch(spec, input_shape) * prod(spec.weight_shape[:2]) * taps


def full_weights(spec: Conv, input_shape: Any) -> int:
    """(C·∏input)·(K·∏output)."""
    spec, spatial = spec.fitted(input_shape)
    C, K = spec.channels
    return C * prod(spatial) * K * prod(spec.output_shape(input_shape)[-len(spatial) :])


def cost(spec: Conv, input_shape: Any) -> Cost:
    """Every figure, unknown where the description says nothing of channels."""
    if spec.in_channels is None:
        spec.output_shape(input_shape)
        return Cost(*[UNKNOWN_FIGURE] * 7)
    spec, _ = spec.fitted(input_shape)
    output = spec.output_shape(input_shape)
    elements = prod(read.shape(input_shape)) + prod(output) + spec.params
    return Cost(
        params=Figure(spec.params),
        macs=Figure(macs(spec, input_shape)),
        touched=Figure(touched(spec, input_shape)),
        flops=Figure(2 * macs(spec, input_shape)),
        bias_adds=Figure(prod(output) if spec.bias else 0),
        bytes=Figure(4 * elements),
        full_weights=Figure(full_weights(spec, input_shape)),
    )


def _batch(spec: Conv, input_shape: Shape) -> int:
    shape = read.shape(input_shape)
    return shape[0] if len(shape) == len(spec.axes) + 2 else 1
