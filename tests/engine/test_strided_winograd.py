"""Winograd at stride 2 against the definition in float64: random problems, any number of threads, borders, what spoils.

The largest error of each is bounded by what the matrices say of its root mean square, times six.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from strides_by_points import arrays, check_between_guard_pages, check_threads, check_window, right

from kaiyan import Conv
from kaiyan.engine.algorithms import ALGORITHMS
from kaiyan.engine.algorithms.strided_winograd import StridedWinograd
from kaiyan.engine.problem import Problem
from kaiyan.show.error import ConvError

if TYPE_CHECKING:
    from pathlib import Path

STRIDED = [algorithm for algorithm in ALGORITHMS if isinstance(algorithm, StridedWinograd)]
MODES = ("zeros", "zeros", "constant(3)", "reflect", "replicate", "circular")
SPEC = Conv(24, 40, 3, stride=2, padding=1, rank=2)


def _problem(rng: random.Random, few: int) -> Problem:
    """One whose strided axes have ``few`` taps or one more: one pixel to 40, every border, groups, layouts."""
    while True:
        rank = rng.choice((1, 2, 2, 3))
        strides = [rng.choice((2, 2, 1)) for _ in range(rank)]
        strides[-1] = 2
        kernels = [rng.choice((few, few + 1)) if stride == 2 else rng.choice((1, 3)) for stride in strides]
        groups = rng.choice((1, 1, 1, 3))
        C, K = (groups * rng.choice((1, 2, 5, 16, 19)) for _ in range(2))
        try:
            spec = Conv(
                C, K, kernels, stride=strides, groups=groups, rank=rank, padding_mode=rng.choice(MODES),
                padding=tuple(rng.choice((0, 1, 2, (0, 1), (2, 0), "same", "causal")) for _ in range(rank)),
            )  # fmt: skip
            shape = (rng.choice((1, 2)), C, *(rng.choice((1, 2, 6, 9, 17, 26)) for _ in range(rank)))
            if 0 in spec.output_shape(shape) or spec.macs(shape) > 2e6:
                continue
        except ConvError:
            continue
        layout = rng.choice(("channels_first", "channels_last"))
        activation = rng.choice((None, "relu", "silu"))
        return Problem(spec, shape, precision="fast", layout=layout, activation=activation, residual=rng.random() < 0.3)


@pytest.mark.parametrize("algorithm", STRIDED, ids=lambda a: a.name)
def test_random_problems_are_right(algorithm: StridedWinograd) -> None:
    rng = random.Random(algorithm.name)
    few = 3 if algorithm.name.endswith("2)") else 5
    for number in range(16):
        problem = _problem(rng, few)
        assert algorithm.refuses(problem) is None, problem
        given = arrays(problem, number)
        y = algorithm.build(problem)(*given)
        terms = np.prod(problem.weight_shape[1:])
        bound = algorithm.error(problem) * (terms + 2) * 2.0**-24 * 6
        np.testing.assert_allclose(y, right(problem, *given), rtol=0, atol=bound, err_msg=str(problem))


@pytest.mark.parametrize("layout", ["channels_first", "channels_last"])
@pytest.mark.parametrize("algorithm", STRIDED[:2], ids=lambda a: a.name)
def test_any_number_of_threads_gives_the_same_bits(algorithm: StridedWinograd, layout: str) -> None:
    problem = Problem(SPEC, (2, 24, 37, 43), precision="fast", layout=layout)
    check_threads(algorithm, problem)


@pytest.mark.parametrize("layout", ["channels_first", "channels_last"])
def test_what_is_not_finite_stays_under_its_window(layout: str) -> None:
    check_window(StridedWinograd(4, 2), Problem(SPEC, (1, 24, 24, 31), precision="fast", layout=layout))


@pytest.mark.parametrize("target", ["avx2", "generic"])
def test_narrower_machines_compute_the_same_between_guard_pages(target: str, tmp_path: Path) -> None:
    check_between_guard_pages(target, "strided", "strided F(4,2)", tmp_path)
