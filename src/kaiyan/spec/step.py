"""One layer of a chain on one input: the shape that it makes, its cost, what an output sees, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from kaiyan.show.error import ConvError
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.spec.axis import Axis, TransposedAxis
from kaiyan.spec.cost import Figure
from kaiyan.spec.derivation import alike, axis_lines
from kaiyan.spec.pooling import PoolAxis
from kaiyan.spec.read import axis_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kaiyan.show.table import Text
    from kaiyan.spec.axis import Pads
    from kaiyan.spec.call import CodeCall
    from kaiyan.spec.conv import Conv, Shape
    from kaiyan.spec.cost import Cost
    from kaiyan.spec.derivation import Derivation
    from kaiyan.spec.field import Field

ALL, UNKNOWN = "all", "unknown"
"""What an output sees where it is not a window: all of the input, or what cannot be said by one window."""

NONE = Figure(0)


@dataclass(frozen=True)
class Step:
    """What a layer does: ``str`` of the layer, shapes, sentences; ``sees`` is a ``Field`` an axis, ALL or UNKNOWN.

    ``derivation`` is that of a convolution, where it is one.
    """

    JSON = ("spec", "input_shape", "output_shape", "pads", "unread", "cost", "lines", "receptive_field")

    spec: str
    input_shape: Shape
    output_shape: Shape
    sees: tuple[Field, ...] | str
    lines: tuple[Sentence, ...] = ()
    params: Figure = NONE
    macs: Figure = NONE
    derivation: Derivation | None = None

    @property
    def pads(self) -> tuple[Pads, ...]:
        """Before and after, an axis each, of a convolution."""
        return () if self.derivation is None else self.derivation.pads

    @property
    def unread(self) -> tuple[range, ...]:
        """Inputs of each axis that a convolution does not read."""
        return () if self.derivation is None else self.derivation.unread

    @property
    def cost(self) -> Cost | dict[str, Figure]:
        """Every figure of a convolution; of other layers parameters and multiply-adds."""
        return {"params": self.params, "macs": self.macs} if self.derivation is None else self.derivation.cost

    @property
    def becomes(self) -> Sentence:
        """The shapes before and after."""
        facts = {"spec": self.spec, "input": self.input_shape, "output": self.output_shape}
        return sentence("shapes", "{spec}: {input} becomes {output}", **facts)

    @property
    def field_lines(self) -> tuple[Sentence, ...]:
        """What an output sees, in sentences."""
        return tuple(_field_lines(self.sees))

    @property
    def cells(self) -> tuple[Text, ...]:
        """Output, parameters, multiply-adds, and what an output sees, for a table."""
        counts = (str(count) if count.value != 0 else "-" for count in (self.params, self.macs))
        return ("x".join(str(n) for n in self.output_shape), *counts, *_field_cells(self.sees))

    @property
    def receptive_field(self) -> tuple[Field, ...] | str:
        """What an output sees."""
        return self.sees


def _field_lines(sees: tuple[Field, ...] | str) -> Iterator[Sentence]:
    if sees == ALL:
        yield sentence("field-sees-all", "every output sees all of the input")
        return
    if isinstance(sees, str):
        yield sentence("field-not-a-window", "the outputs do not all see a window of the same size")
        return
    names: dict[Field, list[str]] = {}
    for name, field in zip(axis_names(len(sees)), sees, strict=True):
        names.setdefault(field, []).append(name)
    for field, axes in names.items():
        yield sentence(
            "field-window",
            "{axes}: receptive field {size} ({holes} of them not seen), neighbouring outputs {jump} "
            "apart, the first centred on input {start}",
            axes=", ".join(axes),
            size=field.size,
            holes=field.holes,
            jump=field.jump,
            start=field.start,
        )


def _field_cells(sees: tuple[Field, ...] | str) -> tuple[Text, Text, Text]:
    if sees == ALL:
        return sentence("field-all", "all"), "-", "-"
    if isinstance(sees, str):
        return "?", "?", "?"
    size, jump, start = ("x".join(str(getattr(field, name)) for field in sees) for name in ("size", "jump", "start"))
    return size, jump, start


class ChainLayer(Protocol):
    """A layer that was read from a ``text``: ``rank`` is None where it takes any."""

    @property
    def text(self) -> str: ...

    @property
    def rank(self) -> int | None: ...

    def step(self, shape: Shape, sees: tuple[Field, ...] | str) -> Step:
        """What it does to a shape (N, C, *spatial) or (C, *spatial); raises ``ConvError`` where it cannot."""
        ...


Reader = Callable[["CodeCall"], list["ChainLayer"]]
"""Reads the layers that a call writes; raises ``ConvError`` for wrong arguments."""


@dataclass(frozen=True)
class ConvLayer:
    """A convolution; ``text`` is how it was written where that is not PyTorch's way."""

    spec: Conv
    text: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.text or str(self.spec))

    @property
    def rank(self) -> int | None:
        return self.spec.rank

    def step(self, shape: Shape, sees: tuple[Field, ...] | str) -> Step:
        derivation = self.spec.derive(shape)
        fitted, spatial = self.spec.fitted(shape)
        return Step(
            self.text,
            shape,
            derivation.output_shape,
            through(sees, fitted.axes, spatial),
            derivation.lines[1:],
            derivation.cost.params,
            derivation.cost.macs,
            derivation,
        )


