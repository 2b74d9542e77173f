"""The turn, scale and shift that bring some points nearest to others.

Source: Umeyama, Least-squares estimation of transformation parameters between two point patterns, 1991. In the plane,
without mirroring, his equations come to one division of complex numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def similarity(before: NDArray[Any], after: NDArray[Any]) -> tuple[complex, complex]:
    """Factor and summand, for points (N, 2) of (x, y) as complex numbers x + yi.

    >>> turn, shift = similarity(np.array([[0, 0], [1, 0]]), np.array([[5, 5], [5, 7]]))
    >>> complex(turn), complex(shift)
    (2j, (5+5j))
    """
    a, b = (_complex(points) for points in (before, after))
    centre, goal = a.mean(), b.mean()
    spread = np.vdot(a - centre, a - centre).real
    turn = np.vdot(a - centre, b - goal) / spread if spread else 1.0 + 0j
    return complex(turn), complex(goal - turn * centre)


def _complex(points: NDArray[Any]) -> NDArray[np.complex128]:
    x, y = points.astype(float).T
    plane: NDArray[np.complex128] = x + 1j * y
    return plane
