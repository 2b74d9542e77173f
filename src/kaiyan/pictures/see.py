"""see: one picture, one kernel, and what the convolution made of it, with every number explained."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.engine.stopwatch import timed
from kaiyan.ops.conv import conv
from kaiyan.pictures.error import PictureError
from kaiyan.pictures.kernels import Kernel, kernel
from kaiyan.pictures.picture import Picture, picture, write
from kaiyan.pictures.reading import MOST_PIXELS
from kaiyan.pictures.sheet import finite_range, sheet
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Lines
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PIL.Image import Image

    from kaiyan.reference.dtype import Numbers
    from kaiyan.show.table import Part
    from kaiyan.spec.derivation import Derivation


@dataclass(frozen=True, slots=True, eq=False)
class Filtered(Shown):
    """A picture seen through a kernel; it draws itself in a notebook.

    ``output`` holds the values (C, H, W), each channel filtered by itself, exact integers where picture and kernel are;
    ``derivation`` explains sizes and cost; ``seconds`` is the time of the convolution alone.
    """

    picture: Picture
    kernel: Kernel
    spec: Conv
    output: Numbers
    derivation: Derivation
    seconds: float

    KIND = "see"
    JSON = ("picture.name", "kernel", "range", "not_finite", "white", "notes", "seconds")

    def parts(self) -> Iterable[Part]:
        """The derivation, and what is to be known of the values."""
        return (*self.derivation.parts(), *([Lines(self.notes)] if self.notes else []))

    @property
    def notes(self) -> tuple[Sentence, ...]:
        """What the sheet does not say: further pages, how values were scaled, which of them are no numbers."""
        notes = list(self.picture.notes)
        pixels, white = self.picture.pixels, self.picture.white
        if pixels.dtype.kind in "iu" and pixels.dtype.itemsize > 1 and white not in (255, 65535):
            notes.append(
                sentence(
                    "see-white",
                    "{white:g} is drawn as white: the {bits}-bit picture has no larger value",
                    white=white,
                    bits=8 * pixels.dtype.itemsize,
                )
            )
        gone, spread = _gone(pixels), _gone(self.output)
        if gone:
            notes.append(sentence("see-not-finite", "{gone:,} values of the picture and {spread:,} of the output are "
                                              "NaN or infinite: they are drawn separately, and the ranges leave "
                                              "them out",
                                  gone=gone, spread=spread))  # fmt: skip
        return tuple(notes)

    @property
    def sheet(self) -> Image:
        """Input, kernel and output side by side, negative values around a middle colour, with a legend."""
        return sheet(self.picture.pixels, self.picture.white, self.kernel, self.output)

    def save(self, path: str | Path) -> Path:
        """Writes the sheet; the suffix chooses the format. Raises ``PictureError`` and leaves nothing half-written."""
        write(self.sheet, Path(path))
        return Path(path)

    @property
    def white(self) -> float:
        """The value that is drawn as white."""
        return self.picture.white

    @property
    def range(self) -> dict[str, Any]:
        """The least and the largest finite value of the picture and of the output; None where there is none."""
        return {"input": _range(self.picture.pixels), "output": _range(self.output)}

    @property
    def not_finite(self) -> dict[str, int]:
        """How many values of the picture and of the output are NaN or infinite."""
        return {"input": _gone(self.picture.pixels), "output": _gone(self.output)}

    def to_dict(self) -> dict[str, Any]:
        """Its own facts and those of the derivation, for JSON."""
        return self.derivation.to_dict() | Shown.to_dict(self)

    def _repr_png_(self) -> bytes:
        png = BytesIO()
        self.sheet.save(png, "PNG")
        return png.getvalue()


def see(
    source: Any = None,
    kernel_: str | Kernel | Numbers = "sobel-x",
    *,
    stride: Any = 1,
    padding: Any = "same",
    padding_mode: str = "reflect",
    dilation: Any = 1,
    flip: bool = False,
    grey: bool = False,
) -> Filtered:
    """Slides a kernel over a picture, each colour by itself, or over its luminance with ``grey=True``.

    ``source`` is a path, an array (H, W) or (H, W, 3), a Pillow image, or None for the bundled photograph;
    ``kernel_`` a name ("gaussian:2"; see ``kaiyan see --list``), rows of numbers, a .npy file or an array. The rest is
    as in ``kaiyan.conv``, but by default the border is reflected and the size kept.
    A kernel that only averages never leaves the picture's range.

    Raises ``KaiyanError`` for a picture or a kernel that cannot be read, and for numbers that do not fit together.

    >>> see(np.array([[0, 0, 5, 5]]), "1 -1", padding=0).output.tolist()
    [[[0, -5, 0]]]
    """
    image = picture(source).grey if grey else picture(source)
    taps = kernel(kernel_)
    C = len(image.pixels)
    options = {"stride": stride, "padding": padding, "dilation": dilation, "padding_mode": padding_mode}
    spec = Conv(C, C, taps.values.shape, groups=C, bias=False, **options)
    derivation = spec.derive((1, *image.pixels.shape))
    if prod(derivation.output_shape) > 3 * MOST_PIXELS:
        raise PictureError(
            "output-too-large",
            "the output {shape} would have more than {most:,} pixels",
            "use a smaller padding than {padding}",
            shape=derivation.output_shape,
            most=MOST_PIXELS,
            padding=padding,
        )
    weight = np.repeat(taps.values[None, None], C, axis=0)
    with np.errstate(invalid="ignore", over="ignore"):  # NaN and infinity are shown, and counted in the notes
        output, seconds = timed(lambda: conv(image.pixels, weight, groups=C, flip=flip, **options))
    if taps.is_average and spec.padding_mode != "zeros":
        output = _clipped(output, image.pixels)
    return Filtered(image, taps, spec, output, derivation, seconds)


def _clipped(output: Numbers, pixels: Numbers) -> Numbers:
    """Within the picture's range, its infinite values too; NaN has no range and stays."""
    least, most = pixels.min(), pixels.max()
    if np.isnan(least):
        known = pixels[~np.isnan(pixels)]
        if not known.size:
            return output
        least, most = known.min(), known.max()
    return output.clip(least, most, out=output)


def _range(values: Numbers) -> list[int | float | None]:
    """The least and the largest number; None and None where none is finite."""
    ends = finite_range(values)
    return [None, None] if ends is None else [value.item() for value in ends]


def _gone(values: Numbers) -> int:
    """How many are NaN or infinite."""
    if values.dtype.kind != "f" or (np.isfinite(values.min()) and np.isfinite(values.max())):
        return 0
    return int(values.size - np.isfinite(values).sum())
