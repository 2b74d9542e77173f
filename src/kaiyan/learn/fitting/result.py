"""What was found: the kernel with the error of every number, what it leaves, and what the pictures do not tell."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.learn.fitting.code import torch_code
from kaiyan.learn.fitting.saying import findings, kernel_tables
from kaiyan.ops.conv import conv
from kaiyan.show.sentence import sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PIL.Image import Image

    from kaiyan.learn.fitting.borders import Border
    from kaiyan.learn.fitting.nearest import Nearest
    from kaiyan.learn.fitting.remainder import Residual
    from kaiyan.learn.fitting.undetermined import Undetermined
    from kaiyan.reference.dtype import Numbers
    from kaiyan.show.sentence import Sentence
    from kaiyan.show.table import Part
    from kaiyan.spec.conv import Conv


@dataclass(frozen=True, slots=True, eq=False)
class Fit(Shown):
    """The kernel that turns one picture into another; it draws itself in a notebook.

    ``kernel`` (K, C/groups, *size) and its standard ``errors``, infinite for what the pictures do not determine and
    NaN where no value was left to tell; they suppose that what is left over is noise, alike and independent
    everywhere. ``bias`` (K,) or None. ``channels`` is "mixed", "each" or "shared", for which there is one kernel
    (1, 1, *size). ``spec`` is the convolution, with the border that explains the pictures best; ``borders`` are all
    that were compared, the best first, ``copied`` is what a border left unfiltered would leave; differences below
    ``rounding`` are none. ``ridge`` is what was added, in shares of a tap's sum of squares, ``noise`` (K,) the standard
    deviation of what is left over. ``undetermined`` (K) is what the pictures leave open, ``nearest`` (K·C/groups) are
    the named filters most like each kernel of two axes.
    """

    kernel: Numbers
    errors: Numbers
    bias: Numbers | None
    bias_errors: Numbers | None
    channels: str
    spec: Conv
    ridge: float
    noise: Numbers
    residual: Residual
    undetermined: tuple[Undetermined, ...]
    borders: tuple[Border, ...]
    copied: float | None
    rounding: float
    nearest: tuple[Nearest | None, ...]
    notes: tuple[Sentence, ...] = ()

    KIND = "fit"
    JSON = (
        "kernel", "errors", "bias", "bias_errors", "channels", "spec", "ridge", "noise", "residual", "undetermined",
        "borders", "border_is_explained", "border_is_copied", "nearest", "notes", "findings",
    )  # fmt: skip

    @property
    def weight(self) -> Numbers:
        """The kernel as ``kaiyan.conv`` and PyTorch take it with ``spec``: (K, C/groups, *size)."""
        if self.channels != "shared":
            return self.kernel
        return np.repeat(self.kernel, self.spec.out_channels or 1, axis=0)

    @property
    def offset(self) -> Numbers | None:
        """The bias (K,) that belongs to ``weight``."""
        return None if self.bias is None else np.broadcast_to(self.bias, len(self.weight)).copy()

    def apply(self, picture: Numbers) -> Numbers:
        """What becomes of (C, *spatial) or (N, C, *spatial) numbers: (K, *output) or (N, K, *output)."""
        spec = self.spec
        given: dict[str, Any] = {"stride": spec.stride, "padding": spec.padding, "dilation": spec.dilation}
        y: Numbers = conv(
            np.asarray(picture, np.float64), self.weight, self.offset, groups=spec.groups,
            padding_mode=spec.padding_mode, **given,
        )  # fmt: skip
        return y

    def code(self) -> str:
        """Python that uses the kernel in PyTorch: a function ``learned`` of a batch (N, C, *spatial)."""
        return torch_code(self.spec, self.kernel, self.bias, shared=self.channels == "shared")

    @property
    def border_is_explained(self) -> bool:
        """Whether the best of the borders leaves no more at the border than the kernel leaves inside."""
        return bool(self.borders) and self._is_small(self.borders[0].difference)

    @property
    def border_is_copied(self) -> bool:
        """Whether the border is the picture before, unfiltered, rather than any padding's."""
        return not self.border_is_explained and self.copied is not None and self._is_small(self.copied)

    def _is_small(self, difference: float) -> bool:
        return difference <= 3 * self.residual.rms + self.rounding

    @property
    def findings(self) -> tuple[Sentence, ...]:
        """What is to be known of the kernel, in sentences."""
        return findings(self)

    def parts(self) -> Iterable[Part]:
        """The kernels with their errors, and what is to be known of them."""
        title = sentence("fit", "{spec} turns the picture before into the picture after", spec=str(self.spec))
        return (Lines((title,), "title"), *kernel_tables(self), Lines(self.findings, "list"))

    @property
    def sheet(self) -> Image:
        """The kernels, their errors, the named filters nearest to them and what these leave, side by side."""
        from kaiyan.learn.fitting.drawing import drawn

        return drawn(self)

    def save(self, path: str | Path) -> Path:
        """Writes the kernel as .npy, or the sheet as a picture; the suffix chooses. Nothing is left half-written.

        A kernel of one input and one output is written as its taps alone, (kH, kW), as ``kaiyan.see`` takes it.
        Raises ``PictureError`` where the system refuses.
        """
        from kaiyan.learn.fitting.writing import save

        save(self, Path(path))
        return Path(path)

    def _repr_png_(self) -> bytes:
        png = BytesIO()
        self.sheet.save(png, "PNG")
        return png.getvalue()
