"""The three sums of convolution over the taps of a kernel: gather, scatter, and the products of both."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod
from types import EllipsisType

import numpy as np

from kaiyan.reference.dtype import Numbers
from kaiyan.spec.axis import Axis, inside

Index = tuple[EllipsisType | slice | int, ...]


@dataclass(frozen=True, slots=True)
class Lattice:
    """Where the windows of one axis lie: ``windows`` of them on ``n`` elements, the first ``before`` elements early."""

    axis: Axis
    n: int
    before: int
    windows: int


def gather(x: Numbers, w: Numbers, lattices: tuple[Lattice, ...], groups: int) -> Numbers:
    """Every window's sum, in w's type: x (N, C, *n), w (K, C/groups, *kernel) to (N, K, *windows)."""
    K = len(w)
    x, w = _grouped(x, groups), _grouped_weight(w, groups)
    y = np.zeros((len(x), groups, K // groups, *(lattice.windows for lattice in lattices)), w.dtype)
    for tap, windows, elements in _taps(lattices):
        y[windows] += _mixed(w[tap], x[elements])
    return y.reshape(len(y), K, *y.shape[3:])


def scatter(y: Numbers, w: Numbers, lattices: tuple[Lattice, ...], groups: int) -> Numbers:
    """The adjoint of ``gather``: every window laid where it was read; y (N, K, *windows) to (N, C, *n)."""
    C = w.shape[1] * groups
    y, w = _grouped(y, groups), _grouped_weight(w, groups).swapaxes(1, 2)
    x = np.zeros((len(y), groups, C // groups, *(lattice.n for lattice in lattices)), w.dtype)
    for tap, windows, elements in _taps(lattices):
        x[elements] += _mixed(w[tap], y[windows])
    return x.reshape(len(x), C, *x.shape[3:])


def products(x: Numbers, y: Numbers, lattices: tuple[Lattice, ...], groups: int) -> Numbers:
    """For every tap the sum of element times window: the weight's gradient, (K, C/groups, *kernel)."""
    x, y = _grouped(x, groups), _grouped(y, groups)
    w = np.zeros((groups, y.shape[2], x.shape[2], *(lattice.axis.kernel for lattice in lattices)), y.dtype)
    for tap, windows, elements in _taps(lattices):
        left, right = _flat(y[windows]), _flat(x[elements])
        w[tap] = np.matmul(left, right.swapaxes(-1, -2)).sum(0)
    return w.reshape(groups * y.shape[2], x.shape[2], *w.shape[3:])


def _taps(lattices: tuple[Lattice, ...]) -> Iterator[tuple[Index, Index, Index]]:
    for tap in np.ndindex(*(lattice.axis.kernel for lattice in lattices)):
        pairs = [inside(a.axis, t, a.n, a.before, a.windows) for t, a in zip(tap, lattices, strict=True)]
        if all(len(windows) for windows, _ in pairs):
            yield (..., *tap), _index(windows for windows, _ in pairs), _index(elements for _, elements in pairs)


def _mixed(w: Numbers, x: Numbers) -> Numbers:
    """Channels mixed at every position: w (G, k, c), x (N, G, c, *positions) to (N, G, k, *positions)."""
    mixed: Numbers = np.matmul(w, _flat(x).astype(w.dtype, copy=False))
    return mixed.reshape(*x.shape[:2], w.shape[1], *x.shape[3:])


def _flat(x: Numbers) -> Numbers:
    return x.reshape(*x.shape[:3], prod(x.shape[3:]))


def _grouped(x: Numbers, groups: int) -> Numbers:
    return x.reshape(len(x), groups, x.shape[1] // groups, *x.shape[2:])


def _grouped_weight(w: Numbers, groups: int) -> Numbers:
    return w.reshape(groups, len(w) // groups, *w.shape[1:])


def _index(places: Iterable[range]) -> Index:
    return (..., *(slice(r.start, r.stop, r.step) for r in places))
