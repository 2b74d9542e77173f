"""A found kernel in words: its numbers with their errors, and one sentence for each thing to be known of it."""

from __future__ import annotations

from itertools import islice
from math import isfinite, isinf
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.learn.fitting.nearest import Nearest
    from kaiyan.learn.fitting.result import Fit
    from kaiyan.reference.dtype import Numbers

MOST_PLANES = 16
"""Kernels that are shown; the others are counted."""
MOST_SIDE = 9
"""Taps along a side of the largest kernel whose numbers are shown."""
_EXACT = 1e-9
"""The share of the largest tap below which an error is rounding, and is not shown."""
_SLIGHT = 0.01
"""The share of the heaviest kernel's squares below which a kernel is not named."""
_CORRELATED, _SURE = 0.1, 25.0
"""The correlation of neighbours from which on a rest is no noise, and the square of how many standard errors it is."""
_UNLIKE = 0.5
"""The share of its squares from which on a kernel is like no filter."""


def planes(fit: Fit) -> Iterator[tuple[int, int, Numbers, Numbers]]:
    """Output, input, taps (rows, columns) and their errors of every kernel; more axes lie one below the other."""
    for k, c in np.ndindex(*fit.kernel.shape[:2]):
        taps, errors = fit.kernel[k, c], fit.errors[k, c]
        rows = taps.shape[0] if taps.ndim == 2 else -1
        yield k, c, taps.reshape(rows, taps.shape[-1]), errors.reshape(rows, taps.shape[-1])


def kernel_tables(fit: Fit) -> Iterator[Table]:
    """The numbers of the first kernels with their errors, a row of taps a row."""
    many = fit.kernel.shape[:2] != (1, 1)
    if max(fit.kernel.shape[2:]) > MOST_SIDE:
        return
    largest = float(abs(fit.kernel).max())
    for k, c, taps, errors in islice(planes(fit), MOST_PLANES):
        title = sentence("fit-plane", "output {k} from input {c}", k=k, c=_input(fit, k, c)) if many else ""
        cells = [[number(v, e, largest) for v, e in zip(*row, strict=True)] for row in zip(taps, errors, strict=True)]
        rows = tuple(Row(tuple(row)) for row in cells)
        yield Table(("",) * taps.shape[1], rows, title, left=frozenset())


def _input(fit: Fit, k: int, c: int) -> int:
    """The input channel that a kernel reads."""
    return k if fit.channels == "each" else c


def number(value: float, error: float, largest: float) -> str:
    """A number to the digits that its error leaves, with the error; '?' where the pictures do not determine it.

    >>> number(0.24987, 0.0031, 1.0), number(-1e-17, 1e-16, 1.0), number(0.111111, float("inf"), 1.0)
    ('0.2499±0.0031', '0', '0.1111?')
    """
    if not isfinite(error) or error <= _EXACT * largest:
        plain = 0.0 if abs(value) <= _EXACT * largest else value
        return f"{plain:.{4 if isinf(error) else 6}g}" + "?" * isinf(error)
    places = max(1 - int(np.floor(np.log10(error))), 0)
    return f"{value:.{min(places, 12)}f}±{error:#.2g}" if places <= 12 else f"{value:.4g}±{error:#.2g}"


def findings(fit: Fit) -> tuple[Sentence, ...]:
    """The sentences about a found kernel: what it leaves, what it is like, the border, what is open."""
    return (*_residual(fit), *_nearest(fit), *_border(fit), *_open(fit), *_ridge(fit), *_bias(fit), *fit.notes)


def _residual(fit: Fit) -> Iterator[Sentence]:
    rest = fit.residual
    where = ", ".join(map(str, rest.where[2:]))
    if isfinite(rest.r2):
        yield sentence(
            "fit-r2", "it explains {share} of the variance of {used:,} values", share=_share(rest.r2), used=rest.used
        )
    yield sentence(
        "fit-difference",
        "what it leaves is {rms:.3g} (root mean square), {largest:.3g} at most, at ({where}) of channel {channel}",
        rms=rest.rms, largest=rest.largest, where=where, channel=rest.where[1],
    )  # fmt: skip
    if rest.rms > fit.rounding and abs(rest.correlation) > _CORRELATED and rest.correlation**2 * rest.used > _SURE:
        yield sentence(
            "fit-no-noise",
            "what it leaves is no noise: neighbours in it correlate by {correlation:.2f}, so the errors are not to be "
            "trusted; a larger kernel may explain more",
            correlation=rest.correlation,
        )
    if rest.clipped:
        yield sentence(
            "fit-left-clipped",
            "{clipped:,} values at the end of the range are left out: they may have been cut off",
            clipped=rest.clipped,
        )
    if rest.border:
        yield sentence("fit-left-border", "{border:,} values are left out: their windows reach beyond the picture",
                       border=rest.border)  # fmt: skip


