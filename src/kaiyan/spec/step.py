"""One layer of a chain on one input: the shape that it makes, its cost, what an output sees, and why."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from kaiyan.show.error import ConvError
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.spec.axis import Axis, TransposedAxis
from kaiyan.spec.cost import Figure
from kaiyan.spec.derivation import alike, axis_lines
from kaiyan.spec.pooling import PoolAxis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kaiyan.spec.conv import Conv, Shape
    from kaiyan.spec.field import Field

ALL, UNKNOWN = "all", "unknown"
"""What an output sees where it is not a window: all of the input, or what cannot be said by one window."""

NONE = Figure(0)


@dataclass(frozen=True)
class Step:
    """What a layer does: ``str`` of the layer, shapes, sentences; ``sees`` is a ``Field`` an axis, ALL or UNKNOWN.

    ``facts`` are those of a convolution's derivation, where it is one.
    """

    spec: str
    input_shape: Shape
    output_shape: Shape
    sees: tuple[Field, ...] | str
    lines: tuple[Sentence, ...] = ()
    params: Figure = NONE
    macs: Figure = NONE
    facts: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON."""
        fields = self.sees if isinstance(self.sees, tuple) else ()
        own: dict[str, Any] = {
            "spec": self.spec,
            "input_shape": list(self.input_shape),
            "output_shape": list(self.output_shape),
            "lines": [str(line) for line in self.lines],
            "receptive_field": [f.to_dict() for f in fields] if isinstance(self.sees, tuple) else self.sees,
        }
        cost = {"params": {"value": self.params.value}, "macs": {"value": self.macs.value}}
        return {"pads": [], "unread": [], "cost": cost} | self.facts | own


class Layer(Protocol):
    """A layer that was read from a ``text``: ``rank`` is None where it takes any."""

    @property
    def text(self) -> str: ...

    @property
    def rank(self) -> int | None: ...

    def step(self, shape: Shape, sees: tuple[Field, ...] | str) -> Step:
        """What it does to a shape (N, C, *spatial) or (C, *spatial); raises ``ConvError`` where it cannot."""
        ...


@dataclass(frozen=True)
class Convolution:
    """A convolution; ``text`` is how it was written where that is not PyTorch's way."""

    spec: Conv
    text: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.text or str(self.spec))

    @property
    def rank(self) -> int | None:
        return self.spec.rank

    def step(self, shape: Shape, sees: tuple[Field, ...] | str) -> Step:
        derivation = self.spec.explain(shape)
        fitted, spatial = self.spec.fitted(shape)
        return Step(
            self.text,
            shape,
            derivation.output_shape,
            through(sees, fitted.axes, spatial),
            derivation.lines[1:],
            derivation.cost.params,
            derivation.cost.macs,
            derivation.to_dict(),
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
            "wrong-rank",
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
            "pool-ceil",
            "{axes}: the last of these windows would begin in the padding after the input, so it is dropped: {output}",
            **facts,
        )
