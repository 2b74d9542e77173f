"""What has to be known of an array library, and what follows from it for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape


@dataclass(frozen=True, slots=True)
class Kind:
    """One array library: a row of few things that libraries spell differently. Tuples of arrays may hold None."""

    name: str

    dtype_name: Callable[[Any], str]
    """NumPy's name of a dtype."""
    dtype: Callable[[str], Any]
    """The library's dtype by NumPy's name."""

    strides: Callable[[Any], tuple[int, ...]]
    """As the library has them, in elements or in bytes: enough to tell one layout from another at every call."""
    steps: Callable[[Any], tuple[int, ...]]
    """Strides in elements."""
    layout: Callable[[Shape, tuple[int, ...], Any], str]
    """The word of ``engine.problem.LAYOUTS`` for a shape (N, C, *spatial), its ``strides`` and a dtype."""
    dense: Callable[[Any], bool]
    """Whether an array can be written to and has no gaps in memory."""
    overlap: Callable[[Any, Any], bool]
    """Whether two arrays may share memory."""
    address: Callable[[Any], int]
    """Of the first element."""

    empty: Callable[[Any, Shape, Any], Any]
    """An array of a shape and a dtype on the device of another."""
    made: Callable[[Numbers], Any]
    """An array of NumPy's, without a copy."""
    numbers: Callable[[Any], Numbers]
    """An array as NumPy's; a copy only where NumPy has no such dtype."""
    bits: Callable[[Any], Numbers]
    """An array as NumPy's of the same bits, never copied; its dtype may be another of the same size."""
    fill: Callable[[Any, Numbers], object]
    """Writes numbers into an array, in its dtype."""
    turned: Callable[[Any, tuple[int, ...]], Any]
    """An array with its axes in another order."""
    flipped: Callable[[Any, tuple[int, ...]], Any]
    """An array with axes the other way round."""
    identity: Callable[[int, Any], Any]
    """The identity matrix in the dtype and on the device of an array."""

    sizes: Callable[[Any], Shape] = lambda array: array.shape
    """The shape of an array that is ``traced``, as numbers."""
    traced: Callable[[tuple[Any, ...]], bool] = lambda _: False
    """Whether the library has to see what is done with these arrays."""
    followed: Callable[[tuple[Any, ...]], bool] = lambda _: False
    """Whether it has to see it for something else than gradients."""
    watched: Callable[[tuple[Any, ...]], bool] = lambda _: False
    """Whether a gradient is asked of one of them now."""


def layout_of(shape: Shape, steps: tuple[int, ...]) -> str:
    """Of an array (..., C, *spatial) with strides in elements; axes of one element lie anywhere.

    >>> layout_of((1, 3, 8, 8), (192, 64, 8, 1)), layout_of((1, 3, 8, 8), (192, 1, 24, 3))
    ('channels_first', 'channels_last')
    """
    C, *sizes = shape[1:]
    across, *along = steps[1:]
    if is_contiguous(sizes, along):
        return "channels_first"
    if along[-1] == 1:
        return "row_contiguous"
    return "channels_last" if across == 1 or C == 1 else "strided"


def is_contiguous(sizes: Sequence[int], steps: Sequence[int]) -> bool:
    """Whether the elements lie one after the other, the last axis fastest; axes of one element lie anywhere."""
    dense = 1
    for size, step in zip(reversed(sizes), reversed(steps), strict=True):
        if size != 1 and step != dense:
            return False
        dense *= size
    return True


def is_dense(shape: Shape, steps: tuple[int, ...]) -> bool:
    """Whether the elements fill their memory without a gap, in whatever order."""
    step = 1
    for size, stride in sorted(zip(shape, steps, strict=True), key=lambda axis: (axis[1], axis[0])):
        if size > 1 and stride != step:
            return False
        step *= size
    return True