def _share(share: float) -> str:
    """A share in percent; 100 % only where it is whole.

    >>> _share(1.0), _share(0.999999), _share(0.5)
    ('100 %', '99.9999 %', '50 %')
    """
    rest = 1 - share
    if rest < 1e-12:
        return "100 %"
    places = max(-int(np.floor(np.log10(rest))) - 2, 0) if rest < 0.1 else 1
    return f"{100 * share:.{places}f} %".replace(".0 %", " %")


def _nearest(fit: Fit) -> Iterator[Sentence]:
    """What each kernel is like; of those that hardly weigh anything only the number is told."""
    numbers, named = [*np.ndindex(*fit.kernel.shape[:2])], heavy(fit)
    for i in named[:MOST_PLANES]:
        found, (k, c) = fit.nearest[i], numbers[i]
        if found is not None and len(numbers) == 1:
            yield described(found)
        elif found is not None:
            yield sentence("fit-of-plane", "output {k} from input {c}: {told}", k=k, c=_input(fit, k, c),
                           told=described(found))  # fmt: skip
    if 0 < len(named) < len(numbers):
        yield sentence("fit-slight", "{count} of the {all} kernels have less than 1 % of the squares of the heaviest",
                       count=len(numbers) - len(named), all=len(numbers))  # fmt: skip


def heavy(fit: Fit) -> list[int]:
    """The numbers of the kernels that weigh something beside the heaviest."""
    weights = (fit.kernel**2).sum(tuple(range(2, fit.kernel.ndim))).ravel()
    return [i for i, weight in enumerate(weights) if weight > _SLIGHT * weights.max()]


def described(found: Nearest) -> Sentence:
    """What a kernel is like: the filter with its factor, how it is turned and moved, and what it leaves."""
    facts = {"filter": _filter(found), "rest": f"{100 * found.unexplained:.3g} %"}
    if found.unexplained > _UNLIKE:
        return sentence(
            "fit-unlike",
            "no named filter is much like it: the nearest, {filter}, leaves {rest} of its squares unexplained",
            **facts,
        )
    if found.unexplained < _EXACT:
        return sentence("fit-is", "it is {filter}", filter=facts["filter"])
    return sentence("fit-like", "it is most like {filter}, which leaves {rest} of its squares unexplained", **facts)


def _filter(found: Nearest) -> Sentence | str:
    factor = round(found.factor, 12)
    plain = f"{factor:.4g} x {found.name}" if factor != 1 else found.name
    turned: Sentence | str = plain
    if found.mirror is not None:
        turned = sentence("fit-mirrored", "{filter} {mirror}", filter=plain, mirror=found.mirror)
    if not any(found.shift):
        return turned
    down, right = found.shift
    return sentence("fit-moved", "{filter}, moved by {down:g} down and {right:g} to the right", filter=turned,
                    down=down, right=right)  # fmt: skip


def _border(fit: Fit) -> Iterator[Sentence]:
    if not fit.borders:
        return
    best = fit.borders[0]
    alike = [
        border.mode for border in fit.borders if border.difference <= best.difference * (1 + _EXACT) + fit.rounding
    ]
    facts = {"padding": str(best.padding), "mode": ", ".join(alike), "rest": best.difference}
    if fit.border_is_copied:
        yield sentence("fit-border-copied", "the border is the picture before, unfiltered")
        return
    if not fit.border_is_explained:
        yield sentence(
            "fit-border-unknown",
            "no kind of border explains the border values as well as the kernel explains the others: the best is "
            "padding={padding} with {mode}, which leaves {rest:.3g}",
            **facts,
        )
        return
    others = [border for border in fit.borders if border.mode not in alike]
    if not others:
        yield sentence("fit-border-alike", "every border explains the border values alike: {mode}", mode=facts["mode"])
        return
    yield sentence(
        "fit-border",
        "the border is that of padding={padding} with {mode}, which leaves {rest:.3g} there; the next, {other}, leaves "
        "{left:.3g}",
        other=others[0].mode, left=others[0].difference, **facts,
    )  # fmt: skip


def _open(fit: Fit) -> Iterator[Sentence]:
    told: list[Sentence] = []
    for found in fit.undetermined:
        told.extend(words for words in found.words if words not in told)
    yield from told


def _ridge(fit: Fit) -> Iterator[Sentence]:
    if fit.ridge:
        yield sentence("fit-ridge", "it is shrunk by a ridge of {ridge:.2g} of a tap's sum of squares", ridge=fit.ridge)


def _bias(fit: Fit) -> Iterator[Sentence]:
    if fit.bias is not None and fit.bias_errors is not None:
        largest = max(float(abs(fit.bias).max()), float(abs(fit.kernel).max()))
        told = ", ".join(number(b, e, largest) for b, e in zip(fit.bias, fit.bias_errors, strict=True))
        yield sentence("fit-bias", "bias: {told}", told=told)
