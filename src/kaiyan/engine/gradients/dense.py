"""The gradient of a dense weight, by the kernels that were generated for it."""

from __future__ import annotations

import ctypes
from functools import lru_cache, partial
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kaiyan.arrays.memory import aligned
from kaiyan.engine.codegen.language.compile import address
from kaiyan.engine.codegen.language.target import host
from kaiyan.engine.codegen.parts.geometry import flattened, slid, tiles
from kaiyan.engine.codegen.parts.strip import Argument
from kaiyan.engine.codegen.routines import gradient, gradient_winograd
from kaiyan.engine.codegen.routines.gradient_winograd import STEP, TAPS
from kaiyan.engine.codegen.running.threads import get_num_threads, run

if TYPE_CHECKING:
    from kaiyan.engine.codegen.parts.geometry import Geometry, Maps
    from kaiyan.engine.codegen.parts.strip import Strip
    from kaiyan.engine.codegen.routines.gradient import Gradient
    from kaiyan.engine.codegen.routines.gradient_winograd import GradientWinograd
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Conv, Shape

_Arguments = ctypes.c_int64 * (2 * Argument.SECOND)
_FLAT = 2**18
"""Pixels of a plane that is taken for one row: its map is kept."""
_WIDEST = 128
"""Tiles of a row whose points are held at once."""


def weight_gradient(spec: Conv, gradient: Numbers, x: Numbers) -> Numbers:
    """Of a convolution with zeros around, in the weight's shape, from the output's gradient (N, K, *output)."""
    windows, elements = (gradient, x) if spec.transposed else (x, gradient)
    windows, source = _laid(windows)
    elements, last = _dense(elements)
    total = aligned(spec.weight_shape, x.dtype)
    given = spec, windows.shape[1:], elements.shape[2:], source, last, x.dtype.name, get_num_threads()
    if not _ran(_launch(*given, quick=True), windows, elements, total):
        _ran(_launch(*given, quick=False), windows, elements, total)
    return total


def _ran(found: _Launch, windows: Numbers, elements: Numbers, total: Numbers) -> bool:
    """Whether the sums are to be used; not, where a number that is not finite has spoiled others."""
    arguments = _Arguments()
    read = [(0, windows, found.maps), (Argument.SECOND, elements, found.beside)]
    for start, array, maps in read if found.beside else read[:1]:
        batch, channel, *steps = (step // array.itemsize for step in array.strides)
        lead = [0] * (len(maps) - len(steps))
        arguments[start + Argument.INPUT] = array.ctypes.data
        arguments[start + Argument.MAP : start + Argument.BATCH_STRIDE] = [places.ctypes.data for places in maps]
        arguments[start + Argument.BATCH_STRIDE : start + Argument.IMAGES] = [batch, channel, *lead, *steps]
    arguments[Argument.WEIGHT], arguments[Argument.OUTPUT] = elements.ctypes.data, total.ctypes.data
    arguments[Argument.IMAGES] = len(windows)
    run(address(found.kernel), ctypes.addressof(arguments), prod(found.kernel.tasks))
    return not arguments[Argument.FLAG]


class _Launch(NamedTuple):
    kernel: Gradient | GradientWinograd
    maps: Maps
    beside: Maps
    """Of the output's gradient; none where a kernel reads it as it lies."""


@lru_cache(maxsize=1024)
def _launch(
    spec: Conv,
    windows: Shape,
    elements: Shape,
    source: str,
    last: bool,
    dtype: str,
    threads: int,
    quick: bool,
) -> _Launch:
    geometry, maps = slid(spec, windows[1:], elements)
    beside, beside_maps = tiles(geometry, STEP)
    flat, flat_maps = geometry, maps
    if source == "channels_first" and not last and prod(elements) <= _FLAT:
        flat, flat_maps = flattened(geometry, maps, windows[1:])
    fixed = "row_contiguous" if source == "channels_first" else source, last, host(), dtype
    small = partial(gradient_winograd.cut, geometry, beside, *fixed)
    plain = partial(gradient.cut, flat, *fixed)
    if quick and _is_small(geometry) and small(1).cycles < plain(1).cycles:
        return _Launch(small(threads), _longer(maps, small(1).strip), _longer(beside_maps, small(1).strip))
    return _Launch(plain(threads), _longer(flat_maps, plain(1).strip), ())


def _is_small(geometry: Geometry) -> bool:
    """Whether the kernel is of 3x3 taps at stride 1."""
    return (
        geometry.kernel == (1, TAPS, TAPS)
        and geometry.stride == (1, 1, 1)
        and geometry.dilation == (1, 1, 1)
        and geometry.outputs[0] == 1
        and geometry.outputs[2] <= _WIDEST * STEP
    )


def _longer(maps: Maps, strip: Strip) -> Maps:
    """Maps that reach as far as any strip does."""
    beyond = np.full(max(strip.rows, strip.columns), -1)
    return tuple(np.concatenate([places, beyond]) for places in maps)


def _laid(x: Numbers) -> tuple[Numbers, str]:
    """An array that a strip can be packed from, and what lies side by side in it."""
    if any(step % x.itemsize for step in x.strides):
        x = np.ascontiguousarray(x)
    if x[0, 0].flags.c_contiguous:
        return x, "channels_first"
    if x.strides[-1] == x.itemsize:
        return x, "row_contiguous"
    return x, "channels_last" if x.strides[1] == x.itemsize else "strided"


def _dense(x: Numbers) -> tuple[Numbers, bool]:
    """An array without gaps, and whether its channels stand last."""
    turned = x.transpose(0, *range(2, x.ndim), 1)
    if turned.flags.c_contiguous and not x.flags.c_contiguous:
        return x, True
    return np.ascontiguousarray(x), False
