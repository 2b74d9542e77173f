"""The gradient of a dense weight, by the kernels that were generated for it."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kaiyan.engine.codegen.blocking import gradient as cut
from kaiyan.engine.codegen.compile import address
from kaiyan.engine.codegen.geometry import flattened, slid
from kaiyan.engine.codegen.strip import Argument
from kaiyan.engine.codegen.target import host
from kaiyan.engine.codegen.threads import get_num_threads, run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kaiyan.engine.codegen.gradient import Gradient
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Conv, Shape

_Arguments = ctypes.c_int64 * (Argument.IMAGES + 1)


def weight_gradient(spec: Conv, gradient: Numbers, x: Numbers) -> Numbers:
    """Of a convolution with zeros around, in the weight's shape, from the output's gradient (N, K, *output)."""
    windows, elements = (gradient, x) if spec.transposed else (x, gradient)
    windows, source = _laid(windows)
    elements, last = _dense(elements)
    found = _launch(spec, windows.shape[1:], elements.shape[2:], source, last, x.dtype.name, get_num_threads())
    total = np.empty(spec.weight_shape, x.dtype)
    arguments = _Arguments()
    arguments[Argument.INPUT], arguments[Argument.WEIGHT] = windows.ctypes.data, elements.ctypes.data
    arguments[Argument.OUTPUT], arguments[Argument.IMAGES] = total.ctypes.data, len(x)
    arguments[Argument.MAP : Argument.BATCH_STRIDE] = [places.ctypes.data for places in found.maps]
    batch, channel, *steps = (step // x.itemsize for step in windows.strides)
    lead = [0] * (len(found.maps) - len(steps))
    arguments[Argument.BATCH_STRIDE : Argument.IMAGES] = [batch, channel, *lead, *steps]
    run(found.function, ctypes.addressof(arguments), prod(found.kernel.tasks))
    return total


class _Launch(NamedTuple):
    kernel: Gradient
    maps: tuple[NDArray[np.int64], ...]
    function: int


@lru_cache(maxsize=1024)
def _launch(
    spec: Conv, windows: Shape, elements: Shape, source: str, last: bool, dtype: str, threads: int
) -> _Launch:
    geometry, maps = slid(spec, windows[1:], elements)
    if source == "planes" and not last:
        geometry, maps = flattened(geometry, maps, windows[1:])
    kernel = cut(geometry, "rows" if source == "planes" else source, last, host(), dtype, threads)
    beyond = np.full(max(kernel.strip.rows, kernel.strip.columns), -1)
    return _Launch(kernel, tuple(np.concatenate([places, beyond]) for places in maps), address(kernel))


def _laid(x: Numbers) -> tuple[Numbers, str]:
    """An array that a strip can be packed from, and what lies side by side in it."""
    if any(step % x.itemsize for step in x.strides):
        x = np.ascontiguousarray(x)
    if x[0, 0].flags.c_contiguous:
        return x, "planes"
    if x.strides[-1] == x.itemsize:
        return x, "rows"
    return x, "pixels" if x.strides[1] == x.itemsize else "strided"


def _dense(x: Numbers) -> tuple[Numbers, bool]:
    """An array without gaps, and whether its channels stand last."""
    turned = x.transpose(0, *range(2, x.ndim), 1)
    if turned.flags.c_contiguous and not x.flags.c_contiguous:
        return x, True
    return np.ascontiguousarray(x), False
