"""The named kernels, one row each: what it does, how its numbers are made, where they come from, its other names."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, pi
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.pictures.error import KernelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.reference.dtype import Numbers

LARGEST_SIDE = 1001
"""Taps along one side of the largest kernel that is made."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a named kernel is made.

    ``does`` says what it answers to, ``make`` gives its numbers (kH, kW) from as many arguments as ``usual`` has, which
    ``takes`` names; ``source`` is a paper, a library or the definition; ``aliases`` are other names for it.
    """

    does: str
    make: Callable[[tuple[float, ...]], Numbers]
    source: str
    usual: tuple[float, ...] = ()
    takes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


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
            "the kernel {name} would be {size} numbers wide; the largest accepted is {largest}",
            name=name,
            size=2 * r + 1,
            largest=LARGEST_SIDE,
        )
    y, x = np.mgrid[-r : r + 1, -r : r + 1].astype(float)
    return y, x


def _without_mean(values: Numbers) -> Numbers:
    centred: Numbers = values - values.mean()
    return centred


KERNELS: dict[str, Recipe] = {
    "identity": Recipe("no change: the picture itself", _fixed([0, 0, 0], [0, 1, 0], [0, 0, 0]),
        source="1 in the middle", aliases=("none", "id", "原图", "恒等")),
    "sobel-x": Recipe("brightness that grows to the right", _fixed([-1, 0, 1], [-2, 0, 2], [-1, 0, 1]),
        source="Sobel & Feldman 1968; cv2.Sobel(1, 0)"),
    "sobel-y": Recipe("brightness that grows downwards", _fixed([-1, -2, -1], [0, 0, 0], [1, 2, 1]),
        source="Sobel & Feldman 1968; cv2.Sobel(0, 1)"),
    "scharr-x": Recipe("like sobel-x, but more even in all directions", _fixed([-3, 0, 3], [-10, 0, 10], [-3, 0, 3]),
        source="Scharr 2000; cv2.Scharr(1, 0)"),
    "scharr-y": Recipe("like sobel-y, but more even in all directions", _fixed([-3, -10, -3], [0, 0, 0], [3, 10, 3]),
        source="Scharr 2000; cv2.Scharr(0, 1)"),
    "prewitt-x": Recipe("like sobel-x, without weights", _fixed([-1, 0, 1], [-1, 0, 1], [-1, 0, 1]),
        source="Prewitt 1970; scipy.ndimage.prewitt(axis=1)"),
    "prewitt-y": Recipe("like sobel-y, without weights", _fixed([-1, -1, -1], [0, 0, 0], [1, 1, 1]),
        source="Prewitt 1970; scipy.ndimage.prewitt(axis=0)"),
    "laplacian": Recipe("spots and lines that differ from their surroundings", _fixed([0, 1, 0], [1, -4, 1], [0, 1, 0]),
        source="scipy.ndimage.laplace; cv2.Laplacian(ksize=1)", aliases=("laplace", "拉普拉斯")),
    "laplacian-8": Recipe("the same, diagonals included", _fixed([1, 1, 1], [1, -8, 1], [1, 1, 1]),
        source="the eight around a pixel, minus eight times it"),
    "sharpen": Recipe("the picture and its edges", _fixed([0, -1, 0], [-1, 5, -1], [0, -1, 0]),
        source="identity minus laplacian", aliases=("sharp", "sharpening", "锐化")),
    "emboss": Recipe("a relief, lit from the upper left", _fixed([-2, -1, 0], [-1, 1, 1], [0, 1, 2]),
        source="a diagonal difference and the identity", aliases=("embossing", "浮雕")),
    "box": Recipe("the mean of n by n pixels", _box,
        source="scipy.ndimage.uniform_filter; cv2.blur", usual=(3,), takes=("n",),
        aliases=("mean", "average", "avg", "box-blur", "boxblur", "均值", "平均", "均值模糊", "均值滤波")),
    "gaussian": Recipe("a soft blur of standard deviation σ", _gaussian,
        source="exp(-(x² + y²) / 2σ²) up to ⌈3σ⌉, of sum 1", usual=(1,), takes=("sigma",),
        aliases=("gauss", "gaussian-blur", "gaussianblur", "高斯", "高斯模糊", "高斯滤波")),
    "log": Recipe("blobs of size σ (Laplacian of Gaussian)", _log,
        source="Marr & Hildreth 1980, up to ⌈4σ⌉, of sum 0", usual=(2,), takes=("sigma",),
        aliases=("mexican-hat", "laplacian-of-gaussian")),
    "gabor": Recipe("stripes of a wavelength, at an angle in degrees, within σ", _gabor,
        source="Daugman 1985: aspect 0.5, σ 0.56 wavelengths (an octave)",
        usual=(8, 0, 0), takes=("wavelength", "angle", "sigma")),
    "motion": Recipe("a diagonal smear of n pixels", _motion,
        source="1 / n on the diagonal", usual=(9,), takes=("n",), aliases=("motion-blur", "motionblur", "运动模糊")),
}  # fmt: skip
"""Every named kernel: one more is one row here, and its Chinese in i18n."""

ALIASES: dict[str, str] = {alias: name for name, recipe in KERNELS.items() for alias in recipe.aliases}
"""Other names for the same numbers."""

SUGGESTED: dict[str, tuple[str, ...]] = {
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
