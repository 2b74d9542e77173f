"""What tests of Winograd with a stride share: the definition in float64, threads, what is not finite, guard pages."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.reference.activation import ACTIVATIONS
from kaiyan.reference.forward import forward

if TYPE_CHECKING:
    from kaiyan.engine.generated import Generated
    from kaiyan.engine.problem import Problem

GUARD = Path(__file__).parent / "engine" / "guard_pages.py"


def laid(x: Any, layout: str) -> Any:
    """An array (N, C, *spatial) with its channels last in memory, or as it is."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1) if layout == "channels_last" else x


def arrays(problem: Problem, seed: int) -> tuple[Any, ...]:
    """Input, weight, bias, and a residual where there is one."""
    rng = np.random.default_rng(seed)
    shapes = problem.input_shape, problem.weight_shape, (problem.spec.channels[1],), problem.output_shape
    x, w, bias, residual = (rng.standard_normal(shape).astype(np.float32) for shape in shapes)
    return laid(x, problem.layout), w, bias, residual if problem.residual else None


def right(problem: Problem, x: Any, w: Any, bias: Any, residual: Any) -> Any:
    """The definition in float64."""
    total = forward(x.astype(np.float64), w.astype(np.float64), bias.astype(np.float64), problem.spec)
    total = total if residual is None else total + residual
    return total if problem.activation is None else ACTIVATIONS[problem.activation](total)


def check_threads(algorithm: Generated, problem: Problem) -> None:
    """Any number of them gives the same bits."""
    given = arrays(problem, 1)
    alone = algorithm.build(problem)(*given)
    for threads in (2, 3):
        np.testing.assert_array_equal(algorithm.build(replace(problem, threads=threads))(*given), alone)


def check_window(algorithm: Generated, problem: Problem) -> None:
    """What is not finite stays under its window."""
    x, w, bias, _ = arrays(problem, 2)
    x[0, 3, 10, 10], x[0, 5, 20, 4], x[0, 7, 1, 30] = np.nan, np.inf, 3e38
    with np.errstate(invalid="ignore", over="ignore"):
        expected = forward(x, w, bias, problem.spec)
    y = algorithm.build(problem)(x, w, bias)
    np.testing.assert_array_equal(np.isfinite(y), np.isfinite(expected))
    assert 0 < np.isnan(y).sum() < y.size / 2
    plain = np.isfinite(expected) & (abs(expected) < 1e3)
    np.testing.assert_allclose(y[plain], expected[plain], atol=1e-4)


def check_between_guard_pages(target: str, flavour: str, algorithm: str, cache: Path) -> None:
    """A narrower machine computes the same, and touches nothing beside its buffers."""
    environment = os.environ | {"KAIYAN_CACHE": str(cache), "KAIYAN_TARGET": target}
    command = [sys.executable, str(GUARD), "5", "4", flavour]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert algorithm in done.stdout.rpartition("ran {")[2]
