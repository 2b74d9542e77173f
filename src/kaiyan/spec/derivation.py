"""The derivation of an output's size, and its cost, as sentences that carry the user's numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Lines
from kaiyan.spec import read
from kaiyan.spec.axis import Axis, TransposedAxis
from kaiyan.spec.conventions import PADDING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kaiyan.show.table import Part
    from kaiyan.spec.axis import Pads
    from kaiyan.spec.conv import Conv, Shape
    from kaiyan.spec.cost import Cost


@dataclass(frozen=True, repr=False)
class Derivation(Shown):
    """How an input's shape becomes the output's, step by step."""

    spec: Conv
    input_shape: Shape
    output_shape: Shape
    pads: tuple[Pads, ...]
    unread: tuple[range, ...]
    cost: Cost
    lines: tuple[Sentence, ...]

    JSON = ("spec", "input_shape", "output_shape", "pads", "unread", "cost", "lines")
    KIND = "derivation"

    def parts(self) -> tuple[Part, ...]:
        """The sentences."""
        return (Lines(self.lines),)

    __repr__ = Shown.__str__


def derivation(spec: Conv, input_shape: Any) -> Derivation:
    """The derivation for one input (N, C, *spatial) or (C, *spatial); raises ``ConvError`` as output_shape does."""
    shape = read.shape(input_shape)
    output = spec.output_shape(shape)
    fitted, spatial = spec.fitted(shape)
    cost = spec.cost(shape)
    lines = [sentence("shapes", "{spec}: {input} becomes {output}", spec=str(spec), input=shape, output=output)]
    for axis, n, names in alike(fitted.axes, spatial):
        lines.extend(axis_lines(axis, n, names))
    if fitted.in_channels is not None:
        lines.extend(_cost_lines(fitted, cost))
    return Derivation(spec, shape, output, spec.pads(shape), spec.unread(shape), cost, tuple(lines))


def alike(axes: Sequence[Axis], spatial: Shape) -> Iterator[tuple[Axis, int, str]]:
    """Each axis with its inputs once, and the names of all that are the same."""
    groups: dict[tuple[Axis, int], list[str]] = {}
    for axis, n in zip(axes, spatial, strict=True):
        groups.setdefault((axis, n), []).append(axis.name)
    for (axis, n), names in groups.items():
        yield axis, n, ", ".join(names)


def axis_lines(axis: Axis, n: int, names: str) -> Iterator[Sentence]:
    """How ``n`` inputs become the outputs of an axis, step by step."""
    before, after = axis.pads(n)
    facts: dict[str, object] = {
        "axes": names,
        "n": n,
        "kernel": axis.kernel,
        "stride": axis.stride,
        "dilation": axis.dilation,
        "reach": axis.reach,
        "before": before,
        "after": after,
        "total": before + after,
        "output": axis.output_size(n),
        "word": axis.padding,
    }
    yield sentence(
        "reach",
        "{axes}: the kernel reaches dilation·(kernel − 1) + 1 = {dilation}·({kernel} − 1) + 1 = {reach}",
        **facts,
    )
    if isinstance(axis, TransposedAxis):
        yield from _transposed_lines(axis, n, facts)
    else:
        yield from _forward_lines(axis, n, facts)


def _forward_lines(axis: Axis, n: int, facts: dict[str, object]) -> Iterator[Sentence]:
    derivation = PADDING[axis.padding].derivation if isinstance(axis.padding, str) else None
    if derivation:
        yield replace(derivation, facts=facts)
    yield sentence(
        "size",
        "{axes}: output = ⌊(n + before + after − reach) / stride⌋ + 1 "
        "= ⌊({n} + {before} + {after} − {reach}) / {stride}⌋ + 1 = {output}",
        **facts,
    )
    unread = axis.unread(n)
    if len(unread) == 1:
        yield sentence(
            "unread-one",
            "{axes}: the size is rounded down, so input {first} of {n} is not read",
            first=unread.start,
            **facts,
        )
    elif unread:
        yield sentence(
            "unread",
            "{axes}: the size is rounded down, so inputs {first} to {last} of {n} are not read",
            first=unread.start,
            last=unread.stop - 1,
            **facts,
        )


def _transposed_lines(axis: TransposedAxis, n: int, facts: dict[str, object]) -> Iterator[Sentence]:
    if axis.keeps_size:
        yield sentence(
            "transposed-word",
            "{axes}: {word!r} asks for n·stride = {n}·{stride} = {output} outputs, "
            "so {before} are cropped before and {after} after",
            **facts,
        )
    yield sentence(
        "transposed-size",
        "{axes}: output = (n − 1)·stride + reach − before − after + output_padding "
        "= ({n} − 1)·{stride} + {reach} − {before} − {after} + {output_padding} = {output}",
        output_padding=axis.output_padding,
        **facts,
    )
    sizes = axis.output_sizes(n)
    if len(sizes) > 1:
        yield sentence(
            "transposed-choices",
            "{axes}: output_padding chooses among the sizes {sizes}",
            axes=facts["axes"],
            sizes=", ".join(str(size) for size in sizes),
        )


def _cost_lines(spec: Conv, cost: Cost) -> Iterator[Sentence]:
    C, K = spec.channels
    facts: dict[str, object] = {
        "C": C,
        "K": K,
        "groups": spec.groups,
        "kernel": "·".join(str(a.kernel) for a in spec.axes),
    }
    yield sentence(
        "params",
        "parameters = K·(C / groups)·kernel + biases = {K}·({C} / {groups})·{kernel} + {biases} = {params:,}",
        biases=K if spec.bias else 0,
        params=cost.params.value,
        **facts,
    )
    yield sentence(
        "macs",
        "multiply-adds (MACs) = N·K·(C / groups)·kernel·positions = {macs:,}, {touched:,} of them on real inputs; "
        "FLOPs = 2·MACs = {flops:,}; {bytes:,} bytes in float32, {intensity:.1f} FLOP/byte",
        macs=cost.macs.value,
        touched=cost.touched.value,
        flops=cost.flops.value,
        bytes=cost.bytes.value,
        intensity=(cost.flops.value or 0) / (cost.bytes.value or 1),
    )
    terms = C // spec.groups * prod(a.most_reads for a in spec.axes)
    yield sentence(
        "rounding",
        "every output sums {terms:,} products: summed one by one, its rounding error is at most "
        "{terms:,} half-units (float32: 2⁻²⁴, float16: 2⁻¹¹) times the sum of their absolute values",
        terms=terms,
    )
    weights = prod(spec.weight_shape)
    if weights and cost.full_weights.value:
        yield sentence(
            "sparse",
            "a fully-connected layer from the same input to the same output would have {full:,} weights, "
            "{ratio:,} times these {weights:,}: a convolution's connections are sparse and shared",
            full=cost.full_weights.value,
            weights=weights,
            ratio=round(cost.full_weights.value / weights),
        )
