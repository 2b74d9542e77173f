"""A fingerprint is another when any bit of a weight is."""

from typing import Any

import numpy as np
import pytest

from kaiyan.engine.codegen.running.fingerprint import fingerprint


@pytest.mark.parametrize("size", [1, 31, 32, 64, 65, 1000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_bit_counts(size: int, dtype: Any) -> None:
    a = np.random.default_rng(0).standard_normal(size).astype(dtype)
    seen = {fingerprint(a)}
    places = range(size) if size < 100 else range(0, size, 37)
    for place in places:
        for bit in range(8 * a.itemsize):
            b = a.copy()
            b.view(np.uint8)[place * a.itemsize + bit // 8] ^= np.uint8(1 << bit % 8)
            seen.add(fingerprint(b))
    assert len(seen) == 1 + len(places) * 8 * a.itemsize


def test_signs_orders_and_lengths_count() -> None:
    a = np.random.default_rng(0).standard_normal(4096)
    others = [-a, a[::-1], np.roll(a, 1), np.roll(a, 16), a[:-1], np.append(a, 0.0), np.zeros(4096), np.zeros(4097)]
    assert len({fingerprint(other) for other in (a, *others)}) == 9


def test_the_layout_does_not() -> None:
    a = np.arange(600.0).reshape(20, 30)
    assert fingerprint(a) == fingerprint(np.asfortranarray(a)) == fingerprint(np.repeat(a, 2, 0)[::2])
