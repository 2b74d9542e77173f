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

MOST_VIEWS = 65_536
"""Views of one tensor: those of a picture of 256 x 256 places, each for itself."""

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

    def together(self) -> Seen:
        """Every element sees what any of them sees: it may see less."""
        rows, columns = (_union(reach.any(0, keepdims=True) for reach in own) for own in zip(*self.views, strict=True))
        return replace(self, which=np.zeros_like(self.which), views=((rows, columns),), is_bound=True)

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


def unseen(shape: tuple[int, ...], like: Seen) -> Seen:
    """What a tensor sees that was not made of the picture."""
    rows, columns = (np.zeros((1, reach.shape[1]), bool) for reach in like.views[0])
    return Seen(np.zeros(shape, np.intp), ((rows, columns),), None)


def laid(seen: Seen) -> Seen:
    """The same with a view for every place, so that height and width are axes like others.

    Places that are too many see together what they see: each of them may see less.
    """
    if seen.space is None:
        return seen
    high, wide = (len(reach) for reach in seen.views[0])
    shape = list(seen.which.shape)
    for axis, n in zip(seen.space, (high, wide), strict=True):
        shape[axis] = n
    if len(seen.views) * high * wide > MOST_VIEWS:
        flat = seen.each(lambda reach, _: reach.any(0, keepdims=True))
        return replace(flat, which=np.broadcast_to(seen.which, shape), space=None, is_bound=True)
    row, column = (np.arange(n).reshape([n if axis == own else 1 for own in range(len(shape))])
                   for axis, n in zip(seen.space, (high, wide), strict=True))  # fmt: skip
    views = tuple(
        (rows[i : i + 1], columns[j : j + 1]) for rows, columns in seen.views for i in range(high) for j in range(wide)
    )
    return replace(seen, which=(seen.which * high + row) * wide + column, views=views, space=None)


def spaced(seen: Seen) -> Seen:
    """Of rank 4 without space: the last two axes are height and width; exact where rows and columns stand apart."""
    if seen.space is not None or seen.which.ndim != 4:
        return seen
    _, channels, high, wide = seen.which.shape
    patterns, which = np.unique(seen.which.reshape(channels, -1), axis=0, return_inverse=True)
    every = [np.concatenate([view[own] for view in seen.views]) for own in (0, 1)]
    views, is_exact = [], True
    for pattern in patterns:
        rows, columns = (reach[pattern.reshape(high, wide)] for reach in every)
        views.append((rows.any(1), columns.any(0)))
        is_exact &= bool((rows == rows[:, :1]).all() and (columns == columns[:1]).all())
    return Seen(which.reshape(1, channels, 1, 1), tuple(views), (2, 3), seen.is_bound or not is_exact)


def met(one: Seen, other: Seen) -> Seen | None:
    """What an element sees that is made of one of each, side by side; None where their space does not match."""
    if one.which.ndim < other.which.ndim:
        one, other = other, one
    if one.space is None:
        one, other = (other, one) if one.which.ndim == other.which.ndim else (one, other)
    if one.space is not None and other.space is None:
        other = spaced(other)
    lifted = other.which.reshape((1,) * (one.which.ndim - other.which.ndim) + other.which.shape)
    shift = one.which.ndim - other.which.ndim
    if other.space is not None and tuple(axis + shift for axis in other.space) != one.space:
        return None
    first, second = np.broadcast_arrays(one.which, lifted)
    pairs, which = np.unique(np.stack([first.ravel(), second.ravel()]), axis=1, return_inverse=True)
    views = tuple(_both(one.views[a], other.views[b]) for a, b in pairs.T.tolist())
    return simplified(Seen(which.reshape(first.shape), views, one.space, one.is_bound or other.is_bound))


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
