"""fit_kernel: the kernel that turns one picture into another, by least squares in closed form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod, sqrt
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.learn.fitting.borders import alignments, bordered, copied, explained, interior, too_large, unfitting, within
from kaiyan.learn.fitting.error import LearnError
from kaiyan.learn.fitting.nearest import nearest
from kaiyan.learn.fitting.pairs import Pair, pairs
from kaiyan.learn.fitting.remainder import remainder
from kaiyan.learn.fitting.result import Fit
from kaiyan.learn.fitting.solution import Solution, solution
from kaiyan.learn.fitting.undetermined import undetermined
from kaiyan.spec import read
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kaiyan.learn.fitting.remainder import Residual
    from kaiyan.reference.dtype import Numbers

CHANNELS = ("mixed", "each", "shared")
"""Every output from all inputs; every channel by itself with its own kernel; by itself with one kernel for all."""
MOST_UNKNOWNS = 4096
"""Numbers of one output that are solved for: the Gram matrix of so many takes 134 MB."""
_ROUNDING = 1e-9
"""The share of the largest value below which a difference is rounding."""


def fit_kernel(
    before: Any,
    after: Any,
    size: Any = 3,
    *,
    stride: Any = 1,
    dilation: Any = 1,
    padding: Any = None,
    padding_mode: str = "zeros",
    channels: str = "mixed",
    bias: bool = False,
    ridge: float | None = None,
    clipped: Any = "auto",
) -> Fit:
    """The kernel of ``size`` that turns the picture ``before`` into ``after``, by least squares in closed form.

    Pictures are paths, Pillow images, arrays (H, W) or (H, W, 3), or arrays and tensors ([N,] [C,] *spatial); lists
    hold several. A size of one or three numbers is for signals or volumes. ``padding=None`` leaves out the values
    whose windows reach beyond the picture, and tells which border explains them best; any padding of ``Conv``, with
    its ``padding_mode``, is taken as true. ``channels`` is "mixed" (every output from all inputs), "each" (every
    channel by itself) or "shared" (one kernel for all). ``ridge=None`` chooses how much to shrink by generalised
    cross-validation, a number states it in shares of a tap's sum of squares. ``clipped="auto"`` leaves out the values
    0 and the largest of 8- and 16-bit pictures after, which may have been cut off; None keeps all, a pair is the range.

    Exact to rounding where a kernel explains all. Raises ``LearnError`` for pictures that do not fit together or are
    too small, and ``ConvError`` for numbers that cannot be right.

    >>> row = np.array([[1.0, 4, 2, 8, 5, 7]])
    >>> fit_kernel(row, row[:, 1:] - row[:, :-1], (1, 2)).kernel.round(9).tolist()
    [[[[-1.0, 1.0]]]]
    """
    bare = Conv(
        kernel_size=size, stride=stride, dilation=dilation, padding=0 if padding is None else padding,
        padding_mode=padding_mode, bias=False, rank=_rank(before, size, stride, dilation),
    )  # fmt: skip
    given, notes = pairs(before, after, len(bare.axes), clipped)
    C, K = _channels(given, channels)
    shared = channels == "shared"
    made = [pair.folded for pair in given] if shared else given
    asked = _Asked(bias, _checked_ridge(ridge), channels)
    found = _best(_aligned(made, bare, is_known=padding is not None), asked, sum(pair.after.size for pair in made))
    if found is None:
        raise too_large(made[0], bare)
    return _told(found, asked, given=made, counts=(C, K), notes=tuple(notes))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for beside the geometry."""

    bias: bool
    ridge: float | None
    channels: str


