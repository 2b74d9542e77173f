"""Kernels for pictures, by name, as numbers in a line of text, or from a .npy file."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from math import ceil, pi
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.pictures.error import KernelError, refused_by_system

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.reference.dtype import Numbers


LARGEST = 1001
"""Taps along one side of the largest kernel that is made."""
EXACT = 2**53
"""Below it every whole number that is written is a float64 too."""


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """A kernel (kH, kW) to slide as it is, and what it is called."""

    name: str
    values: Numbers

    @property
    def is_average(self) -> bool:
        """Whether it only averages: no negative weights, and a sum of 1."""
        return bool((self.values >= 0).all() and abs(self.values.sum() - 1) < 1e-9)


def kernel(text: str | Kernel | Numbers) -> Kernel:
    """The kernel that a name ("sobel-x", "gaussian:2"), rows of numbers ("1 0 -1; 2 0 -2"), a .npy file or an array is.

    Raises ``KernelError``, a ``KaiyanError``, for a name that is unknown, text that is no number, rows of unequal
    length, or a file that does not hold one kernel.

    >>> kernel("1 0 -1; 2 0 -2; 1 0 -1").values.tolist()
    [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
    """
    if isinstance(text, Kernel):
        return text
    if isinstance(text, np.ndarray):
        return _checked("array", text)
    name, _, argument = text.strip().partition(":")
    if name in KERNELS:
        return Kernel(text.strip(), KERNELS[name].make(_arguments(name, argument)))
    if text.strip().endswith(".npy"):
        return _from_file(Path(text.strip()))
    if len(text.replace(";", " ; ").split()) != 1 or text.strip()[0] in "-+.0123456789":
        return _from_rows(text)
    near = get_close_matches(name, KERNELS, n=1)
    raise KernelError(
        "unknown-kernel",
        "there is no kernel {name!r}; there are {known}, rows such as '1 0 -1; 2 0 -2', or a .npy file",
        *["--kernel {near}"] * len(near),
        name=text,
        known=", ".join(KERNELS),
        near="".join(near),
    )


def _from_rows(text: str) -> Kernel:
    rows = [[_number(word, text) for word in row.replace(",", " ").split()] for row in text.strip("; \n").split(";")]
    lengths = [len(row) for row in rows]
    if len(set(lengths)) > 1 or 0 in lengths:
        raise KernelError(
            "ragged-kernel",
            "the rows of the kernel {text!r} have {lengths} numbers; every row needs as many",
            text=text,
            lengths=", ".join(str(n) for n in lengths),
        )
    values = np.array(rows)
    whole = (values == np.rint(values)).all() and abs(values).max() < EXACT
    return _checked("custom", values.astype(np.int64) if whole else values)


def _number(word: str, text: str) -> float:
    try:
        return float(Fraction(word))
    except (ValueError, ZeroDivisionError, OverflowError):
        raise KernelError(
            "kernel-letters",
            "{word!r} in the kernel {text!r} is not a number",
            "numbers with spaces between, rows with ';' between: '1 0 -1; 2 0 -2; 1 0 -1'",
            word=word,
            text=text,
        ) from None


def _from_file(path: Path) -> Kernel:
    try:
        values = np.load(path, allow_pickle=False)
    except OSError as error:
        raise refused_by_system(path, error) from None
    except (ValueError, EOFError):
        raise KernelError(
            "kernel-file", "{path} does not hold a NumPy array of numbers", "np.save({path!r}, array)", path=str(path)
        ) from None
    return _checked(path.stem, values)


def _checked(name: str, values: Numbers) -> Kernel:
    if values.ndim != 2 or values.dtype.kind not in "biuf" or 0 in values.shape:
        raise KernelError(
            "not-a-kernel",
            "{name} holds an array {shape} of {dtype}; a kernel for pictures has two axes of real numbers",
            name=name,
            shape=values.shape,
            dtype=str(values.dtype),
        )
    if not np.isfinite(values).all():
        raise KernelError("kernel-not-finite", "{name} holds a number that is not finite", name=name)
    if max(values.shape) > LARGEST:
        raise KernelError(
            "kernel-too-large",
            "the kernel {name} would be {size} numbers long; {largest} is the largest",
            name=name,
            size=max(values.shape),
            largest=LARGEST,
        )
    return Kernel(name, values)


def _arguments(name: str, argument: str) -> tuple[float, ...]:
    usual = KERNELS[name].usual
    words = [word for word in argument.split(",") if word]
    if len(words) > len(usual):
        raise KernelError(
            "kernel-arguments",
            "the kernel {name!r} takes at most {most} numbers, not {count}",
            "{usage}",
            name=name,
            most=len(usual),
            count=len(words),
            usage=":".join([name, ",".join(f"{value:g}" for value in usual)]).rstrip(":"),
        )
    given = [_number(word, f"{name}:{argument}") for word in words]
    return (*given, *usual[len(given) :])


def _positive(name: str, value: float) -> float:
    if value > 0:
        return value
    raise KernelError(
        "kernel-argument", "{name} takes a number above 0, not {value:g}", "{name}:3", name=name, value=value
    )


def _fixed(*rows: list[int]) -> Callable[[tuple[float, ...]], Numbers]:
    return lambda _: np.array(rows)


def _box(arguments: tuple[float, ...]) -> Numbers:
    n = _side("box", _positive("box", arguments[0]))
    return np.full((n, n), 1 / n**2)


def _gaussian(arguments: tuple[float, ...]) -> Numbers:
    sigma = _positive("gaussian", arguments[0])
    y, x = _grid("gaussian", 3 * sigma)
    bell: Numbers = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    bell /= bell.sum()
    return bell


def _log(arguments: tuple[float, ...]) -> Numbers:
    sigma = _positive("log", arguments[0])
    y, x = _grid("log", 4 * sigma)
    r2 = (x**2 + y**2) / (2 * sigma**2)
    hat = (r2 - 1) * np.exp(-r2)
    return _without_mean(hat / (pi * sigma**4))


def _gabor(arguments: tuple[float, ...]) -> Numbers:
    wavelength = _positive("gabor", arguments[0])
    sigma = _positive("gabor", arguments[2] or 0.56 * wavelength)
    angle, aspect = arguments[1] * pi / 180, 0.5
    y, x = _grid("gabor", 3 * sigma)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    wave = np.exp(-(along**2 + (aspect * across) ** 2) / (2 * sigma**2)) * np.cos(2 * pi * along / wavelength)
    return _without_mean(wave / abs(wave).sum())


def _motion(arguments: tuple[float, ...]) -> Numbers:
    n = _side("motion", _positive("motion", arguments[0]))
    return np.eye(n) / n


def _side(name: str, value: float) -> int:
    if value == int(value) and value <= LARGEST:
        return int(value)
    raise KernelError(
        "kernel-side",
        "{name} takes a whole number of up to {largest}, not {value:g}",
        name=name,
        largest=LARGEST,
        value=value,
    )


def _grid(name: str, radius: float) -> tuple[Numbers, Numbers]:
    r = ceil(radius)
    if 2 * r + 1 > LARGEST:
        raise KernelError(
            "kernel-too-large",
            "the kernel {name} would be {size} numbers long; {largest} is the largest",
            name=name,
            size=2 * r + 1,
            largest=LARGEST,
        )
    y, x = np.mgrid[-r : r + 1, -r : r + 1].astype(float)
    return y, x


def _without_mean(values: Numbers) -> Numbers:
    centred: Numbers = values - values.mean()
    return centred


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a named kernel is made, from how many numbers, and what it does."""

    does: str
    make: Callable[[tuple[float, ...]], Numbers]
    usual: tuple[float, ...] = ()


KERNELS: dict[str, Recipe] = {
    "identity": Recipe("nothing: the picture as it is", _fixed([0, 0, 0], [0, 1, 0], [0, 0, 0])),
    "sobel-x": Recipe("brightness that grows to the right", _fixed([-1, 0, 1], [-2, 0, 2], [-1, 0, 1])),
    "sobel-y": Recipe("brightness that grows downwards", _fixed([-1, -2, -1], [0, 0, 0], [1, 2, 1])),
    "scharr-x": Recipe("as sobel-x, alike in all directions", _fixed([-3, 0, 3], [-10, 0, 10], [-3, 0, 3])),
    "scharr-y": Recipe("as sobel-y, alike in all directions", _fixed([-3, -10, -3], [0, 0, 0], [3, 10, 3])),
    "prewitt-x": Recipe("as sobel-x, without weights", _fixed([-1, 0, 1], [-1, 0, 1], [-1, 0, 1])),
    "prewitt-y": Recipe("as sobel-y, without weights", _fixed([-1, -1, -1], [0, 0, 0], [1, 1, 1])),
    "laplacian": Recipe("spots and lines that differ from around them", _fixed([0, 1, 0], [1, -4, 1], [0, 1, 0])),
    "laplacian-8": Recipe("the same, with the diagonals", _fixed([1, 1, 1], [1, -8, 1], [1, 1, 1])),
    "sharpen": Recipe("the picture and its edges", _fixed([0, -1, 0], [-1, 5, -1], [0, -1, 0])),
    "emboss": Recipe("a relief, lit from the upper left", _fixed([-2, -1, 0], [-1, 1, 1], [0, 1, 2])),
    "box": Recipe("the mean of n by n pixels", _box, (3,)),
    "gaussian": Recipe("a soft blur of standard deviation σ", _gaussian, (1,)),
    "log": Recipe("blobs of size σ (Laplacian of Gaussian)", _log, (2,)),
    "gabor": Recipe("stripes of a wavelength, at an angle in degrees, within σ", _gabor, (8, 0, 0)),
    "motion": Recipe("a diagonal smear of n pixels", _motion, (9,)),
}
"""Every named kernel; one more is one line. Sources: Sobel 1968, Scharr 2000, Prewitt 1970, Marr & Hildreth 1980,
Daugman 1985 (gabor: aspect 0.5, one octave wide where no σ is given)."""
