"""A kernel is found again from its pictures.

Right values come from elsewhere: the pictures after from torch's conv on NumPy's pads and from scipy.ndimage, the
kernels and their errors from numpy.linalg on windows laid out by NumPy, ranks from numpy.linalg.matrix_rank.
"""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image, ImageFilter
from torch.nn import functional

import kaiyan
from kaiyan.learn import fit_kernel
from kaiyan.learn.fitting import equations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[Any]

ndimage = pytest.importorskip("scipy.ndimage")

PADS = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap", "symmetric": "symmetric"}
"""Our modes in numpy.pad's words."""


def torchs(x: Numbers, w: Numbers, *, bias: Numbers | None = None, **steps: Any) -> Numbers:
    """The convolution of torch of (N, C, *spatial) without padding."""
    convolve: Any = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}[w.ndim - 2]
    tensors = (torch.from_numpy(np.ascontiguousarray(a)) for a in (x, w))
    y: Numbers = convolve(*tensors, None if bias is None else torch.from_numpy(bias), **steps).numpy()
    return y


def padded(x: Numbers, pads: list[tuple[int, int]], mode: str) -> Numbers:
    return np.pad(x, [(0, 0), (0, 0), *pads], mode=PADS[mode])  # type: ignore[call-overload,no-any-return]


def windows(x: Numbers, size: tuple[int, int]) -> Numbers:
    """Every window of (H, W) as a row: what is never laid out by the code under test."""
    return sliding_window_view(x, size).reshape(-1, size[0] * size[1])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(14)


@dataclass(frozen=True)
class Known:
    """A convolution whose kernel is to be found, with its padding in numbers and in our words."""

    channels: tuple[int, int]
    spatial: tuple[int, ...]
    size: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    pads: list[tuple[int, int]]
    padding: Any
    mode: str = "zeros"


KNOWN = [
    Known((1, 1), (50,), (4,), (1,), (1,), [(3, 0)], "causal"),
    Known((1, 1), (19, 24), (3, 5), (1, 1), (1, 1), [(0, 0), (0, 0)], "valid"),
    Known((3, 2), (21, 26), (3, 3), (1, 1), (1, 1), [(1, 1), (1, 1)], "same", "reflect"),
    Known((2, 3), (24, 30), (3, 2), (2, 3), (1, 2), [(0, 1), (0, 0)], "same", "symmetric"),
    Known((1, 2), (26, 25), (4, 3), (1, 1), (1, 2), [(1, 2), (2, 2)], "same", "replicate"),
    Known((2, 1), (26, 25), (4, 4), (1, 1), (1, 1), [(2, 1), (2, 1)], "same_lower", "circular"),
    Known((1, 1), (26, 25), (5, 3), (2, 2), (1, 1), [(2, 2), (1, 1)], (2, 1)),
    Known((2, 2), (9, 10, 11), (2, 3, 3), (1, 1, 1), (1, 1, 1), [(0, 1), (1, 1), (1, 1)], "same"),
]


def made(case: Known, rng: np.random.Generator, *, bias: bool) -> tuple[Numbers, Numbers, Numbers, Numbers | None]:
    """Picture before, kernel, picture after and bias."""
    C, K = case.channels
    x, w = rng.standard_normal((2, C, *case.spatial)), rng.standard_normal((K, C, *case.size))
    b = rng.standard_normal(K) if bias else None
    y = torchs(padded(x, case.pads, case.mode), w, bias=b, stride=case.stride, dilation=case.dilation)
    return x, w, y, b


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("case", KNOWN, ids=lambda c: f"{c.size} {c.padding} {c.mode}")
def test_a_kernel_is_found_to_rounding_where_the_border_is_known(
    case: Known, bias: bool, rng: np.random.Generator
) -> None:
    x, w, y, b = made(case, rng, bias=bias)
    fit = fit_kernel(x, y, case.size, stride=case.stride, dilation=case.dilation, padding=case.padding,
                     padding_mode=case.mode, bias=bias)  # fmt: skip
    np.testing.assert_allclose(fit.kernel, w, atol=1e-12)
    np.testing.assert_allclose(fit.apply(x), y, atol=1e-11)
    assert fit.residual.used == y.size
    assert fit.undetermined[0].count == 0
    assert fit.errors.max() < 1e-12
    assert fit.bias is None if b is None else abs(fit.bias - b).max() < 1e-12


