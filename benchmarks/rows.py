"""The rows of layers.jsonl: what each one is, and its numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kaiyan.engine.problem import Problem
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

LAYERS = Path(__file__).with_name("layers.jsonl")
CLASSES = ("3x3 stride 1", "dense direct", "1x1", "depthwise", "few channels", "filters", "others")
_TYPES = {"f32": "float32", "u8": "uint8", "s16": "int16", "u16": "uint16"}


class Arrays(NamedTuple):
    """The numbers of a row: x (N, C, *spatial), the weight in PyTorch's layout, the bias (K,) or None."""

    x: NDArray[Any]
    weight: NDArray[Any]
    bias: NDArray[Any] | None


@dataclass(frozen=True, slots=True)
class Row:
    """One layer or filter; ``padding`` is a pair (before, after) an axis."""

    name: str
    op: str
    N: int
    C: int
    spatial: tuple[int, ...]
    K: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    groups: int
    dtype: str
    output: tuple[int, ...]
    macs: int
    bytes: int
    core: bool

    @classmethod
    def read(cls, line: str) -> Row:
        """The row that a line of layers.jsonl describes."""
        facts = json.loads(line)
        facts["padding"] = tuple((p, p) if isinstance(p, int) else tuple(p) for p in facts["padding"])
        facts["bytes"] = int(facts["bytes"])
        kept: dict[str, Any] = {name: facts[name] for name in cls.__slots__}
        frozen: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in kept.items()}
        return cls(**frozen)

    @property
    def rank(self) -> int:
        """Axes of the window."""
        return len(self.kernel)

    @property
    def types(self) -> tuple[str, str]:
        """NumPy's names of the input's type and the output's."""
        first, _, last = self.dtype.partition("->")
        return _TYPES[first], _TYPES[last or first]

    @property
    def channelwise(self) -> bool:
        """Whether each channel is filtered by itself, and not transposed."""
        return self.op != "convT" and self.groups == self.C == self.K

    @property
    def unit_steps(self) -> bool:
        """Whether stride and dilation are 1."""
        return set(self.stride + self.dilation) == {1}

    @property
    def family(self) -> str:
        """Its class, one of ``CLASSES``: what decides which algorithm is fast."""
        if self.op in ("filter", "box"):
            return "filters"
        if self.channelwise and self.C > 1:
            return "depthwise"
        if self.groups > 1 or self.op == "convT":
            return "others"
        if self.C <= 4:
            return "few channels"
        if set(self.kernel) == {1}:
            return "1x1"
        return "3x3 stride 1" if self.kernel == (3, 3) and self.unit_steps else "dense direct"

    @property
    def spec(self) -> Conv:
        """The convolution as kaiyan describes it."""
        return Conv(
            self.C,
            self.K,
            self.kernel,
            self.stride,
            self.padding,
            self.dilation,
            self.groups,
            bias=self.has_bias,
            transposed=self.op == "convT",
        )

    @property
    def problem(self) -> Problem:
        """The spec on its input; its ``str`` is the row's key."""
        shape, (dtype, out_dtype) = (self.N, self.C, *self.spatial), self.types
        if self.has_bias:
            return Problem(self.spec, shape)
        weight = self.filter().dtype.name
        asked = None if out_dtype == "float32" else out_dtype
        return Problem(self.spec, shape, dtype, weight, weight, asked, saturate=asked is not None)

    @property
    def has_bias(self) -> bool:
        """Layers have one, filters do not."""
        return self.op in ("conv", "convT")

    def arrays(self) -> Arrays:
        """Its numbers, the same each time."""
        random = np.random.default_rng(0)
        shape, kind = (self.N, self.C, *self.spatial), np.dtype(self.types[0])
        if not self.has_bias:
            most = 256 if kind == np.uint8 else 100  # 441 costs of a SAD window below 100 fit 16 bits
            x = random.random(shape, np.float32) if kind.kind == "f" else random.integers(0, most, shape, kind)
            return Arrays(x, np.broadcast_to(self.filter(), (self.K, 1, *self.kernel)).copy(), None)
        ends = (self.C, self.K) if self.op == "convT" else (self.K, self.C)
        weight = random.standard_normal((ends[0], ends[1] // self.groups, *self.kernel), np.float32)
        taps = prod(weight.shape[1:])
        return Arrays(
            random.standard_normal(shape, np.float32),
            weight / np.float32(taps**0.5),
            random.standard_normal(self.K, np.float32),
        )

    def filter(self) -> NDArray[Any]:
        """The kernel of a filter row: the first word of ``FILTERS`` that is in its name."""
        return next(make(self.kernel) for word, make in FILTERS.items() if word in self.name)


def read(path: Path = LAYERS) -> list[Row]:
    """Every row."""
    return [Row.read(line) for line in path.read_text(encoding="utf-8").splitlines()]


def outer(lines: list[NDArray[Any]]) -> NDArray[Any]:
    """The kernel that filters along each axis in turn."""
    product = lines[0]
    for line in lines[1:]:
        product = np.multiply.outer(product, line)
    return product


def _gauss(kernel: tuple[int, ...]) -> NDArray[Any]:
    lines = [np.exp(-0.5 * ((np.arange(n) - (n - 1) / 2) / (n / 6)) ** 2) for n in kernel]
    return np.asarray(outer([line / line.sum() for line in lines]), np.float32)


def _random(kernel: tuple[int, ...]) -> NDArray[Any]:
    values = np.random.default_rng(1).random(kernel)
    return np.asarray(values / values.sum(), np.float32)


def _laplace(kernel: tuple[int, ...]) -> NDArray[Any]:
    assert kernel == (5, 5)
    rows = [[0, 0, -1, 0, 0], [0, -1, -2, -1, 0], [-1, -2, 16, -2, -1], [0, -1, -2, -1, 0], [0, 0, -1, 0, 0]]
    return np.array(rows, np.float32)


FILTERS: dict[str, Callable[[tuple[int, ...]], NDArray[Any]]] = {
    "sobel": lambda _: np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.int16),
    "sharpen": lambda _: np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], np.int16),
    "laplace": _laplace,
    "gauss": _gauss,
    "box": lambda kernel: np.full(kernel, 1 / prod(kernel), np.float32),
    "sad": lambda kernel: np.ones(kernel, np.uint16),
    "psf": _random,
    "fir": _random,
}
"""The kernels of filter rows by a word of the row's name."""
