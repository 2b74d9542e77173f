"""Every row of the table of gradients, against the definition to the bit and against torch's autograd in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

import kaiyan
from kaiyan.engine.gradients import GRADIENTS
from kaiyan.engine.problem import WRT, Problem
from kaiyan.reference import backward
from kaiyan.spec.conv import Conv

LAYERS = [
    pytest.param(Conv(16, 24, 3, padding=1, rank=2), (2, 16, 9, 13), id="3x3"),
    pytest.param(Conv(8, 12, (3, 5), stride=(2, 1), padding=((1, 0), (2, 3)), rank=2), (3, 8, 11, 10), id="uneven"),
    pytest.param(Conv(12, 18, 1, groups=3, rank=2), (2, 12, 7, 5), id="1x1-groups"),
    pytest.param(Conv(6, 12, 3, padding=2, dilation=2, groups=6, rank=2), (2, 6, 9, 12), id="depthwise"),
    pytest.param(Conv(5, 7, 4, padding="causal", stride=3, rank=1), (2, 5, 31), id="causal"),
    pytest.param(Conv(3, 4, 2, padding="same", rank=3), (2, 3, 4, 5, 6), id="volume"),
    pytest.param(Conv(9, 10, 3, stride=2, padding="same", transposed=True, rank=2), (2, 9, 6, 7), id="transposed"),
    pytest.param(Conv(2, 3, 2, rank=4), (1, 2, 3, 3, 4, 3), id="rank-4"),
]  # fmt: skip
TOLERANCE = {"winograd": 2e-5}
"""Of the largest gradient, for the rows that round; the others are exact on small whole numbers."""


def _problem(spec: Conv, shape: tuple[int, ...], wrt: str, kind: str, dtype: str = "float32") -> Problem:
    return Problem(spec, shape, dtype, dtype, dtype, kind=kind, threads=kaiyan.get_num_threads(), wrt=wrt)


def _drawn(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    other = problem.weight_shape if problem.wrt == "input" else problem.input_shape
    return tuple(rng.integers(-4, 5, shape).astype(problem.dtype) for shape in (problem.output_shape, other))  # type: ignore[return-value]


def _defined(problem: Problem, gradient: np.ndarray, other: np.ndarray) -> np.ndarray:
    if problem.wrt == "input":
        return backward.input_gradient(gradient, other, problem.spec, problem.input_shape)
    return backward.weight_gradient(gradient, other, problem.spec)


@pytest.mark.parametrize("row", GRADIENTS, ids=lambda row: row.name)
@pytest.mark.parametrize("wrt", WRT)
@pytest.mark.parametrize("kind", ["numpy", "torch"])
@pytest.mark.parametrize(("spec", "shape"), LAYERS)
def test_a_row_refuses_or_is_the_definition(row: Any, wrt: str, kind: str, spec: Conv, shape: tuple[int, ...]) -> None:
    problem = _problem(spec, shape, wrt, kind)
    if row.refuses(problem) is not None:
        assert row is not GRADIENTS[-1]
        return
    assert row.seconds(problem) > 0
    gradient, other = _drawn(problem)
    right = _defined(problem, gradient, other)
    arrays = [torch.from_numpy(a) for a in (gradient, other)] if kind == "torch" else [gradient, other]
    y = np.asarray(row.build(problem)(*arrays))
    assert y.dtype == right.dtype
    convolution = row.name == "adjoint" and row.error(problem) != 1
    rounding = 2e-5 if row.name == "winograd" or convolution else 0.0
    np.testing.assert_allclose(y, right, rtol=0, atol=rounding * float(abs(right).max()))


@pytest.mark.parametrize("row", GRADIENTS, ids=lambda row: row.name)
def test_some_layer_is_every_rows(row: Any) -> None:
    layers: list[Any] = [layer.values for layer in LAYERS]
    problems = (_problem(spec, shape, wrt, "torch") for spec, shape in layers for wrt in WRT)
    assert any(row.refuses(problem) is None for problem in problems)


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular", "symmetric", "constant(2.5)"])
@pytest.mark.parametrize("of", ["x", "weight"])
def test_it_is_torchs_autograd_in_float64(mode: str, of: str) -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(2, 8, 9, 7, dtype=torch.float64), torch.randn(10, 4, 3, 3, dtype=torch.float64)
    gradient = torch.randn(2, 10, 9, 7, dtype=torch.float64)
    modes = {"zeros": ("constant", 0.0), "constant(2.5)": ("constant", 2.5)}

    def padded(x: torch.Tensor) -> torch.Tensor:
        if mode == "symmetric":
            x = torch.cat([x[:, :, :1], x, x[:, :, -1:]], 2)
            return torch.cat([x[..., :1], x, x[..., -1:]], 3)
        word, value = modes.get(mode, (mode, 0.0))
        return functional.pad(x, (1, 1, 1, 1), word, value)

    leaves = x.clone().requires_grad_(), weight.clone().requires_grad_()
    functional.conv2d(padded(leaves[0]), leaves[1], groups=2).backward(gradient)  # type: ignore[no-untyped-call]
    ours = x.clone().requires_grad_(), weight.clone().requires_grad_()
    kaiyan.conv(*ours, padding=1, groups=2, padding_mode=mode).backward(gradient)  # type: ignore[no-untyped-call]
    index = ("x", "weight").index(of)
    torch.testing.assert_close(ours[index].grad, leaves[index].grad, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("wrt", WRT)
def test_the_plan_of_a_gradient_names_every_row(wrt: str) -> None:
    plan = kaiyan.plan("Conv2d(64, 64, 3, padding=1)", (8, 64, 56, 56), wrt=wrt, kind="torch")
    assert sorted(row.name for row in plan.rows) == sorted(row.name for row in GRADIENTS)
    assert f"wrt:{wrt}" in str(plan)
    assert Problem.parse(str(plan.problem)) == plan.problem
    assert plan.chosen.refusal is None


def test_a_gradient_of_something_else_is_refused() -> None:
    with pytest.raises(kaiyan.ConvError, match="there is no wrt 'bias'; choose from input, weight"):
        kaiyan.plan("Conv2d(64, 64, 3)", (8, 64, 56, 56), wrt="bias")


def test_what_was_measured_of_a_gradient_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from kaiyan.engine.gradients.dense import Dense

    asked: tuple[Any, ...] = ("Conv2d(16, 16, 3, padding=1)", (1, 16, 12, 12))
    tuned = kaiyan.tune(*asked, wrt="weight", seconds=0.05)
    assert tuned.chosen.measured is not None
    assert kaiyan.plan(*asked, wrt="weight").chosen == tuned.chosen
    monkeypatch.setattr(Dense, "seconds", lambda *_: 1.0)
    assert kaiyan.plan(*asked, wrt="weight").chosen == tuned.chosen
