"""Tiles of vectors of columns: which are chosen, and that they sum what the definition says."""

from __future__ import annotations

import numpy as np
import pytest

from kaiyan import Conv
from kaiyan.engine.algorithms.stem import Stem
from kaiyan.engine.codegen.language.target import AVX512
from kaiyan.engine.codegen.parts.epilogue import BARE
from kaiyan.engine.codegen.parts.geometry import flattened, geometry
from kaiyan.engine.codegen.routines.over_columns import cut
from kaiyan.engine.problem import Problem
from kaiyan.reference.forward import forward


@pytest.mark.parametrize(
    ("spec", "size", "tile"),
    [
        (Conv(3, 64, 3, padding=1, rank=2), 224, (13, 2)),
        (Conv(64, 256, 1, rank=2), 56, (6, 4)),
        (Conv(1, 512, 10, stride=5, rank=1), 160000, (8, 3)),
    ],
)
def test_of_tiles_that_take_as_long_by_count_the_larger_is_taken(spec: Conv, size: int, tile: tuple[int, int]) -> None:
    sizes = (size,) * len(spec.axes)
    found, _ = flattened(*geometry(spec, (1, spec.channels[0], *sizes)), sizes)
    routine = cut(found, "row_contiguous", AVX512, "float32", BARE, 1)
    assert (routine.channels, routine.vectors) == tile


@pytest.mark.parametrize("sizes", [(9, 70), (5, 31), (1, 1), (30, 224)])
def test_tiles_with_channels_left_over_are_exact(sizes: tuple[int, int]) -> None:
    spec = Conv(3, 64, 3, padding=1, rank=2)
    rng = np.random.default_rng(1)
    x = rng.integers(-8, 9, (2, 3, *sizes)).astype(np.float32)
    w = rng.integers(-8, 9, spec.weight_shape).astype(np.float32)
    bias = rng.integers(-8, 9, 64).astype(np.float32)
    for threads in (1, 2):
        y = Stem().build(Problem(spec, x.shape, threads=threads))(x, w, bias)
        np.testing.assert_array_equal(y, forward(x, w, bias, spec))
