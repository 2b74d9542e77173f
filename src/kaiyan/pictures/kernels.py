"""Kernels for pictures, by name, as rows of numbers, or from a file."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from io import BytesIO
from math import ceil, pi
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.pictures.error import KernelError, unreadable_by_system
from kaiyan.pictures.rows import equal, number, rows
from kaiyan.spec.spelling import half_width

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.reference.dtype import Numbers


LARGEST_SIDE = 1001
"""Taps along one side of the largest kernel that is made."""


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """A kernel (kH, kW) to slide as it is, and what it is called."""

    name: str
    values: Numbers

    @property
    def is_average(self) -> bool:
        """Whether it only averages: no negative weights, and a sum of 1."""
        return bool((self.values >= 0).all() and abs(self.values.sum() - 1) < 1e-9)


def kernel(text: Any) -> Kernel:
    """The kernel that a name ("sobel-x", "gaussian:2"), rows of numbers ("1 0 -1; 2 0 -2"), a file or an array is.

    Rows end at ';', at a line's end or at a bracket, as NumPy prints them too; a file is .npy, or text such as .csv.
    Raises ``KernelError``, a ``KaiyanError``, for a name that is unknown, text that is no number, rows of unequal
    length, or a file that does not hold one kernel.

    >>> kernel("1 0 -1; 2 0 -2; 1 0 -1").values.tolist()
    [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
    """
    if isinstance(text, Kernel):
        return text
    if not isinstance(text, (str, os.PathLike)):
        return _from_numbers(text)
    spelled = os.fspath(text)
    if not isinstance(text, str) or _is_a_file(spelled):
        return _from_file(Path(spelled.strip()))
    plain = half_width(spelled).strip()
    if not plain or plain[0].isdigit() or plain[0] in ("-", "+", ".", "[", "(", "{") or _ARRAY.match(plain):
        return _checked("custom", rows(spelled))
    return _named(spelled, plain)


_ARRAY = re.compile(r"(?:np\.|numpy\.|torch\.)?(?:array|asarray|tensor|Tensor|matrix|FloatTensor|float32)\s*\(")
_SUFFIXES = (".npy", ".txt", ".csv", ".tsv", ".dat")
_MOST_BYTES = 64_000_000


def _is_a_file(text: str) -> bool:
    """Whether a text is a path: by its suffix, or as there is such a file and it is neither a name nor a number."""
    path = text.strip()
    if "\n" in path or len(path) > 1000 or not path:
        return False
    if path.lower().endswith(_SUFFIXES):
        return True
    if _split(path.lower())[0] or re.fullmatch(r"[-+.\d\s,;/eE]+", path):
        return False
    with suppress(OSError, ValueError):
        return Path(path).is_file()
    return False


def _from_numbers(values: Any) -> Kernel:
    if isinstance(values, (list, tuple)) and all(isinstance(row, (list, tuple)) for row in values):
        equal([list(row) for row in values], str(values))
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, RuntimeError):
        array = np.asarray(None)
    if array.dtype == object:
        raise KernelError(
            "kernel-source",
            "a kernel is a name, rows of numbers as text, a file, or an array (H, W), not this {kind}",
            "kaiyan see --list",
            kind=type(values).__name__,
        )
    return _checked("array", array)


def _named(text: str, plain: str) -> Kernel:
    """A kernel by name, with its numbers behind ':', '=', a space or in brackets."""
    lowered = plain.lower()
    name, argument = _split(lowered)
    if name in KERNELS:
        values = _arguments(name, argument)
        given = ",".join(f"{value:g}" for value in values) if argument else ""
        return Kernel(f"{name}:{given}" if given else name, KERNELS[name].make(values))
    known = re.split(r"[\d:=(,]", lowered)[0].strip(" -_")
    near = OFFERED.get(re.sub(r"[\s_]+", "-", known)) or get_close_matches(known, KERNELS, n=1)
    raise KernelError(
        "unknown-kernel",
        "there is no kernel {name!r}; there are {known}, rows such as '1 0 -1; 2 0 -2', or a .npy, .csv or .txt file",
        *["--kernel {near}"] * bool(near),
        name=text,
        known=", ".join(KERNELS),
        near=", --kernel ".join(near),
    )


def _split(lowered: str) -> tuple[str, str]:
    """The name as the table has it, and what stands behind it: "gaussian(sigma=3)" is "gaussian", "sigma=3"."""
    for name in sorted((*KERNELS, *ALIASES), key=len, reverse=True):
        spelled = re.escape(name).replace(r"\-", r"[\s_-]+")
        found = re.fullmatch(rf"{spelled}(?:(?:\s*[:=,]\s*|\s+|(?=[\d.]))([^()]*)|\s*\(([^()]*)\))?", lowered)
        if found and not (found[1] and name[-1].isdigit() and lowered[found.start(1) - 1].isdigit()):
            return ALIASES.get(name, name), re.sub(r"\s*([,=])\s*", r"\1", (found[1] or found[2] or "").strip())
    return "", ""


def _from_file(path: Path) -> Kernel:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if path.suffix.lower() == ".npy" or data.startswith(b"\x93NUMPY"):
            return _checked(path.stem, np.load(BytesIO(data), allow_pickle=False))
    except OSError as error:
        raise unreadable_by_system(path, error) from None
    except (ValueError, EOFError, SyntaxError, MemoryError):
        raise KernelError(
            "kernel-file", "{path} does not hold a NumPy array of numbers", "np.save({path!r}, array)", path=str(path)
        ) from None
    return _checked(path.stem, rows(_text(path, data), is_table=path.suffix.lower() in (".csv", ".tsv")))


def _text(path: Path, data: bytes) -> str:
    """Its lines without comments and without empty ones, in whatever encoding editors write."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = data[:_MOST_BYTES].decode(encoding, errors="replace")
    if "\0" in text or "\ufffd" in text or len(data) > _MOST_BYTES:
        raise KernelError(
            "kernel-not-text",
            "{path} holds neither rows of numbers as text nor a NumPy array",
            "np.savetxt({path!r}, array)",
            path=str(path),
        )
    return "\n".join(re.split(r"[#%]", line)[0] for line in text.splitlines())


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
    if max(values.shape) > LARGEST_SIDE:
        raise KernelError(
            "kernel-too-large",
            "the kernel {name} would be {size} numbers long; {largest} is the largest",
            name=name,
            size=max(values.shape),
            largest=LARGEST_SIDE,
        )
    return Kernel(name, values)


def _arguments(name: str, argument: str) -> tuple[float, ...]:
    recipe = KERNELS[name]
    words = [word for word in re.split(r"[,;\s]+", argument) if word]
    if len(words) > len(recipe.usual):
        raise KernelError(
            "kernel-arguments",
            "the kernel {name!r} takes at most {most} numbers, not {count}",
            "{usage}",
            name=name,
            most=len(recipe.usual),
            count=len(words),
            usage=_usage(name),
        )
    given = list(recipe.usual)
    for place, word in enumerate(words):
        key, _, value = word.rpartition("=")
        given[_place(name, key) if key else place] = _value(name, value, argument)
    return tuple(given)


def _place(name: str, key: str) -> int:
    takes = KERNELS[name].takes
    if key in takes:
        return takes.index(key)
    raise KernelError(
        "kernel-keyword",
        "the kernel {name!r} takes {takes}, not {key}",
        "{usage}",
        name=name,
        takes=", ".join(takes) or "0",
        key=key,
        usage=_usage(name),
    )


def _value(name: str, word: str, argument: str) -> float:
    square = re.fullmatch(r"(\d+)[x×*]\1", word)
    return number(square[1] if square and "n" in KERNELS[name].takes else word, f"{name}:{argument}")


def _usage(name: str) -> str:
    return ":".join([name, ",".join(f"{value:g}" for value in KERNELS[name].usual)]).rstrip(":")


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
    if value == int(value) and value <= LARGEST_SIDE:
        return int(value)
    raise KernelError(
        "kernel-side",
        "{name} takes a whole number of up to {largest}, not {value:g}",
        name=name,
        largest=LARGEST_SIDE,
        value=value,
    )


def _grid(name: str, radius: float) -> tuple[Numbers, Numbers]:
    r = ceil(radius)
    if 2 * r + 1 > LARGEST_SIDE:
        raise KernelError(
            "kernel-too-large",
            "the kernel {name} would be {size} numbers long; {largest} is the largest",
            name=name,
            size=2 * r + 1,
            largest=LARGEST_SIDE,
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
    takes: tuple[str, ...] = ()


_WAVE = ("wavelength", "angle", "sigma")

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
    "box": Recipe("the mean of n by n pixels", _box, (3,), ("n",)),
    "gaussian": Recipe("a soft blur of standard deviation σ", _gaussian, (1,), ("sigma",)),
    "log": Recipe("blobs of size σ (Laplacian of Gaussian)", _log, (2,), ("sigma",)),
    "gabor": Recipe("stripes of a wavelength, at an angle in degrees, within σ", _gabor, (8, 0, 0), _WAVE),
    "motion": Recipe("a diagonal smear of n pixels", _motion, (9,), ("n",)),
}
"""Every named kernel; one more is one line. Sources: Sobel 1968, Scharr 2000, Prewitt 1970, Marr & Hildreth 1980,
Daugman 1985 (gabor: aspect 0.5, one octave wide where no σ is given)."""

ALIASES: dict[str, str] = {
    **dict.fromkeys(("gauss", "gaussian-blur", "gaussianblur", "高斯", "高斯模糊", "高斯滤波"), "gaussian"),
    **dict.fromkeys(("mean", "average", "avg", "box-blur", "boxblur", "均值", "平均", "均值模糊", "均值滤波"), "box"),
    **dict.fromkeys(("laplace", "拉普拉斯"), "laplacian"),
    **dict.fromkeys(("sharp", "sharpening", "锐化"), "sharpen"),
    **dict.fromkeys(("motion-blur", "motionblur", "运动模糊"), "motion"),
    **dict.fromkeys(("none", "id", "原图", "恒等"), "identity"),
    **dict.fromkeys(("mexican-hat", "laplacian-of-gaussian"), "log"),
    "embossing": "emboss",
    "浮雕": "emboss",
}
"""Other names for the same numbers."""

OFFERED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("blur", "smooth", "soften", "模糊", "平滑"), ("gaussian:1", "box:3")),
    **dict.fromkeys(
        ("edge", "edges", "edge-detect", "edge-detection", "outline", "contour", "边缘", "边缘检测", "轮廓"),
        ("laplacian-8", "sobel-x", "sobel-y"),
    ),
    **dict.fromkeys(("unsharp", "unsharp-mask", "usm"), ("sharpen",)),
    **{word: (f"{word}-x", f"{word}-y") for word in ("sobel", "scharr", "prewitt")},
    "索贝尔": ("sobel-x", "sobel-y"),
}
"""Names under which several kernels are known: they are offered, none is chosen."""