@dataclass(frozen=True)
class Windows:
    """Pooling, padding, enlarging by repetition: each channel by itself, a window an axis."""

    text: str
    axes: tuple[Axis, ...]
    known: bool = True

    @property
    def rank(self) -> int | None:
        return len(self.axes)

    def step(self, shape: Shape, sees: tuple[Field, ...] | str) -> Step:
        spatial = space(self.text, shape, len(self.axes))
        sizes = tuple(a.output_size(n) for a, n in zip(self.axes, spatial, strict=True))
        lines = [line for axis, n, names in alike(self.axes, spatial) for line in _lines(axis, n, names)]
        seen = through(sees, self.axes, spatial) if self.known else blurred(sees)
        return Step(self.text, shape, (*shape[: -len(spatial)], *sizes), seen, tuple(lines))


@dataclass(frozen=True)
class Rule:
    """Any other layer: ``make`` finishes a step that changes nothing yet."""

    text: str
    make: Callable[[Step], Step]
    rank: int | None = None

    def step(self, shape: Shape, sees: tuple[Field, ...] | str) -> Step:
        if self.rank is not None:
            space(self.text, shape, self.rank)
        return self.make(Step(self.text, shape, shape, sees))


def through(sees: tuple[Field, ...] | str, axes: Sequence[Axis], spatial: Shape) -> tuple[Field, ...] | str:
    """What is seen after windows; pads of a transposed axis crop."""
    if isinstance(sees, str):
        return sees
    if len(sees) != len(axes):
        return UNKNOWN
    return tuple(f.through(a, a.pads(n)[0]) for f, a, n in zip(sees, axes, spatial, strict=True))


def blurred(sees: tuple[Field, ...] | str) -> str:
    """What is seen where no single window says it."""
    return ALL if sees == ALL else UNKNOWN


def space(text: str, shape: Shape, rank: int) -> Shape:
    """The sizes of the axes of space; raises ``ConvError`` for a shape of another rank."""
    if len(shape) not in (rank + 1, rank + 2):
        raise ConvError(
            "layer-rank",
            "{layer} has {rank} spatial axes and takes {batched} axes or {unbatched}, not the {count} of {shape}",
            layer=text, rank=rank, batched=rank + 2, unbatched=rank + 1, shape=shape, count=len(shape),
        )  # fmt: skip
    return shape[-rank:]


def resized(step: Step, sizes: Sequence[int], seen: tuple[Field, ...] | str) -> Step:
    """The step with other sizes of space."""
    return replace(step, output_shape=(*step.input_shape[: -len(sizes)], *sizes), sees=seen)


def repeated(sees: tuple[Field, ...] | str, times: Sequence[int]) -> tuple[Field, ...] | str:
    """What is seen after every element was laid down ``times`` side by side."""
    axes = [TransposedAxis(n, n) for n in times]
    return through(sees, axes, tuple(1 for _ in times))


def _lines(axis: Axis, n: int, names: str) -> Iterator[Sentence]:
    if not (isinstance(axis, PoolAxis) and axis.ceil):
        yield from (line for line in axis_lines(axis, n, names) if line.code != "reach" or axis.kernel > 1)
        return
    before, after = axis.pads(n)
    facts: dict[str, object] = {
        "axes": names, "n": n, "before": before, "after": after, "reach": axis.reach, "stride": axis.stride,
        "rounded": axis.rounded(n), "output": axis.output_size(n),
    }  # fmt: skip
    yield sentence(
        "pool-ceil",
        "{axes}: ceil_mode rounds up: ⌈(n + before + after − reach) / stride⌉ + 1 "
        "= ⌈({n} + {before} + {after} − {reach}) / {stride}⌉ + 1 = {rounded}",
        **facts,
    )
    if axis.rounded(n) != axis.output_size(n):
        yield sentence(
            "pool-ceil-dropped",
            "{axes}: the last of these windows would begin in the padding after the input, so it is dropped: {output}",
            **facts,
        )
