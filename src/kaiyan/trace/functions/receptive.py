"""What an element of a tensor sees of the model's input, and how common kinds of functions pass it on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kaiyan.spec.field import Field, join_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.spec.axis import Axis
    from kaiyan.trace.functions.function import Bound


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """What an element sees, a ``Field`` for each axis of space; ``status`` is "exact", "bound" or "unknown".

    ``whole`` says that it sees all of the input, ``flat`` that space has been laid into one axis of features.
    """

    JSON = ("status", "whole", "sizes")

    axes: tuple[Field, ...] = ()
    status: str = "exact"
    whole: bool = False
    flat: bool = False

    @property
    def sizes(self) -> tuple[int, ...] | None:
        """Elements from the first to the last that is seen, an axis each; None where it is all, or not known."""
        return None if self.whole or self.flat or self.status == "unknown" else tuple(axis.size for axis in self.axes)

    def through(self, axes: Sequence[Axis], before: Sequence[int]) -> ReceptiveField:
        """That of what windows make of it, which are padded by ``before`` at the beginning of each axis."""
        if self.whole:
            return self
        if len(axes) != len(self.axes):
            return NOT_KNOWN
        passed = zip(self.axes, axes, before, strict=True)
        return replace(self, axes=tuple(field.through(axis, pad) for field, axis, pad in passed))


NOT_KNOWN = ReceptiveField(status="unknown")
EVERYTHING = ReceptiveField(whole=True)


def through_windows(call: Bound, before: list[ReceptiveField]) -> ReceptiveField:
    """Convolutions and pools."""
    axes = call.function.windows(call) if call.function.windows else ()
    return before[0].through(axes, [axis.pads(1)[0] for axis in axes])


def side_by_side(call: Bound, before: list[ReceptiveField]) -> ReceptiveField:
    """Element by element: a sum, a product, an activation; all that any of the inputs sees."""
    if any(field.whole for field in before):
        return EVERYTHING
    if any(field.flat for field in before):
        return before[0] if len(before) == 1 else NOT_KNOWN
    rank = len(before[0].axes)
    spaces = {tensor.shape[2:] for tensor in call.inputs if len(tensor.shape) == rank + 2}
    if any(len(field.axes) != rank for field in before) or (len(before) > 1 and len(spaces) > 1):
        return NOT_KNOWN
    joined = (join_fields(*fields) for fields in zip(*(field.axes for field in before), strict=True))
    return replace(before[0], axes=tuple(joined))


def over_space(_: Bound, before: list[ReceptiveField]) -> ReceptiveField:
    """A norm over all of space."""
    return EVERYTHING if before[0].axes else before[0]


def over_features(call: Bound, before: list[ReceptiveField]) -> ReceptiveField:
    """A linear layer: every feature of a row, which is all of space once that is flat."""
    field = before[0]
    if field.whole or field.flat:
        return EVERYTHING
    return field if not field.axes and len(call.shape(0)) == 2 else NOT_KNOWN
