"""Transposed convolutions by Winograd's points against torch and the definition in float64: borders, threads, NaN.

The largest error of each is bounded by what the matrices say of its root mean square, times six.
"""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from strides_by_points import arrays, check_between_guard_pages, check_threads, check_window, right

from kaiyan import Conv
from kaiyan.engine.algorithms import ALGORITHMS
from kaiyan.engine.algorithms.phases import WinogradPhases
from kaiyan.engine.planner import PLANNER
from kaiyan.engine.problem import Problem
from kaiyan.reference.forward import forward
from kaiyan.show.error import ConvError

if TYPE_CHECKING:
    from pathlib import Path

FILTERED = [algorithm for algorithm in ALGORITHMS if isinstance(algorithm, WinogradPhases)]
LAYOUTS = ("channels_first", "channels_last")
SPEC = Conv(24, 40, 4, stride=2, padding=1, rank=2, transposed=True)
KERNELS: Any = {2: {2: (3, 4), 3: (4, 5, 6), 5: (6, 9)}, 3: {2: (5, 6), 3: (7, 9)}}
"""The kernels whose phases have so many taps at most, by stride."""


def _problem(rng: random.Random, taps: int) -> Problem:
    """One pixel to 26 on up to three axes, groups, borders cut and grown, steps after the sum, both layouts."""
    while True:
        rank = rng.choice((1, 2, 2, 3))
        strides = [rng.choice(tuple(KERNELS[taps])) for _ in range(rank)]
        kernels = [rng.choice(KERNELS[taps][stride]) for stride in strides]
        groups = rng.choice((1, 1, 1, 3))
        C, K = (groups * rng.choice((1, 2, 5, 16, 19, 33)) for _ in range(2))
        try:
            spec = Conv(
                C, K, kernels, stride=strides, groups=groups, rank=rank, transposed=True,
                padding=tuple(rng.choice((0, 1, 2, (0, 1), (2, 0), "same")) for _ in range(rank)),
            )  # fmt: skip
            shape = (rng.choice((1, 2)), C, *(rng.choice((1, 2, 6, 9, 17, 26)) for _ in range(rank)))
            if 0 in spec.output_shape(shape) or spec.macs(shape) > 2e6:
                continue
        except ConvError:
            continue
        activation = rng.choice((None, "relu", "silu"))
        made = Problem(spec, shape, precision="fast", layout=rng.choice(LAYOUTS), activation=activation)
        return replace(made, residual=rng.random() < 0.3)


@pytest.mark.parametrize("algorithm", FILTERED, ids=lambda a: a.name)
def test_random_problems_are_right(algorithm: WinogradPhases) -> None:
    rng = random.Random(algorithm.name)
    for number in range(24):
        problem = _problem(rng, int(algorithm.name[-2]))
        while algorithm.refuses(problem) is not None:  # few outputs need not have the phase of all taps
            problem = _problem(rng, int(algorithm.name[-2]))
        given = arrays(problem, number)
        y = algorithm.build(problem)(*given)
        taps = np.prod([-(-a.kernel // a.stride) for a in problem.spec.axes])
        terms = problem.spec.channels[0] // problem.spec.groups * taps
        bound = algorithm.error(problem) * (terms + 2) * 2.0**-24 * 6
        np.testing.assert_allclose(y, right(problem, *given), rtol=0, atol=bound, err_msg=str(problem))


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "more", "name"),
    [(4, 2, 1, 0, "phases F(4,2)"), (3, 2, 1, 1, "phases F(2,2)"), (5, 2, 2, 1, "phases F(4,3)"),
     (9, 4, 4, 3, "phases F(4,3)"), (8, 4, 2, 0, "phases F(4,2)")],
)  # fmt: skip
def test_it_is_what_torch_computes(kernel: int, stride: int, padding: int, more: int, name: str) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(kernel)
    x = rng.standard_normal((2, 12, 11, 9)).astype(np.float32)
    w = rng.standard_normal((12, 20, kernel, kernel)).astype(np.float32)
    bias = rng.standard_normal(20).astype(np.float32)
    right = torch.nn.functional.conv_transpose2d(
        *(torch.from_numpy(a).double() for a in (x, w, bias)), stride=stride, padding=padding, output_padding=more
    )
    spec = Conv(12, 20, kernel, stride=stride, padding=(padding, padding - more), rank=2, transposed=True)
    spec = spec.replace(padding=((padding, padding - more),) * 2)
    algorithm = next(row for row in FILTERED if row.name == name)
    y = algorithm.build(Problem(spec, x.shape, precision="fast"))(x, w, bias)
    np.testing.assert_allclose(y, right.numpy(), rtol=0, atol=2e-4)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("algorithm", FILTERED[:2], ids=lambda a: a.name)
def test_any_number_of_threads_gives_the_same_bits(algorithm: WinogradPhases, layout: str) -> None:
    problem = Problem(SPEC, (2, 24, 37, 43), precision="fast", layout=layout)
    check_threads(algorithm, problem)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_not_finite_stays_under_its_window(layout: str) -> None:
    check_window(WinogradPhases(4, 2), Problem(SPEC, (1, 24, 24, 31), precision="fast", layout=layout))


def _chained(x: Any, w: Any) -> Any:
    """Transposed at stride 2, one product after the other, each sum rounded to float32."""
    (_, C, H, W), (_, K, kh, kw) = x.shape, w.shape
    y = np.zeros((1, K, 2 * H + kh - 2, 2 * W + kw - 2), np.float32)
    for c, i, j in product(range(C), range(kh), range(kw)):
        y[:, :, i : i + 2 * H : 2, j : j + 2 * W : 2] += w[c, :, i, j].reshape(1, K, 1, 1) * x[:, c : c + 1]
    return y


@pytest.mark.parametrize("algorithm", FILTERED, ids=lambda a: a.name)
def test_it_is_as_exact_as_it_says(algorithm: WinogradPhases) -> None:
    rng = np.random.default_rng(3)
    for C, K in ((1, 20), (16, 16), (100, 20)):
        kernel = 2 * int(algorithm.name[-2])
        x, w = (rng.standard_normal(n).astype(np.float32) for n in ((1, C, 40, 40), (C, K, kernel, kernel)))
        spec = Conv(C, K, kernel, stride=2, bias=False, rank=2, transposed=True)
        right = forward(x.astype(np.float64), w.astype(np.float64), None, spec)
        problem = Problem(spec, x.shape, precision="fast")
        made, chain = algorithm.build(problem)(x, w, None), _chained(x, w)
        ratio = np.sqrt(np.mean((made - right) ** 2) / np.mean((chain - right) ** 2))
        assert ratio <= 1.15 * algorithm.error(problem), (C, K)


def test_a_large_weight_that_every_image_reads_again_is_summed_directly() -> None:
    spec = Conv(512, 256, 4, stride=2, padding=1, rank=2, transposed=True)
    assert PLANNER.plan(Problem(spec, (16, 512, 4, 4))).algorithm.name == "phases"


@pytest.mark.parametrize("target", ["avx2", "generic"])
def test_narrower_machines_compute_the_same_between_guard_pages(target: str, tmp_path: Path) -> None:
    check_between_guard_pages(target, "phases", "phases F(4,2)", tmp_path)
