"""Depthwise routines that multiply nothing outside the picture: which products they make, and on how many threads.

The right count of products is that of an explicitly padded array of ones; that the sums are right is in
``test_guard_pages`` and in the conformance tests.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import pytest

from kaiyan import Conv
from kaiyan.engine.codegen.language.target import AVX512, GENERIC, host
from kaiyan.engine.codegen.parts.epilogue import BARE
from kaiyan.engine.codegen.parts.geometry import Geometry, geometry
from kaiyan.engine.codegen.parts.inside import columns_of, pairs, zeros_around
from kaiyan.engine.codegen.routines import over_channels_inside, over_columns_inside
from kaiyan.engine.codegen.running.launch import Launch
from kaiyan.reference.forward import forward

SPECS = [
    (Conv(5, 5, 3, padding=1, groups=5, rank=2), (9, 14)),
    (Conv(5, 5, (51, 5), padding=(25, 2), groups=5, rank=2), (17, 20)),
    (Conv(5, 5, (2, 7), stride=(3, 2), padding=((0, 2), (5, 1)), dilation=(1, 3), groups=5, rank=2), (7, 23)),
    (Conv(5, 5, 27, padding=13, groups=5, rank=2), (3, 4)),
    (Conv(5, 5, 4, groups=5, rank=2), (4, 30)),
]


def _products(spec: Conv, sizes: tuple[int, ...]) -> int:
    """Of one channel: windows of a padded array of ones, summed."""
    ones = np.pad(np.ones(sizes), spec.pads((1, 5, *sizes)))
    for place, axis in enumerate(spec.axes):
        seen = np.lib.stride_tricks.sliding_window_view(ones, axis.reach, place)
        ones = np.take(seen, range(0, seen.shape[place], axis.stride), place)[..., :: axis.dilation].sum(-1)
    return int(ones.sum())


@pytest.mark.parametrize(("spec", "sizes"), SPECS, ids=str)
def test_only_products_with_the_picture_are_counted(spec: Conv, sizes: tuple[int, ...]) -> None:
    found = geometry(spec, (1, 5, *sizes))[0]
    assert prod(pairs(found, axis) for axis in range(3)) == _products(spec, sizes)


@pytest.mark.parametrize("most", [1, 4, 14])
@pytest.mark.parametrize(("spec", "sizes"), SPECS, ids=str)
def test_tiles_of_a_row_cover_it_once_with_those_products(spec: Conv, sizes: tuple[int, ...], most: int) -> None:
    found = geometry(spec, (1, 5, *sizes))[0]
    tiles = columns_of(found, most)
    covered = [c for one in tiles for c in range(one.first, one.first + one.tiles * one.width)]
    assert covered == list(range(found.outputs[2]))
    assert max(one.width for one in tiles) <= most
    assert sum(one.tiles * len(one.terms) for one in tiles) == pairs(found, 2)


@pytest.mark.parametrize("mode", ["reflect", "circular", "constant(3)"])
def test_other_borders_than_zeros_are_packed(mode: str) -> None:
    other = geometry(Conv(5, 5, 3, padding=1, groups=5, padding_mode=mode, rank=2), (1, 5, 9, 14))[0]
    for routine in (over_channels_inside, over_columns_inside):
        assert routine.cut(other, "row_contiguous", AVX512, "float32", BARE, 1) is None
    assert not zeros_around(other)


def test_columns_are_not_read_in_place_without_masks() -> None:
    plain = geometry(*_problem(SPECS[0], 5))[0]
    setting = "float32", BARE, 1
    assert over_columns_inside.cut(plain, "row_contiguous", AVX512, *setting) is not None
    assert over_columns_inside.cut(plain, "row_contiguous", GENERIC, *setting) is None


def _problem(row: tuple[Conv, tuple[int, ...]], C: int) -> tuple[Conv, tuple[int, ...]]:
    return row[0].replace(in_channels=C, out_channels=C, groups=C), (2, C, *row[1])


@pytest.mark.parametrize("layout", ["channels_last", "row_contiguous"])
@pytest.mark.parametrize("module", [over_channels_inside, over_columns_inside], ids=lambda m: m.__name__[-18:])
def test_threads_do_not_change_a_bit(module: Any, layout: str) -> None:
    spec, shape = Conv(70, 70, 3, padding=1, groups=70, rank=2), (2, 70, 19, 33)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 19, 33, 70)).astype(np.float32).transpose(0, 3, 1, 2)
    x = x if layout == "channels_last" else np.ascontiguousarray(x)
    w, bias = rng.standard_normal(spec.weight_shape).astype(np.float32), rng.standard_normal(70).astype(np.float32)
    found, maps = geometry(spec, shape)
    outputs = [_run(module, found, maps, layout, threads)(x, w, bias) for threads in (1, 2, 3)]
    assert all(y is None or np.array_equal(y, outputs[0]) for y in outputs)
    assert (outputs[0] is None) == (module is over_columns_inside and layout == "channels_last")


def _run(module: Any, found: Geometry, maps: Any, layout: str, threads: int) -> Any:
    routine = module.cut(found, layout, host(), "float32", BARE, threads)
    if routine is None:
        return lambda *_: None
    assert threads == 1 or prod(routine.tasks) >= threads
    launch = Launch(routine, maps, (2, 70, 19, 33), "numpy", threads=threads)
    return lambda x, w, bias: launch(x, launch.held(w, bias))


@pytest.mark.parametrize("kernel", [3, (2, 12), (5, 2)], ids=str)
def test_pixels_that_crowd_one_another_in_cache_are_packed(kernel: Any) -> None:
    spec, shape = Conv(512, 512, kernel, padding=1, groups=512, rank=2), (2, 512, 7, 11)
    rng = np.random.default_rng(0)
    x = rng.integers(-4, 5, (2, 7, 11, 512)).astype(np.float32).transpose(0, 3, 1, 2)
    w, bias = rng.integers(-4, 5, spec.weight_shape), rng.integers(-4, 5, 512)
    found, maps = geometry(spec, shape)
    routine = over_channels_inside.cut(found, "channels_last", host(), "float32", BARE, 2)
    assert routine is not None
    assert not routine.in_place
    launch = Launch(routine, maps, spec.output_shape(shape), "numpy", threads=2)
    y = launch(x, launch.held(w.astype(np.float32), bias.astype(np.float32)))
    np.testing.assert_array_equal(y, forward(x, w.astype(np.float32), bias.astype(np.float32), spec))
