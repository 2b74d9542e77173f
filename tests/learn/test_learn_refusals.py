"""Examples that cannot teach a kernel are refused in one sentence with the user's numbers, in both languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import kaiyan
from kaiyan.learn import fit_kernel
from kaiyan.show.i18n import say

if TYPE_CHECKING:
    from collections.abc import Callable

NOISE = np.random.default_rng(3).standard_normal((4, 40, 40))
HOLED = np.where(NOISE[0] > 3, np.nan, NOISE[0])

REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "fit-sizes": (lambda: fit_kernel(NOISE[0], NOISE[0][:20, :20]), "38 x 38, 40 x 40.*20 x 20\n  help: stride=2"),
    "fit-kernel-larger": (lambda: fit_kernel(NOISE[0], NOISE[0], 41), "41 x 41.*40 x 40"),
    "fit-too-few": (lambda: fit_kernel(NOISE[0][:4, :4], NOISE[0][:2, :2], 3), "^4 values.*9 numbers"),
    "fit-too-many": (lambda: fit_kernel(NOISE, NOISE, 33), "4,356.*4,096"),
    "fit-not-finite": (lambda: fit_kernel(HOLED, NOISE[0]), f"{np.isnan(HOLED).sum()} of the 1,600 values.*before"),
    "fit-type": (lambda: fit_kernel(NOISE[0] * 1j, NOISE[0]), "complex128"),
    "fit-dimensions": (lambda: fit_kernel(np.ones((1, 1, 1, 9, 9)), NOISE[0]), "5 axes"),
    "fit-axes": (lambda: fit_kernel(NOISE[None, :1], np.ones((3, 1, 40, 40))), r"\(1, 1, 40, 40\).*\(3, 1, 40, 40\)"),
    "fit-pictures": (lambda: fit_kernel([NOISE[0]], [NOISE[0]] * 2), "1 pictures before and 2 after"),
    "fit-channels": (lambda: fit_kernel(NOISE, NOISE, channels="all"), "'all'.*mixed, each, shared"),
    "fit-channels-each": (lambda: fit_kernel(NOISE, NOISE[0], channels="each"), "4 channels and those after 1"),
    "fit-channels-differ": (lambda: fit_kernel([NOISE, NOISE[:2]], [NOISE[:1]] * 2), r"\(2, 1\), \(4, 1\)"),
    "fit-clipped": (lambda: fit_kernel(NOISE[0], NOISE[0], clipped="yes"), "'yes'"),
    "fit-ridge-value": (lambda: fit_kernel(NOISE[0], NOISE[0], ridge=-1), "-1"),
    "no-such-file": (lambda: fit_kernel("nowhere.png", NOISE[0]), "nowhere.png"),
    "not-an-array": (lambda: fit_kernel({}, NOISE[0]), "before is a dict"),
    "window-too-large": (lambda: fit_kernel(NOISE[0], NOISE[0], 50, padding="valid"), "50"),
}  # fmt: skip


@pytest.mark.parametrize("code", REFUSED)
def test_it_is_refused_in_one_sentence(code: str) -> None:
    act, words = REFUSED[code]
    with pytest.raises(kaiyan.KaiyanError) as caught:
        act()
    assert caught.value.code == code
    assert re.search(words, str(caught.value))
    assert re.search("[一-鿿]", say(caught.value, "zh"))


@pytest.mark.parametrize("clipped", [5, (255, 0), (0, 1, 2), "no"])
def test_a_range_is_a_pair_of_numbers_that_grow(clipped: Any) -> None:
    with pytest.raises(kaiyan.KaiyanError, match=re.escape(repr(clipped))):
        fit_kernel(NOISE[0], NOISE[0], clipped=clipped)


def test_the_stride_that_is_offered_fits() -> None:
    with pytest.raises(kaiyan.KaiyanError) as caught:
        fit_kernel(NOISE[0], NOISE[0][:14, :14])
    stride = caught.value.facts["other"]
    assert fit_kernel(NOISE[0], NOISE[0][:14, :14], stride=stride).spec.stride == (stride, stride)


def test_alpha_is_left_out_and_told() -> None:
    colours = np.random.default_rng(0).integers(0, 256, (20, 20, 4))
    fit = fit_kernel(colours, colours[..., :3], 1)
    np.testing.assert_allclose(fit.kernel[:, :, 0, 0], np.eye(3), atol=1e-12)
    assert "the fourth channel of the picture before is alpha" in str(fit)
