"""The parts of the detector against torch and against what can be reckoned by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F  # noqa: N812

from kaiyan.faces.detector import Found, ScoreMap, _one_each
from kaiyan.faces.pyramid import layout


def test_one_map_by_a_product_is_the_convolution_of_torch() -> None:
    random = torch.Generator().manual_seed(0)
    head: Any = ScoreMap(3, 1, 9, padding=4)
    x = torch.randint(-4, 5, (2, 3, 12, 7), generator=random).float()
    with torch.no_grad():
        head.weight.copy_(torch.randint(-4, 5, head.weight.shape, generator=random))
        head.bias.fill_(3)
        assert torch.equal(head(x), F.conv2d(x, head.weight, head.bias, padding=4))


def test_of_two_boxes_of_one_face_the_surer_stays() -> None:
    """Of 100 x 100 pixels, shifted by 30 the common part is 7000 of 13000 around both; by 60, 4000 of 16000."""
    first, near, far = (Found((0, x, 99, x + 99), score) for x, score in ((0, 3.0), (30, 2.0), (60, 1.0)))
    assert _one_each([first, near, far]) == (first, far)


def test_tiles_lie_on_the_canvas_and_apart() -> None:
    for size in ((300, 200), (80, 500), (7, 5), (400, 3), (1000, 1000)):
        rows, columns, tiles = layout(*size)
        for tile in tiles:
            assert 11 <= tile.top <= rows - 11 - tile.rows
            assert 11 <= tile.left <= columns - 11 - tile.columns
        places = [
            {(y, x) for y in range(t.top, t.top + t.rows) for x in (t.left, t.left + t.columns - 1)} for t in tiles
        ]
        assert sum(map(len, places)) == len(set().union(*places))
