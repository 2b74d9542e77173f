"""The gradients of a convolution with respect to its input, its weight and its bias."""

import numpy as np

from kaiyan.reference.border import extend, fold
from kaiyan.reference.dtype import Numbers, work_type
from kaiyan.reference.forward import blocks, lattice
from kaiyan.reference.taps import gather, products, scatter
from kaiyan.spec import read
from kaiyan.spec.conv import Conv, Shape


def input_gradient(gradient: Numbers, w: Numbers, spec: Conv, input_shape: Shape) -> Numbers:
    """The gradient of x, (N, C, *spatial), from that of the output, (N, K, *output); complex as PyTorch's, conjugated.

    >>> input_gradient(np.ones((1, 1, 2)), np.array([[[1.0, 10.0]]]), Conv(1, 1, 2, rank=1), (1, 1, 3))
    array([[[ 1., 11., 10.]]])
    """
    dtype = np.result_type(gradient, w)
    w = w.astype(work_type(dtype.name), copy=False).conj()
    result = np.empty(input_shape, dtype)
    for block in blocks(input_shape, gradient.shape):
        part = gradient[block]
        lattices, maps = lattice(spec, (len(part), *input_shape[1:]))
        if spec.transposed:
            result[block] = gather(part, w, lattices, spec.groups)
        else:
            result[block] = fold(scatter(part, w, lattices, spec.groups), maps, input_shape[2:] if maps else ())
    return result


def weight_gradient(gradient: Numbers, x: Numbers, spec: Conv) -> Numbers:
    """The gradient of the weight, in the weight's shape, from that of the output.

    >>> x = np.array([[[1.0, 2.0, 3.0]]])
    >>> weight_gradient(np.ones((1, 1, 2)), x, Conv(1, 1, 2, rank=1))
    array([[[3., 5.]]])
    """
    dtype = np.result_type(gradient, x)
    work = work_type(dtype.name)
    result = np.zeros(spec.weight_shape, work)
    for block in blocks(x.shape, gradient.shape):
        part, right = x[block].astype(work).conj(), gradient[block].astype(work)
        lattices, maps = lattice(spec, part.shape)
        left = extend(part, maps, read.constant(spec.padding_mode))
        elements, windows = (right, left) if spec.transposed else (left, right)
        result += products(elements, windows, lattices, spec.groups)
    return result.astype(dtype, copy=False)


def bias_gradient(gradient: Numbers) -> Numbers:
    """The gradient of the bias, (K,): the output's gradient summed over all but the channels."""
    result: Numbers = gradient.sum((0, *range(2, gradient.ndim)), dtype=work_type(gradient.dtype.name))
    return result.astype(gradient.dtype, copy=False)
