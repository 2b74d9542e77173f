"""Winograd at stride 2 against the definition in float64: random problems, any number of threads, borders, what spoils.

The largest error of each is bounded by what the matrices say of its root mean square, times six.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kaiyan import Conv
from kaiyan.engine.algorithms import ALGORITHMS
from kaiyan.engine.algorithms.strided_winograd import StridedWinograd
from kaiyan.engine.problem import Problem
from kaiyan.reference.activation import ACTIVATIONS
from kaiyan.reference.forward import forward
from kaiyan.show.error import ConvError

STRIDED = [algorithm for algorithm in ALGORITHMS if isinstance(algorithm, StridedWinograd)]
GUARD = Path(__file__).with_name("guard_pages.py")
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


def _laid(x: Any, layout: str) -> Any:
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1) if layout == "channels_last" else x


def _arrays(problem: Problem, seed: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    shapes = problem.input_shape, problem.weight_shape, (problem.spec.channels[1],), problem.output_shape
    x, w, bias, residual = (rng.standard_normal(shape).astype(np.float32) for shape in shapes)
    return _laid(x, problem.layout), w, bias, residual if problem.residual else None


def _right(problem: Problem, x: Any, w: Any, bias: Any, residual: Any) -> Any:
    total = forward(x.astype(np.float64), w.astype(np.float64), bias.astype(np.float64), problem.spec)
    total = total if residual is None else total + residual
    return total if problem.activation is None else ACTIVATIONS[problem.activation](total)


@pytest.mark.parametrize("algorithm", STRIDED, ids=lambda a: a.name)
def test_random_problems_are_right(algorithm: StridedWinograd) -> None:
    rng = random.Random(algorithm.name)
    few = 3 if algorithm.name.endswith("2)") else 5
    for number in range(16):
        problem = _problem(rng, few)
        assert algorithm.refuses(problem) is None, problem
        arrays = _arrays(problem, number)
        y = algorithm.build(problem)(*arrays)
        terms = np.prod(problem.weight_shape[1:])
        bound = algorithm.error(problem) * (terms + 2) * 2.0**-24 * 6
        np.testing.assert_allclose(y, _right(problem, *arrays), rtol=0, atol=bound, err_msg=str(problem))


@pytest.mark.parametrize("layout", ["channels_first", "channels_last"])
@pytest.mark.parametrize("algorithm", STRIDED[:2], ids=lambda a: a.name)
def test_any_number_of_threads_gives_the_same_bits(algorithm: StridedWinograd, layout: str) -> None:
    problem = Problem(SPEC, (2, 24, 37, 43), precision="fast", layout=layout)
    arrays = _arrays(problem, 1)
    alone = algorithm.build(problem)(*arrays)
    for threads in (2, 3):
        np.testing.assert_array_equal(algorithm.build(replace(problem, threads=threads))(*arrays), alone)


@pytest.mark.parametrize("layout", ["channels_first", "channels_last"])
def test_what_is_not_finite_stays_under_its_window(layout: str) -> None:
    problem = Problem(SPEC, (1, 24, 24, 31), precision="fast", layout=layout)
    x, w, bias, _ = _arrays(problem, 2)
    x[0, 3, 10, 10], x[0, 5, 20, 4], x[0, 7, 1, 30] = np.nan, np.inf, 3e38
    with np.errstate(invalid="ignore", over="ignore"):
        right = forward(x, w, bias, SPEC)
    y = StridedWinograd(4, 2).build(problem)(x, w, bias)
    np.testing.assert_array_equal(np.isfinite(y), np.isfinite(right))
    assert 0 < np.isnan(y).sum() < y.size / 2
    plain = np.isfinite(right) & (abs(right) < 1e3)
    np.testing.assert_allclose(y[plain], right[plain], atol=1e-4)


@pytest.mark.parametrize("target", ["avx2", "generic"])
def test_narrower_machines_compute_the_same_between_guard_pages(target: str, tmp_path: Path) -> None:
    environment = os.environ | {"KAIYAN_CACHE": str(tmp_path), "KAIYAN_TARGET": target}
    command = [sys.executable, str(GUARD), "5", "4", "strided"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "strided F(4,2)" in done.stdout.rpartition("ran {")[2]
