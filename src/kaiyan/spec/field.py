"""Receptive fields: which inputs an output sees, through chains and branches, holes included; computed, not assumed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import TYPE_CHECKING, Any

from kaiyan.show.error import ConvError
from kaiyan.show.shown import Data
from kaiyan.spec.axis import Axis, TransposedAxis

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kaiyan.spec.conv import Conv

Inputs = frozenset[int]


@dataclass(frozen=True, slots=True)
class Field(Data):
    """What one output sees along one axis, in elements of the network's input.

    ``jump`` is the distance between the fields of two neighbours, ``start`` the centre of the first output's field
    (None where a layer's pads hang on an input size that was not given). ``phases`` holds the inputs of the first
    outputs, one set each: transposed layers repeat in phases, all else has one.

    >>> field = Field().through(Axis(kernel=3, dilation=2), before=0)
    >>> field.size, field.start, field.inputs(0)
    (5, Fraction(2, 1), (0, 2, 4))
    """

    JSON = ("size", "jump", "start", "holes")

    jump: Fraction = Fraction(1)
    start: Fraction | None = Fraction(0)
    phases: tuple[Inputs, ...] = (frozenset({0}),)

    @property
    def size(self) -> int:
        """Inputs from the first to the last that is seen; the largest of the phases."""
        return max(_span(seen) for seen in self.phases)

    @property
    def touched(self) -> int:
        """Inputs that are seen."""
        return len(max(self.phases, key=_span))

    @property
    def holes(self) -> int:
        """Inputs within the field that are not seen."""
        return self.size - self.touched

    def inputs(self, o: int) -> tuple[int, ...]:
        """Inputs that output ``o`` sees, in order; those on padding are below 0 or past the end.

        Raises ``ConvError`` when the start of the field is not known.
        """
        if self.start is None:
            raise ConvError(
                "start-unknown",
                "where the receptive field starts depends on the input's size, which was not given",
                "receptive_field(specs, input_shape)",
            )
        return tuple(sorted(self.seen(o)))

    def through(self, axis: Axis, before: int | None) -> Field:
        """The field after one more layer; ``before`` is its padding before the axis, None where not known."""
        known = before or 0
        offset = Fraction(axis.reach - 1, 2) - known
        if isinstance(axis, TransposedAxis):
            jump = self.jump / axis.stride
            period = len(self.phases) * axis.stride
            moved = -offset * jump
        else:
            jump = self.jump * axis.stride
            period = len(self.phases) // gcd(len(self.phases), axis.stride)
            moved = offset * self.jump
        start = None if self.start is None or before is None else self.start + moved
        return Field(jump, start, tuple(self._union(axis.reads(o, known)) for o in range(period)))

    def seen(self, o: int) -> Inputs:
        """Inputs that output ``o`` sees, as a set; counted from an unpadded start where the true one is unknown."""
        turn, phase = divmod(o, len(self.phases))
        shift = int(turn * len(self.phases) * self.jump)
        return frozenset(i + shift for i in self.phases[phase])

    def _union(self, outputs: Iterable[int]) -> Inputs:
        return frozenset().union(*(self.seen(o) for o in outputs))


def join_fields(*fields: Field) -> Field:
    """The receptive field where branches meet in a sum or a concatenation: the union of what they see, on one axis.

    Raises ``ConvError`` when their jumps differ, because their outputs then do not line up.
    """
    jumps = {field.jump for field in fields}
    if len(jumps) > 1:
        raise ConvError(
            "branches-misaligned",
            "the branches move {jumps} inputs per output: they do not line up",
            "the same strides in every branch",
            jumps=" / ".join(str(j) for j in sorted(jumps)),
        )
    period = lcm(*(len(field.phases) for field in fields))
    phases = tuple(frozenset().union(*(field.seen(o) for field in fields)) for o in range(period))
    return Field(fields[0].jump, _centre(fields), phases)


def _centre(fields: tuple[Field, ...]) -> Fraction | None:
    starts = [(f.start, Fraction(f.size, 2)) for f in fields if f.start is not None]
    if len(starts) < len(fields):
        return None
    return (min(start - half for start, half in starts) + max(start + half for start, half in starts)) / 2


def receptive_field(specs: Iterable[Conv], input_shape: Any = None) -> tuple[tuple[Field, ...], ...]:
    """The fields after each description of a chain, one ``Field`` an axis.

    ``input_shape`` (N, C, *spatial) is needed only where pads follow the size: "same" at a stride.
    Source: Araujo, Norris, Sim, "Computing receptive fields of convolutional neural networks", Distill 2019.

    >>> from kaiyan import Conv
    >>> [layer[0].size for layer in receptive_field([Conv(1, 8, 3, rank=2), Conv(8, 8, 3, stride=2, rank=2)])]
    [3, 5]
    """
    chain = list(specs)
    rank = _rank(chain, input_shape)
    fields = [Field()] * rank
    shape = input_shape
    layers = []
    for spec in (s.at_rank(rank) for s in chain):
        pads = [a.pads(n)[0] for a, n in zip(spec.axes, shape[-rank:], strict=True)] if shape else _pads(spec)
        fields = [f.through(a, p) for f, a, p in zip(fields, spec.axes, pads, strict=True)]
        layers.append(tuple(fields))
        shape = spec.output_shape(shape) if shape else None
    return tuple(layers)


def _rank(chain: list[Conv], input_shape: Any) -> int:
    fixed = {spec.rank for spec in chain if spec.rank is not None}
    if fixed:
        return fixed.pop()
    return len(input_shape) - 2 if input_shape else 1


def _pads(spec: Conv) -> list[int | None]:
    return [None if a.pads_follow_size else a.pads(1)[0] for a in spec.axes]


def _span(seen: Inputs) -> int:
    return max(seen) - min(seen) + 1 if seen else 0
