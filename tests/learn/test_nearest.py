"""A kernel is named after the filter it is most like; the filters' numbers are those of ``kaiyan.pictures.named``."""

from __future__ import annotations

import numpy as np
import pytest

from kaiyan.learn.fitting.nearest import nearest
from kaiyan.pictures.kernels import kernel
from kaiyan.pictures.named import KERNELS


@pytest.mark.parametrize("factor", [0.25, -3.0])
@pytest.mark.parametrize("name", KERNELS)
def test_every_named_filter_is_known_again_whatever_its_scale_and_sign(name: str, factor: float) -> None:
    values = factor * kernel(name).values
    found = nearest(values)
    assert found is not None
    assert found.name.partition(":")[0] == name
    assert found.unexplained < 1e-20
    assert found.factor == pytest.approx(factor)
    np.testing.assert_allclose(found.values, values, atol=1e-12)


def test_a_bell_is_known_by_its_width() -> None:
    y, x = np.mgrid[-4:5, -4:5]
    bell = np.exp(-(x**2 + y**2) / (2 * 1.35**2))
    found = nearest(bell)
    assert found is not None
    assert found.name == "gaussian:1.35"


def test_a_filter_is_known_where_it_was_turned_or_moved() -> None:
    emboss = kernel("emboss").values
    turned = nearest(emboss[:, ::-1])
    assert turned is not None
    assert turned.name == "emboss"
    assert str(turned.mirror) == "mirrored left to right"
    moved = nearest(np.pad(kernel("sobel-y").values, ((0, 2), (1, 1))))
    assert moved is not None
    assert (moved.name, moved.shift) == ("sobel-y", (-1, 0))
    assert moved.unexplained < 1e-20


def test_what_it_leaves_is_the_share_beside_the_angle_and_no_other_filter_leaves_less() -> None:
    plane = np.random.default_rng(1).standard_normal((3, 3))
    left = {}
    for name in (
        "identity",
        "sobel-x",
        "sobel-y",
        "scharr-x",
        "prewitt-y",
        "laplacian",
        "laplacian-8",
        "sharpen",
        "emboss",
        "box",
    ):
        values = kernel(name).values
        left[name] = 1 - (plane * values).sum() ** 2 / (plane**2).sum() / (values**2).sum()
    slanted = plane * 0.1 + kernel("scharr-x").values
    found, like = nearest(plane), nearest(slanted)
    assert found is not None
    assert like is not None
    assert found.unexplained <= min(left.values()) + 1e-9
    cosine = (
        (slanted * kernel("scharr-x").values).sum()
        / np.linalg.norm(slanted)
        / np.linalg.norm(kernel("scharr-x").values)
    )
    assert like.name == "scharr-x"
    assert like.unexplained == pytest.approx(1 - cosine**2)


def test_a_difference_of_neighbours_is_not_called_by_the_name_of_a_larger_filter() -> None:
    found = nearest(np.array([[-1.0, 0, 1]]))
    assert found is None or found.unexplained > 0.3


def test_nothing_is_like_nothing() -> None:
    assert nearest(np.zeros((3, 3))) is None
