"""Transposed convolutions whose phases are interleaved against torch, the definition in float64 and sums by hand.

The largest error is bounded by that of a direct sum's root mean square, times six.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from strides_by_points import arrays, check_between_guard_pages, check_threads, check_window, laid, right

from kaiyan import Conv
from kaiyan.engine.algorithms.interleaved import Interleaved
from kaiyan.engine.codegen.parts.geometry import interleaved
from kaiyan.engine.planner import PLANNER
from kaiyan.engine.problem import Problem
from kaiyan.show.error import ConvError

if TYPE_CHECKING:
    from pathlib import Path

LAYOUTS = ("channels_first", "channels_last")
SPEC = Conv(24, 3, 4, stride=2, padding=1, rank=2, transposed=True)


def _drawn(rng: random.Random) -> Problem | None:
    """One pixel to 40 on up to three axes, groups, strides, dilations, borders cut and grown, steps after the sum."""
    rank = rng.choice((1, 2, 2, 3))
    groups = rng.choice((1, 1, 1, 3))
    C, K = groups * rng.choice((1, 2, 5, 16, 33)), groups * rng.choice((1, 2, 3, 5, 7, 19))
    try:
        spec = Conv(
            C, K, tuple(rng.choice((1, 2, 3, 4, 5, 9)) for _ in range(rank)),
            stride=tuple(rng.choice((1, 2, 2, 3, 4)) for _ in range(rank)),
            dilation=tuple(rng.choice((1, 1, 1, 2, 3)) for _ in range(rank)),
            padding=tuple(rng.choice((0, 1, 2, (0, 1), (2, 0), "same")) for _ in range(rank)),
            groups=groups, rank=rank, transposed=True,
        )  # fmt: skip
        shape = (rng.choice((1, 2)), C, *(rng.choice((1, 2, 6, 9, 17, 40)) for _ in range(rank)))
        if 0 in spec.output_shape(shape) or spec.macs(shape) > 2e6:
            return None
    except ConvError:
        return None
    activation = rng.choice((None, "relu", "silu"))
    made = Problem(spec, shape, precision="exact", layout=rng.choice(LAYOUTS), activation=activation)
    return replace(made, residual=rng.random() < 0.3)


def test_random_problems_are_right() -> None:
    rng, algorithm, ran = random.Random(4), Interleaved(), dict.fromkeys(LAYOUTS, 0)
    while min(ran.values()) < 20:
        problem = _drawn(rng)
        if problem is None or algorithm.refuses(problem) is not None:
            continue
        given = arrays(problem, ran[problem.layout])
        y = algorithm.build(problem)(*given)
        taps = np.prod([-(-a.kernel // a.stride) for a in problem.spec.axes])
        terms = problem.spec.channels[0] // problem.spec.groups * taps
        bound = (terms + 2) * 2.0**-24 * 6
        np.testing.assert_allclose(y, right(problem, *given), rtol=0, atol=bound, err_msg=str(problem))
        ran[problem.layout] += 1


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("C", "K", "kernel", "stride", "padding", "more"),
    [(64, 3, 4, 2, 1, 0), (5, 1, 3, 2, 1, 1), (17, 4, 2, 2, 0, 0), (3, 2, 16, 8, 4, 0), (6, 3, 5, 3, 2, 2)],
)
def test_it_is_what_torch_computes(
    C: int, K: int, kernel: int, stride: int, padding: int, more: int, layout: str
) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(kernel)
    x, w, bias = (
        rng.standard_normal(n).astype(np.float32) for n in ((2, C, 11, 35), (C, K, kernel, kernel), (K,))
    )  # fmt: skip
    right = torch.nn.functional.conv_transpose2d(
        *(torch.from_numpy(a).double() for a in (x, w, bias)), stride=stride, padding=padding, output_padding=more
    )
    spec = Conv(
        C, K, kernel, stride=stride, padding=((padding, padding - more),) * 2, rank=2, transposed=True
    )  # fmt: skip
    y = Interleaved().build(Problem(spec, x.shape, layout=layout))(laid(x, layout), w, bias)
    np.testing.assert_allclose(y, right.numpy(), rtol=0, atol=1e-4)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_two_inputs_give_the_sums_by_hand(layout: str) -> None:
    """Without a border 1 and 2 with (10, 20, 30, 40) at stride 2: 10, 20, 30 + 20, 40 + 40, 60, 80; 1 each is cut."""
    spec = Conv(1, 1, 4, stride=2, padding=1, rank=1, transposed=True)
    x, w = np.array([[[1, 2]]], np.float32), np.array([[[10, 20, 30, 40]]], np.float32)
    y = Interleaved().build(Problem(spec, x.shape, layout=layout))(x, w, np.array([5], np.float32))
    assert y.tolist() == [[[25, 55, 85, 65]]]


def test_the_window_of_kernel_4_at_stride_2_is_seen_by_both_phases() -> None:
    """Output 2j sees inputs j - 1 and j, output 2j + 1 inputs j and j + 1, by the taps of the turned kernel."""
    geometry, maps = interleaved(Conv(1, 1, 4, stride=2, padding=1, transposed=True, rank=1), (1, 1, 3))
    assert (geometry.outputs[2], geometry.whole[2], geometry.kernel[2]) == (3, 6, 3)
    assert maps[2].tolist() == [-1, 0, 1, 2, -1]
    assert geometry.phases[2] == (((0, 0), (1, 2)), ((1, 1), (2, 3)))


@pytest.mark.parametrize("residual", [False, True])
def test_pixels_of_a_wider_array_are_written_and_nothing_between_them(residual: bool) -> None:
    problem = Problem(SPEC, (1, 24, 6, 19), layout="channels_last", residual=residual)
    x, w, bias, added = arrays(problem, 5)
    whole = np.full((1, 12, 38, 8), 7, np.float32)
    out = np.moveaxis(whole[..., 3:6], -1, 1)
    routine = Interleaved().build(problem).prepare(w, bias)
    assert routine(x, added, out) is out
    np.testing.assert_allclose(out, right(problem, x, w, bias, added), rtol=0, atol=1e-4)
    assert (whole[..., :3] == 7).all()
    assert (whole[..., 6:] == 7).all()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_number_of_threads_gives_the_same_bits(layout: str) -> None:
    check_threads(Interleaved(), Problem(SPEC, (2, 24, 37, 43), layout=layout))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_not_finite_stays_under_its_window(layout: str) -> None:
    check_window(Interleaved(), Problem(SPEC, (1, 24, 24, 31), layout=layout))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("channels", "size", "name"), [((64, 3), 32, "interleaved"), ((128, 64), 16, "phases F(4,2)")])
def test_few_output_channels_are_interleaved(channels: tuple[int, int], size: int, name: str, layout: str) -> None:
    spec = Conv(*channels, 4, stride=2, padding=1, rank=2, transposed=True)
    assert PLANNER.plan(Problem(spec, (16, channels[0], size, size), layout=layout)).algorithm.name == name


@pytest.mark.parametrize("target", ["avx2", "generic"])
def test_narrower_machines_compute_the_same_between_guard_pages(target: str, tmp_path: Path) -> None:
    check_between_guard_pages(target, "phases", "interleaved", tmp_path)
