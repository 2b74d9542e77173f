"""Values whose elements are another's own: the same memory seen with other sizes and strides."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.program.graph import Node
    from kaiyan.program.place import Place
    from kaiyan.spec.conv import Shape


def viewed(node: Node, place: Place, shape: Shape) -> Place | None:
    """What a view of ``shape`` is a view of; None where the elements do not lie so."""
    return _VIEWS[node.operation](node, place, shape)


def _reshaped(node: Node, place: Place, shape: Shape) -> Place | None:
    del node
    strides = reshaped_strides(place.shape, place.strides, shape)
    return None if strides is None else place.viewed(shape, strides)


def reshaped_strides(shape: Shape, strides: Shape, wanted: Shape) -> Shape | None:
    """Strides with which the elements of an array, in their order, are those of another shape; None where none are.

    >>> reshaped_strides((2, 3, 4), (12, 4, 1), (6, 4)), reshaped_strides((2, 3), (1, 2), (6,))
    ((4, 1), None)
    """
    if 0 in shape:
        return (0,) * len(wanted)
    runs = _runs(shape, strides)
    found, rest = [0] * len(wanted), [list(run) for run in runs]
    for axis in reversed(range(len(wanted))):
        size = wanted[axis]
        if size == 1:
            found[axis] = 1
            continue
        while rest and rest[-1][0] == 1:
            rest.pop()
        if not rest or rest[-1][0] % size:
            return None
        found[axis] = rest[-1][1]
        rest[-1] = [rest[-1][0] // size, rest[-1][1] * size]
    return tuple(found)


def _runs(shape: Shape, strides: Shape) -> list[tuple[int, int]]:
    """Stretches of axes that are walked as one, as sizes and strides."""
    runs: list[tuple[int, int]] = []
    for size, stride in zip(shape, strides, strict=True):
        if size == 1:
            continue
        if runs and runs[-1][1] == size * stride:
            runs[-1] = (runs[-1][0] * size, stride)
        else:
            runs.append((size, stride))
    return runs


def _permuted(node: Node, place: Place, shape: Shape) -> Place:
    return place.viewed(shape, tuple(place.strides[axis] for axis in node.settings["axes"]))


def _sliced(node: Node, place: Place, shape: Shape) -> Place:
    axis, start, step = (node.settings[name] for name in ("axis", "start", "step"))
    strides = list(place.strides)
    first = start * strides[axis] if 0 not in shape else 0
    strides[axis] *= step
    return place.viewed(shape, tuple(strides), first)


def _expanded(node: Node, place: Place, shape: Shape) -> Place:
    del node
    lead = len(shape) - len(place.shape)
    strides = [
        0 if axis < lead or place.shape[axis - lead] != size else place.strides[axis - lead]
        for axis, size in enumerate(shape)
    ]
    return place.viewed(shape, tuple(strides))


def _in_windows(node: Node, place: Place, shape: Shape) -> Place:
    axis, step, dilation = (node.settings[name] for name in ("axis", "step", "dilation"))
    strides = [*place.strides, place.strides[axis] * dilation]
    strides[axis] *= step
    return place.viewed(shape, tuple(strides))


_VIEWS: dict[str, Callable[[Node, Place, Shape], Place | None]] = {
    "reshape": _reshaped,
    "permute": _permuted,
    "slice": _sliced,
    "expand": _expanded,
    "windows": _in_windows,
}
