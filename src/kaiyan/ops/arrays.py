"""Which library made an array, asked without importing it, and what has to be known of each library."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.reference.dtype import name_of
from kaiyan.spec.error import ConvError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.algorithm import Algorithm, Routine
    from kaiyan.spec.problem import Problem


@dataclass(frozen=True, slots=True)
class Kind:
    """One array library: the name of its array type and the few things that libraries spell differently."""

    name: str
    type_name: str
    dtype_name: Callable[[Any], str]
    flipped: Callable[[Any, tuple[int, ...]], Any]
    identity: Callable[[int, Any], Any]
    lift: Callable[[Algorithm, Problem], Routine]


def kind_of(name: str, array: Any) -> Kind:
    """The library of an argument called ``name``; raises ``ConvError`` when it is no array that we know."""
    kind = _kind_of_type(array.__class__)
    if kind is None:
        raise ConvError(
            "not-an-array",
            "{name} is a {kind}, not a NumPy array or a torch tensor",
            "np.asarray({name})",
            name=name,
            kind=type(array).__name__,
        )
    return kind


@lru_cache(maxsize=256)
def _kind_of_type(kind: type) -> Kind | None:
    if issubclass(kind, np.ma.MaskedArray):
        raise ConvError("masked", "a masked array's mask would be lost", "x.filled(0) says what stands in the gaps")
    for row in KINDS:
        module = sys.modules.get(row.name)
        if module is not None and issubclass(kind, getattr(module, row.type_name)):
            return row
    return None


def _torch_dtype_name(dtype: Any) -> str:
    name = str(dtype).removeprefix("torch.")
    return name if name == "bfloat16" else name_of(name)


def _torch_lift(algorithm: Algorithm, problem: Problem) -> Routine:
    from kaiyan.engine.algorithms.torch import lift

    return lift(algorithm, problem)


KINDS: tuple[Kind, ...] = (
    Kind(
        name="numpy",
        type_name="ndarray",
        dtype_name=name_of,
        flipped=np.flip,
        identity=lambda n, like: np.eye(n, dtype=like.dtype),
        lift=lambda algorithm, problem: algorithm.build(problem),
    ),
    Kind(
        name="torch",
        type_name="Tensor",
        dtype_name=_torch_dtype_name,
        flipped=lambda x, axes: x.flip(axes),
        identity=lambda n, like: like.new_zeros((n, n)).fill_diagonal_(1),
        lift=_torch_lift,
    ),
)
"""Every library whose arrays are taken."""
