"""The detector in blocks against its seven layers by torch in float64; a new size compiles nothing."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from kaiyan.engine.codegen.language.compile import address
from kaiyan.engine.codegen.running.threads import holding
from kaiyan.faces.detector import Detector
from kaiyan.faces.pyramid import drawn, layout
from kaiyan.faces.scan import ROWS, SEEN, STEP, WIDE, room, scan_of


@lru_cache(maxsize=1)
def _detector() -> Detector:
    torch.manual_seed(0)
    return Detector().eval().requires_grad_(requires_grad=False)


def _canvas(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """What so many scores are read from, with noise beyond it that must not matter, and that part alone."""
    canvas = np.random.default_rng(rows).standard_normal((*room(rows, columns), 4)).astype(np.float32)
    return canvas, canvas[: STEP * (rows - 1) + SEEN, : STEP * (columns - 1) + SEEN, :3]


def _by_torch(pixels: np.ndarray) -> np.ndarray:
    x = torch.from_numpy(pixels).double().permute(2, 0, 1)[None]
    layers: Any = _detector().layers
    for layer, (stride, padding) in zip(layers, [(2, 0)] * 3 + [(1, 2)] * 3, strict=True):
        x = F.relu(F.conv2d(x, layer.weight.double(), layer.bias.double(), stride, padding))
    head = _detector().head
    assert head.bias is not None
    scores: np.ndarray = F.conv2d(x, head.weight.double(), head.bias.double(), padding=4)[0, 0].numpy()
    return scores


@pytest.mark.parametrize("sizes", [(1, 1), (3, WIDE + 5), (ROWS, WIDE), (ROWS + 1, 2), (2 * ROWS + 7, WIDE + 10)])
def test_blocks_give_what_the_layers_give(sizes: tuple[int, int]) -> None:
    canvas, seen = _canvas(*sizes)
    expected = _by_torch(seen)
    assert expected.shape == sizes
    np.testing.assert_allclose(scan_of(_detector())(canvas, *sizes), expected, atol=1e-5 * abs(expected).max())


def test_a_new_size_compiles_nothing() -> None:
    scan = scan_of(_detector())
    compiled = address.cache_info().misses
    for sizes in ((6, 41), (50, 3), (ROWS + 11, WIDE + 1)):
        scan(_canvas(*sizes)[0], *sizes)
    assert address.cache_info().misses == compiled


def test_threads_change_no_bit() -> None:
    sizes = 2 * ROWS + 1, WIDE + 1
    scan, (canvas, _) = scan_of(_detector()), _canvas(*sizes)
    alone = scan(canvas, *sizes)
    with holding(3):
        assert np.array_equal(scan(canvas, *sizes), alone)


def test_the_canvas_holds_the_photograph_and_reductions_of_one_colour_stay_of_that_colour() -> None:
    rows, columns, tiles = layout(301, 203)
    pixels = np.full((301, 203, 3), (10, 200, 90), np.uint8)
    canvas = drawn(pixels, tiles, rows, columns)
    expected = (np.array([10, 200, 90]) - [122.782, 117.001, 104.298]) / 256
    for tile in tiles:
        part = tile.of(canvas)
        assert part.shape == (tile.rows, tile.columns, 4)
        np.testing.assert_allclose(part[..., :3], np.broadcast_to(expected, (*part.shape[:2], 3)), atol=1e-6)
        part[:] = 0
    assert not canvas.any()
