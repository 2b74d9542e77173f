"""The types of a kernel: what it reads, what it sums in, what it stores; they need not agree."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from kaiyan.engine.problem import Problem

_SUMMED = {"float16": "float32", "bfloat16": "float32", "float32": "float32", "float64": "float64"}
"""What a result of this type is summed in: halves are summed in float32 and rounded once."""
BYTES = {
    "bool": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8, "uint8": 1, "uint16": 2, "uint32": 4, "uint64": 8,
    "float16": 2, "bfloat16": 2, "float32": 4, "float64": 8,
}  # fmt: skip
"""Of an element of each type that kernels read; they store all of them but bool."""
DIGITS = {"float32": 24, "float64": 53}
"""Whole numbers of no more binary digits are summed without an error in these types."""


@dataclass(frozen=True, slots=True)
class Types:
    """``read`` from memory, ``summed`` in registers, ``given`` to memory, by NumPy's names.

    ``exact`` says that the sums are of whole numbers and have to come out as such.
    """

    read: str
    summed: str
    given: str
    exact: bool = False
    saturate: bool = False

    @property
    def whole(self) -> bool:
        """Whether what is stored are whole numbers, which a sum may not fit."""
        return is_whole(self.given)


def types_of(problem: Problem) -> tuple[Types, ...]:
    """The ways in which a kernel computes a problem, the fastest first; none where it cannot.

    Sums of whole numbers have two: which holds them is seen when the numbers are there.
    """
    result = problem.promoted_dtype
    given = problem.out_dtype or result
    stored = (problem.dtype, problem.weight_dtype, problem.bias_dtype, given)
    if any(name not in BYTES for name in stored) or given == "bool":
        return ()
    if is_whole(result):
        return tuple(Types(problem.dtype, name, given, True, problem.saturate) for name in DIGITS)
    if result not in _SUMMED:
        return ()
    summed = "float64" if is_whole(given) or given == "float64" else _SUMMED[result]
    return (Types(problem.dtype, summed, given, False, problem.saturate),)


def expected(problem: Problem) -> Types:
    """The way that is likely: numbers of up to 16 bits are summed in float32."""
    ways = types_of(problem)
    return ways[0] if BYTES[problem.dtype] <= 2 else ways[-1]


def is_held(problem: Problem) -> bool:
    """Whether the types alone prove that a kernel's sums are as good as the definition's."""
    ways = types_of(problem)
    if not ways or not ways[0].exact:
        return True
    terms = problem.spec.channels[0] // problem.spec.groups * prod(a.kernel for a in problem.spec.axes)
    most = largest(problem.dtype) * largest(problem.weight_dtype) * terms + largest(problem.bias_dtype)
    return most < 2.0 ** max(DIGITS.values())


def is_whole(name: str) -> bool:
    """Whether a type holds whole numbers alone."""
    return name.startswith(("int", "uint", "bool"))


def largest(name: str) -> float:
    """The largest magnitude that a type of whole numbers holds."""
    if name == "bool":
        return 1.0
    limits = np.iinfo(name)
    return float(max(-int(limits.min), int(limits.max)))
