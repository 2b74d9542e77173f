"""Meta tensors whose shape, strides and type are certain, and what must hold for that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from kaiyan.show.error import ConvError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kaiyan.spec.axis import Axis

_PLAIN = (Tensor, torch.nn.Parameter)


def is_plain(*tensors: Any, optional: Iterable[Any] = ()) -> bool:
    """Whether all are dense floating-point tensors on meta, of one type, without a subclass's own rules.

    Of those that are ``optional``, all that are not None.
    """
    every = (*tensors, *(tensor for tensor in optional if tensor is not None))
    return all(
        type(tensor) in _PLAIN
        and tensor.is_meta
        and tensor.dtype.is_floating_point
        and tensor.layout is torch.strided
        and tensor.dtype == every[0].dtype
        for tensor in every
    )


def like(tensor: Tensor) -> Tensor | None:
    """The same shape; torch.empty_like is one of the kernels in Python."""
    return tensor.new_empty(tensor.shape) if tensor.is_contiguous() else None


def numbers(value: Any, rank: int) -> tuple[int, ...] | None:
    """A number for each axis of space; None for words and for another count of numbers."""
    entries = tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank
    return entries if len(entries) == rank and all(type(entry) is int for entry in entries) else None


def settings(rank: int, *values: Any, least: Sequence[int]) -> tuple[tuple[int, ...], ...] | None:
    """Numbers for each axis of each value; None where one is of words, or below the least that it may be."""
    every = [numbers(value, rank) for value in values]
    known = tuple(entries for entries in every if entries is not None)
    fits = len(known) == len(every) and all(min(own) >= low for own, low in zip(known, least, strict=True))
    return known if fits else None


def sizes(axes: Iterable[Axis], spatial: Sequence[int]) -> list[int] | None:
    """The sizes that windows make; None where they do not fit."""
    try:
        return [axis.output_size(n) for axis, n in zip(axes, spatial, strict=True)]
    except ConvError:
        return None