@pytest.mark.parametrize("case", KNOWN, ids=lambda c: f"{c.size} {c.padding} {c.mode}")
def test_a_kernel_and_its_border_are_found_where_nothing_is_known_of_it(case: Known, rng: np.random.Generator) -> None:
    x, w, y, _ = made(case, rng, bias=False)
    fit = fit_kernel(x, y, case.size, stride=case.stride, dilation=case.dilation)
    np.testing.assert_allclose(fit.kernel, w, atol=1e-12)
    np.testing.assert_allclose(fit.apply(x), y, atol=1e-11)
    assert fit.residual.r2 == pytest.approx(1)
    inside = torchs(x, w, stride=case.stride, dilation=case.dilation).size
    assert fit.residual.used <= inside
    if any(map(any, case.pads)):
        assert fit.border_is_explained
        assert fit.residual.used + fit.residual.border == y.size
        alike = {border.mode for border in fit.borders if border.difference < 1e-9}
        one_wide = max(map(max, case.pads)) == 1  # "symmetric" and "replicate" are the same there
        assert alike == {"symmetric", "replicate"} if one_wide and case.mode == "symmetric" else {case.mode}


@pytest.mark.parametrize("channels", ["each", "shared"])
def test_a_colour_is_filtered_by_itself(channels: str, rng: np.random.Generator) -> None:
    x = rng.standard_normal((3, 20, 22))
    w = rng.standard_normal((3 if channels == "each" else 1, 1, 3, 3))
    y = torchs(x[None], np.tile(w, (3 // len(w), 1, 1, 1)), groups=3)[0]
    fit = fit_kernel(x, y, 3, channels=channels)
    np.testing.assert_allclose(fit.kernel, w, atol=1e-12)
    np.testing.assert_allclose(fit.apply(x), y, atol=1e-11)
    assert fit.spec.groups == 3


def test_colours_become_grey_and_grey_becomes_colours(rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (30, 30, 3))
    luminance = picture @ np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(fit_kernel(picture, luminance, 1).kernel.ravel(), [0.299, 0.587, 0.114], atol=1e-14)
    tinted = picture[..., :1] * np.array([0.5, 2.0, -1.0])
    np.testing.assert_allclose(fit_kernel(picture[..., 0], tinted, 1).kernel.ravel(), [0.5, 2, -1], atol=1e-14)


def test_several_pictures_of_other_sizes_are_one_system(rng: np.random.Generator) -> None:
    w = rng.standard_normal((1, 1, 3, 3))
    before = [rng.standard_normal((1, 1, *size)) for size in ((5, 5), (4, 7), (6, 3))]
    after = [torchs(x, w) for x in before]
    fit = fit_kernel(before, after, 3)
    np.testing.assert_allclose(fit.kernel, w, atol=1e-12)
    assert fit.residual.used == 9 + 10 + 4


def test_with_noise_it_is_the_least_squares_of_numpy_with_the_errors_of_the_textbook(rng: np.random.Generator) -> None:
    x = rng.standard_normal((40, 33)).cumsum(1)
    X = windows(x, (3, 4))
    y = X @ rng.standard_normal(12) + rng.standard_normal(len(X))
    right, (squares,), *_ = np.linalg.lstsq(X, y, rcond=None)
    covariance = squares / (len(X) - 12) * np.linalg.inv(X.T @ X)
    fit = fit_kernel(x, y.reshape(38, 30), (3, 4), ridge=0)
    np.testing.assert_allclose(fit.kernel.ravel(), right, rtol=1e-9)
    np.testing.assert_allclose(fit.errors.ravel(), np.sqrt(np.diag(covariance)), rtol=1e-9)
    assert fit.residual.rms == pytest.approx(np.sqrt(squares / len(X)))
    assert fit.noise[0] == pytest.approx(np.sqrt(squares / (len(X) - 12)))


def test_with_a_bias_too(rng: np.random.Generator) -> None:
    x = rng.standard_normal((30, 31)) + 5
    X = np.c_[windows(x, (2, 2)), np.ones(29 * 30)]
    y = X @ np.array([1, -2, 3, 0.5, 7]) + rng.standard_normal(len(X))
    right, (squares,), *_ = np.linalg.lstsq(X, y, rcond=None)
    errors = np.sqrt(np.diag(squares / (len(X) - 5) * np.linalg.inv(X.T @ X)))
    fit = fit_kernel(x, y.reshape(29, 30), 2, bias=True, ridge=0)
    assert fit.bias is not None
    assert fit.bias_errors is not None
    np.testing.assert_allclose([*fit.kernel.ravel(), *fit.bias], right, rtol=1e-8)
    np.testing.assert_allclose([*fit.errors.ravel(), *fit.bias_errors], errors, rtol=1e-8)


def test_a_stated_ridge_is_the_closed_form(rng: np.random.Generator) -> None:
    x, w = rng.standard_normal((20, 20)), rng.standard_normal(9)
    X = windows(x, (3, 3))
    y = X @ w + rng.standard_normal(len(X))
    gram = X.T @ X
    right = np.linalg.solve(gram + 0.1 * np.diag(np.diag(gram)), X.T @ y)
    fit = fit_kernel(x, y.reshape(18, 18), ridge=0.1)
    np.testing.assert_allclose(fit.kernel.ravel(), right, rtol=1e-10)
    assert fit.ridge == 0.1


def test_cross_validation_shrinks_where_the_picture_is_smooth_and_not_where_there_is_no_noise(
    rng: np.random.Generator,
) -> None:
    x = ndimage.gaussian_filter(rng.standard_normal((40, 40)), 2)
    w = ndimage.gaussian_filter(np.eye(5), 1)
    clean = torchs(x[None, None], w[None, None])[0, 0]
    off = {}
    for ridge in (0, None):
        fits = [fit_kernel(x, clean + 0.01 * rng.standard_normal(clean.shape), 5, ridge=ridge) for _ in range(20)]
        off[ridge] = np.mean([abs(fit.kernel[0, 0] - w).mean() for fit in fits])
    assert off[None] < off[0] / 3
    assert fit_kernel(x, clean, 5).ridge == 0


@pytest.mark.parametrize("ridge", [None, 0])
def test_the_true_tap_lies_within_two_errors_nineteen_times_in_twenty(
    ridge: float | None, rng: np.random.Generator
) -> None:
    x = ndimage.gaussian_filter(rng.standard_normal((30, 30)), 0.7)
    w = rng.standard_normal((3, 3))
    clean = torchs(x[None, None], w[None, None])[0, 0]
    inside = []
    for _ in range(150):
        fit = fit_kernel(x, clean + 0.2 * rng.standard_normal(clean.shape), 3, ridge=ridge)
        inside.append(abs(fit.kernel[0, 0] - w) < 1.96 * fit.errors[0, 0])
    assert 0.93 < np.mean(inside) < 0.97  # 1350 taps: 0.95 ± 0.006 were they independent


def test_a_constant_picture_determines_the_sum_alone() -> None:
    fit = fit_kernel(np.full((9, 9), 4.0), np.full((9, 9), 10.0), 3, padding_mode="replicate")
    assert fit.kernel.sum() == pytest.approx(2.5)
    np.testing.assert_allclose(fit.kernel, 2.5 / 9)
    assert fit.undetermined[0].count == 8
    assert fit.undetermined[0].taps.all()
    assert np.isinf(fit.errors).all()
    assert "only the sum of the taps is determined" in str(fit)


def test_stripes_determine_the_sums_along_them(rng: np.random.Generator) -> None:
    x = np.repeat(rng.standard_normal((1, 30)), 20, 0)
    w = rng.standard_normal((3, 3))
    fit = fit_kernel(x, torchs(x[None, None], w[None, None])[0, 0], 3)
    np.testing.assert_allclose(fit.kernel[0, 0].sum(0), w.sum(0), atol=1e-12)
    assert fit.undetermined[0].count == 6
    assert "does not change along H" in str(fit)
    assert "does not change along W" in str(fit_kernel(x.T, torchs(x.T[None, None], w[None, None])[0, 0], 3))


def test_a_grey_picture_in_three_channels_determines_their_sum(rng: np.random.Generator) -> None:
    grey, w = rng.standard_normal((20, 20)), rng.standard_normal((1, 3, 3, 3))
    x = np.stack([grey, grey, 2 * grey])
    fit = fit_kernel(x, torchs(x[None], w)[0], 3)
    np.testing.assert_allclose(np.tensordot([1, 1, 2], fit.kernel[0], 1), np.tensordot([1, 1, 2], w[0], 1), atol=1e-12)
    assert "the channels show the same picture" in str(fit)


@pytest.mark.parametrize("degree", [1, 2])
def test_what_is_open_has_the_rank_of_the_windows_and_changes_nothing(degree: int) -> None:
    i, j = np.mgrid[0:12, 0:13].astype(float)
    x = (1 + i + 2 * j) ** degree
    fit = fit_kernel(x, x[1:-1, 1:-1], 3)
    rank = int(np.linalg.matrix_rank(windows(x, (3, 3))))
    directions = fit.undetermined[0].directions
    assert len(directions) == 9 - rank > 0
    moved = torchs(x[None, None], directions)
    assert abs(moved).max() < 1e-6 * abs(x).max()
    assert f"determine {rank} of 9" in str(fit)


def test_taps_beside_a_dark_edge_are_open_and_the_others_are_found(rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 20, 20))
    x[1] = 0
    w = rng.standard_normal((1, 2, 3, 3))
    fit = fit_kernel(x, torchs(x[None], w)[0], 3)
    np.testing.assert_allclose(fit.kernel[0, 0], w[0, 0], atol=1e-12)
    assert not fit.undetermined[0].taps[0].any()
    assert fit.undetermined[0].taps[1].all()
    assert np.isinf(fit.errors[0, 1]).all()
    assert np.isfinite(fit.errors[0, 0]).all()
    assert "9 taps are determined by themselves" in str(fit)


def test_a_bias_is_open_where_the_picture_is_constant() -> None:
    fit = fit_kernel(np.full((9, 9), 4.0), np.full((7, 7), 10.0), 3, bias=True)
    assert fit.bias is not None
    assert 4 * fit.kernel.sum() + fit.bias[0] == pytest.approx(10)
    assert fit.bias_errors is not None
    assert np.isinf(fit.bias_errors[0])
    assert "nor is the bias" in str(fit)


SCIPYS = {"mirror": "reflect", "nearest": "replicate", "wrap": "circular", "reflect": "symmetric", "constant": "zeros"}
"""scipy.ndimage's modes in our words."""


@pytest.mark.parametrize("mode", SCIPYS)
def test_the_border_of_scipys_filters_is_told(mode: str, rng: np.random.Generator) -> None:
    x = rng.integers(0, 256, (40, 50)).astype(float)
    fit = fit_kernel(x, ndimage.gaussian_filter(x, 1, mode=mode, radius=3), 7)
    assert fit.borders[0].mode == SCIPYS[mode]
    assert fit.nearest[0] is not None
    assert fit.nearest[0].name == "gaussian:1"
    assert fit.nearest[0].unexplained < 1e-20
    assert f"with {SCIPYS[mode]}" in str(fit)
    assert "it is gaussian:1" in str(fit)


def test_a_border_that_none_explains_is_said_to_be_unknown(rng: np.random.Generator) -> None:
    x = rng.standard_normal((30, 30))
    y = ndimage.correlate(x, rng.standard_normal((3, 3)), mode="constant", cval=9.0)
    fit = fit_kernel(x, y, 3)
    assert not fit.border_is_explained
    assert "explains the border values as well as the kernel explains the others" in str(fit)


def test_the_border_that_pillow_leaves_unfiltered_is_told(rng: np.random.Generator) -> None:
    image = Image.fromarray(rng.integers(100, 130, (30, 34)).astype(np.uint8))
    fit = fit_kernel(image, image.filter(ImageFilter.Kernel((3, 3), [0, 1, 0, 1, 4, 1, 0, 1, 0])), 3)
    assert fit.border_is_copied
    assert "the border is the picture before, unfiltered" in str(fit)
    np.testing.assert_allclose(8 * fit.kernel[0, 0], [[0, 1, 0], [1, 4, 1], [0, 1, 0]], atol=0.06)


def test_a_rest_that_is_no_noise_is_told(rng: np.random.Generator) -> None:
    x = ndimage.gaussian_filter(rng.standard_normal((60, 60)), 1)
    y = ndimage.correlate(x, rng.standard_normal((7, 7)))
    assert "is no noise" in str(fit_kernel(x, y, 3))
    assert "is no noise" not in str(fit_kernel(x, y, 7))
    noisy = fit_kernel(x, y + 0.1 * rng.standard_normal(y.shape), 7)
    assert "is no noise" not in str(noisy)
    assert abs(noisy.residual.correlation) < 0.1


def test_a_convolution_of_the_mathematician_is_the_kernel_turned(rng: np.random.Generator) -> None:
    x, w = rng.standard_normal((30, 30)), rng.standard_normal((3, 3))
    np.testing.assert_allclose(fit_kernel(x, ndimage.convolve(x, w), 3).kernel[0, 0], w[::-1, ::-1], atol=1e-12)


def test_at_a_stride_the_two_sames_are_told_apart_by_one_pixel(rng: np.random.Generator) -> None:
    x, w = rng.standard_normal((1, 1, 32, 32)), rng.standard_normal((1, 1, 3, 3))
    tensorflow = torchs(padded(x, [(0, 1), (0, 1)], "zeros"), w, stride=2)
    pytorch = torchs(padded(x, [(1, 1), (1, 1)], "zeros"), w, stride=2)
    assert tensorflow.shape == pytorch.shape
    for after, padding in ((tensorflow, "same"), (pytorch, 1)):
        fit = fit_kernel(x, after, 3, stride=2)
        assert fit.borders[0].padding == padding
        np.testing.assert_allclose(fit.kernel, w, atol=1e-12)


@pytest.mark.parametrize("gain", [1.0, 3.0])
def test_clipped_values_are_left_out_and_counted(gain: float, rng: np.random.Generator) -> None:
    x = ndimage.gaussian_filter(rng.integers(0, 256, (90, 90)).astype(float), 1.5) * 4 - 380
    w = np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]) * gain
    exact = torchs(x[None, None], w[None, None])[0, 0]
    after = np.clip(np.rint(exact), 0, 255).astype(np.uint8)
    fit, biased = fit_kernel(x, after, 3), fit_kernel(x, after, 3, clipped=None)
    assert fit.residual.clipped == ((after == 0) | (after == 255)).sum() > 500
    assert abs(fit.kernel[0, 0] - w).max() < 4 * fit.errors.max() < 0.05 * gain
    assert abs(biased.kernel[0, 0] - w).max() > 0.3 * gain
    assert "may have been cut off" in str(fit)
    assert fit.noise[0] == pytest.approx(1 / np.sqrt(12), rel=0.1)  # rounding to whole numbers, and no more


