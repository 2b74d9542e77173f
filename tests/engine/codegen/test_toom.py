"""Winograd's matrices: right in exact rationals, and as exact as their error says.

The table of errors is measured in float32 by the project's design study, against one direct chain of sums.
"""

from fractions import Fraction
from itertools import product

import pytest

from kaiyan.engine.codegen.parts.toom import _POINTS, toom

MEASURED = {(2, 3): 0.57, (3, 3): 0.9, (4, 3): 1.65, (6, 3): 7.5, (2, 5): 1.10}


@pytest.mark.parametrize(("m", "r"), [*_POINTS, (1, 1)])
def test_every_set_computes_the_sums_exactly(m: int, r: int) -> None:
    t = toom(m, r)
    for i, k, place in product(range(m), range(r), range(t.n)):
        total = sum(t.output[i][j] * t.kernel[j][k] * t.input[j][place] for j in range(t.n))
        assert total == Fraction(place == i + k)


def test_lavin_and_grays_f23_is_ours_up_to_scale() -> None:
    assert [[int(entry) for entry in row] for row in toom(2, 3).output] == [[1, 1, 1, 0], [0, 1, -1, 1]]


@pytest.mark.parametrize(("sizes", "measured"), MEASURED.items())
def test_the_error_known_beforehand_is_the_measured_one(sizes: tuple[int, int], measured: float) -> None:
    assert toom(*sizes).error ** 2 == pytest.approx(measured, rel=0.1)
