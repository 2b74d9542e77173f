"""What the elements of a tensor see of the picture: a set of rows and one of columns for every row and column.

Channels may see different things (those of a concatenation do): each has the number of its view.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

Reach = Any
"""Booleans (elements, elements of the input) of one axis: which see which."""


@dataclass(frozen=True, slots=True)
class Seen:
    """``views`` are pairs (rows, columns) of reaches; ``which`` has the tensor's rank, and the number of the view.

    Along the tensor's ``space``, its axes of height and width, ``which`` has one element; None: it has no such axes,
    and its reaches have one row each. ``is_bound`` says that an element may see less.
    """

    which: NDArray[np.intp]
    views: tuple[tuple[Reach, Reach], ...]
    space: tuple[int, int] | None
    is_bound: bool = False

    def each(self, change: Callable[[Reach, int], Reach]) -> Seen:
        """Every reach of rows (0) and of columns (1) changed."""
        return replace(self, views=tuple((change(rows, 0), change(columns, 1)) for rows, columns in self.views))

    def through(self, rows: Reach, columns: Reach) -> Seen:
        """What windows make of it, whose reaches these are."""
        return self.each(lambda reach, axis: joined((rows, columns)[axis], reach))

    def everywhere(self) -> Seen:
        """What an element sees that looks at all of space."""
        return self.each(lambda reach, _: np.broadcast_to(reach.any(0), reach.shape))

    def cut(self, axis: int, part: slice) -> Seen:
        """Some of the rows (0) or of the columns (1) of the tensor."""
        return self.each(lambda reach, own: reach[part] if own == axis else reach)

    def everywhere_along(self, axis: int) -> Seen:
        """The same of rows (0) or of columns (1) alone."""
        return self.each(lambda reach, own: np.broadcast_to(reach.any(0), reach.shape) if own == axis else reach)

    def mixed(self, groups: int, channels: int) -> Seen:
        """What a channel sees that mixes those of its group, on axis 1: ``channels`` of them."""
        own = self.which.reshape(groups, -1)
        sets = [frozenset(row.tolist()) for row in own]
        found = _Views()
        numbers = [found.number(self.views, views) for views in sets]
        shape = [1] * self.which.ndim
        shape[1] = channels
        return replace(self, which=np.repeat(numbers, channels // groups).reshape(shape), views=tuple(found.views))

    def over(self, axes: Sequence[int]) -> Seen:
        """What an element sees that mixes all along some axes that are not of space; the axes stay as they are."""
        moved = np.moveaxis(self.which, axes, range(-len(axes), 0))
        flat = moved.reshape(*moved.shape[: moved.ndim - len(axes)], -1)
        found = _Views()
        rows = flat.reshape(-1, flat.shape[-1])
        numbers = np.array([found.number(self.views, frozenset(row.tolist())) for row in rows])
        spread = np.broadcast_to(numbers.reshape(*flat.shape[:-1], 1), flat.shape).reshape(moved.shape)
        which = np.ascontiguousarray(np.moveaxis(spread, range(-len(axes), 0), axes))
        return replace(self, which=which, views=tuple(found.views))


class _Views:
    """Views made of others: the same ones have one number."""

    def __init__(self) -> None:
        self.views: list[tuple[Reach, Reach]] = []
        self._numbers: dict[frozenset[int], int] = {}

    def number(self, views: Sequence[tuple[Reach, Reach]], members: frozenset[int]) -> int:
        """That of the union of some views."""
        if members not in self._numbers:
            chosen = [views[i] for i in members]
            self._numbers[members] = len(self.views)
            self.views.append((_union(rows for rows, _ in chosen), _union(columns for _, columns in chosen)))
        return self._numbers[members]


def _union(reaches: Iterable[Reach]) -> Reach:
    first, *others = reaches
    for other in others:
        first = first | other
    return first


def met(one: Seen, other: Seen) -> Seen | None:
    """What an element sees that is made of one of each, side by side; None where their space does not match."""
    if one.which.ndim < other.which.ndim:
        one, other = other, one
    if one.space is None:
        one, other = (other, one) if one.which.ndim == other.which.ndim else (one, other)
    lifted = other.which.reshape((1,) * (one.which.ndim - other.which.ndim) + other.which.shape)
    shift = one.which.ndim - other.which.ndim
    if other.space is not None and tuple(axis + shift for axis in other.space) != one.space:
        return None
    first, second = np.broadcast_arrays(one.which, lifted)
    pairs, which = np.unique(np.stack([first.ravel(), second.ravel()]), axis=1, return_inverse=True)
    views = tuple(_both(one.views[a], other.views[b]) for a, b in pairs.T.tolist())
    return Seen(which.reshape(first.shape), views, one.space, one.is_bound or other.is_bound)


def _both(one: tuple[Reach, Reach], other: tuple[Reach, Reach]) -> tuple[Reach, Reach]:
    return one[0] | other[0], one[1] | other[1]


def stacked(parts: Sequence[Seen], axis: int) -> Seen | None:
    """What lies side by side along an axis that is not of space."""
    spaces = {part.space for part in parts}
    sizes = {tuple(len(reach) for reach in view) for part in parts for view in part.views}
    if len(spaces) > 1 or len(sizes) > 1:
        return None
    offsets = np.cumsum([0, *(len(part.views) for part in parts)])
    which = np.concatenate([part.which + offset for part, offset in zip(parts, offsets[:-1], strict=True)], axis)
    views = tuple(view for part in parts for view in part.views)
    return simplified(Seen(which, views, parts[0].space, any(part.is_bound for part in parts)))


def simplified(seen: Seen) -> Seen:
    """Views that are alike are one."""
    keys: dict[bytes, int] = {}
    kept: list[tuple[Reach, Reach]] = []
    numbers = []
    for rows, columns in seen.views:
        key = rows.tobytes() + b"|" + columns.tobytes()
        if key not in keys:
            keys[key] = len(kept)
            kept.append((rows, columns))
        numbers.append(keys[key])
    return replace(seen, which=np.array(numbers)[seen.which], views=tuple(kept))


def joined(after: Reach, before: Reach) -> Reach:
    """One reach behind another."""
    found: Reach = (after.astype(np.float32) @ before.astype(np.float32)) > 0
    return found