@dataclass(frozen=True, slots=True, eq=False)
class _Aligned:
    """Pairs of which every window lies within the picture, where they were cut out from, and what placed them."""

    pairs: list[Pair]
    starts: list[tuple[int, ...]]
    spec: Conv
    is_known: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """The solutions of all outputs, each with the inputs and outputs that it is of."""

    aligned: _Aligned
    parts: list[tuple[slice, slice, Solution]]

    @property
    def inputs(self) -> int:
        """The inputs that an output reads."""
        first, _, _ = self.parts[0]
        return first.stop - first.start  # type: ignore[no-any-return]

    @property
    def mean_square(self) -> float:
        """What is left of a value, squared, in the mean."""
        used = sum(pair.used for pair in self.aligned.pairs)
        return float(self.joined("squares").sum()) / max(used, 1)

    def joined(self, name: str) -> Numbers:
        """An array of the solutions, of all outputs."""
        return np.concatenate([getattr(s, name) for _, _, s in self.parts])


def _rank(before: Any, *numbers: Any) -> int:
    one = before[0] if isinstance(before, (list, tuple)) and before else before
    return read.rank_of(*numbers) or (1 if getattr(one, "ndim", 2) == 1 else 2)


def _checked_ridge(ridge: Any) -> float | None:
    if ridge is None:
        return None
    if not isinstance(ridge, Real) or not 0 <= float(ridge) < np.inf:
        raise LearnError(
            "fit-ridge-value", "ridge is {ridge!r}; it must be a number of at least 0, or None", ridge=ridge
        )
    return float(ridge)


def _channels(given: list[Pair], channels: str) -> tuple[int, int]:
    if channels not in CHANNELS:
        raise LearnError("fit-channels", "channels is {channels!r}; it is one of {known}", channels=channels,
                         known=", ".join(CHANNELS))  # fmt: skip
    counts = {(pair.before.shape[1], pair.after.shape[1]) for pair in given}
    if len(counts) > 1:
        raise LearnError("fit-channels-differ", "the pictures have different channels: {counts} (before, after)",
                         counts=", ".join(map(str, sorted(counts))))  # fmt: skip
    ((C, K),) = counts
    if channels != "mixed" and C != K:
        raise LearnError(
            "fit-channels-each",
            "the pictures before have {before} channels and those after {after}: no channel can be filtered by itself",
            "channels='mixed'",
            before=C, after=K,
        )  # fmt: skip
    return C, K


def _aligned(made: list[Pair], bare: Conv, *, is_known: bool) -> Iterator[_Aligned]:
    """The pairs under every placement of windows that their sizes allow."""
    if is_known:
        for pair in made:
            if bare.output_shape((1, 1, *pair.before.shape[2:]))[2:] != pair.after.shape[2:]:
                raise unfitting(pair, bare, [bare])
        yield _Aligned([bordered(pair, bare) for pair in made], [(0,) * len(bare.axes)] * len(made), bare, is_known)
        return
    for spec in alignments(made, bare):
        cut = [inner for pair in made if (inner := interior(pair, spec)) is not None]
        if len(cut) == len(made):
            starts = [tuple(places.start for places in within(pair, spec)) for pair in made]
            yield _Aligned(cut, starts, spec, is_known)


def _best(aligned: Iterable[_Aligned], asked: _Asked, values: int) -> _Found | None:
    """The placement that leaves least of so many values; the first of those that are alike."""
    best: _Found | None = None
    for each in aligned:
        found = _Found(each, [*_parts(each, asked)])
        if best is None or found.mean_square < best.mean_square - _chance(best, found, values):
            best = found
    return best


_DEVIATIONS = 4
"""Standard deviations within which two placements are alike."""


def _chance(one: _Found, other: _Found, values: int) -> float:
    """By how much the mean squares of two placements that explain alike may differ: rounding, and noise.

    Of noise it is the values that only one of them explains, and the taps, that differ; a square varies by 2 of its
    own.
    """
    after = [pair.after for pair in one.aligned.pairs]
    rounding = (_ROUNDING * max(float(abs(part.astype(np.float64)).max()) for part in after)) ** 2
    left_out = sum(values - sum(pair.after.size for pair in found.aligned.pairs) for found in (one, other))
    apart = left_out + sum(solved.weight.size for _, _, solved in one.parts)
    used = max(sum(pair.used for pair in one.aligned.pairs), 1)
    return max(rounding, one.mean_square * _DEVIATIONS * sqrt(2 * apart) / used)


