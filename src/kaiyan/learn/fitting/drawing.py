"""A found kernel for the eye: kernel = nearest named filter + what that leaves, and the error of every number."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.learn.fitting.saying import MOST_PLANES, heavy, planes
from kaiyan.pictures.sheet import FAINT, INK, PAPER, centred, drawn_kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

    from kaiyan.learn.fitting.result import Fit
    from kaiyan.reference.dtype import Numbers

_MARGIN, _GAP, _CAPTION = 28, 72, 34
_ROUNDING = 1e-9
"""The share of a kernel's largest number below which what is left over is rounding, and drawn as 0."""

_Panel = tuple[str, str, "Image"]
"""The sign before it, what stands above it, and the panel."""


def drawn(fit: Fit) -> Image:
    """One row a kernel: its numbers, the nearest filter, the rest, and the standard errors, all on one scale."""
    from PIL import Image, ImageDraw

    rows = [[*_panels(fit, number)] for number in range(min(len(fit.nearest), MOST_PLANES))]
    width = max(sum(panel.width for *_, panel in row) + _GAP * (len(row) - 1) for row in rows)
    heights = [max(panel.height for *_, panel in row) + _CAPTION for row in rows]
    page = Image.new("RGB", (width + 2 * _MARGIN, sum(heights) + _MARGIN * (len(rows) + 1)), PAPER)
    draw = ImageDraw.Draw(page)
    top = _MARGIN
    for row, height in zip(rows, heights, strict=True):
        left = _MARGIN
        for sign, caption, panel in row:
            page.paste(panel, (left, top + _CAPTION))
            centred(
                draw, (left + panel.width / 2, top + _CAPTION / 2), caption, 16, INK, within=panel.width + _GAP - 12
            )
            centred(draw, (left - _GAP / 2, top + _CAPTION + panel.height / 2), sign, 34, FAINT)
            left += panel.width + _GAP
        top += height + _MARGIN
    return page


def _panels(fit: Fit, number: int) -> Iterator[_Panel]:
    k, c, taps, errors = next(islice(planes(fit), number, None))
    most, found = float(abs(fit.kernel).max()), fit.nearest[number]
    size = " x ".join(map(str, fit.kernel.shape[2:]))
    yield "", size if len(fit.nearest) == 1 else f"{c} > {k}   {size}", drawn_kernel(_plain(taps, most), most)
    if found is not None and number in heavy(fit):
        name = f"{found.factor:.4g} x {found.name}"
        yield "=", name, drawn_kernel(_plain(found.values, most), most)
        yield "+", f"{100 * found.unexplained:.3g} %", drawn_kernel(_plain(taps - found.values, most), most)
    if np.isfinite(errors).all() and errors.max() > _ROUNDING * most:
        yield "±", "", drawn_kernel(errors, most)


def _plain(values: Numbers, most: float) -> Numbers:
    """The numbers to seven digits of the largest: rounding is not drawn."""
    digits = 7 - int(np.floor(np.log10(most))) if most else 0
    rounded: Numbers = np.round(values, digits) + 0.0
    return rounded
