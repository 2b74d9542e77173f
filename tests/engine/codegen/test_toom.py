"""Winograd's matrices: right in exact rationals, and as exact as their error says.

The table of errors is measured in float32 by the project's design study, against one direct chain of sums.
"""

from fractions import Fraction
from itertools import product

import pytest

from kaiyan.engine.codegen.parts.toom import _POINTS, phases, strided_error, toom

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


@pytest.mark.parametrize(("m", "taps"), [(2, 3), (2, 4), (4, 3), (4, 4), (3, 5), (4, 5), (3, 6)])
def test_phases_add_up_to_the_windows_two_apart(m: int, taps: int) -> None:
    axis = phases(m, taps, 2)
    for i, k, place in product(range(m), range(taps), range(2 * m + taps)):
        first, tap = (place % 2, k // 2) if place % 2 == k % 2 else (0, None)
        phase = axis[1 - first]
        total = sum(
            phase.output[i][j] * phase.kernel[j][tap] * phase.input[j][place // 2]
            for j in range(phase.n)
            if tap is not None and place // 2 < phase.n
        )
        assert total == Fraction(place == 2 * i + k)


@pytest.mark.parametrize(
    ("m", "taps", "measured"), [(2, 3, 0.65), (4, 3, 1.55), (4, 4, 1.59), (3, 5, 0.92), (4, 5, 1.69)]
)
def test_the_error_at_stride_2_is_the_measured_one(m: int, taps: int, measured: float) -> None:
    """Measured at 200 channels in float32, against one direct chain of sums."""
    assert strided_error((m, taps, 2), (m, taps, 2)) == pytest.approx(measured, rel=0.1)


def test_one_phase_has_the_error_of_its_transforms() -> None:
    assert strided_error((4, 3, 1), (2, 3, 1)) == pytest.approx(toom(4, 3).error * toom(2, 3).error)