def _parts(aligned: _Aligned, asked: _Asked) -> Iterator[tuple[slice, slice, Solution]]:
    geometry = aligned.spec.replace(padding=0, padding_mode="zeros")
    for inputs, outputs in _blocks(aligned.pairs, asked.channels):
        part = [pair.of(inputs, outputs) for pair in aligned.pairs]
        _check_count(part, geometry, asked)
        yield inputs, outputs, solution(part, geometry, bias=asked.bias, ridge=asked.ridge)


def _blocks(aligned: list[Pair], channels: str) -> Iterator[tuple[slice, slice]]:
    """The inputs and outputs that are solved for together: outputs that leave out different values are apart."""
    C, K = aligned[0].before.shape[1], aligned[0].after.shape[1]
    if channels == "mixed" and all(pair.kept is None for pair in aligned):
        yield slice(0, C), slice(0, K)
        return
    for k in range(K):
        yield (slice(0, C) if channels == "mixed" else slice(k, k + 1)), slice(k, k + 1)


def _check_count(part: list[Pair], geometry: Conv, asked: _Asked) -> None:
    unknowns = part[0].before.shape[1] * prod(a.kernel for a in geometry.axes) + asked.bias
    used = sum(pair.used for pair in part) // part[0].after.shape[1]
    if unknowns > MOST_UNKNOWNS:
        raise LearnError("fit-too-many", "each output would have {unknowns:,} numbers to find; the most is {most:,}",
                         unknowns=unknowns, most=MOST_UNKNOWNS)  # fmt: skip
    if used < unknowns:
        raise LearnError(
            "fit-too-few", "{used} values of the picture after cannot determine {unknowns} numbers",
            "a larger picture, several pictures, or a smaller kernel", used=used, unknowns=unknowns,
        )  # fmt: skip


def _told(found: _Found, asked: _Asked, *, given: list[Pair], counts: tuple[int, int], notes: tuple[Any, ...]) -> Fit:
    """The result, with what is left over, the border and the nearest filters."""
    spec, shared = found.aligned.spec, asked.channels == "shared"
    taps = tuple(a.kernel for a in spec.axes)
    kernel, errors = (found.joined(name).reshape(-1, found.inputs, *taps) for name in ("weight", "errors"))
    bias = found.joined("bias")
    G = 1 if asked.channels == "mixed" else counts[0]
    one = spec.replace(in_channels=1 if shared else counts[0], out_channels=len(kernel), groups=1 if shared else G)
    borders = () if found.aligned.is_known else explained(given, one, kernel, bias)
    mode = borders[0].mode if borders else spec.padding_mode
    return Fit(
        kernel=kernel,
        errors=errors,
        bias=bias if asked.bias else None,
        bias_errors=found.joined("bias_errors") if asked.bias else None,
        channels=asked.channels,
        spec=spec.replace(in_channels=counts[0], out_channels=counts[1], groups=G, bias=asked.bias, padding_mode=mode),
        ridge=float(found.joined("ridge").max()),
        noise=found.joined("noise"),
        residual=_remainder(found, given, counts[0] if shared else 1),
        undetermined=tuple(undetermined(s, kernel.shape[1:]) for _, _, s in found.parts for _ in s.weight),
        borders=borders,
        copied=copied(given, spec) if borders else None,
        rounding=_ROUNDING * max(float(abs(pair.after.astype(np.float64)).max()) for pair in given),
        nearest=tuple(nearest(plane) if plane.ndim == 2 else None for planes in kernel for plane in planes),
        notes=notes,
    )


def _remainder(found: _Found, given: list[Pair], C: int) -> Residual:
    """What is left over; pictures whose C channels were taken as pictures are counted as one again."""
    aligned = found.aligned
    geometry = aligned.spec.replace(padding=0, padding_mode="zeros")
    rest = remainder(aligned.pairs, aligned.starts, found.parts, geometry)
    picture, channel, *place = rest.where
    return replace(
        rest, where=(picture // C, picture % C if C > 1 else channel, *place),
        border=sum(pair.after.size for pair in given) - sum(pair.after.size for pair in aligned.pairs),
    )  # fmt: skip