def test_the_range_may_be_stated(rng: np.random.Generator) -> None:
    x = rng.standard_normal((60, 60))
    after = np.clip(2 * x, -1, 1)
    assert fit_kernel(x, after, 1, clipped=(-1, 1)).kernel.item() == pytest.approx(2)
    assert fit_kernel(x, after, 1).kernel.item() < 1.5


def test_channels_that_are_clipped_at_different_places_keep_their_own_values(rng: np.random.Generator) -> None:
    x, w = rng.integers(60, 90, (40, 40, 3)).astype(np.uint8), np.diag([2.0, 3, 0.4]) + 0.1
    after = np.clip(np.rint(x @ w.T), 0, 255).astype(np.uint8)
    fit = fit_kernel(x, after, 1)
    np.testing.assert_allclose(fit.kernel[:, :, 0, 0], w, atol=0.02)
    assert fit.residual.clipped == (after == 255).sum() > 100


@pytest.mark.parametrize("band", [2**18, 500])
def test_the_largest_difference_is_where_it_was_put(
    band: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(equations, "_BAND", band)
    x = rng.standard_normal((2, 2, 30, 30))
    y = ndimage.correlate(x, np.arange(9.0).reshape(1, 1, 3, 3))
    y[1, 1, 20, 11] += 1.5
    fit = fit_kernel(x, y, 3, channels="shared", ridge=0)
    assert fit.residual.where == (1, 1, 20, 11)
    assert fit.residual.largest == pytest.approx(1.5, abs=0.05)
    assert fit_kernel(x, y, 3, padding="same", padding_mode="symmetric").residual.where == (1, 1, 20, 11)


def test_large_pictures_are_summed_in_bands_without_laying_out_their_windows(rng: np.random.Generator) -> None:
    x, w = rng.standard_normal((1200, 700)), rng.standard_normal((9, 9))
    y = torchs(x[None, None], w[None, None])[0, 0]
    tracemalloc.start()
    fit = fit_kernel(x, y, 9)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 81 * y.nbytes / 5  # laid out they would take 81 times the picture
    np.testing.assert_allclose(fit.kernel[0, 0], w, atol=1e-12)


def test_torch_tensors_and_whole_numbers_are_taken(rng: np.random.Generator) -> None:
    x = torch.from_numpy(rng.integers(0, 99, (2, 3, 16, 17))).float().requires_grad_()
    w = torch.from_numpy(rng.integers(-4, 5, (2, 3, 3, 3))).float()
    fit = fit_kernel(x, functional.conv2d(x, w, padding=1), 3)
    np.testing.assert_allclose(fit.kernel, w.numpy(), atol=1e-11)
    assert fit.borders[0].mode == "zeros"


CODES: list[dict[str, Any]] = [
    {"padding": "same", "padding_mode": "reflect"},
    {"padding": "same", "padding_mode": "symmetric", "bias": True},
    {"padding": "causal", "padding_mode": "circular", "stride": 2},
    {"padding": 1, "channels": "shared", "bias": True},
    {"padding": "valid", "channels": "each", "dilation": 2},
    {"padding": "same", "stride": 2, "padding_mode": "replicate"},
]


@pytest.mark.parametrize("settings", CODES, ids=str)
def test_the_code_for_pytorch_does_what_the_fit_does(settings: dict[str, Any], rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 3, 18, 19))
    steps = {name: value for name, value in settings.items() if name not in ("channels", "bias")}
    y = kaiyan.conv(x, rng.standard_normal((3, 1, 3, 3)), groups=3, **steps)
    fit = fit_kernel(x, y, 3, **settings)
    names: dict[str, Any] = {}
    exec(fit.code(), names)
    learned = names["learned"](torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(learned, fit.apply(x), atol=1e-12)


@pytest.mark.parametrize("kind", ["exact", "rounded"])
@pytest.mark.parametrize("seed", range(6))
def test_of_placements_that_explain_alike_the_usual_one_is_told(kind: str, seed: int) -> None:
    before = np.random.default_rng(seed).integers(0, 200, (40, 41)).astype(np.uint8)
    after = 0.3 * before if kind == "exact" else np.rint(0.3 * before + 20).astype(np.uint8)
    fit = kaiyan.learn.fit_kernel(before, after, 3, bias=True)
    assert fit.spec.padding == ("same", "same")
    assert fit.kernel[0, 0, 1, 1] == pytest.approx(0.3, abs=1e-3)


@pytest.mark.parametrize("noise", [0.0, 5.0])
@pytest.mark.parametrize("word", ["same", "causal"])
def test_a_placement_that_explains_more_is_told_through_noise(word: str, noise: float) -> None:
    rng = np.random.default_rng(1)
    before = rng.integers(0, 9, (60, 61)).astype(float)
    true = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 10]])
    after = kaiyan.conv(before[None, None], true[None, None], padding=word)[0, 0]
    fit = kaiyan.learn.fit_kernel(before, after + noise * rng.standard_normal(after.shape), 3)
    assert fit.spec.padding == (word, word)
