"""Two answers are the same when all that they hold is, each number to what its own type rounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from kaiyan.nn.acceleration.checking import compare

ONES = torch.ones(4)
SAME: list[tuple[Any, Any]] = [
    (ONES, ONES * (1 + 1e-6)),
    (ONES.bfloat16(), ONES.bfloat16() * 1.01),
    ((ONES.bfloat16(), ONES), (ONES.bfloat16() * 1.01, ONES * (1 + 1e-6))),
    (torch.tensor([float("nan"), 1]), torch.tensor([float("nan"), 1])),
    ([np.full(3, i) for i in range(9)], [np.full(3, i) for i in range(9)]),
    (torch.tensor([1000, 5]), torch.tensor([1000, 5])),
]
OTHER: list[tuple[Any, Any]] = [
    (ONES, ONES * 1.01),
    ((ONES.bfloat16(), ONES), (ONES.bfloat16(), ONES * 1.01)),
    ((ONES, ONES.bfloat16()), (ONES * 1.01, ONES.bfloat16())),
    (torch.tensor([1000, 5]), torch.tensor([1001, 5])),
    (torch.tensor([2**60 + 1]), torch.tensor([2**60])),
    (np.array([1000, 5]), np.array([999, 5])),
    (torch.tensor([True, False]), torch.tensor([True, True])),
    ([0.5, 1000], [0.5, 1001]),
    (torch.tensor([float("nan"), 1]), torch.tensor([1, float("nan")])),
    (torch.tensor([float("inf"), 1]), torch.tensor([float("-inf"), 1])),
]


@pytest.mark.parametrize(("right", "given"), SAME)
def test_what_differs_by_rounding_is_the_same(right: Any, given: Any) -> None:
    assert compare(right, given).is_close


@pytest.mark.parametrize(("right", "given"), OTHER)
def test_what_differs_by_more_is_not_the_same(right: Any, given: Any) -> None:
    assert not compare(right, given).is_close
    assert not compare([ONES, right], [ONES, given]).is_close
    assert not compare([right, ONES.bfloat16()], [given, ONES.bfloat16()]).is_close


@pytest.mark.parametrize("wrong", range(9))
def test_every_array_of_a_list_is_compared(wrong: int) -> None:
    right = [np.full(3, float(i)) for i in range(9)]
    given = [array + (i == wrong) for i, array in enumerate(right)]
    comparison = compare(right, given)
    assert not comparison.is_close
    assert comparison.place == f"answer[{wrong}]"
    assert compare(right, right[:]).numbers == 9


def test_the_place_named_is_the_one_that_is_wrong() -> None:
    halves = ONES.bfloat16()
    comparison = compare({"a": halves, "b": ONES}, {"a": halves * 1.05, "b": ONES * 1.01})
    assert comparison.place == "answer['b']"
    assert comparison.difference == pytest.approx(0.01, rel=1e-3)
