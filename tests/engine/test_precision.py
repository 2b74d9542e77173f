"""The tiers hold their bounds: the error of what is planned, in units of one float32 chain of sums.

The unit is computed here, by adding one rounded product after the other, of normal numbers; the truth in float64.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from kaiyan import Conv, plan, prepare
from kaiyan.engine.algorithms import ALGORITHMS
from kaiyan.engine.algorithms.interleaved import Interleaved
from kaiyan.engine.algorithms.phases import Phases
from kaiyan.engine.algorithms.strided_winograd import StridedWinograd
from kaiyan.engine.generated import TIERS, Generated
from kaiyan.engine.problem import Problem
from kaiyan.reference.forward import forward

Numbers = Any


def _chain(x: Numbers, w: Numbers, stride: int) -> Numbers:
    """The valid convolution, one product after the other, each sum rounded to float32."""
    K, C, kh, kw = w.shape
    H, W = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    y = np.zeros((1, K, -(-H // stride), -(-W // stride)), np.float32)
    for c, i, j in product(range(C), range(kh), range(kw)):
        y += w[:, c, i, j].reshape(1, K, 1, 1) * x[:, c : c + 1, i : i + H : stride, j : j + W : stride]
    return y


def _inputs(kind: str, shape: tuple[int, ...], rng: np.random.Generator) -> Numbers:
    x = rng.standard_normal(shape)
    if kind == "positive":
        x = abs(x)
    if kind == "uneven":
        x *= 10.0 ** rng.uniform(-3, 3, shape)
    if kind == "outliers":
        x[rng.random(shape) < 0.01] *= 1e6
    if kind == "sparse":
        x[rng.random(shape) < 0.5] = 0
    return x.astype(np.float32)


def _error(y: Numbers, x: Numbers, w: Numbers, stride: int) -> float:
    spec = Conv(w.shape[1], len(w), w.shape[2], stride=stride, bias=False, rank=2)
    right = forward(x.astype(np.float64), w.astype(np.float64), None, spec)
    return float(np.sqrt(np.mean((y - right) ** 2)))


def _ratio(y: Numbers, x: Numbers, w: Numbers, stride: int = 1) -> float:
    """The error in units of a chain's on normal numbers of the same mean square."""
    normal = np.random.default_rng(7).standard_normal(x.shape)
    normal *= np.sqrt(np.mean(x.astype(np.float64) ** 2) / np.mean(normal**2))
    usual = normal.astype(np.float32)
    return _error(y, x, w, stride) / _error(_chain(usual, w, stride), usual, w, stride)


NOISE = 1.15
"""What a sample of some thousand outputs of some filters may be off; a direct sum itself is at 1.14 for one of them."""
FORWARD = [a for a in ALGORITHMS if isinstance(a, Generated) and not isinstance(a, Phases | Interleaved)]
KINDS = ("normal", "positive", "uneven", "outliers", "sparse")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("precision", TIERS)
@pytest.mark.parametrize(
    ("C", "K", "kernel", "size", "stride"),
    [
        (1, 16, 3, 40, 1), (4, 32, 3, 30, 1), (16, 32, 3, 30, 1), (64, 16, 3, 17, 1), (200, 16, 3, 14, 1),
        (32, 32, 5, 20, 1), (32, 64, 3, 65, 2), (32, 64, 5, 41, 2),
    ],
)  # fmt: skip
def test_a_tier_holds_its_bound(kind: str, precision: str, C: int, K: int, kernel: int, size: int, stride: int) -> None:
    rng = np.random.default_rng(C)
    x = _inputs(kind, (1, C, size, size), rng)
    w = rng.standard_normal((K, C, kernel, kernel)).astype(np.float32)
    spec = Conv(C, K, kernel, stride=stride, bias=False, rank=2)
    y = prepare(spec, w, precision=precision)(x)
    assert _ratio(y, x, w, stride) <= NOISE * TIERS[precision], plan(spec, x.shape, precision=precision).algorithm.name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("algorithm", FORWARD, ids=lambda a: a.name)
def test_every_kernel_is_as_exact_as_it_says(algorithm: Generated, kind: str) -> None:
    rng = np.random.default_rng(0)
    tried = 0
    stride = 2 if isinstance(algorithm, StridedWinograd) else 1
    for C, K, kernel in ((1, 1, 3), (3, 20, 3), (16, 16, 3), (64, 32, 3), (48, 32, 5), (100, 20, 1)):
        spec = Conv(C, K, kernel, stride=stride, bias=False, rank=2)
        x = _inputs(kind, (1, C, 40, 40), rng)
        w = rng.standard_normal((K, C, kernel, kernel)).astype(np.float32)
        problem = Problem(spec, x.shape, precision="fast")
        if algorithm.unfit(problem) is None:
            tried += 1
            ratio = _ratio(algorithm.build(problem)(x, w, None), x, w, stride)
            assert ratio <= NOISE * algorithm.error(problem), (C, K, kernel)
    assert tried
