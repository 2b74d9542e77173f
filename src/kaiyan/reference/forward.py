"""The definition: what a convolution and a transposed convolution are."""

from collections.abc import Iterator
from math import prod

import numpy as np

from kaiyan.reference.border import Indices, extend, index_map
from kaiyan.reference.dtype import Numbers, exact_type, result_type, rounded, work_type
from kaiyan.reference.taps import Lattice, gather, scatter
from kaiyan.spec import read
from kaiyan.spec.conv import Conv, Shape

_BLOCK = 2**20
"""Elements of a block, 8 MB of double width."""


def forward(
    x: Numbers,
    w: Numbers,
    bias: Numbers | None,
    spec: Conv,
    *,
    out_dtype: str | None = None,
    saturate: bool = False,
) -> Numbers:
    """The convolution ``spec`` of x (N, C, *spatial) with w, bias (K,): (N, K, *output), rounded once.

    Any dtype of NumPy's numbers, and bfloat16. Integers are summed exactly; raises ``ConvError`` when the result's type
    cannot hold them. Memory: beside the result, some blocks of 8 MB or of one sample.

    >>> x = np.arange(4.0).reshape(1, 1, 4)
    >>> forward(x, np.array([[[1.0, 10.0]]]), None, Conv(1, 1, 2, rank=1))
    array([[[10., 21., 32.]]])
    """
    result = result_type(*(a.dtype.name for a in (x, w, bias) if a is not None), mode=spec.padding_mode)
    y = np.empty(spec.output_shape(x.shape), np.dtype(out_dtype or result))
    work = exact_type(x, w, bias, work_type(result))
    w = w.astype(work, copy=False)
    for block in blocks(x.shape, y.shape):
        summed = _summed(x[block], w, spec)
        if bias is not None:
            summed += bias.astype(work).reshape(-1, *[1] * len(spec.axes))
        y[block] = rounded(summed, y.dtype, saturate=saturate)
    return y


def _summed(x: Numbers, w: Numbers, spec: Conv) -> Numbers:
    lattices, maps = lattice(spec, x.shape)
    x = extend(x.astype(w.dtype), maps, read.constant(spec.padding_mode)) if maps else x
    return (scatter if spec.transposed else gather)(x, w, lattices, spec.groups)


def blocks(*shapes: Shape) -> Iterator[slice]:
    """A few samples at a time, so that no intermediate array grows with the batch; ``shapes`` are (N, ...)."""
    N = shapes[0][0]
    step = max(_BLOCK * N // max(*(prod(shape) for shape in shapes), 1), 1)
    return (slice(first, first + step) for first in range(0, N, step))


def lattice(spec: Conv, input_shape: Shape) -> tuple[tuple[Lattice, ...], tuple[Indices, ...]]:
    """Where the windows lie on the larger side, and the maps that extend the input first (none for zeros)."""
    output = spec.output_shape(input_shape)[2:]
    spatial = input_shape[2:]
    pads = spec.pads(input_shape)
    if spec.transposed:
        places = zip(spec.axes, output, pads, spatial, strict=True)
        return tuple(Lattice(axis, n, before, windows) for axis, n, (before, _), windows in places), ()
    if spec.padding_mode == "zeros":
        places = zip(spec.axes, spatial, pads, output, strict=True)
        return tuple(Lattice(axis, n, before, windows) for axis, n, (before, _), windows in places), ()
    maps = tuple(index_map(spec.padding_mode, n, p) for n, p in zip(spatial, pads, strict=True))
    extended = zip(spec.axes, maps, output, strict=True)
    return tuple(Lattice(axis, len(indices), 0, windows) for axis, indices, windows in extended), maps
